// SPDX-License-Identifier: Apache-2.0

// Package ownership finds out whether the names of objects are free that are to be
// composed for the first time. Crossplane takes over an existing object without a
// controller in silence, whose ever it is, and deletes it with the claim.
package ownership

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// LabelHandOver on an object hands the object over to the composite that composes one of
// its name. All objects of services that this function or the operator made have the label;
// its value doesn't matter here.
const LabelHandOver = "sonataflow.org/service"

// labelWorkflow is on all objects of a workflow that this function made, and on nearly all that
// the operator made. Its value is the name of the workflow.
const labelWorkflow = "sonataflow.org/workflow-app"

// Query asks for the object of a kind that has a name. Knative's Services are told apart from
// those of Kubernetes.
func Query(kind schema.GroupVersionKind, namespace, name string) composition.Query {
	prefix := strings.ToLower(kind.Kind)
	if kind.Group == "serving.knative.dev" {
		prefix = "knative-" + prefix
	}
	return composition.Query{
		Name: prefix + "-" + name, APIVersion: kind.GroupVersion().String(), Kind: kind.Kind,
		Namespace: namespace, ResourceName: name,
	}
}

// Taken says which of some objects can't be composed because another object has the name,
// and what to do about each. Only those are looked for that aren't observed: what is
// composed already is the composite's own.
func Taken(req *composition.Request, wanted []composition.Composed) []string {
	var out []string
	for _, c := range wanted {
		if req.Observed[c.Key] != nil {
			continue
		}
		existing := req.Look(Query(c.Object.GetObjectKind().GroupVersionKind(), c.Object.GetNamespace(), c.Object.GetName())).First()
		if existing == nil {
			continue
		}
		name := fmt.Sprintf("%s %s in namespace %s", existing.GetKind(), existing.GetName(), existing.GetNamespace())
		switch controller := metav1.GetControllerOf(existing); {
		case controller != nil && controller.UID != req.Composite.GetUID():
			out = append(out, fmt.Sprintf("%s is controlled by %s %s: give the claim another name, or let that controller release it", name, controller.Kind, controller.Name))
		case controller == nil && !isSonataFlows(existing, c.Object):
			out = append(out, fmt.Sprintf("%s exists and isn't SonataFlow's: give the claim another name, or hand the object over on purpose with the label %s", name, LabelHandOver))
		}
	}
	return out
}

// isSonataFlows tells whether an object that exists was made by this function or by the
// operator for the same workflow, or for any service, or was handed over.
func isSonataFlows(existing, wanted metav1.Object) bool {
	labels := existing.GetLabels()
	_, labelled := labels[LabelHandOver]
	workflow := wanted.GetLabels()[labelWorkflow]
	return labelled || workflow != "" && labels[labelWorkflow] == workflow
}
