// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
	const noComposite = "the request has no composite resource: this function composes for a composite, so put it into the pipeline of a Composition"
	type want struct {
		composite map[string]any
		observed  map[string]*unstructured.Unstructured
		err       string
	}
	named := map[string]any{
		"apiVersion": "sonataflow.org/v1alpha08", "kind": "XSonataFlowPlatform", "metadata": map[string]any{"name": "x"},
	}
	cases := map[string]struct {
		reason string
		// composite and composed are YAML.
		composite, composed string
		want                want
	}{
		"NoComposite": {
			reason: "A request without composite is an error, because there is nothing to compose for.",
			want:   want{composite: map[string]any{}, err: noComposite},
		},
		"CompositeWithoutKind": {
			reason:    "An object without a kind isn't a composite; it is returned with the error.",
			composite: `{metadata: {name: x}}`,
			want:      want{composite: map[string]any{"metadata": map[string]any{"name": "x"}}, err: noComposite},
		},
		"Composite": {
			reason:    "The composite is taken as it is.",
			composite: anyComposite,
			want:      want{composite: named},
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
  none: []
nothing: null
metadata: null`,
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
		"ManagedFields": {
			reason:    "Managed fields are as long as all the rest, and are read only where they are needed.",
			composite: `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: x, managedFields: [{manager: m}]}}`,
			composed:  `{kind: Deployment, metadata: {managedFields: [{manager: m}], labels: {a: b}}}`,
			want: want{composite: named, observed: map[string]*unstructured.Unstructured{
				"composed": {Object: map[string]any{"kind": "Deployment", "metadata": map[string]any{"labels": map[string]any{"a": "b"}}}},
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
			if tc.want.observed == nil {
				tc.want.observed = map[string]*unstructured.Unstructured{}
			}
			if diff := cmp.Diff(tc.want.observed, got.Observed); diff != "" {
				t.Errorf("%s\nParseRequest(...): -want observed, +got observed:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDecodeInput(t *testing.T) {
	t.Parallel()
	type want struct {
		input *v1beta1.Input
		err   string
	}
	inputType := metav1.TypeMeta{APIVersion: "sonataflow.fn.crossplane.io/v1beta1", Kind: "Input"}
	notANumber := message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input}`)
	notANumber.Fields["images"] = structpb.NewNumberValue(math.NaN())
	cases := map[string]struct {
		reason string
		input  *structpb.Struct
		want   want
	}{
		"None": {
			reason: "The input is optional; without it the value stays as it is.",
			want:   want{input: &v1beta1.Input{}},
		},
		"Input": {
			reason: "An input is read.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: {tag: "1.0", pullSecrets: [{name: pull}]}, podSecurity: None}`),
			want: want{input: &v1beta1.Input{
				TypeMeta:    inputType,
				Images:      v1beta1.Images{Tag: "1.0", PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}},
				PodSecurity: v1beta1.PodSecurityNone,
			}},
		},
		"Null": {
			reason: "A null is a field that isn't there.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: null}`),
			want:   want{input: &v1beta1.Input{TypeMeta: inputType}},
		},
		"UnknownField": {
			reason: "A misspelt field would have no effect, so it is an error.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, image: {tag: "1.0"}}`),
			want:   want{err: `input.image: Forbidden: unknown field "image": was images meant?`},
		},
		"UnknownFields": {
			reason: "All misspelt fields are named at once, with their paths.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: {tags: "1.0"}, secret: Check}`),
			want: want{err: `[input.images.tags: Forbidden: unknown field "tags": was tag meant?, ` +
				`input.secret: Forbidden: unknown field "secret": was secrets meant?]`},
		},
		"WrongType": {
			reason: "A value of another type can't be read.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: docker.io}`),
			want:   want{err: "input.images: Invalid value: must be an object, is text"},
		},
		"WrongKind": {
			reason: "The input of another function may look like an input of this function.",
			input:  message(t, `{apiVersion: pt.fn.crossplane.io/v1beta1, kind: Resources}`),
			want:   want{err: "it is a pt.fn.crossplane.io/v1beta1 Resources, want a sonataflow.fn.crossplane.io/v1beta1 Input"},
		},
		"WrongVersion": {
			reason: "An input of another version of the API may mean something else.",
			input:  message(t, `{apiVersion: sonataflow.fn.crossplane.io/v1, kind: Input}`),
			want:   want{err: "it is a sonataflow.fn.crossplane.io/v1 Input, want a sonataflow.fn.crossplane.io/v1beta1 Input"},
		},
		"NotANumber": {
			reason: "What JSON doesn't have is refused, not passed on.",
			input:  notANumber,
			want:   want{err: "input.images: Invalid value: must be an object, is the number NaN"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.Input = tc.input
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			got, text := &v1beta1.Input{}, ""
			if err := req.DecodeInput(v1beta1.GroupVersionKind(), got); err != nil {
				got, text = nil, err.Error() // A value that was read in part is of no use.
			}
			if diff := cmp.Diff(tc.want.err, text); diff != "" {
				t.Errorf("%s\nDecodeInput(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.input, got); diff != "" {
				t.Errorf("%s\nDecodeInput(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCompositionName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite string
		want      string
	}{
		"Crossplane": {
			reason:    "Crossplane's own fields of a composite are in spec.crossplane since v2.",
			composite: `{kind: X, spec: {crossplane: {compositionRef: {name: c}}}}`,
			want:      "c",
		},
		"Legacy": {
			reason:    "In a composite of the legacy scope, Crossplane's own fields are in spec.",
			composite: `{kind: X, spec: {compositionRef: {name: c}}}`,
			want:      "c",
		},
		"Render": {
			reason:    "The composite of an offline render has no reference to its Composition.",
			composite: `{kind: X, spec: {}}`,
		},
		"WrongType": {
			reason:    "A reference that can't be read names no Composition.",
			composite: `{kind: X, spec: {crossplane: {compositionRef: c}, compositionRef: {name: 1}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := composition.ParseRequest(observed(t, tc.composite))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, req.CompositionName()); diff != "" {
				t.Errorf("%s\nCompositionName(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestManagedFields(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// composed is an observed resource in YAML.
		composed string
		want     []metav1.ManagedFieldsEntry
	}{
		"Entries": {
			reason: "Entries are read with the fields that they are about.",
			composed: `
kind: Deployment
metadata:
  managedFields:
  - {manager: apiextensions.crossplane.io/composed, operation: Apply, apiVersion: apps/v1, time: "2026-01-01T00:00:00Z", fieldsType: FieldsV1, fieldsV1: {f:spec: {f:replicas: {}}}}
  - {manager: kube-controller-manager, operation: Update, subresource: scale}`,
			want: []metav1.ManagedFieldsEntry{
				{
					Manager: "apiextensions.crossplane.io/composed", Operation: metav1.ManagedFieldsOperationApply, APIVersion: "apps/v1",
					Time:       new(metav1.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
					FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{"f:replicas":{}}}`)},
				},
				{Manager: "kube-controller-manager", Operation: metav1.ManagedFieldsOperationUpdate, Subresource: "scale"},
			},
		},
		"None": {
			reason:   "An object of a render has no managed fields.",
			composed: `{kind: Deployment, metadata: {name: d}}`,
		},
		"NoMetadata": {
			reason:   "An object without metadata has no managed fields.",
			composed: `{kind: Deployment}`,
		},
		"WrongType": {
			reason:   "Managed fields that can't be read are passed over: the API server writes no such fields.",
			composed: `{kind: Deployment, metadata: {managedFields: [{manager: 1}]}}`,
		},
		"NotObserved": {
			reason: "A resource that isn't observed has no managed fields.",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			if tc.composed != "" {
				raw.Observed.Resources = map[string]*fnv1.Resource{"composed": {Resource: message(t, tc.composed)}}
			}
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, req.ManagedFields("composed"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nManagedFields(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
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
			reason:    "An object without metadata has no name either.",
			composite: map[string]any{},
		},
		"ClaimRefIsNoObject": {
			reason:    "A text isn't a reference to a claim.",
			composite: map[string]any{"metadata": map[string]any{"name": "plat"}, "spec": map[string]any{"claimRef": "ns1/plat"}},
			want:      types.NamespacedName{Name: "plat"},
		},
		"ClaimRefWithoutStrings": {
			reason: "A reference that isn't made of strings has neither name nor namespace.",
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
