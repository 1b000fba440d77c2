// SPDX-License-Identifier: Apache-2.0

package component

import (
	// Knative's Destination comes with the validation of its webhooks. That is worth the 24
	// packages of Kubernetes' clients that this import brings; its Trigger and SinkBinding
	// would bring many more, and are types of our own.
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// KindBroker is the kind of a Broker, APIVersionBroker its API. See
// https://knative.dev/docs/eventing/brokers/.
const (
	KindBroker       = "Broker"
	APIVersionBroker = "eventing.knative.dev/v1"
)

// A Broker is where events are sent to, and taken from.
type Broker struct {
	Namespace, Name string
}

// BrokerOf returns the Broker that a destination refers to. A reference without namespace
// means the given one. There is none (false) in a destination that is an address, or
// refers to something else.
func BrokerOf(d *duckv1.Destination, namespace string) (Broker, bool) {
	if d == nil || d.Ref == nil || d.Ref.Kind != KindBroker || d.Ref.Name == "" {
		return Broker{}, false
	}
	if d.Ref.Namespace != "" {
		namespace = d.Ref.Namespace
	}
	return Broker{Namespace: namespace, Name: d.Ref.Name}, true
}

// Hash tells Brokers apart in the keys of composed resources: eight hexadecimal digits.
func (b Broker) Hash() string { return names.Hash(b.Namespace, b.Name)[:8] }

// String is what people call a Broker.
func (b Broker) String() string { return "Broker " + b.Name + " in namespace " + b.Namespace }

// Sink returns a destination with everything filled in that Knative's webhook fills in: a
// reference's namespace, and the API of a Broker. It doesn't alter its argument.
func Sink(d *duckv1.Destination, namespace string) *duckv1.Destination {
	out := d.DeepCopy()
	if out == nil || out.Ref == nil {
		return out
	}
	if out.Ref.Namespace == "" {
		out.Ref.Namespace = namespace
	}
	if out.Ref.Kind == KindBroker && out.Ref.APIVersion == "" && out.Ref.Group == "" {
		out.Ref.APIVersion = APIVersionBroker
	}
	return out
}

// A Subscription is a sort of events that a component takes.
type Subscription struct {
	// Name tells the subscriptions of a component apart. It is part of keys, so it must never
	// change.
	Name string
	// Prefix is the start of the names of its Triggers.
	Prefix string
	// Type is the events' CloudEvents attribute of that name.
	Type string
	// From is the Broker that the events come from.
	From Broker
	// Path of the component that takes them; empty for the root.
	Path string
	// Ordered events make no sense in another order.
	Ordered bool
}
