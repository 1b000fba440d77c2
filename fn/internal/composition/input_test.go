// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestDecodeInputErrors shows what is said of a wrong input.
func TestDecodeInputErrors(t *testing.T) {
	t.Parallel()
	const header = "apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, "
	cases := map[string]struct {
		reason string
		input  string
		want   string
	}{
		"Unquoted": {
			reason: "YAML makes a number of a version with one dot.",
			input:  header + `images: {tag: 10.2}`,
			want:   `input.images.tag: Invalid value: must be text, is the number 10.2: put it in quotes`,
		},
		"Slip": {
			reason: "A misspelt field would have no effect.",
			input:  header + `podSecurty: None`,
			want:   `input.podSecurty: Forbidden: unknown field "podSecurty": was podSecurity meant?`,
		},
		"Elsewhere": {
			reason: "So would one at the wrong place.",
			input:  header + `registry: registry.example.com`,
			want:   `input.registry: Forbidden: unknown field "registry": was images.registry meant?`,
		},
		"Duration": {
			reason: "A duration has a unit.",
			input:  header + `resync: 1 hour`,
			want:   `input.resync: Invalid value: must be a duration such as 90s or 1h30m, is the text "1 hour"`,
		},
		"DurationNumber": {
			reason: "A number is no duration.",
			input:  header + `resync: 60`,
			want:   `input.resync: Invalid value: must be a duration such as 90s or 1h30m, is the number 60`,
		},
		"Unknown": {
			reason: "What means nothing has to go.",
			input:  header + `colour: blue`,
			want:   `input.colour: Forbidden: unknown field "colour": remove it`,
		},
		"AllAtOnce": {
			reason: "All mistakes are told at once.",
			input:  header + `metadata: {labels: {a: 1}, creationTimestamp: today}, images: {pullSecrets: [pull, {naem: pull}]}, secrets: false`,
			want: `[input.images.pullSecrets[0]: Invalid value: must be an object, is text, ` +
				`input.metadata.creationTimestamp: Invalid value: must be a time such as 2026-01-31T12:00:00Z, is the text "today", ` +
				`input.metadata.labels[a]: Invalid value: must be text, is the number 1: put it in quotes, ` +
				`input.secrets: Invalid value: must be text, is the boolean false: put it in quotes, ` +
				`input.images.pullSecrets[1].naem: Forbidden: unknown field "naem": was name meant?]`,
		},
		"OtherKind": {
			reason: "Fields of another function's input are no mistakes of ours.",
			input:  `apiVersion: pt.fn.crossplane.io/v1beta1, kind: Resources, resources: []`,
			want:   `it is a pt.fn.crossplane.io/v1beta1 Resources, want a sonataflow.fn.crossplane.io/v1beta1 Input`,
		},
		"KindOfWrongType": {
			reason: "A kind is text.",
			input:  `apiVersion: 1, kind: Input`,
			want:   `input.apiVersion: Invalid value: must be text, is the number 1: put it in quotes`,
		},
		"NoKind": {
			reason: "An input says what it is.",
			input:  `apiVersion: sonataflow.fn.crossplane.io/v1beta1`,
			want:   `it is a sonataflow.fn.crossplane.io/v1beta1 (no kind), want a sonataflow.fn.crossplane.io/v1beta1 Input`,
		},
		"UnreadableVersion": {
			reason: "A version that can't be one isn't ours.",
			input:  `apiVersion: a/b/c, kind: Input`,
			want:   `it is a a/b/c Input, want a sonataflow.fn.crossplane.io/v1beta1 Input`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := map[string]any{}
			if err := yaml.Unmarshal([]byte("{"+tc.input+"}"), &input); err != nil {
				t.Fatal(err)
			}
			message, err := structpb.NewStruct(input)
			if err != nil {
				t.Fatal(err)
			}
			req, err := composition.ParseRequest(&fnv1.RunFunctionRequest{
				Input:    message,
				Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: &structpb.Struct{Fields: map[string]*structpb.Value{"kind": structpb.NewStringValue("X")}}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := req.DecodeInput(v1beta1.GroupVersionKind(), &v1beta1.Input{}); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nDecodeInput(...): -want error, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
