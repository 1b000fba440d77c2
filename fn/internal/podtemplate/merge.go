// SPDX-License-Identifier: Apache-2.0

// Package podtemplate lays a user's podTemplate over the pod that the platform
// makes.
package podtemplate

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

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
}

// Merge lays a template over a pod with one container. What Kubernetes merges when
// it patches a pod is merged here, by the same rules: lists of named things by name,
// maps by key, anything else the user's wins. It differs where the platform would
// break:
//
//   - environment variables, volumes, mounts and ports that the pod already has
//     stay as they are; a warning names each one that the user tried to set;
//   - a probe's handler is replaced as a whole, because a probe has only one;
//   - of the user's containers, one that has the name of the pod's own container is
//     ignored, because podTemplate.container is for that one.
func Merge(pod corev1.PodSpec, t Template) (corev1.PodSpec, []string, error) {
	own := pod.Containers[0]
	raw := runtime.DeepCopyJSON(t.Raw)
	overrides, _ := raw["container"].(map[string]any) // Decoding has checked the types.
	for _, notPod := range []string{"container", "containers", "replicas", "podDisruptionBudget"} {
		delete(raw, notPod)
	}
	var warn warnings

	if overrides != nil {
		path := t.Path.Child("container")
		env := warn.env(own.Env, t.Spec.Container.Env, path.Child("env"))
		delete(overrides, "env")
		warn.drop(overrides, "ports", path, func(port map[string]any) bool { return clashes(own.Ports, port) })
		warn.drop(overrides, "volumeMounts", path, func(m map[string]any) bool {
			return slices.ContainsFunc(own.VolumeMounts, func(o corev1.VolumeMount) bool { return o.MountPath == m["mountPath"] })
		})
		if err := patch(&own, overrides, replaceHandlers); err != nil {
			return pod, nil, errors.Wrapf(err, "cannot merge %s", path)
		}
		own.Env = env
	}

	warn.drop(raw, "volumes", t.Path, func(v map[string]any) bool {
		return slices.ContainsFunc(pod.Volumes, func(o corev1.Volume) bool { return o.Name == v["name"] })
	})
	if err := patch(&pod, raw, nil); err != nil {
		return pod, nil, errors.Wrapf(err, "cannot merge %s", t.Path)
	}
	pod.Containers = place(own, t.Spec.Containers)
	return pod, warn, nil
}

// patch lays fields over an object by the rules of a strategic merge patch. The hook
// sees both before.
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
	var schema T
	merged, err := strategicpatch.StrategicMergeMapPatch(original, fields, schema)
	if err != nil {
		return err
	}
	var out T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(merged, &out); err != nil {
		return err
	}
	*over = out
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

// clashes tells whether a port has the name or the number of one that the container
// already has.
func clashes(own []corev1.ContainerPort, port map[string]any) bool {
	udp := port["protocol"] != nil && port["protocol"] != string(corev1.ProtocolTCP)
	return slices.ContainsFunc(own, func(o corev1.ContainerPort) bool {
		return o.Name == port["name"] || !udp && int64(o.ContainerPort) == port["containerPort"]
	})
}

// place puts the platform's container among the user's: in the place of one with its
// name, else last.
func place(own corev1.Container, theirs []corev1.Container) []corev1.Container {
	out := slices.Clone(theirs)
	if i := slices.IndexFunc(out, func(c corev1.Container) bool { return c.Name == own.Name }); i >= 0 {
		out[i] = own
		return out
	}
	return append(out, own)
}
