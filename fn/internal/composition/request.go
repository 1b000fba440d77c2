// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Request is what Crossplane tells about one composite.
type Request struct {
	// Composite is the composite resource as it is in the cluster, status included.
	Composite *unstructured.Unstructured
	// Input is the function's input in the Composition's pipeline step. It is empty,
	// not nil, when the step has none.
	Input *v1beta1.Input
	// Observed holds the composed resources as they are in the cluster, by the key
	// under which they were composed.
	Observed map[string]*unstructured.Unstructured

	answers     map[string]Answer
	schemas     map[string]State
	asks        bool
	asksSchemas bool
}

// CompositeOf returns the composite of a request. It is empty, not nil, when the request
// has none.
func CompositeOf(req *fnv1.RunFunctionRequest) *unstructured.Unstructured {
	return object(req.GetObserved().GetComposite().GetResource())
}

// ParseRequest reads a request. The input is read strictly: an unknown field is an
// error. The composite is taken as it is, because a live one has fields that no
// schema of ours knows.
func ParseRequest(req *fnv1.RunFunctionRequest) (*Request, error) {
	out := &Request{
		Composite: CompositeOf(req),
		Input:     &v1beta1.Input{},
		Observed:  make(map[string]*unstructured.Unstructured, len(req.GetObserved().GetResources())),
		answers:   answers(req),
		schemas:   schemas(req),

		asks:        slices.Contains(req.GetMeta().GetCapabilities(), fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES),
		asksSchemas: slices.Contains(req.GetMeta().GetCapabilities(), fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS),
	}
	for key, r := range req.GetObserved().GetResources() {
		out.Observed[key] = object(r.GetResource())
	}
	if out.Composite.GetKind() == "" {
		return out, errors.New("the request has no composite resource: this function composes for a composite, so put it into the pipeline of a Composition")
	}
	if req.GetInput() == nil {
		return out, nil
	}
	return out, errors.Wrap(decodeInput(fields(req.GetInput()), out.Input), "cannot read the function's input: mend the input of its step in the Composition")
}

// decodeInput reads an input strictly. The SDK does that too, in words that no user
// understands.
func decodeInput(raw map[string]any, into *v1beta1.Input) error {
	text, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	unknown, err := kjson.UnmarshalStrict(text, into)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return errors.Join(unknown...)
	}
	if into.APIVersion != v1beta1.APIVersion || into.Kind != v1beta1.Kind {
		return errors.Errorf("it is a %s %s, want a %s %s", into.APIVersion, into.Kind, v1beta1.APIVersion, v1beta1.Kind)
	}
	return nil
}

// object turns a protobuf struct into a Kubernetes object. Unlike
// structpb.Struct.AsMap it keeps whole numbers whole, as Kubernetes' decoders do
// and its libraries expect, and leaves out fields that are null, as the API server
// does for custom resources. Who manages which field is as long as all the rest, and
// only that of Deployments is looked at: it is left out elsewhere.
func object(s *structpb.Struct) *unstructured.Unstructured {
	metadata := s.GetFields()["metadata"].GetStructValue()
	if metadata.GetFields()["managedFields"] == nil || s.GetFields()["kind"].GetStringValue() == "Deployment" {
		return &unstructured.Unstructured{Object: fields(s)}
	}
	out := make(map[string]any, len(s.GetFields()))
	for k, v := range s.GetFields() {
		if k == "metadata" {
			continue
		}
		if v := value(v); v != nil {
			out[k] = v
		}
	}
	kept := make(map[string]*structpb.Value, len(metadata.GetFields()))
	maps.Copy(kept, metadata.GetFields())
	delete(kept, "managedFields")
	out["metadata"] = fields(&structpb.Struct{Fields: kept})
	return &unstructured.Unstructured{Object: out}
}

func fields(s *structpb.Struct) map[string]any {
	out := make(map[string]any, len(s.GetFields()))
	for k, v := range s.GetFields() {
		if v := value(v); v != nil {
			out[k] = v
		}
	}
	return out
}

func value(v *structpb.Value) any {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue
	case *structpb.Value_BoolValue:
		return v.BoolValue
	case *structpb.Value_NumberValue:
		// Beyond that, what a conversion gives depends on the processor.
		if n := v.NumberValue; n == math.Trunc(n) && math.Abs(n) < 1<<63 {
			return int64(n)
		}
		return v.NumberValue
	case *structpb.Value_StructValue:
		return fields(v.StructValue)
	case *structpb.Value_ListValue:
		out := make([]any, len(v.ListValue.GetValues()))
		for i, e := range v.ListValue.GetValues() {
			out[i] = value(e)
		}
		return out
	}
	return nil
}
