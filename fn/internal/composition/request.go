// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"cmp"
	"math"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
)

// A Request is what Crossplane tells about one composite, and what was looked up for it.
type Request struct {
	// Composite is the composite resource as it is in the cluster, status included. It is
	// empty, not nil, when the request has none.
	Composite *unstructured.Unstructured
	// Observed holds the composed resources as they are in the cluster, by the key under
	// which they were composed, without their managed fields: see ManagedFields.
	Observed map[string]*unstructured.Unstructured

	message *fnv1.RunFunctionRequest
	lookups lookups
}

// ParseRequest reads a request. The composite is taken as it is, because a live one has
// fields that no schema of ours knows. The request is returned with an error, too, so
// that the error can be reported.
func ParseRequest(message *fnv1.RunFunctionRequest) (*Request, error) {
	r := &Request{
		Composite: object(message.GetObserved().GetComposite().GetResource()),
		Observed:  make(map[string]*unstructured.Unstructured, len(message.GetObserved().GetResources())),
		message:   message,
		lookups:   readLookups(message),
	}
	for key, resource := range message.GetObserved().GetResources() {
		r.Observed[key] = object(resource.GetResource())
	}
	if r.Composite.GetKind() == "" {
		return r, errors.New("the request has no composite resource: this function composes for a composite, so put it into the pipeline of a Composition")
	}
	return r, nil
}

// DecodeInput reads the function's input in the Composition's pipeline step. A step
// without input leaves the value as it is. An input of another kind is an error. So are all
// values of a wrong type and all fields that the input doesn't have, each with its path,
// which begins with input.
func (r *Request) DecodeInput(kind schema.GroupVersionKind, into runtime.Object) error {
	if r.message.GetInput() == nil {
		return nil
	}
	input := &unstructured.Unstructured{Object: fields(r.message.GetInput())}
	errs := decoding.Strict(input.Object, into, field.NewPath("input"))
	isKind := input.GetAPIVersion() == kind.GroupVersion().String() && input.GetKind() == kind.Kind
	// Most fields of another kind's input would be unknown.
	named := input.GetAPIVersion() != "" && input.GetKind() != ""
	if !isKind && (named || len(errs) == 0) {
		return errors.Errorf("it is a %s %s, want a %s %s", cmp.Or(input.GetAPIVersion(), "(no apiVersion)"), cmp.Or(input.GetKind(), "(no kind)"), kind.GroupVersion(), kind.Kind)
	}
	return errs.ToAggregate()
}

// Field returns a field of the composite as the user has written it, also what is null within it:
// Composite lacks that. It is nil where there is no such field.
func (r *Request) Field(path ...string) any {
	v := structpb.NewStructValue(r.message.GetObserved().GetComposite().GetResource())
	for _, name := range path {
		v = v.GetStructValue().GetFields()[name]
	}
	return valueOf(v, keepNulls)
}

// CompositionName returns the name of the Composition that is composed with, or nothing
// where the composite doesn't tell, as in an offline render.
func (r *Request) CompositionName() string {
	for _, path := range [][]string{{"spec", "crossplane", "compositionRef", "name"}, {"spec", "compositionRef", "name"}} {
		if name, found, err := unstructured.NestedString(r.Composite.Object, path...); err == nil && found {
			return name
		}
	}
	return ""
}

// ManagedFields returns which manager owns which fields of an observed composed
// resource. It is empty for a resource that isn't observed.
func (r *Request) ManagedFields(key string) []metav1.ManagedFieldsEntry {
	return managedFields(r.message.GetObserved().GetResources()[key])
}

// ManagedFieldsFound returns the same of the first resource that Crossplane found for a query. It
// is empty when there is none. The resources themselves come without their managed fields.
func (r *Request) ManagedFieldsFound(q Query) []metav1.ManagedFieldsEntry {
	found := r.message.GetRequiredResources()[q.Name].GetItems()
	if len(found) == 0 {
		return nil
	}
	return managedFields(found[0])
}

func managedFields(resource *fnv1.Resource) []metav1.ManagedFieldsEntry {
	metadata := resource.GetResource().GetFields()["metadata"].GetStructValue()
	out := &struct {
		ManagedFields []metav1.ManagedFieldsEntry `json:"managedFields"`
	}{}
	raw := map[string]any{"managedFields": value(metadata.GetFields()["managedFields"])}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, out); err != nil {
		return nil // The API server writes no others.
	}
	return slices.Clip(out.ManagedFields)
}

// object turns a protobuf struct into a Kubernetes object, without the managed fields:
// they are as long as all the rest.
func object(s *structpb.Struct) *unstructured.Unstructured {
	out := make(map[string]any, len(s.GetFields()))
	for name, v := range s.GetFields() {
		if name == "metadata" && v.GetStructValue() != nil {
			out[name] = fields(v.GetStructValue(), "managedFields")
			continue
		}
		if v := value(v); v != nil {
			out[name] = v
		}
	}
	return &unstructured.Unstructured{Object: out}
}

// fields turns a protobuf struct into a map, without some of its fields. Unlike
// structpb.Struct.AsMap it keeps whole numbers whole, as Kubernetes' decoders do and its
// libraries expect, and leaves out fields that are null, as the API server does for
// custom resources where their schemas name the fields.
func fields(s *structpb.Struct, without ...string) map[string]any {
	return fieldsOf(s, dropNulls, without...)
}

// nulls says what becomes of fields that are null.
type nulls bool

const (
	dropNulls nulls = false
	keepNulls nulls = true
)

func fieldsOf(s *structpb.Struct, n nulls, without ...string) map[string]any {
	out := make(map[string]any, len(s.GetFields()))
	for name, v := range s.GetFields() {
		if slices.Contains(without, name) {
			continue
		}
		if v := valueOf(v, n); v != nil || n == keepNulls {
			out[name] = v
		}
	}
	return out
}

func value(v *structpb.Value) any { return valueOf(v, dropNulls) }

func valueOf(v *structpb.Value, n nulls) any {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue
	case *structpb.Value_BoolValue:
		return v.BoolValue
	case *structpb.Value_NumberValue:
		// What a conversion of a larger number gives depends on the processor.
		if n := v.NumberValue; n == math.Trunc(n) && math.Abs(n) < 1<<63 {
			return int64(n)
		}
		return v.NumberValue
	case *structpb.Value_StructValue:
		return fieldsOf(v.StructValue, n)
	case *structpb.Value_ListValue:
		out := make([]any, len(v.ListValue.GetValues()))
		for i, e := range v.ListValue.GetValues() {
			out[i] = valueOf(e, n)
		}
		return out
	}
	return nil
}
