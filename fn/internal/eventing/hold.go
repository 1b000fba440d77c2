// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
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
	zero := component.Hold{
		Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink,
		Message: fmt.Sprintf("Deployment %s has no pods until Knative has told it where to send events: see the condition %s", w.Name(), v1alpha08.ConditionEventingReady),
	}
	waiting = []string{"Waiting until Knative writes " + component.VariableSink + " into Deployment " + w.Name()}
	switch injectionOf(w.Deployment, w.Kind.Container) {
	case injected:
		return component.Hold{}, nil
	case runs:
		return component.Hold{WithoutSink: true}, waiting
	case idle:
		return zero, waiting
	case absent:
	}
	if !k.hasSink(req, w) {
		return zero, waiting
	}
	switch takenUp(req.Observed[w.Key(component.ResourceSink)]) {
	case "":
		return component.Hold{
			Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForSink,
			Message: fmt.Sprintf("Deployment %s is made once Knative has taken up SinkBinding %s: see the condition %s", w.Name(), w.SinkBinding(), v1alpha08.ConditionEventingReady),
		}, nil
	case metav1.ConditionTrue, metav1.ConditionFalse:
		return component.Hold{}, waiting
	case metav1.ConditionUnknown:
	}
	return zero, waiting
}

// takenUp returns the status of an observed SinkBinding's condition Ready; empty before
// Knative's controller has looked at the SinkBinding, or when there is none (nil). Once the
// controller has decided, and also when it misses the workload, the webhook that writes
// sinks into workloads knows the SinkBinding: both are one process. See
// https://github.com/knative/eventing/blob/main/cmd/webhook/main.go.
func takenUp(binding *unstructured.Unstructured) metav1.ConditionStatus {
	if binding == nil {
		return ""
	}
	ready := meta.FindStatusCondition(composition.Conditions(binding), "Ready")
	if ready == nil {
		return ""
	}
	return ready.Status
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

// injectionOf tells whether the pods of an observed Deployment (nil when there is none yet)
// know their sink: the container has the variable. What a SinkBinding says of itself isn't
// enough, because it tells whether the sink was resolved, not whether the Deployment has
// it.
func injectionOf(deployment *unstructured.Unstructured, container string) injection {
	if deployment == nil {
		return absent
	}
	d, err := decoded(deployment)
	if err != nil {
		return runs
	}
	switch _, knows := sinkIn(d, container); {
	case knows:
		return injected
	case ptr.Deref(d.Spec.Replicas, 1) == 0 || !ran(d):
		return idle
	}
	return runs
}

// decoded reads an observed Deployment.
func decoded(deployment *unstructured.Unstructured) (appsv1.Deployment, error) {
	d := appsv1.Deployment{}
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(deployment.Object, &d)
	return d, err
}

// sinkIn returns the address that Knative has written into a Deployment's container, and
// whether there is one.
func sinkIn(d appsv1.Deployment, container string) (address string, found bool) {
	for _, c := range d.Spec.Template.Spec.Containers {
		for _, e := range c.Env {
			if c.Name == container && e.Name == component.VariableSink {
				return e.Value, true
			}
		}
	}
	return "", false
}

// annotationRevision of a Deployment counts the changes of its pods' template. The
// Deployment's controller writes it. See
// https://kubernetes.io/docs/reference/labels-annotations-taints/#deployment-kubernetes-io-revision.
const annotationRevision = "deployment.kubernetes.io/revision"

// ran tells whether pods of a Deployment were ever available, as far as the Deployment
// shows: some are, or its template has changed, as it does when Knative takes a sink out of
// it. A Deployment that replaces all of its pods at once has none available in between.
func ran(d appsv1.Deployment) bool {
	revision, err := strconv.Atoi(d.Annotations[annotationRevision])
	return d.Status.AvailableReplicas > 0 || err == nil && revision > 1
}
