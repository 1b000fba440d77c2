// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

func TestRestricted(t *testing.T) {
	t.Parallel()
	restricted := func(change func(*corev1.SecurityContext)) *corev1.SecurityContext {
		out := &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			RunAsNonRoot:             new(true),
			SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
		if change != nil {
			change(out)
		}
		return out
	}
	cases := map[string]struct {
		reason   string
		template string
		want     *corev1.SecurityContext
	}{
		"Default": {
			reason:   "A template that says nothing gets all of it.",
			template: `{}`,
			want:     restricted(nil),
		},
		"User": {
			reason:   "A user who isn't root is no reason to lock down less.",
			template: `securityContext: {runAsUser: 1000, fsGroup: 1000}`,
			want:     restricted(nil),
		},
		"PodAsRoot": {
			reason:   "A pod whose user is root wouldn't start as non-root.",
			template: `securityContext: {runAsUser: 0}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"ContainerAsRoot": {
			reason:   "Nor would a container.",
			template: `container: {securityContext: {runAsUser: 0}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"PodAsRootContainerNot": {
			reason:   "The container's user wins over the pod's, as in Kubernetes.",
			template: `{securityContext: {runAsUser: 0}, container: {securityContext: {runAsUser: 1000}}}`,
			want:     restricted(nil),
		},
		"PodNotRootContainerIs": {
			reason:   "In both directions.",
			template: `{securityContext: {runAsUser: 1000}, container: {securityContext: {runAsUser: 0}}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"PodDecides": {
			reason:   "What the template says for the whole pod isn't contradicted in the container.",
			template: `securityContext: {runAsNonRoot: false, seccompProfile: {type: Unconfined}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot, s.SeccompProfile = nil, nil }),
		},
		"Privileged": {
			reason:   "The API server refuses a privileged container that may not gain privileges.",
			template: `container: {securityContext: {privileged: true}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil }),
		},
		"SysAdmin": {
			reason:   "And one with this capability.",
			template: `container: {securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil }),
		},
		"NotPrivileged": {
			reason:   "To say so is no reason to lock down less.",
			template: `container: {securityContext: {privileged: false, capabilities: {add: [NET_BIND_SERVICE]}}}`,
			want:     restricted(nil),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := podtemplate.Restricted(template(t, tc.template).Spec)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nRestricted(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
