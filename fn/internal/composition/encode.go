// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/function-sdk-go/errors"
)

// encode turns a typed object into what Crossplane applies server-side. It holds
// only fields that we mean to own: no status, no nulls, and none of the empty
// structs that Go's types can't leave out. Those are listed one by one, because an
// empty object elsewhere means something (emptyDir: {}).
func encode(o runtime.Object) (*structpb.Struct, error) {
	s, err := structOf(reflect.ValueOf(o).Elem())
	if err != nil {
		return nil, errors.Wrapf(err, "cannot encode %T", o)
	}
	delete(s.GetFields(), "status")
	dropEmpty(s, "spec", "strategy")
	template := within(s, "spec", "template")
	dropEmpty(template, "metadata")
	pod := within(template, "spec")
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range pod.GetFields()[list].GetListValue().GetValues() {
			dropEmpty(c.GetStructValue(), "resources")
		}
	}
	for _, v := range pod.GetFields()["volumes"].GetListValue().GetValues() {
		dropEmpty(v.GetStructValue(), "ephemeral", "volumeClaimTemplate", "metadata")
		dropEmpty(v.GetStructValue(), "ephemeral", "volumeClaimTemplate", "spec", "resources")
	}
	return s, nil
}

// within returns the struct at a path, or nil.
func within(s *structpb.Struct, path ...string) *structpb.Struct {
	for _, p := range path {
		s = s.GetFields()[p].GetStructValue()
	}
	return s
}

// dropEmpty removes the struct at a path if it has no fields.
func dropEmpty(s *structpb.Struct, path ...string) {
	last := len(path) - 1
	parent := within(s, path[:last]...)
	if o, ok := parent.GetFields()[path[last]].GetKind().(*structpb.Value_StructValue); ok && len(o.StructValue.GetFields()) == 0 {
		delete(parent.GetFields(), path[last])
	}
}

// child returns the object at a path, or nil.
func child(m map[string]any, path ...string) map[string]any {
	for _, p := range path {
		next, ok := m[p].(map[string]any)
		if !ok {
			return nil
		}
		m = next
	}
	return m
}

// children returns the objects of a list.
func children(m map[string]any, key string) []map[string]any {
	list, ok := m[key].([]any)
	if !ok {
		return nil
	}
	out := make([]map[string]any, 0, len(list))
	for _, e := range list {
		if o, ok := e.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}
