// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// encode turns a typed object into what Crossplane applies server-side. It holds
// only fields that we mean to own: no status, no nulls, and none of the empty
// structs that Go's types can't leave out. Those are listed one by one, because an
// empty object elsewhere means something (emptyDir: {}).
func encode(o runtime.Object) (*structpb.Struct, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot encode %T", o)
	}
	delete(m, "status")
	dropNulls(m)
	dropEmpty(m, "spec", "strategy")
	if template := child(m, "spec", "template"); template != nil {
		dropEmpty(template, "metadata")
		pod := child(template, "spec")
		for _, list := range []string{"initContainers", "containers"} {
			for _, c := range children(pod, list) {
				dropEmpty(c, "resources")
			}
		}
		for _, v := range children(pod, "volumes") {
			dropEmpty(v, "ephemeral", "volumeClaimTemplate", "metadata")
			dropEmpty(v, "ephemeral", "volumeClaimTemplate", "spec", "resources")
		}
	}
	s, err := structpb.NewStruct(m)
	return s, errors.Wrapf(err, "cannot encode %T", o)
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

// dropEmpty removes the object at a path if it has no fields.
func dropEmpty(m map[string]any, path ...string) {
	last := len(path) - 1
	parent := child(m, path[:last]...)
	if o, ok := parent[path[last]].(map[string]any); ok && len(o) == 0 {
		delete(parent, path[last])
	}
}

// dropNulls removes nulls at any depth. Go's types write them for a missing
// creationTimestamp; the API server would take them for a wish to unset a field.
func dropNulls(m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case nil:
			delete(m, k)
		case map[string]any:
			dropNulls(v)
		case []any:
			for _, e := range v {
				if o, ok := e.(map[string]any); ok {
					dropNulls(o)
				}
			}
		}
	}
}
