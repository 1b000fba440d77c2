// SPDX-License-Identifier: Apache-2.0

package election_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/election"
)

// candidate returns an object of a namespace that was created at a time, if it was.
func candidate(name, created string) *unstructured.Unstructured {
	metadata := map[string]any{"name": name, "namespace": "ns1"}
	if created != "" {
		metadata["creationTimestamp"] = created
	}
	return &unstructured.Unstructured{Object: map[string]any{"metadata": metadata}}
}

// secondary marks an object with a value of the annotation.
func secondary(o *unstructured.Unstructured, value string) *unstructured.Unstructured {
	o.SetAnnotations(map[string]string{election.AnnotationSecondary: value})
	return o
}

// claimed gives an object a claim.
func claimed(o *unstructured.Unstructured, claim string) *unstructured.Unstructured {
	o.Object["spec"] = map[string]any{"claimRef": map[string]any{"namespace": "ns1", "name": claim}}
	return o
}

func TestWinner(t *testing.T) {
	t.Parallel()
	const first, then = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
	cases := map[string]struct {
		reason     string
		candidates []*unstructured.Unstructured
		// want is the name of the winner, if there is one.
		want string
	}{
		"None": {
			reason: "Without candidates there is no winner.",
		},
		"One": {
			reason:     "A single candidate wins.",
			candidates: []*unstructured.Unstructured{candidate("a", first)},
			want:       "a",
		},
		"Oldest": {
			reason:     "The oldest candidate wins, also when its name is the last one.",
			candidates: []*unstructured.Unstructured{candidate("a", then), candidate("b", first)},
			want:       "b",
		},
		"SameAge": {
			reason:     "Of candidates that are as old, the first by name wins.",
			candidates: []*unstructured.Unstructured{candidate("b", first), candidate("a", first), candidate("0", then)},
			want:       "a",
		},
		"SameAgeClaimed": {
			reason:     "The name is the one that a user gave, which is the claim's.",
			candidates: []*unstructured.Unstructured{claimed(candidate("a", first), "z"), claimed(candidate("b", first), "y")},
			want:       "b",
		},
		"WithoutTime": {
			reason:     "An object without creation time doesn't exist yet, so each one that exists is older.",
			candidates: []*unstructured.Unstructured{candidate("a", ""), candidate("b", then)},
			want:       "b",
		},
		"AllWithoutTime": {
			reason:     "Of several objects that don't exist yet, the first by name wins.",
			candidates: []*unstructured.Unstructured{candidate("b", ""), candidate("a", "")},
			want:       "a",
		},
		"Secondary": {
			reason:     "A secondary object never wins.",
			candidates: []*unstructured.Unstructured{secondary(candidate("a", first), "true"), candidate("b", then)},
			want:       "b",
		},
		"AllSecondary": {
			reason:     "If all candidates are secondary, there is no winner.",
			candidates: []*unstructured.Unstructured{secondary(candidate("a", first), "true"), secondary(candidate("b", then), "true")},
		},
		"OtherValue": {
			reason:     "No value of the annotation but \"true\" makes an object secondary.",
			candidates: []*unstructured.Unstructured{secondary(candidate("a", first), "false"), candidate("b", then)},
			want:       "a",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backwards := slices.Clone(tc.candidates)
			slices.Reverse(backwards)
			for _, candidates := range [][]*unstructured.Unstructured{tc.candidates, backwards} {
				got := ""
				if winner := election.Winner(candidates); winner != nil {
					got = winner.GetName()
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s\nWinner(...): -want, +got:\n%s", tc.reason, diff)
				}
			}
		})
	}
}

func TestIsSecondary(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		object *unstructured.Unstructured
		want   bool
	}{
		"Marked":     {reason: "The annotation makes an object secondary.", object: secondary(candidate("a", ""), "true"), want: true},
		"OtherValue": {reason: "Another value of the annotation doesn't make an object secondary.", object: secondary(candidate("a", ""), "false")},
		"Unmarked":   {reason: "Objects without the annotation aren't secondary.", object: candidate("a", "")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, election.IsSecondary(tc.object)); diff != "" {
				t.Errorf("%s\nIsSecondary(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	const old, seen = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
	elsewhere := candidate("a", old)
	elsewhere.SetNamespace("ns2")
	cases := map[string]struct {
		reason     string
		candidates []*unstructured.Unstructured
		one        *unstructured.Unstructured
		want       []*unstructured.Unstructured
	}{
		"Added": {
			reason: "An object that wasn't looked up is added.",
			one:    candidate("a", seen),
			want:   []*unstructured.Unstructured{candidate("a", seen)},
		},
		"Replaced": {
			reason:     "An object that was looked up is replaced by the newer view of it.",
			candidates: []*unstructured.Unstructured{candidate("a", old), candidate("b", old)},
			one:        candidate("a", seen),
			want:       []*unstructured.Unstructured{candidate("b", old), candidate("a", seen)},
		},
		"OtherNamespace": {
			reason:     "An object of the same name in another namespace is another object.",
			candidates: []*unstructured.Unstructured{elsewhere},
			one:        candidate("a", seen),
			want:       []*unstructured.Unstructured{elsewhere, candidate("a", seen)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tc.candidates)
			if diff := cmp.Diff(tc.want, election.With(tc.candidates, tc.one)); diff != "" {
				t.Errorf("%s\nWith(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, tc.candidates); diff != "" {
				t.Errorf("%s\nWith(...) changed its argument: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}
