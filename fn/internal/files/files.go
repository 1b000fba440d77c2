// SPDX-License-Identifier: Apache-2.0

// Package files finds the files beside the flow of a workflow, which are in the ConfigMaps of
// spec.resources. A pod of the profile dev mounts the files, a build of the profile preview
// copies them.
package files

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
)

// Found are the ConfigMaps with the files of a workflow.
type Found struct {
	// Known tells that Crossplane has answered about all of them.
	Known bool

	namespace string
	// configMaps are those of spec.resources, in that order; missing are the names of those
	// that aren't there.
	configMaps []configMap
	missing    []string
}

// A configMap has files, and the folder that they are in.
type configMap struct {
	component.Files

	// object is nil while the ConfigMap isn't known, or isn't there; data is what is in its keys.
	object *unstructured.Unstructured
	data   map[string]any
}

// A Copy is what is in a ConfigMap with files.
type Copy struct {
	component.Files

	Data       map[string]string
	BinaryData map[string][]byte
}

// Look finds the ConfigMaps of a workflow in a namespace.
func Look(req *composition.Request, given []v1alpha08.ConfigMapWorkflowResource, namespace string) Found {
	out := Found{Known: true, namespace: namespace}
	for _, r := range given {
		name := r.ConfigMap.Name
		if name == "" {
			continue // It is refused.
		}
		answer := req.Look(ownership.Query(corev1.SchemeGroupVersion.WithKind("ConfigMap"), namespace, name))
		found := configMap{Files: component.Files{ConfigMap: name, Folder: folderOf(r.WorkflowPath)}}
		switch {
		case answer.State == composition.StatePending:
			out.Known = false
		case answer.First() == nil:
			if !slices.Contains(out.missing, name) {
				out.missing = append(out.missing, name)
			}
		default:
			found.object, found.data = answer.First(), dataOf(answer.First())
		}
		out.configMaps = append(out.configMaps, found)
	}
	return out
}

// dataOf are the keys of a ConfigMap and what is in them.
func dataOf(object *unstructured.Unstructured) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"data", "binaryData"} {
		data, _, _ := unstructured.NestedFieldNoCopy(object.Object, name) // The API server takes no other types.
		values, _ := data.(map[string]any)
		maps.Copy(out, values)
	}
	return out
}

// folderOf is a workflowPath as a folder below that of the flow, which is the empty one.
func folderOf(workflowPath string) string {
	if folder := path.Clean(workflowPath); folder != "." {
		return folder
	}
	return ""
}

// Validate returns what is wrong with the ConfigMaps of a workflow. The path is that of their
// list.
func Validate(given []v1alpha08.ConfigMapWorkflowResource, list *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, c := range given {
		at := list.Index(i)
		if c.ConfigMap.Name == "" {
			errs = append(errs, field.Required(at.Child("configMap", "name"), "name the ConfigMap with the files"))
		}
		above := func(folder string) bool { return strings.HasPrefix(folder, "..") } // Kubernetes has folders of its own with such names.
		if p := c.WorkflowPath; path.IsAbs(p) || slices.ContainsFunc(strings.Split(p, "/"), above) || strings.ContainsAny(p, ":\x00") {
			errs = append(errs, field.Invalid(at.Child("workflowPath"), p, "must be a folder below that of the flow, such as specs/v1: without a slash at the start, two dots at the start of a folder, and colons"))
		}
	}
	return errs
}

// Missing says which ConfigMaps aren't there, and what to do; empty when none is missing.
func (f Found) Missing() string {
	if len(f.missing) == 0 {
		return ""
	}
	return fmt.Sprintf("External Resources ConfigMap not found: %s; create it in namespace %s, or remove it from spec.resources.configMaps", strings.Join(f.missing, ", "), f.namespace)
}

// Mounted are the ConfigMaps and folders that the pod mounts, each once.
func (f Found) Mounted() []component.Files {
	out := make([]component.Files, 0, len(f.configMaps))
	for _, c := range f.configMaps {
		if !slices.Contains(out, c.Files) {
			out = append(out, c.Files)
		}
	}
	return out
}

// Paths are those of the files, relative to the folder of the flow.
func (f Found) Paths() []string {
	var out []string
	for _, c := range f.configMaps {
		for key := range c.data {
			out = append(out, path.Join(c.Folder, key))
		}
	}
	return out
}

// Content is a text that changes whenever a file does.
func (f Found) Content() string {
	var out strings.Builder
	for _, c := range f.configMaps {
		text, err := json.Marshal(c.data)
		if err != nil {
			panic(err) // Texts can be encoded.
		}
		_, _ = fmt.Fprintf(&out, "%s/%s %s\n", c.Folder, c.ConfigMap, text)
	}
	return out.String()
}

// Copies are the files themselves. A ConfigMap that isn't known, or isn't there, has none.
func (f Found) Copies() []Copy {
	out := make([]Copy, 0, len(f.configMaps))
	for _, c := range f.configMaps {
		if c.object == nil {
			continue
		}
		copied := Copy{Files: c.Files}
		// The API server takes no other types.
		copied.Data, _, _ = unstructured.NestedStringMap(c.object.Object, "data")
		binary, _, _ := unstructured.NestedStringMap(c.object.Object, "binaryData")
		for _, key := range slices.Sorted(maps.Keys(binary)) {
			bytes, err := base64.StdEncoding.DecodeString(binary[key])
			if err != nil {
				continue // It can't come from an API server.
			}
			if copied.BinaryData == nil {
				copied.BinaryData = map[string][]byte{}
			}
			copied.BinaryData[key] = bytes
		}
		out = append(out, copied)
	}
	return out
}

// Hidden names the files that two ConfigMaps have at the same place: the last one counts. The
// owners are the ConfigMaps of the workflow's own files, by the paths of these.
func (f Found) Hidden(owners map[string]string, list *field.Path) []string {
	var out []string
	owners = maps.Clone(owners)
	for i, c := range f.configMaps {
		for _, key := range slices.Sorted(maps.Keys(c.data)) {
			at := path.Join(c.Folder, key)
			if owner, taken := owners[at]; taken && owner != c.ConfigMap {
				out = append(out, fmt.Sprintf("%s: the file %s of ConfigMap %s hides that of ConfigMap %s; give one of both another name",
					list.Index(i), at, c.ConfigMap, owner))
			}
			owners[at] = c.ConfigMap
		}
	}
	return out
}

// Hold keeps a workflow from its first start while ConfigMaps are missing, as Missing says. Pods
// that run go on.
func Hold(missing string, runs bool) component.Hold {
	if missing == "" || runs {
		return component.Hold{}
	}
	return component.Hold{Gate: component.Withheld, Reason: v1alpha08.ReasonExternalResourcesNotFound, Message: missing}
}
