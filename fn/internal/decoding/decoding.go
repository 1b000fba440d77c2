// SPDX-License-Identifier: Apache-2.0

// Package decoding reads parts of objects into Go types, and says in words what can't be
// read: every value of a wrong type at its own path, and every field that a type doesn't
// have, with the name that was meant.
package decoding

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// Field reads a field of an object into a Go type, as the API server does. A field
// that isn't there (nil) leaves the value as it is. All values of a wrong type are errors,
// each at its own path; path is where the field itself stands. Fields that the type doesn't
// have are passed over.
func Field(raw, into any, path *field.Path) field.ErrorList {
	text, err := json.Marshal(raw)
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(text, into)
	}
	if err == nil {
		return nil
	}
	found := &walker{}
	found.value(typeOf(into), raw, path)
	return found.typeErrors(err, path)
}

// Spec reads the spec of a composite as Field does. The warnings name the
// fields that the composite has and its type doesn't, because these have no effect.
// Crossplane's own fields pass.
func Spec(composite *unstructured.Unstructured, into any) (warnings []string, errs field.ErrorList) {
	spec, fields := withoutCrossplane(composite.Object["spec"]), fieldsOfComposite(typeOf(into))
	known, err := decodeStrictly(spec, into)
	if err == nil && known && hasOnly(composite.Object, fields) {
		return nil, nil
	}
	object := maps.Clone(composite.Object)
	object["spec"] = spec
	found := &walker{}
	found.object(fields, object, nil)
	for _, f := range found.unknown {
		warnings = append(warnings, f.warning())
	}
	return warnings, found.typeErrors(err, field.NewPath("spec"))
}

// Strict reads an object whose path is given. Fields that the type doesn't have are errors,
// too.
func Strict(object map[string]any, into any, path *field.Path) field.ErrorList {
	known, err := decodeStrictly(object, into)
	if err == nil && known {
		return nil
	}
	found := &walker{}
	found.value(typeOf(into), object, path)
	errs := found.typeErrors(err, path)
	for _, f := range found.unknown {
		errs = append(errs, f.err())
	}
	return errs
}

// decodeStrictly reads a value, and tells whether its type has all its fields.
func decodeStrictly(raw, into any) (known bool, err error) {
	text, err := json.Marshal(raw)
	if err != nil {
		return false, err
	}
	unknown, err := kjson.UnmarshalStrict(text, into, kjson.DisallowUnknownFields)
	return len(unknown) == 0, err
}

// typeErrors are those that were found because a decoder failed. What only the decoder
// sees, such as a number that JSON doesn't have, is an error, too.
func (w *walker) typeErrors(err error, path *field.Path) field.ErrorList {
	switch {
	case err == nil:
		return nil
	case len(w.errs) == 0:
		return field.ErrorList{field.TypeInvalid(path, field.OmitValueType{}, "cannot be read: "+err.Error())}
	}
	return w.errs
}

// typeOf is the type that a pointer points to.
func typeOf(into any) reflect.Type { return reflect.TypeOf(into).Elem() }

// fieldsOfComposite lists the fields of a composite whose spec has a type. No type is given
// for the others, which aren't looked into.
func fieldsOfComposite(spec reflect.Type) map[string]reflect.Type {
	anything := reflect.TypeFor[any]()
	return map[string]reflect.Type{"apiVersion": anything, "kind": anything, "metadata": anything, "spec": spec, "status": anything}
}

// hasOnly tells whether an object has no other fields than these.
func hasOnly(object map[string]any, fields map[string]reflect.Type) bool {
	for name := range object {
		if _, known := fields[name]; !known {
			return false
		}
	}
	return true
}

// crossplaneFields are those that Crossplane adds to the spec of claims and composites,
// from v1.16 on.
var crossplaneFields = []string{ //nolint:gochecknoglobals // A table that doesn't change.
	"claimRef", "compositeDeletePolicy", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector",
	"compositionSelector", "compositionUpdatePolicy", "crossplane", "environmentConfigRefs", "publishConnectionDetailsTo",
	"resourceRef", "resourceRefs", "writeConnectionSecretToRef",
}

// withoutCrossplane returns a spec without Crossplane's own fields. What isn't an object
// stays as it is.
func withoutCrossplane(spec any) any {
	object, ok := spec.(map[string]any)
	if !ok {
		return spec
	}
	out := make(map[string]any, len(object))
	for name, v := range object {
		if !slices.Contains(crossplaneFields, name) {
			out[name] = v
		}
	}
	return out
}
