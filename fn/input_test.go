// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestInputMistakes holds what the function says about a mistake in its input: which field
// is wrong, and which Composition has to be mended.
func TestInputMistakes(t *testing.T) {
	t.Parallel()
	const (
		unreadable = "cannot read the function's input: mend the input of its step in the Composition: "
		unusable   = "cannot use the function's input: mend the input of its step in the Composition: "
	)
	cases := map[string]struct {
		reason string
		input  string
		// composition is the name of the Composition, if the composite tells.
		composition string
		want        string
	}{
		"None": {
			reason: "Everything in an input is optional.",
		},
		"UnknownField": {
			reason: "A misspelt field would have no effect, so it is an error.",
			input:  `image: {tag: "1.0"}`,
			want:   unreadable + `input.image: Forbidden: unknown field "image": was images meant?`,
		},
		"WrongType": {
			reason: "A value of another type can't be read.",
			input:  `images: docker.io`,
			want:   unreadable + "input.images: Invalid value: must be an object, is text",
		},
		"Unquoted": {
			reason: "YAML makes a number of a version with one dot, so the error says how to write it.",
			input:  `images: {tag: 10.2}`,
			want:   unreadable + "input.images.tag: Invalid value: must be text, is the number 10.2: put it in quotes",
		},
		"Several": {
			reason: "All mistakes are named at once.",
			input:  "images: {tag: 10.2}\npodSecurty: None",
			want: unreadable + "[input.images.tag: Invalid value: must be text, is the number 10.2: put it in quotes, " +
				`input.podSecurty: Forbidden: unknown field "podSecurty": was podSecurity meant?]`,
		},
		"WrongKind": {
			reason: "The input of another function may look like an input of this function.",
			input:  "kind: Resources",
			want:   unreadable + "it is a sonataflow.fn.crossplane.io/v1beta1 Resources, want a sonataflow.fn.crossplane.io/v1beta1 Input",
		},
		"UnknownChoice": {
			reason: "Crossplane doesn't validate inputs, so the function does.",
			input:  "cluster: Nomad",
			want:   unusable + `input.cluster: Unsupported value: "Nomad": supported values: "Kubernetes", "OpenShift"`,
		},
		"Composition": {
			reason:      "Where the composite tells which Composition it uses, the error names the Composition.",
			input:       `image: {tag: "1.0"}`,
			composition: "platforms",
			want:        `cannot read the function's input: mend the input of its step in the Composition platforms: input.image: Forbidden: unknown field "image": was images meant?`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			xr := compositeOf(t, "services: {}")
			if tc.composition != "" {
				if err := unstructured.SetNestedField(xr.Object, tc.composition, "spec", "crossplane", "compositionRef", "name"); err != nil {
					t.Fatal(err)
				}
			}
			got := fatal(run(t, withInput(t, requestFor(t, xr), tc.input)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nRunFunction(...): -want fatal result, +got fatal result:\n%s", tc.reason, diff)
			}
		})
	}
}
