// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// document is a composite as far as this package reads it.
type document struct {
	types.NamespacedName

	spec v1alpha08.SonataFlowPlatformSpec
	// raw is the spec before it was decoded.
	raw map[string]any
}

// parse reads a composite. Fields that the API doesn't have are passed over: a live
// composite carries Crossplane's own.
func parse(composite *unstructured.Unstructured) (*document, field.ErrorList) {
	doc := &document{NamespacedName: composition.Identity(composite)}
	spec := field.NewPath("spec")
	if doc.Namespace == "" || doc.Name == "" {
		return doc, field.ErrorList{field.Required(spec.Child("claimRef"),
			"a platform lives in a namespace: create a "+v1alpha08.KindSonataFlowPlatform+" there instead of a composite without claim; for an offline render, set spec.claimRef.name and spec.claimRef.namespace")}
	}
	switch raw := composite.Object["spec"].(type) {
	case nil:
		return doc, nil
	case map[string]any:
		doc.raw = raw
	default:
		return doc, field.ErrorList{field.TypeInvalid(spec, raw, "must be an object")}
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(doc.raw, &doc.spec); err != nil {
		return doc, field.ErrorList{typeError(spec, doc.raw, err)}
	}
	return doc, nil
}

// typeError says where a value has the wrong type. The converter that found it
// doesn't know; encoding/json does.
func typeError(path *field.Path, raw map[string]any, found error) *field.Error {
	text, err := json.Marshal(raw)
	if err != nil {
		return field.InternalError(path, err)
	}
	err = json.Unmarshal(text, &v1alpha08.SonataFlowPlatformSpec{})
	if wrong := (&json.UnmarshalTypeError{}); errors.As(err, &wrong) {
		return field.TypeInvalid(path.Child(wrong.Field), wrong.Value, "must be of type "+wrong.Type.String())
	}
	return field.Invalid(path, field.OmitValueType{}, "cannot be read: "+found.Error())
}
