// SPDX-License-Identifier: Apache-2.0

package component

import (
	"maps"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// Labels that others than this program read.
const (
	labelApp          = "app"
	labelName         = "app.kubernetes.io/name"
	labelInstance     = "app.kubernetes.io/instance"
	labelComponent    = "app.kubernetes.io/component"
	labelPartOf       = "app.kubernetes.io/part-of"
	labelManagedBy    = "app.kubernetes.io/managed-by"
	labelVersion      = "app.kubernetes.io/version"
	labelAppNamespace = "app-namespace"
)

const (
	// managedBy tells these objects from those of the operator, which writes its own name.
	managedBy = "crossplane"
	// workflowComponent is the operator's word for what a workflow is.
	workflowComponent = "serverless-workflow"
)

// serviceLabels are those of the operator, plus the Kubernetes recommended ones. See
// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/.
func serviceLabels(c *Component) map[string]string {
	platform := names.LabelValue(c.Owner)
	return map[string]string{
		labelApp:          platform,
		labelAppNamespace: c.Namespace,
		LabelComponent:    c.Name(),
		labelName:         c.Kind.Container,
		labelInstance:     platform,
		labelComponent:    c.Name(),
		labelPartOf:       platform,
		labelManagedBy:    managedBy,
		labelVersion:      c.Version,
	}
}

func serviceSelector(c *Component) map[string]string {
	return map[string]string{LabelComponent: c.Name()}
}

// workflowLabels are the operator's, over the workflow's own.
func workflowLabels(c *Component) map[string]string {
	out := map[string]string{}
	maps.Copy(out, c.Inherited)
	maps.Copy(out, workflowSelector(c))
	maps.Copy(out, UserLabels(c.Owner))
	out[labelInstance] = names.LabelValue(c.Owner)
	out[labelManagedBy] = managedBy
	for label, value := range map[string]string{labelVersion: c.Version, labelPartOf: names.LabelValue(c.PartOf)} {
		delete(out, label) // The workflow's own may be about something else.
		if value != "" {
			out[label] = value
		}
	}
	return out
}

// UserLabels are those of a ConfigMap that a workflow's user owns, too: only labels to which
// each tool gives the same value, so that no two tools undo each other's.
func UserLabels(workflow string) map[string]string {
	name := names.LabelValue(workflow)
	return map[string]string{labelApp: name, LabelWorkflow: name, labelName: name, labelComponent: workflowComponent}
}

// workflowSelector is all of the operator's selector that never changes.
func workflowSelector(c *Component) map[string]string {
	return map[string]string{LabelWorkflow: names.LabelValue(c.Owner), LabelWorkflowNamespace: c.Namespace}
}
