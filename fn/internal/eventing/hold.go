// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// holdFor decides what a workload with a sink may do until its pods know the sink. One that
// ran goes on as if it had no sink, and one that is there without pods stays without. One
// that isn't there yet is made with its pods when Knative will write the sink into the
// workload as the workload is created. It also returns what is waited for, beside the
// SinkBinding, if anything is.
func holdFor(req *composition.Request, w Workload, k knowledge) (hold component.Hold, waiting []string) {
	waiting = []string{fmt.Sprintf("Waiting until Knative writes %s into %s %s", component.VariableSink, w.Kind.Runner, w.Name())}
	switch injectionOf(w) {
	case injected:
		// Knative writes the sink into a Knative Service anew whenever the Knative Service is
		// applied, but only while the SinkBinding is about it.
		return component.Hold{Unchanged: w.Kind.Runner == component.RunnerKnativeService && !w.bound(req.Observed[w.Key(component.ResourceSink)])}, nil
	case runs:
		return component.Hold{WithoutSink: true}, waiting
	case idle:
		return w.withoutPods(), waiting
	case absent:
	}
	switch k.sink(req, w) {
	case composition.StateFound:
	case composition.StateUnknown:
		// A Deployment gets its pods when it has the sink. A Knative Service can't wait: it gets
		// another revision if its sink is there later.
		if w.Kind.Runner == component.RunnerDeployment {
			return w.withoutPods(), waiting
		}
	case composition.StatePending, composition.StateAbsent:
		return w.withoutPods(), waiting
	}
	switch w.takenUp(req.Observed[w.Key(component.ResourceSink)]) {
	case "":
		return w.withheld(fmt.Sprintf("once Knative has taken up SinkBinding %s", w.SinkBinding())), nil
	case metav1.ConditionTrue, metav1.ConditionFalse:
		return component.Hold{}, waiting
	case metav1.ConditionUnknown:
	}
	return w.withoutPods(), waiting
}

// withheld keeps a workload from being made until something is so.
func (w Workload) withheld(until string) component.Hold {
	return component.Hold{
		Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForSink,
		Message: fmt.Sprintf("%s %s is made %s: see the condition %s", w.Kind.Runner, w.Name(), until, v1alpha08.ConditionEventingReady),
	}
}

// withoutPods keeps a workload without pods. A Knative Service always has a revision: one that
// isn't there yet isn't made, and one that is there gets the sink as it is applied.
func (w Workload) withoutPods() component.Hold {
	switch {
	case w.Kind.Runner == component.RunnerDeployment:
		return component.Hold{
			Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink,
			Message: fmt.Sprintf("%s %s has no pods until Knative has told it where to send events: see the condition %s", w.Kind.Runner, w.Name(), v1alpha08.ConditionEventingReady),
		}
	case w.Runs == nil:
		return w.withheld("once its sink is there")
	}
	return component.Hold{}
}

// takenUp returns the status of an observed SinkBinding's condition Ready; empty before
// Knative's controller has looked at the SinkBinding, or when there is none (nil). Once the
// controller has decided, and also when it misses the workload, the webhook that writes
// sinks into workloads knows the SinkBinding: both are one process. See
// https://github.com/knative/eventing/blob/main/cmd/webhook/main.go.
//
// A workload that moves takes the SinkBinding with it. Until the controller misses the new
// workload, what the SinkBinding says is about the earlier one.
func (w Workload) takenUp(binding *unstructured.Unstructured) metav1.ConditionStatus {
	if binding == nil {
		return ""
	}
	ready := meta.FindStatusCondition(composition.Conditions(binding), "Ready")
	if ready == nil || !w.isSubject(binding) || w.Moving && ready.Status == metav1.ConditionTrue {
		return ""
	}
	return ready.Status
}

// bound tells whether an observed SinkBinding (nil when there is none) is about the workload, so
// that Knative's webhook knows that. A SinkBinding that comes back from another workload has been
// seen by Knative's controller first.
func (w Workload) bound(binding *unstructured.Unstructured) bool {
	if binding == nil || !w.isSubject(binding) {
		return false
	}
	seen, found, err := unstructured.NestedInt64(binding.Object, "status", "observedGeneration")
	return !w.Moving || err == nil && (!found || seen == binding.GetGeneration())
}

// isSubject tells whether a SinkBinding is about objects of the workload's kind.
func (w Workload) isSubject(binding *unstructured.Unstructured) bool {
	kind, found, err := unstructured.NestedString(binding.Object, "spec", "subject", "kind")
	return err == nil && (!found || kind == w.Kind.Runner.Object().Kind)
}

// An injection is whether a workload knows its sink.
type injection string

// Whether a workload knows its sink.
const (
	// injected means that its pods know the sink.
	injected injection = "Injected"
	// absent means that there is no workload.
	absent injection = "Absent"
	// idle means that its pods wouldn't know the sink, but that it never had pods that ran, or
	// is to have none.
	idle injection = "Idle"
	// runs means that pods run, or ran, that don't know the sink.
	runs injection = "Runs"
)

// injectionOf tells whether the pods of a workload know their sink: the container has the
// variable. What a SinkBinding says of itself isn't enough, because it tells whether the sink
// was resolved, not whether the workload has it.
func injectionOf(w Workload) injection {
	if w.Runs == nil {
		return absent
	}
	switch _, knows, err := w.knownSink(); {
	case err != nil:
		return runs
	case knows:
		return injected
	case !w.ran():
		return idle
	}
	return runs
}

// knownSink returns the address that Knative has written into the workload, and whether there
// is one.
func (w Workload) knownSink() (address string, found bool, err error) {
	o := struct {
		Spec struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(w.Runs.Object, &o); err != nil {
		return "", false, fmt.Errorf("%s %s can't be read: %w", w.Runs.GetKind(), w.Runs.GetName(), err)
	}
	for _, c := range o.Spec.Template.Spec.Containers {
		for _, e := range c.Env {
			if c.Name == w.Kind.Container && e.Name == component.VariableSink {
				return e.Value, true, nil
			}
		}
	}
	return "", false, nil
}

// ran tells whether pods of a workload ran, and are to run on, as far as the workload shows.
func (w Workload) ran() bool {
	if w.Kind.Runner == component.RunnerKnativeService {
		revision, _, err := unstructured.NestedString(w.Runs.Object, "status", "latestReadyRevisionName")
		return revision != "" || err != nil
	}
	d := appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(w.Runs.Object, &d); err != nil {
		return true
	}
	return ptr.Deref(d.Spec.Replicas, 1) != 0 && wasAvailable(d)
}

// wasAvailable tells whether pods of a Deployment may ever have been available, as far as the
// Deployment shows: some are, or its spec has changed since it was made, as it does when
// Knative takes a sink out of it. A Deployment that replaces all of its pods at once has none
// available in between, and counts the revision only after that.
func wasAvailable(d appsv1.Deployment) bool {
	return d.Status.AvailableReplicas > 0 || d.Generation > 1
}
