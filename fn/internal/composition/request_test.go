// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

const anyComposite = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: x}}`

// message makes a protobuf struct of YAML.
func message(t testing.TB, text string) *structpb.Struct {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatalf("cannot read YAML: %v\n%s", err, text)
	}
	out, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatalf("cannot make a struct: %v\n%s", err, text)
	}
	return out
}

// observed is a request about a composite, in YAML.
func observed(t testing.TB, composite string) *fnv1.RunFunctionRequest {
	t.Helper()
	return &fnv1.RunFunctionRequest{Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: message(t, composite)}}}
}

func TestParseRequest(t *testing.T) {
	t.Parallel()
	const mend = "cannot read the function's input: mend the input of its step in the Composition: "
	type want struct {
		composite map[string]any
		observed  map[string]*unstructured.Unstructured
		input     *v1beta1.Input
		err       string
	}
	named := map[string]any{
		"apiVersion": "sonataflow.org/v1alpha08", "kind": "XSonataFlowPlatform", "metadata": map[string]any{"name": "x"},
	}
	inputType := metav1.TypeMeta{APIVersion: v1beta1.APIVersion, Kind: v1beta1.Kind}
	cases := map[string]struct {
		reason string
		// composite, composed and input are YAML.
		composite, composed, input string
		want                       want
	}{
		"NoComposite": {
			reason: "Without a composite there is nothing to compose for.",
			want: want{
				composite: map[string]any{},
				err:       "the request has no composite resource: this function composes for a composite, so put it into the pipeline of a Composition",
			},
		},
		"CompositeWithoutKind": {
			reason:    "What has no kind isn't a composite.",
			composite: `{metadata: {name: x}}`,
			want: want{
				composite: map[string]any{"metadata": map[string]any{"name": "x"}},
				err:       "the request has no composite resource: this function composes for a composite, so put it into the pipeline of a Composition",
			},
		},
		"NoInput": {
			reason:    "The input is optional; it is never nil.",
			composite: anyComposite,
			want:      want{composite: named},
		},
		"Input": {
			reason:    "An input is read.",
			composite: anyComposite,
			input:     `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: {tag: "1.0", pullSecrets: [{name: pull}]}, podSecurity: None}`,
			want: want{
				composite: named,
				input: &v1beta1.Input{
					TypeMeta:    inputType,
					Images:      v1beta1.Images{Tag: "1.0", PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}},
					PodSecurity: v1beta1.PodSecurityNone,
				},
			},
		},
		"InputWithNull": {
			reason:    "A null is a field that isn't there.",
			composite: anyComposite,
			input:     `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: null}`,
			want:      want{composite: named, input: &v1beta1.Input{TypeMeta: inputType}},
		},
		"UnknownInputField": {
			reason:    "A misspelt field would be without effect, and nobody would notice.",
			composite: anyComposite,
			input:     `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, image: {tag: "1.0"}}`,
			want:      want{composite: named, input: &v1beta1.Input{TypeMeta: inputType}, err: mend + `unknown field "image"`},
		},
		"WrongInputType": {
			reason:    "A value of another type can't be read.",
			composite: anyComposite,
			input:     `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: docker.io}`,
			want: want{
				composite: named,
				input:     &v1beta1.Input{TypeMeta: inputType},
				err:       mend + "json: cannot unmarshal string into Go struct field Input.images of type v1beta1.Images",
			},
		},
		"WrongInputKind": {
			reason:    "Another function's input may look like ours.",
			composite: anyComposite,
			input:     `{apiVersion: pt.fn.crossplane.io/v1beta1, kind: Resources}`,
			want: want{
				composite: named,
				input:     &v1beta1.Input{TypeMeta: metav1.TypeMeta{APIVersion: "pt.fn.crossplane.io/v1beta1", Kind: "Resources"}},
				err:       mend + "it is a pt.fn.crossplane.io/v1beta1 Resources, want a sonataflow.fn.crossplane.io/v1beta1 Input",
			},
		},
		"Values": {
			reason: "Protobuf has one type for numbers, Kubernetes has two; nulls in objects are fields that aren't there.",
			composite: `
