// SPDX-License-Identifier: Apache-2.0

package migration

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// AnyRuns tells whether any of some pods may still do something: it hasn't ended. A
// pod that is being deleted hasn't either; the status of its Deployment doesn't count
// it any more.
func AnyRuns(pods []*unstructured.Unstructured) bool {
	for _, p := range pods {
		phase, _, err := unstructured.NestedString(p.Object, "status", "phase")
		if err != nil || phase != string(corev1.PodSucceeded) && phase != string(corev1.PodFailed) {
			return true
		}
	}
	return false
}
