// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crossplane/function-sdk-go/errors"
)

// structOf turns a typed object into a protobuf struct by the json tags of its fields.
// It gives what encoding/json does, but for nulls, which it leaves out. It does so
// without text or maps in between: each call of the function encodes some twenty
// objects.
func structOf(v reflect.Value) (*structpb.Struct, error) {
	out := &structpb.Struct{Fields: map[string]*structpb.Value{}} // Most fields of most types are empty.
	return out, addFields(out, v)
}

func addFields(into *structpb.Struct, v reflect.Value) error {
	for _, f := range typeOf(v.Type()).fields {
		field := v.Field(f.index)
		switch {
		case f.omitZero && field.IsZero(), f.omitEmpty && isEmpty(field):
			continue
		case f.inline:
			if err := addFields(into, field); err != nil {
				return err
			}
			continue
		}
		value, err := valueOf(field)
		if err != nil {
			return errors.Wrap(err, f.name)
		}
		if value != nil {
			into.Fields[f.name] = value
		}
	}
	return nil
}

// valueOf returns the value of a field, or nil for a null.
func valueOf(v reflect.Value) (*structpb.Value, error) {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil, nil //nolint:nilnil // It is no value, and no error.
		}
		return valueOf(v.Elem())
	}
	switch v.Kind() { //nolint:exhaustive // No type of Kubernetes has others.
	case reflect.String:
		return text(v.String())
	case reflect.Bool:
		return structpb.NewBoolValue(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return structpb.NewNumberValue(float64(v.Int())), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return structpb.NewNumberValue(float64(v.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return structpb.NewNumberValue(v.Float()), nil
	case reflect.Struct:
		// Of Kubernetes' types, no others write themselves.
		if typeOf(v.Type()).marshals {
			return marshaled(v)
		}
		s, err := structOf(v)
		return structpb.NewStructValue(s), err
	case reflect.Map:
		return mapOf(v)
	case reflect.Slice:
		return listOf(v)
	}
	return nil, errors.Errorf("cannot encode a %s", v.Type())
}

// text returns a string, which protobuf takes only if it is text.
func text(s string) (*structpb.Value, error) {
	if !utf8.ValidString(s) {
		return nil, errors.Errorf("invalid UTF-8 in string: %q", s)
	}
	return structpb.NewStringValue(s), nil
}

func mapOf(v reflect.Value) (*structpb.Value, error) {
	if v.IsNil() {
		return nil, nil //nolint:nilnil // It is no value, and no error.
	}
	out := &structpb.Struct{Fields: make(map[string]*structpb.Value, v.Len())}
	// Reused: reflection would make new ones for each entry.
	name, entry := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	for entries := v.MapRange(); entries.Next(); {
		name.SetIterKey(entries)
		entry.SetIterValue(entries)
		key := name.String()
		value, err := valueOf(entry)
		if err == nil {
			_, err = text(key)
		}
		if err != nil {
			return nil, errors.Wrap(err, key)
		}
		if value != nil {
			out.Fields[key] = value
		}
	}
	return structpb.NewStructValue(out), nil
}

func listOf(v reflect.Value) (*structpb.Value, error) {
	if v.IsNil() {
		return nil, nil //nolint:nilnil // It is no value, and no error.
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return structpb.NewStringValue(base64.StdEncoding.EncodeToString(v.Bytes())), nil
	}
	out := &structpb.ListValue{Values: make([]*structpb.Value, v.Len())}
	for i := range v.Len() {
		value, err := valueOf(v.Index(i))
		if err != nil {
			return nil, errors.Wrapf(err, "[%d]", i)
		}
		out.Values[i] = value
		if value == nil {
			out.Values[i] = structpb.NewNullValue()
		}
	}
	return structpb.NewListValue(out), nil
}

// marshaled returns what a type makes of itself: a Quantity, an IntOrString, a Time.
func marshaled(v reflect.Value) (*structpb.Value, error) {
	if q, ok := v.Interface().(resource.Quantity); ok {
		return structpb.NewStringValue(q.String()), nil
	}
	m, ok := v.Interface().(json.Marshaler)
	if !ok {
		addressable := reflect.New(v.Type())
		addressable.Elem().Set(v)
		if m, ok = addressable.Interface().(json.Marshaler); !ok {
			return nil, errors.Errorf("cannot encode a %s", v.Type())
		}
	}
	encoded, err := m.MarshalJSON()
	if err != nil || string(encoded) == "null" {
		return nil, err
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		return nil, err
	}
	return structpb.NewValue(decoded)
}

// isEmpty tells what `omitempty` leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // The others never are.
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Array:
		return false
	}
	return v.IsZero()
}

// A structType is what is to be known of a type.
type structType struct {
	fields []structField
	// marshals tells whether the type makes its own JSON.
	marshals bool
}

// A structField is a field of a type, by its json tag.
type structField struct {
	index                       int
	name                        string
	inline, omitEmpty, omitZero bool
}

// known are the types that were encoded before.
var known sync.Map //nolint:gochecknoglobals // A cache, of reflect.Type to *structType.

func typeOf(t reflect.Type) *structType {
	if found, ok := known.Load(t); ok {
		return found.(*structType) //nolint:forcetypeassert // Nothing else is stored.
	}
	marshaler := reflect.TypeFor[json.Marshaler]()
	out := &structType{marshals: t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler)}
	for i := range t.NumField() {
		tag, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == "-" || !t.Field(i).IsExported() {
			continue
		}
		f := structField{index: i, name: tag, inline: tag == "" && t.Field(i).Anonymous}
		if tag == "" {
			f.name = t.Field(i).Name
		}
		for option := range strings.SplitSeq(options, ",") {
			f.omitEmpty = f.omitEmpty || option == "omitempty"
			f.omitZero = f.omitZero || option == "omitzero"
		}
		out.fields = append(out.fields, f)
	}
	known.Store(t, out)
	return out
}
