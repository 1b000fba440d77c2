// SPDX-License-Identifier: Apache-2.0

// Package podtemplate lays a user's podTemplate over the pod that the platform
// makes.
package podtemplate

import (
	"maps"
	stdpath "path"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// A Template is the podTemplate of a service, as the user wrote it.
type Template struct {
	// Spec is the decoded podTemplate.
	Spec *v1alpha08.PodTemplateSpec
	// Raw is the same before it was decoded. It still tells a zero that the user wrote
	// from a field that isn't there.
	Raw map[string]any
	// Path is where the podTemplate stands in the composite.
	Path *field.Path
	// Injected names environment variables that Knative writes into the container once it is
	// there. The user's are left out.
	Injected []string
	// OwnDatabase tells that the program may have a database that the platform doesn't know
	// of.
	OwnDatabase bool
}

// Merge lays a template over a pod with one container. What Kubernetes merges when
// it patches a pod is merged here, by the same rules: lists of named things by name,
// maps by key, anything else the user's wins. It differs where the platform would
// break:
//
//   - environment variables, volumes, mounts and ports that the pod already has
//     stay as they are; a warning names each one that the user tried to set;
//   - a probe's handler is replaced as a whole, because a probe has only one;
//   - a request of the platform's yields to a lower limit of the user's;
//   - the service account's token comes back where more than the pod's own container
//     may need it, unless the template says whether it is mounted;
//   - of the user's containers, one that has the name of the pod's own container is
//     ignored, because podTemplate.container is for that one.
func Merge(pod corev1.PodSpec, t Template) (corev1.PodSpec, []string, error) {
	own := pod.Containers[0]
	container, _ := t.Raw["container"].(map[string]any) // Decoding has checked the types.
	overrides, raw := fieldsOf[v1alpha08.ContainerSpec](container), fieldsOf[v1alpha08.PodSpec](t.Raw)
	delete(raw, "containers")
	if overrides["image"] == "" {
		delete(overrides, "image") // An empty one is none.
	}
	var warn warnings

	if len(overrides) > 0 {
		makeRoom(&own.Resources, t.Spec.Container.Resources)
		path := t.Path.Child("container")
		env := warn.env(own.Env, t.Spec.Container.Env, t.Injected, path.Child("env"))
		warn.properties(t, own.Env, path)
		ports := warn.ports(own.Ports, t.Spec.Container.Ports, path.Child("ports"))
		delete(overrides, "env")
		delete(overrides, "ports")
		warn.drop(overrides, "volumeMounts", path, func(m map[string]any) bool {
			at, _ := m["mountPath"].(string)
			return slices.ContainsFunc(own.VolumeMounts, func(o corev1.VolumeMount) bool { return o.MountPath == stdpath.Clean(at) })
		})
		if err := patch(&own, overrides, replaceHandlers); err != nil {
			return pod, nil, errors.Wrapf(err, "cannot merge %s", path)
		}
		own.Env, own.Ports = env, ports
		warn.limits(own.Resources, path.Child("resources"))
	}

	warn.drop(raw, "volumes", t.Path, func(v map[string]any) bool {
		return slices.ContainsFunc(pod.Volumes, func(o corev1.Volume) bool { return o.Name == v["name"] })
	})
	if err := patch(&pod, raw, nil); err != nil {
		return pod, nil, errors.Wrapf(err, "cannot merge %s", t.Path)
	}
	pod.Containers = warn.place(own, t.Spec.Containers, t.Path)
	if _, given := raw["automountServiceAccountToken"]; !given && token(pod) == nil {
		pod.AutomountServiceAccountToken = nil
	}
	return pod, warn, nil
}

// fieldsOf returns a copy of those fields that a type of the API has: a live composite has
// no others, one in a render may. It leaves out what a patch would take for an
// instruction: nulls, and keys with a dollar sign (no label or resource has such a name).
func fieldsOf[T any](raw map[string]any) map[string]any {
	known := map[string]any{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if value, given := raw[name]; given {
			known[name] = value
		}
	}
	return plain(known)
}

func plain(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for k, v := range fields {
		if v != nil && !strings.HasPrefix(k, "$") {
			out[k] = plainValue(v)
		}
	}
	return out
}

func plainValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return plain(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if e != nil {
				out = append(out, plainValue(e))
			}
		}
		return out
	}
	return v
}

// patch lays fields over an object by the rules of a strategic merge patch. The hook sees
// both before.
func patch[T any](over *T, fields map[string]any, hook func(original, fields map[string]any)) error {
	if len(fields) == 0 {
		return nil
	}
	original, err := runtime.DefaultUnstructuredConverter.ToUnstructured(over)
	if err != nil {
		return err
	}
	if hook != nil {
		hook(original, fields)
	}
	result, err := strategicpatch.StrategicMergeMapPatch(original, fields, *over)
	if err != nil {
		return err
	}
	var merged T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(result, &merged); err != nil {
		return err
	}
	*over = merged
	return nil
}

// replaceHandlers removes the handler of each probe that the user gives another one.
func replaceHandlers(original, fields map[string]any) {
	handlers := []string{"exec", "grpc", "httpGet", "tcpSocket"}
	for _, name := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		theirs, _ := fields[name].(map[string]any)
		ours, _ := original[name].(map[string]any)
		if !slices.ContainsFunc(handlers, func(h string) bool { return theirs[h] != nil }) {
			continue
		}
		maps.DeleteFunc(ours, func(field string, _ any) bool { return slices.Contains(handlers, field) })
		if get, ok := theirs["httpGet"].(map[string]any); ok && get["scheme"] == nil {
			get["scheme"] = string(corev1.URISchemeHTTP)
		}
	}
}
