// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"reflect"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/function-sdk-go/errors"
)

// encodeObject turns a typed object into what Crossplane applies server-side. It holds
// only fields that we mean to own, so no status.
func encodeObject(o Object) (*structpb.Struct, error) {
	s, err := encode(o)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot encode %T", o)
	}
	delete(s.GetFields(), "status")
	return s, nil
}

// encode turns a pointer to a Go struct into a protobuf struct, by the json tags of its
// fields. A field that is applied is owned, so a field without anything in it is left out.
func encode(o any) (*structpb.Struct, error) {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	prune(reflect.TypeOf(o).Elem(), out)
	return structpb.NewStruct(out)
}

// prune leaves out what Go's types can't leave out by themselves: nulls, and each struct
// with nothing in it although its field says omitempty. An empty object behind a pointer
// means something, as in emptyDir: {}, and stays.
func prune(t reflect.Type, object map[string]any) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" && field.Anonymous {
			prune(field.Type, object)
			continue
		}
		value, found := object[name]
		if !found {
			continue
		}
		pruneValue(field.Type, value)
		fields, isObject := value.(map[string]any)
		empty := isObject && len(fields) == 0 && field.Type.Kind() == reflect.Struct && strings.Contains(options, "omitempty")
		if value == nil || empty {
			delete(object, name)
		}
	}
}

// pruneValue does the same within a value: a struct, or a list or map of them.
func pruneValue(t reflect.Type, value any) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		switch t.Kind() { //nolint:exhaustive // Values of other types write their own JSON.
		case reflect.Struct:
			prune(t, value)
		case reflect.Map:
			for name, element := range value {
				pruneValue(t.Elem(), element)
				if element == nil {
					delete(value, name)
				}
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return // The value writes its own JSON.
		}
		for _, element := range value {
			pruneValue(t.Elem(), element)
		}
	}
}
