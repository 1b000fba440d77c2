// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// A Broker is where events are sent to, and taken from. See
// https://knative.dev/docs/eventing/brokers/.
type Broker struct {
	Namespace, Name string
}

// BrokerOf returns the Broker that a destination refers to. A reference without
// namespace means the given one. There is none (false) in a destination that is an
// address, or refers to something else.
func BrokerOf(d *duckv1.Destination, namespace string) (Broker, bool) {
	if d == nil || d.Ref == nil || d.Ref.Kind != KindBroker || d.Ref.Name == "" {
		return Broker{}, false
	}
	if d.Ref.Namespace != "" {
		namespace = d.Ref.Namespace
	}
	return Broker{Namespace: namespace, Name: d.Ref.Name}, true
}

// TriggeredBy returns the Broker of an observed Trigger.
func TriggeredBy(trigger *unstructured.Unstructured) Broker {
	name, _, err := unstructured.NestedString(trigger.Object, "spec", "broker")
	if err != nil {
		name = "" // No API server lets that happen.
	}
	return Broker{Namespace: trigger.GetNamespace(), Name: name}
}

// Hash tells Brokers apart in the keys of composed resources: eight hexadecimal digits.
func (b Broker) Hash() string { return hash(b.Namespace, b.Name)[:8] }

// String is what people call a Broker.
func (b Broker) String() string { return "Broker " + b.Name + " in namespace " + b.Namespace }

// hash of texts none of which has a slash, as no name of Kubernetes has.
func hash(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "/")))
	return hex.EncodeToString(sum[:])
}

// Annotations that decide about the order of events.
const (
	// annotationClass of a Broker names what implements it. See
	// https://knative.dev/docs/eventing/configuration/broker-configuration/.
	annotationClass = "eventing.knative.dev/broker.class"
	// annotationOrder of a Trigger. See
	// https://knative.dev/docs/eventing/brokers/broker-types/kafka-broker/configuring-kafka-features/.
	annotationOrder = "kafka.eventing.knative.dev/delivery.order"
	ordered         = "ordered"
)

// IsKafka tells whether a Broker is one of those that can keep events in order.
func IsKafka(broker *unstructured.Unstructured) bool {
	return strings.Contains(broker.GetAnnotations()[annotationClass], "Kafka")
}

// IsOrdered tells whether a Trigger asks for events in order.
func IsOrdered(trigger *unstructured.Unstructured) bool {
	return trigger != nil && trigger.GetAnnotations()[annotationOrder] == ordered
}
