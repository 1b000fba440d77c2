// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// bind returns the SinkBinding of a component that has a sink, if there can be one. While
// Triggers of an earlier Broker stay, the component goes on sending to that Broker: events
// go where there are Triggers for them.
func bind(req *composition.Request, c *component.Component, k knowledge, leaving []component.Broker) []object {
	key := c.Key(component.ResourceSink)
	observed := req.Observed[key]
	if observed == nil && !k.installed(kindSinkBinding) {
		return nil
	}
	sink := c.Sink
	bound := sinkOf(observed)
	if b, ok := component.BrokerOf(bound, c.Namespace); ok && slices.Contains(leaving, b) {
		sink = bound
	}
	return []object{newObject(req, key, newSinkBinding(c, *sink))}
}

// newSinkBinding returns a SinkBinding that tells the pods of the component's Deployment
// where to send events.
func newSinkBinding(c *component.Component, sink duckv1.Destination) *SinkBinding {
	return &SinkBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersionSinkBinding, Kind: kindSinkBinding},
		ObjectMeta: c.Meta(c.SinkBinding()),
		Spec: SinkBindingSpec{
			Subject: Subject{APIVersion: "apps/v1", Kind: "Deployment", Namespace: c.Namespace, Name: c.Name()},
			Sink:    sink,
		},
	}
}

// sinkOf returns the sink of an observed SinkBinding, or nil when there is none.
func sinkOf(binding *unstructured.Unstructured) *duckv1.Destination {
	if binding == nil {
		return nil
	}
	b := &SinkBinding{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(binding.Object, b); err != nil {
		return nil
	}
	return &b.Spec.Sink
}

// holdFor decides what a workload with a sink may do until it knows the sink: one without
// pods doesn't start; one that runs goes on as if it had no sink. It also returns what is
// waited for, if anything is.
func holdFor(w Workload) (hold component.Hold, waiting []string) {
	switch injectionOf(w.Deployment, w.Kind.Container) {
	case injected:
		return component.Hold{}, nil
	case idle:
		hold.Gate = component.Zero
		hold.Reason = v1alpha08.ReasonWaitingForSink
		hold.Message = fmt.Sprintf("Deployment %s has no pods until Knative has told it where to send events: see the condition %s", w.Name(), v1alpha08.ConditionEventingReady)
	case runs:
		hold.WithoutSink = true
	}
	return hold, []string{"Waiting until Knative writes " + component.VariableSink + " into Deployment " + w.Name()}
}

// An injection is whether a workload knows its sink.
type injection string

// Whether a workload knows its sink.
const (
	// injected means that its pods know the sink.
	injected injection = "Injected"
	// idle means that its pods wouldn't know the sink, but that there are none.
	idle injection = "Idle"
	// runs means that pods run that don't know the sink.
	runs injection = "Runs"
)

// injectionOf tells whether the pods of an observed Deployment (nil when there is none yet)
// know their sink: the container has the variable. What a SinkBinding says of itself isn't
// enough, because it tells whether the sink was resolved, not whether the Deployment has
// it.
func injectionOf(deployment *unstructured.Unstructured, container string) injection {
	if deployment == nil {
		return idle
	}
	object, _ := deployment.Object["spec"].(map[string]any) // The API server takes no others.
	spec := appsv1.DeploymentSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, &spec); err != nil {
		return runs
	}
	hasSink := func(c corev1.Container) bool {
		return c.Name == container && slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == component.VariableSink })
	}
	switch {
	case slices.ContainsFunc(spec.Template.Spec.Containers, hasSink):
		return injected
	case spec.Replicas != nil && *spec.Replicas == 0:
		return idle
	}
	return runs
}
