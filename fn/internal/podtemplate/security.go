// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// Restricted returns the security context with which a container meets the
// restricted Pod Security Standard, less what a template decides otherwise for the
// pod or the container. See
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted.
//
// It is the container's and not the pod's, so that a user's sidecar isn't locked
// down by surprise.
func Restricted(t *v1alpha08.PodTemplateSpec) *corev1.SecurityContext {
	pod, own := ptr.Deref(t.SecurityContext, corev1.PodSecurityContext{}), ptr.Deref(t.Container.SecurityContext, corev1.SecurityContext{})
	out := &corev1.SecurityContext{
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	if user := cmp.Or(own.RunAsUser, pod.RunAsUser); pod.RunAsNonRoot == nil && (user == nil || *user != 0) {
		out.RunAsNonRoot = new(true)
	}
	if pod.SeccompProfile == nil {
		out.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	// The API server refuses a container that has privileges and may not gain any.
	if !ptr.Deref(own.Privileged, false) && !slices.Contains(ptr.Deref(own.Capabilities, corev1.Capabilities{}).Add, "CAP_SYS_ADMIN") {
		out.AllowPrivilegeEscalation = new(false)
	}
	return out
}
