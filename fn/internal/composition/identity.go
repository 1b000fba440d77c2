// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Identity is the name and namespace that a user gave: the claim's where the composite is
// claimed, else the composite's own. Either may be empty.
func Identity(composite *unstructured.Unstructured) types.NamespacedName {
	if !Claimed(composite) {
		return types.NamespacedName{Namespace: composite.GetNamespace(), Name: composite.GetName()}
	}
	ref, _, _ := unstructured.NestedMap(composite.Object, "spec", "claimRef") // Claimed has checked the type.
	// A reference that isn't made of strings has neither.
	namespace, _ := ref["namespace"].(string)
	name, _ := ref["name"].(string)
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// Claimed tells whether a composite belongs to a claim, to which Crossplane copies the
// composite's status.
func Claimed(composite *unstructured.Unstructured) bool {
	_, claimed, err := unstructured.NestedMap(composite.Object, "spec", "claimRef")
	return err == nil && claimed
}
