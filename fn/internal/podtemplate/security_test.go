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
			reason:   "A container whose template says nothing gets every restriction.",
			template: `{}`,
			want:     restricted(nil),
		},
		"User": {
			reason:   "A user other than root is no reason to restrict less.",
			template: `securityContext: {runAsUser: 1000, fsGroup: 1000}`,
			want:     restricted(nil),
		},
		"PodAsRoot": {
			reason:   "A pod whose user is root doesn't start when it must not run as root.",
			template: `securityContext: {runAsUser: 0}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"ContainerAsRoot": {
			reason:   "A container whose user is root doesn't start when it must not run as root.",
			template: `container: {securityContext: {runAsUser: 0}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"PodAsRootContainerNot": {
			reason:   "A container's user wins over the user root of its pod, as in Kubernetes.",
			template: `{securityContext: {runAsUser: 0}, container: {securityContext: {runAsUser: 1000}}}`,
			want:     restricted(nil),
		},
		"PodNotRootContainerIs": {
			reason:   "A container's user root wins over the user of its pod, as in Kubernetes.",
			template: `{securityContext: {runAsUser: 1000}, container: {securityContext: {runAsUser: 0}}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot = nil }),
		},
		"PodDecides": {
			reason:   "The container doesn't contradict what the template says for the whole pod.",
			template: `securityContext: {runAsNonRoot: false, seccompProfile: {type: Unconfined}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.RunAsNonRoot, s.SeccompProfile = nil, nil }),
		},
		"Privileged": {
			reason:   "The API server refuses a privileged container that may not gain privileges.",
			template: `container: {securityContext: {privileged: true}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil }),
		},
		"SysAdmin": {
			reason:   "The API server refuses a container with this capability that may not gain privileges.",
			template: `container: {securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}}`,
			want:     restricted(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil }),
		},
		"NotPrivileged": {
			reason:   "A container that isn't privileged is no reason to restrict less.",
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
