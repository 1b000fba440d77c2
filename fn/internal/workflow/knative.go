// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/serving"
)

// knative tells whether the workflow runs on Knative Serving. In the profile dev, none does.
func (r resolver) knative() bool {
	return !r.dev() && r.doc.spec.PodTemplate.DeploymentModel == v1alpha08.DeploymentModelKnative
}

// podAnnotations are those of the document that Knative Serving reads on the pods.
func (r resolver) podAnnotations() map[string]string {
	if !r.knative() {
		return nil
	}
	return serving.OfPods(r.doc.annotations)
}

// validateKnative returns what Knative Serving refuses of a workflow that runs there.
func (r resolver) validateKnative(c *component.Component) field.ErrorList {
	if !r.knative() {
		return nil
	}
	features, metadata := r.input.Workflows.ServingFeatures, field.NewPath("metadata")
	return slices.Concat(
		serving.ValidatePod(&c.Pod, c.Kind.Container, features, field.NewPath("spec", "podTemplate")),
		serving.ValidateAnnotations(c.Annotations, features, metadata.Child("annotations")),
		serving.ValidateLabels(r.doc.labels, metadata.Child("labels")),
	)
}

// knativeWarnings name what has no effect on Knative Serving, and what is lost there.
func (r resolver) knativeWarnings(c *component.Component) []string {
	t, path := r.doc.spec.PodTemplate, field.NewPath("spec", "podTemplate")
	var out []string
	if t.Replicas != nil {
		out = append(out, path.Child("replicas").String()+": has no effect on Knative Serving, which scales by itself; set the annotations "+serving.MinScale+" and "+serving.MaxScale)
	}
	if t.PodDisruptionBudget != nil {
		out = append(out, path.Child("podDisruptionBudget").String()+": has no effect on Knative Serving, which makes the pods anew elsewhere; remove it")
	}
	if c.Database == nil && !serving.KeepsPod(c.Annotations) {
		out = append(out, path.Child("deploymentModel").String()+": Knative Serving removes all pods while no requests arrive, and instances that wait are lost with them; set persistence.postgresql, or the annotation "+serving.MinScale+`: "1"`)
	}
	return out
}
