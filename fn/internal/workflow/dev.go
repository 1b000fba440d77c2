// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
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
	if !r.dev() || r.doc.image() != "" {
		return nil
	}
	if err := devmode.ValidateBaseImage(r.devBaseImage(), r.around.local.Name); err != nil {
		return field.ErrorList{err}
	}
	return nil
}

// devFlow is what a workflow in the profile dev runs; nil for any other.
func (r resolver) devFlow(document string) *devmode.Flow {
	if !r.dev() {
		return nil
	}
	return &devmode.Flow{File: r.doc.flowFile(), Document: document, Routed: r.input.Cluster == v1beta1.ClusterOpenShift}
}
