// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
)

// A component moves when it is to run on another kind of object than it does. The object that
// runs it stays as it is until the new one can take over, and is left out then:
//
//   - to a Knative Service: the Service of Kubernetes leaves along with the Deployment. Knative
//     makes one of the same name itself, as soon as the name is free.
//   - to a Deployment: when the Deployment is available, the Knative Service leaves, and with it
//     Knative's Service. Once that is gone, the Service of the Deployment is made.

// Seen is what runs of a component.
type Seen struct {
	// Runs is the object that runs the component's pods as it is to run, nil when there is none:
	// the one that is composed, else one that has its name already, as the operator's has.
	// Applied over, the operator's becomes the composed one; until then a plan must not take what
	// runs for something that isn't there.
	Runs *unstructured.Unstructured
	// Earlier is the object of the other kind that ran them before; nil unless the component
	// moves.
	Earlier *unstructured.Unstructured

	// serving tells whether Knative Serving is installed, if the component needs it.
	serving composition.State
}

// installed tells whether there can be an object that runs the component, as far as is known.
func (s Seen) installed() bool {
	return s.serving == composition.StateFound || s.serving == composition.StateUnknown
}

// Look finds out what runs of a component. To look for a Knative Service where there is no such
// kind would fail.
func Look(req *composition.Request, c *component.Component) Seen {
	out := Seen{Runs: req.Observed[c.RunnerKey()], Earlier: req.Observed[c.Key(c.Kind.Runner.Other().Resource())]}
	out.serving = composition.StateFound
	if c.Kind.Runner == component.RunnerKnativeService {
		out.serving = lookForServing(req, out.Runs)
	}
	if out.Runs == nil && out.installed() {
		out.Runs = req.Look(ownership.Query(c.Kind.Runner.Object(), c.Namespace, c.Name())).First()
	}
	return out
}

// kept is an observed object as it is: all of its spec, and of its own metadata what was
// composed. Composed anew, a Knative Service would lose the sink that Knative has written into
// it, which may be with another object now, and a Deployment might roll its pods. The number of
// pods is left out where it is an autoscaler's.
func (s state) kept(observed *unstructured.Unstructured) composition.Object {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetGroupVersionKind(observed.GroupVersionKind())
	out.SetNamespace(observed.GetNamespace())
	out.SetName(observed.GetName())
	out.SetLabels(observed.GetLabels())
	annotations := maps.Clone(observed.GetAnnotations())
	maps.DeleteFunc(annotations, func(name, _ string) bool {
		return !strings.HasPrefix(name, "sonataflow.org/") || name == annotationNameTaken
	})
	out.SetAnnotations(annotations)
	if spec, found, err := unstructured.NestedMap(observed.Object, "spec"); found && err == nil {
		if s.autoscaled {
			delete(spec, "replicas")
		}
		unstructured.RemoveNestedField(spec, "template", "metadata", "creationTimestamp")
		out.Object["spec"] = spec
	}
	return out
}

// annotationNameTaken is on a Knative Service while the Service of the Deployment before holds
// its name. When the annotation goes, Knative looks at once whether the name is free; otherwise
// it would look within half a minute.
const annotationNameTaken = "sonataflow.org/name-taken"

// announce says on a new Knative Service that its name is taken.
func (s state) announce(runs composition.Object) {
	if s.Kind.Runner == component.RunnerKnativeService && s.serviceNamed {
		annotations := map[string]string{annotationNameTaken: "true"}
		maps.Copy(annotations, runs.GetAnnotations())
		runs.SetAnnotations(annotations)
	}
}

// hasServiceName tells whether the name of a Deployment's Service is still that of the Service
// that Knative has made for the Knative Service before. Another Service is none of Knative's, or
// belongs to a Knative Service that was never the component's: its name is taken.
func (s state) hasServiceName(req *composition.Request) bool {
	key := s.Key(component.ResourceService)
	if req.Observed[key] != nil {
		return true
	}
	if s.seen.Earlier != nil {
		return false
	}
	existing := req.Look(ownership.Query(corev1.SchemeGroupVersion.WithKind("Service"), s.Namespace, s.Name())).First()
	if existing == nil || req.Observed[s.RunnerKey()] == nil {
		return true
	}
	controller := metav1.GetControllerOf(existing)
	return controller == nil || controller.Kind != "Route" || !strings.HasPrefix(controller.APIVersion, "serving.knative.dev/")
}
