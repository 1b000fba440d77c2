// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"cmp"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// A document is a composite as far as this package reads it.
type document struct {
	types.NamespacedName

	// spec is what the user asks for, without the flow.
	spec v1alpha08.SonataFlowSpec
	// raw is the spec before it was decoded, flow what it says the workflow does.
	raw, flow map[string]any
	// warnings name what of the document isn't part of the API.
	warnings []string
	// namespaced is a composite that lives in a namespace itself. All that it composes must
	// be in the same one.
	namespaced bool
	// labels and annotations are the composite's.
	labels, annotations map[string]string
	// status is what was said of the composite last.
	status v1alpha08.SonataFlowStatus
}

// parse reads the composite. What is null in its flow says something to what the flow calls.
func parse(req *composition.Request) (*document, field.ErrorList) {
	composite := req.Composite
	doc := &document{
		NamespacedName: composition.Identity(composite),
		namespaced:     composite.GetNamespace() != "",
		labels:         inheritable(composite.GetLabels()),
		annotations:    composite.GetAnnotations(),
	}
	if errs := names.ValidateIdentity(doc.NamespacedName, doc.namespaced, "a workflow", v1alpha08.KindSonataFlow); len(errs) > 0 {
		return doc, errs
	}
	if errs := decoding.Field(composite.Object["status"], &doc.status, field.NewPath("status")); len(errs) > 0 {
		doc.status = v1alpha08.SonataFlowStatus{} // It isn't ours.
	}
	var errs field.ErrorList
	if doc.warnings, errs = decoding.Spec(withoutFlow(composite), &doc.spec); len(errs) > 0 {
		return doc, errs
	}
	doc.raw, _ = composite.Object["spec"].(map[string]any) // Decoding has checked the types.
	var err *field.Error
	if doc.flow, err = parseFlow(req.Field("spec", "flow")); err != nil {
		return doc, field.ErrorList{err}
	}
	return doc, nil
}

// withoutFlow returns a composite without its flow, which may be much longer than all the
// rest, and is never needed as a Go type.
func withoutFlow(composite *unstructured.Unstructured) *unstructured.Unstructured {
	spec, isObject := composite.Object["spec"].(map[string]any)
	if !isObject {
		return composite
	}
	object, rest := maps.Clone(composite.Object), maps.Clone(spec)
	delete(rest, "flow")
	object["spec"] = rest
	return &unstructured.Unstructured{Object: object}
}

// parseFlow reads a flow as far as its schema goes. What else is wrong with it is the
// checker's to find.
func parseFlow(raw any) (map[string]any, *field.Error) {
	path := field.NewPath("spec", "flow")
	out, isObject := raw.(map[string]any)
	switch {
	case raw != nil && !isObject:
		return nil, field.TypeInvalid(path, field.OmitValueType{}, "must be an object: write the flow itself")
	case len(out) == 0:
		return nil, field.Required(path, "say what the workflow does: write its states")
	}
	if states := out["states"]; states != nil {
		if _, isList := states.([]any); !isList {
			return nil, field.TypeInvalid(path.Child("states"), field.OmitValueType{}, "must be a list")
		}
	}
	return out, nil
}

// inheritable returns the labels of a composite that its objects get, too: all but Crossplane's.
func inheritable(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels))
	for name, value := range labels {
		if !strings.HasPrefix(name, "crossplane.io/") {
			out[name] = value
		}
	}
	return out
}

// profile is how the workflow runs. A workflow that has an image runs the image, unless the
// annotation says dev.
func (d *document) profile() flow.Profile {
	switch annotated := flow.Profile(d.annotations[v1alpha08.AnnotationProfile]); {
	case annotated == flow.Dev:
		return flow.Dev
	case d.image() != "" || annotated == flow.GitOps:
		return flow.GitOps
	}
	return flow.Preview
}

// image is the one that the user brings, or empty.
func (d *document) image() string { return d.spec.PodTemplate.Container.Image }

// files are the ConfigMaps with files beside the flow. A workflow whose flow is in an image of the
// user's needs none.
func (d *document) files() []v1alpha08.ConfigMapWorkflowResource {
	if d.profile() == flow.GitOps {
		return nil
	}
	return d.spec.Resources.ConfigMaps
}

// identity is what the document says about its flow.
func (d *document) identity() flow.Identity {
	return flow.Identity{
		ID:             cmp.Or(d.annotations[v1alpha08.AnnotationID], d.Name),
		Key:            d.annotations[v1alpha08.AnnotationKey],
		Name:           d.annotations[v1alpha08.AnnotationName],
		Description:    d.annotations[v1alpha08.AnnotationDescription],
		Version:        d.annotations[v1alpha08.AnnotationVersion],
		ExpressionLang: d.annotations[v1alpha08.AnnotationExpressionLang],
	}
}

// flowFile is the name of the file with the flow.
func (d *document) flowFile() string { return d.identity().ID + ".sw.json" }
