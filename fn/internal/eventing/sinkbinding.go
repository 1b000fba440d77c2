// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// annotationBrokerUID of a SinkBinding has the UID of the Broker that is its sink. When a
// Broker is deleted and made again, Knative's controller doesn't look at its SinkBindings
// again, and they stay unready for good. The annotation changes then, and to change a
// SinkBinding makes the controller look.
const annotationBrokerUID = "sonataflow.org/broker-uid"

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
	binding := newSinkBinding(c, *sink)
	if uid := k.brokerUID(sink, observed); uid != "" {
		binding.Annotations = map[string]string{annotationBrokerUID: uid}
	}
	return []object{newObject(req, key, binding)}
}

// newSinkBinding returns a SinkBinding that tells the component's pods where to send events.
func newSinkBinding(c *component.Component, sink duckv1.Destination) *SinkBinding {
	subject := c.Kind.Runner.Object()
	return &SinkBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersionSinkBinding, Kind: kindSinkBinding},
		ObjectMeta: c.Meta(c.SinkBinding()),
		Spec: SinkBindingSpec{
			Subject: Subject{APIVersion: subject.GroupVersion().String(), Kind: subject.Kind, Namespace: c.Namespace, Name: c.Name()},
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

// sendsElsewhere tells whether pods of a workload may still send events to another Broker
// than its sink: its SinkBinding has not moved there, or Knative has not yet written the new
// address into the workload, or pods with the earlier address still run. A workload that
// sends nothing, because its pods know no sink, doesn't.
func sendsElsewhere(req *composition.Request, w Workload) bool {
	broker, ok := component.BrokerOf(w.Sink, w.Namespace)
	if !ok || w.Runs == nil {
		return false
	}
	address, knows, err := w.knownSink()
	binding := req.Observed[w.Key(component.ResourceSink)]
	if err != nil || !knows || binding == nil {
		return false
	}
	bound, _ := component.BrokerOf(sinkOf(binding), w.Namespace)
	resolved, _, _ := unstructured.NestedString(binding.Object, "status", "sinkUri")
	return bound != broker || resolved != address || health.Of(binding).Phase != health.Ready || health.Of(w.Runs).Phase != health.Ready
}
