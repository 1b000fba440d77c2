// SPDX-License-Identifier: Apache-2.0

package decoding

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// A walker holds a value as it was written against a Go type. Unlike a decoder it doesn't
// end at the first mistake. It is slow, so that it is for documents with mistakes alone.
type walker struct {
	// errs stand at the values of a wrong type.
	errs field.ErrorList
	// unknown are the fields that the type doesn't have.
	unknown []unknownField
	// within are the objects in which the walker is, the innermost last.
	within []place
}

// mostUnknown is how many unknown fields are named. The decoder names as many.
const mostUnknown = 100

// A place is an object, and the fields that it can have.
type place struct {
	path   *field.Path
	fields map[string]reflect.Type
}

// An unknownField is one that no type has.
type unknownField struct {
	path *field.Path
	name string
	// meant is the field that was probably meant. It is empty when none is near.
	meant string
}

func (f unknownField) warning() string {
	out := f.path.String() + ": the API has no such field, so it has no effect"
	if f.meant != "" {
		out += "; was " + f.meant + " meant?"
	}
	return out
}

func (f unknownField) err() *field.Error {
	todo := "remove it"
	if f.meant != "" {
		todo = "was " + f.meant + " meant?"
	}
	return field.Forbidden(f.path, fmt.Sprintf("unknown field %q: %s", f.name, todo))
}

// value holds a value against a type. Null leaves what isn't a pointer as it is.
func (w *walker) value(t reflect.Type, raw any, path *field.Path) {
	t = pointedTo(t)
	object, isObject := raw.(map[string]any)
	list, isList := raw.([]any)
	switch {
	case raw == nil:
	case isObject && hasFields(t):
		w.object(fieldsOf(t), object, path)
	case isObject && t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && !readsItself(t):
		for _, key := range slices.Sorted(maps.Keys(object)) {
			w.value(t.Elem(), object[key], path.Key(key))
		}
	case isList && t.Kind() == reflect.Slice && !readsItself(t):
		for i, element := range list {
			w.value(t.Elem(), element, path.Index(i))
		}
	case !decodes(raw, t):
		w.errs = append(w.errs, field.TypeInvalid(path, field.OmitValueType{}, mismatch(raw, t)))
	}
}

// object holds the fields of an object against those that it can have.
func (w *walker) object(fields map[string]reflect.Type, object map[string]any, path *field.Path) {
	w.within = append(w.within, place{path: path, fields: fields})
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if t, known := fields[name]; known {
			w.value(t, object[name], path.Child(name))
		} else if len(w.unknown) < mostUnknown {
			w.unknown = append(w.unknown, unknownField{path: path.Child(name), name: name, meant: meant(name, w.within)})
		}
	}
	w.within = w.within[:len(w.within)-1]
}

// fieldsOf lists the fields of a struct by their names in JSON, those of embedded structs
// among them.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	own, out := map[string]reflect.Type{}, map[string]reflect.Type{}
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		switch inner := pointedTo(f.Type); {
		case tag == "-":
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			maps.Copy(out, fieldsOf(inner))
		case f.IsExported():
			own[cmp.Or(name, f.Name)] = f.Type
		}
	}
	maps.Copy(out, own) // They hide those of embedded structs.
	return out
}

// hasFields tells whether a type is a struct that is read field by field.
func hasFields(t reflect.Type) bool { return t.Kind() == reflect.Struct && !readsItself(t) }

// readsItself tells whether a type has its own way to be read, as quantities do.
func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func pointedTo(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// decodes tells whether a value can be read into a type.
func decodes(raw any, t reflect.Type) bool {
	text, err := json.Marshal(raw)
	return err == nil && kjson.UnmarshalCaseSensitivePreserveInts(text, reflect.New(t).Interface()) == nil
}
