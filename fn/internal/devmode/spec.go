// SPDX-License-Identifier: Apache-2.0

package devmode

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
)

// ValidateBaseImage returns what is wrong with the image that a platform has for the workflows
// without an image of their own; nil for an empty one.
func ValidateBaseImage(image, platform string) *field.Error {
	if image == "" {
		return nil
	}
	err := images.Check(image, field.NewPath("spec", "podTemplate", "container", "image"))
	if err != nil {
		err.Detail += fmt.Sprintf("; this is spec.devMode.baseImage of platform %s, which the workflow uses unless it has an image of its own", platform)
	}
	return err
}

// Warnings name what of a spec has no effect in the profile dev.
func Warnings(s *v1alpha08.SonataFlowSpec) []string {
	path := field.NewPath("spec")
	var idle []string
	for _, f := range []struct {
		path  *field.Path
		given bool
	}{
		{path.Child("persistence"), s.Persistence != nil},
		{path.Child("sink"), s.Sink != nil},
		{path.Child("sources"), len(s.Sources) > 0},
		{path.Child("podTemplate", "deploymentModel"), s.PodTemplate.DeploymentModel == v1alpha08.DeploymentModelKnative},
		{path.Child("podTemplate", "podDisruptionBudget"), s.PodTemplate.PodDisruptionBudget != nil},
	} {
		if f.given {
			idle = append(idle, f.path.String())
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return []string{strings.Join(idle, ", ") + ": no effect in the profile dev, in which a workflow runs alone and keeps its data as long as its pod lasts"}
}
