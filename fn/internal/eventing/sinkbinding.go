// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// LabelInclude on a workload lets Knative bind it to a sink also where it is configured
// to bind only what asks for it. See SINK_BINDING_SELECTION_MODE in
// https://knative.dev/docs/eventing/custom-event-source/sinkbinding/create-a-sinkbinding/.
const LabelInclude = "bindings.knative.dev/include"

// The environment variables that a SinkBinding writes into the containers of a
// workload.
const (
	// VariableSink has the address of the sink.
	VariableSink = "K_SINK"
	// VariableOverrides has attributes for all events.
	VariableOverrides = "K_CE_OVERRIDES"
)

// NewSinkBinding returns a SinkBinding that tells the pods of a Deployment in the same
// namespace where to send events.
func NewSinkBinding(deployment string, sink duckv1.Destination, meta metav1.ObjectMeta) *SinkBinding {
	return &SinkBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: SourcesAPIVersion, Kind: KindSinkBinding},
		ObjectMeta: meta,
		Spec: SinkBindingSpec{
			Subject: Subject{APIVersion: "apps/v1", Kind: "Deployment", Namespace: meta.Namespace, Name: deployment},
			Sink:    sink,
		},
	}
}

// Sink returns a destination with everything filled in that Knative's webhook fills in:
// a reference's namespace, and the API of a Broker. It doesn't alter its argument.
func Sink(d *duckv1.Destination, namespace string) *duckv1.Destination {
	out := d.DeepCopy()
	if out == nil || out.Ref == nil {
		return out
	}
	if out.Ref.Namespace == "" {
		out.Ref.Namespace = namespace
	}
	if out.Ref.Kind == KindBroker && out.Ref.APIVersion == "" && out.Ref.Group == "" {
		out.Ref.APIVersion = APIVersion
	}
	return out
}

// BoundTo returns the sink of an observed SinkBinding, or nil when there is none.
func BoundTo(binding *unstructured.Unstructured) *duckv1.Destination {
	if binding == nil {
		return nil
	}
	b := &SinkBinding{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(binding.Object, b); err != nil {
		return nil
	}
	return &b.Spec.Sink
}

// An Injection is whether a workload knows its sink.
type Injection string

// Whether a workload knows its sink.
const (
	// Injected means that its pods know the sink.
	Injected Injection = "Injected"
	// Idle means that they wouldn't, but that there are none.
	Idle Injection = "Idle"
	// Running means that pods run that don't know it.
	Running Injection = "Running"
)

// Inject tells whether the pods of an observed Deployment (nil when there is none yet)
// know their sink: a container has the variable. What a SinkBinding says of itself
// isn't enough, because it tells whether the sink was resolved, not whether the
// Deployment has it.
func Inject(deployment *unstructured.Unstructured, container string) Injection {
	if deployment == nil {
		return Idle
	}
	object, _ := deployment.Object["spec"].(map[string]any) // The API server takes no others.
	spec := appsv1.DeploymentSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, &spec); err != nil {
		return Running
	}
	hasSink := func(c corev1.Container) bool {
		return c.Name == container && slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == VariableSink })
	}
	switch {
	case slices.ContainsFunc(spec.Template.Spec.Containers, hasSink):
		return Injected
	case spec.Replicas != nil && *spec.Replicas == 0:
		return Idle
	}
	return Running
}
