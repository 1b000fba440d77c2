// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// The kinds of Knative Eventing that are composed.
const (
	apiVersionTrigger     = "eventing.knative.dev/v1"
	apiVersionSinkBinding = "sources.knative.dev/v1"

	kindTrigger     = "Trigger"
	kindSinkBinding = "SinkBinding"
)

// A Trigger takes events out of a Broker and hands them to a subscriber. It has the
// fields of Knative's type that are composed: that type would make this program half
// as large again. See https://knative.dev/docs/eventing/triggers/.
type Trigger struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TriggerSpec `json:"spec"`
}

// TriggerSpec says which events go where.
type TriggerSpec struct {
	// Broker is the name of a Broker in the Trigger's namespace. It is immutable.
	Broker string `json:"broker"`
	// Filter lets events through.
	Filter TriggerFilter `json:"filter"`
	// Subscriber gets them.
	Subscriber duckv1.Destination `json:"subscriber"`
}

// TriggerFilter lets those events through that have all of some attributes.
type TriggerFilter struct {
	Attributes map[string]string `json:"attributes"`
}

// DeepCopyObject makes a Trigger an object of Kubernetes.
func (t *Trigger) DeepCopyObject() runtime.Object {
	out, meta := *t, t.ObjectMeta
	out.ObjectMeta = *meta.DeepCopy()
	out.Spec.Filter.Attributes = maps.Clone(t.Spec.Filter.Attributes)
	out.Spec.Subscriber = *t.Spec.Subscriber.DeepCopy()
	return &out
}

// A SinkBinding tells the pods of a workload where to send events. It has the fields
// of Knative's type that are composed. See
// https://knative.dev/docs/eventing/custom-event-source/sinkbinding/.
type SinkBinding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec SinkBindingSpec `json:"spec"`
}

// SinkBindingSpec says which workload, and where to.
type SinkBindingSpec struct {
	Subject Subject            `json:"subject"`
	Sink    duckv1.Destination `json:"sink"`
}

// Subject names the workload.
type Subject struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// DeepCopyObject makes a SinkBinding an object of Kubernetes.
func (b *SinkBinding) DeepCopyObject() runtime.Object {
	out, meta := *b, b.ObjectMeta
	out.ObjectMeta = *meta.DeepCopy()
	out.Spec.Sink = *b.Spec.Sink.DeepCopy()
	return &out
}
