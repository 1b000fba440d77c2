// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// resourceFiles are the files beside the flow of a workflow in the profiles dev and preview.
type resourceFiles struct {
	// configMaps are those of spec.resources, in that order; missing are the names of those
	// that aren't there.
	configMaps []resourceConfigMap
	missing    []string
	// known tells that Crossplane has answered about all.
	known bool
}

// A resourceConfigMap is a ConfigMap with files, and the folder that they are in.
type resourceConfigMap struct {
	component.Files

	object *unstructured.Unstructured
	data   map[string]any
}

// lookForFiles finds the ConfigMaps with files of a workflow whose flow isn't in an image of
// the user's.
func lookForFiles(req *composition.Request, doc *document) resourceFiles {
	out := resourceFiles{known: true}
	if doc.profile() == flow.GitOps {
		return out
	}
	for _, r := range doc.spec.Resources.ConfigMaps {
		name := r.ConfigMap.Name
		if name == "" {
			continue // It is refused.
		}
		answer := req.Look(ownership.Query(corev1.SchemeGroupVersion.WithKind("ConfigMap"), doc.Namespace, name))
		found := resourceConfigMap{Files: component.Files{ConfigMap: name, Folder: folderOf(r.WorkflowPath)}}
		switch {
		case answer.State == composition.StatePending:
			out.known = false
		case answer.First() == nil:
			if !slices.Contains(out.missing, name) {
				out.missing = append(out.missing, name)
			}
		default:
			found.object, found.data = answer.First(), filesOf(answer.First())
		}
		out.configMaps = append(out.configMaps, found)
	}
	return out
}

// filesOf are the keys of a ConfigMap and what is in them.
func filesOf(configMap *unstructured.Unstructured) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"data", "binaryData"} {
		data, _, _ := unstructured.NestedFieldNoCopy(configMap.Object, name) // The API server takes no other types.
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

// image is what the workflow runs: the one that is built, its own image or, in the profile
// dev, that of the platform or of the input.
func (r resolver) image() string {
	switch {
	case r.order != nil:
		return r.order.Image()
	case !r.dev():
		return r.doc.image()
	}
	return cmp.Or(r.doc.image(), r.devBaseImage(), images.Resolve(r.input.Images).WorkflowDevMode)
}

// document is the flow as a runtime reads it; empty for a workflow whose flow is in an image of
// the user's. A flow that isn't JSON can't come from an API server.
func (r resolver) document() (string, *field.Error) {
	if r.doc.profile() == flow.GitOps {
		return "", nil
	}
	out, err := flow.Document(r.doc.flow, r.doc.identity())
	if err != nil {
		return "", field.Invalid(field.NewPath("spec", "flow"), field.OmitValueType{}, err.Error())
	}
	return out, nil
}

// flowFile is the name of the file with the flow.
func (r resolver) flowFile() string { return r.doc.identity().ID + ".sw.json" }

// validateFiles returns what is wrong with the files of a workflow whose flow isn't in an image
// of the user's.
func (r resolver) validateFiles() field.ErrorList {
	if r.doc.profile() == flow.GitOps {
		return nil
	}
	errs := names.ValidateKey(r.flowFile(), field.NewPath("metadata", "annotations").Key(v1alpha08.AnnotationID))
	for i, c := range r.doc.spec.Resources.ConfigMaps {
		at := field.NewPath("spec", "resources", "configMaps").Index(i)
		if c.ConfigMap.Name == "" {
			errs = append(errs, field.Required(at.Child("configMap", "name"), "name the ConfigMap with the files"))
		}
		if p := c.WorkflowPath; path.IsAbs(p) || slices.Contains(strings.Split(p, "/"), "..") || strings.ContainsAny(p, ":\x00") {
			errs = append(errs, field.Invalid(at.Child("workflowPath"), p, "must be a folder below that of the flow, such as specs/v1: without a slash at the start, .. and colons"))
		}
	}
	return errs
}

// files are the ConfigMaps with files that the pod mounts.
func (d resourceFiles) files() []component.Files {
	out := make([]component.Files, 0, len(d.configMaps))
	for _, c := range d.configMaps {
		if !slices.Contains(out, c.Files) {
			out = append(out, c.Files)
		}
	}
	return out
}

// paths are the files, relative to the folder of the flow.
func (d resourceFiles) paths() []string {
	var out []string
	for _, c := range d.configMaps {
		for key := range c.data {
			out = append(out, path.Join(c.Folder, key))
		}
	}
	return out
}

// content changes whenever a file does.
func (d resourceFiles) content() string {
	var out strings.Builder
	for _, c := range d.configMaps {
		text, err := json.Marshal(c.data)
		if err != nil {
			panic(err) // Texts can be encoded.
		}
		_, _ = fmt.Fprintf(&out, "%s/%s %s\n", c.Folder, c.ConfigMap, text)
	}
	return out.String()
}

// hidden names the files that two ConfigMaps have at the same place: the last one counts.
func (r resolver) hidden() []string {
	var out []string
	owners := map[string]string{
		component.PropertiesFile: r.around.properties.configMap, r.kind().PropertiesFile: r.kind().ConfigMap(r.doc.Name), r.flowFile(): r.kind().Name(r.doc.Name),
	}
	for i, c := range r.around.files.configMaps {
		for _, key := range slices.Sorted(maps.Keys(c.data)) {
			at := path.Join(c.Folder, key)
			if owner, taken := owners[at]; taken && owner != c.ConfigMap {
				out = append(out, fmt.Sprintf("%s: the file %s of ConfigMap %s hides that of ConfigMap %s; give one of both another name",
					field.NewPath("spec", "resources", "configMaps").Index(i), at, c.ConfigMap, owner))
			}
			owners[at] = c.ConfigMap
		}
	}
	return out
}

// refuseFlow returns the result for a flow that would fail when it is compiled: what
// runs goes on as it is. It is nil for any other workflow.
func refuseFlow(req *composition.Request, w *Workflow) *composition.Result {
	broken := func(f flow.Finding) bool { return f.Level == flow.Error }
	if w.Dev == nil && w.Build == nil || !slices.ContainsFunc(w.Findings, broken) {
		return nil
	}
	condition := flowCondition(w.Findings)
	out := report.Refused(req.Composite, errors.New("the flow can't run: "+condition.Message))
	condition.Alarm = false // One warning is enough.
	out.Conditions = append([]composition.Condition{report.Valid(w.Warnings), condition}, out.Conditions...)
	return out
}

// missingFiles keeps a workflow from its first start while files are missing. Pods that run go
// on.
func missingFiles(w *Workflow, exists bool) component.Hold {
	if len(w.MissingFiles) == 0 || exists {
		return component.Hold{}
	}
	return component.Hold{Gate: component.Withheld, Reason: v1alpha08.ReasonExternalResourcesNotFound, Message: w.missing()}
}

// missing says which ConfigMaps aren't there.
func (w *Workflow) missing() string { return missing(w.MissingFiles, w.Namespace) }

func missing(configMaps []string, namespace string) string {
	return fmt.Sprintf("External Resources ConfigMap not found: %s; create it in namespace %s, or remove it from spec.resources.configMaps", strings.Join(configMaps, ", "), namespace)
}