kind: X
spec:
  string: "1"
  truth: true
  whole: 3
  negative: -3
  zero: 0
  max: 9007199254740991
  fraction: 0.5
  huge: 1e19
  nothing: null
  list: [1, 1.5, null, {a: 1, b: null}, [2]]
  empty: {}
  none: []`,
			want: want{composite: map[string]any{"kind": "X", "spec": map[string]any{
				"string":   "1",
				"truth":    true,
				"whole":    int64(3),
				"negative": int64(-3),
				"zero":     int64(0),
				"max":      int64(9007199254740991),
				"fraction": 0.5,
				"huge":     1e19,
				"list":     []any{int64(1), 1.5, nil, map[string]any{"a": int64(1)}, []any{int64(2)}},
				"empty":    map[string]any{},
				"none":     []any{},
			}}},
		},
		"Observed": {
			reason:    "Observed resources keep the keys under which they were composed.",
			composite: anyComposite,
			composed:  `{kind: Deployment, spec: {replicas: 2}}`,
			want: want{composite: named, observed: map[string]*unstructured.Unstructured{
				"composed": {Object: map[string]any{"kind": "Deployment", "spec": map[string]any{"replicas": int64(2)}}},
			}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := &fnv1.RunFunctionRequest{}
			if tc.composite != "" {
				req = observed(t, tc.composite)
			}
			if tc.composed != "" {
				req.Observed.Resources = map[string]*fnv1.Resource{"composed": {Resource: message(t, tc.composed)}}
			}
			if tc.input != "" {
				req.Input = message(t, tc.input)
			}
			got, err := composition.ParseRequest(req)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff(tc.want.err, text); diff != "" {
				t.Errorf("%s\nParseRequest(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.composite, got.Composite.Object); diff != "" {
				t.Errorf("%s\nParseRequest(...): -want composite, +got composite:\n%s", tc.reason, diff)
			}
			if tc.want.input == nil {
				tc.want.input = &v1beta1.Input{}
			}
			if diff := cmp.Diff(tc.want.input, got.Input); diff != "" {
				t.Errorf("%s\nParseRequest(...): -want input, +got input:\n%s", tc.reason, diff)
			}
			if tc.want.observed == nil {
				tc.want.observed = map[string]*unstructured.Unstructured{}
			}
			if diff := cmp.Diff(tc.want.observed, got.Observed); diff != "" {
				t.Errorf("%s\nParseRequest(...): -want observed, +got observed:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestParseRequestNotANumber shows that what JSON doesn't have is refused, not
// passed on.
func TestParseRequestNotANumber(t *testing.T) {
	t.Parallel()
	req := observed(t, anyComposite)
	req.Input = message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input}`)
	req.Input.Fields["images"] = structpb.NewNumberValue(math.NaN())
	if _, err := composition.ParseRequest(req); err == nil {
		t.Error("ParseRequest(...): want an error")
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite map[string]any
		want      types.NamespacedName
	}{
		"Claimed": {
			reason: "Where there is a claim, the user named that, not the composite.",
			composite: map[string]any{
				"metadata": map[string]any{"name": "plat-x7k2p"},
				"spec":     map[string]any{"claimRef": map[string]any{"apiVersion": "a/v1", "kind": "K", "namespace": "ns1", "name": "plat"}},
			},
			want: types.NamespacedName{Namespace: "ns1", Name: "plat"},
		},
		"Namespaced": {
			reason:    "A namespaced composite is what the user named.",
			composite: map[string]any{"metadata": map[string]any{"namespace": "ns1", "name": "plat"}, "spec": map[string]any{}},
			want:      types.NamespacedName{Namespace: "ns1", Name: "plat"},
		},
		"Neither": {
			reason:    "A composite of the whole cluster has no namespace.",
			composite: map[string]any{"metadata": map[string]any{"name": "plat"}},
			want:      types.NamespacedName{Name: "plat"},
		},
		"Empty": {
			reason:    "Nor has one without anything a name.",
			composite: map[string]any{},
		},
		"ClaimRefIsNoObject": {
			reason:    "What isn't a reference isn't a claim.",
			composite: map[string]any{"metadata": map[string]any{"name": "plat"}, "spec": map[string]any{"claimRef": "ns1/plat"}},
			want:      types.NamespacedName{Name: "plat"},
		},
		"ClaimRefNamesNobody": {
			reason: "A reference that isn't made of strings names nobody.",
			composite: map[string]any{
				"metadata": map[string]any{"name": "plat-x7k2p"},
				"spec":     map[string]any{"claimRef": map[string]any{"namespace": int64(1)}},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := composition.Identity(&unstructured.Unstructured{Object: tc.composite})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nIdentity(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	secret := message(t, `{apiVersion: v1, kind: Secret, metadata: {name: db, generation: 1}}`)
	found := []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "db", "generation": int64(1)},
	}}}
	able := []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES}
	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		required     map[string]*fnv1.Resources
		want         composition.Answer
	}{
		"Pending": {
			reason:       "A Crossplane that looks things up wasn't asked yet.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"other": {}},
			want:         composition.Answer{State: composition.StatePending},
		},
		"Unknown": {
			reason: "One that doesn't say that it does will never answer.",
			want:   composition.Answer{State: composition.StateUnknown},
		},
		"UnknownWithOtherCapabilities": {
			reason:       "Other capabilities don't help.",
			capabilities: []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_CONDITIONS},
			want:         composition.Answer{State: composition.StateUnknown},
		},
		"Absent": {
			reason:       "An answer without resources says that there are none.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"secret-db": {}},
			want:         composition.Answer{State: composition.StateAbsent},
		},
		"Found": {
			reason:       "An answer has all that were found.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"secret-db": {Items: []*fnv1.Resource{{Resource: secret}}}},
			want:         composition.Answer{State: composition.StateFound, Objects: found},
		},
		"FoundUnasked": {
			reason:   "What a Composition asks for beforehand is an answer, too.",
			required: map[string]*fnv1.Resources{"secret-db": {Items: []*fnv1.Resource{{Resource: secret}}}},
			want:     composition.Answer{State: composition.StateFound, Objects: found},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.Meta = &fnv1.RequestMeta{Capabilities: tc.capabilities}
			raw.RequiredResources = tc.required
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, req.Answer(composition.Requirement{Name: "secret-db"})); diff != "" {
				t.Errorf("%s\nAnswer(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
