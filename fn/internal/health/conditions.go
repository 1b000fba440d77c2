// SPDX-License-Identifier: Apache-2.0

package health

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// A said is what a condition says of why it is as it is.
type said struct{ reason, message string }

// trueCondition tells whether an object has a condition of a type that is true, and what the
// condition says.
func trueCondition(o *unstructured.Unstructured, typ string) (says said, found bool) {
	return conditionIn(o, typ, "True")
}

// conditionIn tells whether an object has a condition of a type with a status, and what the
// condition says. It is read field by field: the conditions of Deployments and Jobs aren't
// metav1.Conditions, and a reason or a time may be missing.
func conditionIn(o *unstructured.Unstructured, typ, status string) (says said, found bool) {
	// What isn't as Kubernetes writes it says nothing.
	list, _, _ := unstructured.NestedFieldNoCopy(o.Object, "status", "conditions")
	conditions, _ := list.([]any)
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == typ && c["status"] == status {
			reason, _ := c["reason"].(string)
			message, _ := c["message"].(string)
			return said{reason: reason, message: message}, true
		}
	}
	return said{}, false
}
