// SPDX-License-Identifier: Apache-2.0

// Package election decides which of several objects of a kind counts, where only one can:
// the platform of a namespace, the cluster platform of a cluster.
package election

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// AnnotationSecondary makes an object one that never counts, and that is no duplicate of
// the one that does. Its value is "true".
const AnnotationSecondary = "sonataflow.org/secondary.platform"

// IsSecondary tells whether an object never counts.
func IsSecondary(o *unstructured.Unstructured) bool {
	return o.GetAnnotations()[AnnotationSecondary] == "true"
}

// Winner returns the object that counts: of those that aren't secondary the oldest, of
// several that are as old the first by the name that a user gave. It is nil when there is
// none. An object without creation time doesn't exist yet, so it is the newest.
func Winner(candidates []*unstructured.Unstructured) *unstructured.Unstructured {
	var out *unstructured.Unstructured
	for _, o := range candidates {
		if !IsSecondary(o) && (out == nil || compare(o, out) < 0) {
			out = o
		}
	}
	return out
}

func compare(a, b *unstructured.Unstructured) int {
	at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	switch {
	case at.IsZero() != bt.IsZero():
		if at.IsZero() {
			return 1
		}
		return -1
	case !at.Equal(&bt):
		return at.Compare(bt.Time)
	}
	return cmp.Compare(composition.Identity(a).Name, composition.Identity(b).Name)
}

// With returns the candidates with one object in the place of an older view of it, or
// added: what a request says of its composite is newer than what was looked up beside it.
func With(candidates []*unstructured.Unstructured, one *unstructured.Unstructured) []*unstructured.Unstructured {
	out := slices.DeleteFunc(slices.Clone(candidates), func(o *unstructured.Unstructured) bool {
		return o.GetName() == one.GetName() && o.GetNamespace() == one.GetNamespace()
	})
	return append(out, one)
}
