// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// dev tells whether the workflow runs in the profile dev.
func (r resolver) dev() bool { return r.doc.profile() == flow.Dev }

// devBaseImage is the platform's image for workflows in the profile dev, or empty.
func (r resolver) devBaseImage() string {
	if d := r.around.local.Spec.DevMode; d != nil {
		return d.BaseImage
	}
	return ""
}

// validateDev returns what is wrong with a workflow in the profile dev alone.
func (r resolver) validateDev() field.ErrorList {
	if !r.dev() {
		return nil
	}
	var errs field.ErrorList
	if r.doc.image() == "" && r.devBaseImage() != "" {
		at := field.NewPath("spec", "podTemplate", "container", "image")
		if err := images.Check(r.devBaseImage(), at); err != nil {
			err.Detail += fmt.Sprintf("; this is spec.devMode.baseImage of platform %s, which the workflow uses unless it has an image of its own", r.around.local.Name)
			errs = append(errs, err)
		}
	}
	return errs
}

// devFlow is what a workflow in the profile dev runs; nil for any other.
func (r resolver) devFlow(document string) *devmode.Flow {
	if !r.dev() {
		return nil
	}
	return &devmode.Flow{File: r.doc.flowFile(), Document: document, Routed: r.input.Cluster == v1beta1.ClusterOpenShift}
}

// devWarnings name what has no effect in the profile dev, and files that hide others.
func (r resolver) devWarnings() []string {
	s, path := r.doc.spec, field.NewPath("spec")
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
	var out []string
	if len(idle) > 0 {
		out = append(out, strings.Join(idle, ", ")+": no effect in the profile dev, in which a workflow runs alone and keeps its data as long as its pod lasts")
	}
	return append(out, r.hidden()...)
}
