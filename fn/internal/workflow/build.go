// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/build"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// builds tells whether an image of the workflow is built.
func (r resolver) builds() bool { return r.doc.profile() == flow.Preview }

// buildSetting is where the image is built.
func (r resolver) buildSetting() build.Setting { return buildSetting(r.doc, r.input, r.around) }

func buildSetting(doc *document, input *v1beta1.Input, around surroundings) build.Setting {
	out := build.Setting{
		NamespacedName: doc.NamespacedName,
		PlatformName:   around.local.Name,
		Cluster:        input.Cluster, Compatibility: input.Compatibility, PodSecurity: input.PodSecurity, Images: input.Images,
		NodeSelector: doc.spec.PodTemplate.NodeSelector,
	}
	if platform := around.local.Spec.Build; platform != nil {
		out.Platform = *platform
	}
	return out
}

// validateRegistry returns an error for a workflow whose image would be pushed nowhere. It is
// nil while the platform isn't known.
func validateRegistry(doc *document, input *v1beta1.Input, around surroundings) *field.Error {
	if doc.profile() != flow.Preview || around.local.State == composition.StatePending {
		return nil
	}
	return buildSetting(doc, input, around).ValidateRegistry()
}

// newOrder is what to build from a flow.
func (r resolver) newOrder(document string) *build.Order {
	found := r.around.files
	source := build.Source{
		FlowFile: r.doc.flowFile(), Flow: document,
		Persistent: r.database() != nil,
		Attempt:    r.doc.annotations[v1alpha08.AnnotationBuildAttempt],
		Incomplete: found.Missing(),
	}
	for _, c := range found.Copies() {
		source.Files = append(source.Files, build.Files(c))
	}
	if source.Incomplete == "" && (r.around.local.State == composition.StatePending || !found.Known) {
		source.Incomplete = "Waiting for Crossplane to look up the platform and the files of the workflow"
	}
	return r.buildSetting().Order(source)
}

// pullSecrets are those of the input and, for an image that is built, that of its registry.
func (r resolver) pullSecrets() []corev1.LocalObjectReference {
	if !r.builds() {
		return r.input.Images.PullSecrets
	}
	return r.buildSetting().PullSecrets()
}

// hidden names the files beside the flow that hide one of the workflow's own, or each other.
func (r resolver) hidden() []string {
	return r.around.files.Hidden(map[string]string{
		component.PropertiesFile: r.around.properties.configMap,
		r.kind().PropertiesFile:  r.kind().ConfigMap(r.doc.Name),
		r.doc.flowFile():         r.kind().Name(r.doc.Name),
	}, field.NewPath("spec", "resources", "configMaps"))
}
