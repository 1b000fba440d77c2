// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// knowledge is what is known of Knative: which kinds are installed, and how the Brokers do
// that components use.
type knowledge struct {
	// kinds are those that are needed.
	kinds []kind
	// brokers are in the order of the components.
	brokers []broker
}

// A kind is one of Knative's, and whether it is installed.
type kind struct {
	name  string
	state composition.State
}

// A broker is one that components use, and what is known of it.
type broker struct {
	component.Broker

	state composition.State
	// users are the titles of the components that take events from it, or send them there.
	users []string
	// found is nil where there is no such Broker, or nothing is known of it.
	found *unstructured.Unstructured
	// verdict is how the Broker does, if it was found.
	verdict health.Verdict
}

// lookUp finds out whether what components need of Knative is installed, and how their
// Brokers do. To look for a Broker where there is no such kind would fail.
func lookUp(req *composition.Request, workloads []Workload, brokerPending bool) knowledge {
	k := knowledge{brokers: brokersOf(workloads)}
	var triggers, sinkBindings bool
	for _, w := range workloads {
		triggers = triggers || len(w.Subscriptions) > 0 || brokerPending
		sinkBindings = sinkBindings || w.Sink != nil || brokerPending && w.Kind.Sends
	}
	if triggers {
		k.kinds = append(k.kinds, lookForKind(req, apiVersionTrigger, kindTrigger, isObserved(req, kindTrigger)))
	}
	if sinkBindings {
		k.kinds = append(k.kinds, lookForKind(req, apiVersionSinkBinding, kindSinkBinding, isObserved(req, kindSinkBinding)))
	}
	if len(k.brokers) > 0 || brokerPending && len(k.kinds) > 0 {
		answered := slices.ContainsFunc(k.brokers, func(b broker) bool { return req.Answered(brokerQuery(b.Broker)) })
		k.kinds = append(k.kinds, lookForKind(req, component.APIVersionBroker, component.KindBroker, answered))
	}
	if !k.installed(component.KindBroker) {
		return k
	}
	for i, b := range k.brokers {
		answer := req.Look(brokerQuery(b.Broker))
		b.state, b.found = answer.State, answer.First()
		if b.found != nil {
			b.verdict = health.Of(b.found)
		}
		k.brokers[i] = b
	}
	return k
}

// brokersOf lists the Brokers that components use, each once.
func brokersOf(workloads []Workload) []broker {
	var out []broker
	use := func(b component.Broker, user string) {
		i := slices.IndexFunc(out, func(known broker) bool { return known.Broker == b })
		if i < 0 {
			i = len(out)
			out = append(out, broker{Broker: b})
		}
		if !slices.Contains(out[i].users, user) {
			out[i].users = append(out[i].users, user)
		}
	}
	for _, w := range workloads {
		for _, s := range w.Subscriptions {
			use(s.From, w.Kind.Title)
		}
		if b, ok := component.BrokerOf(w.Sink, w.Namespace); ok {
			use(b, w.Kind.Title)
		}
	}
	return out
}

func lookForKind(req *composition.Request, apiVersion, name string, evident bool) kind {
	q := composition.KindQuery{Name: "knative-" + strings.ToLower(name), APIVersion: apiVersion, Kind: name}
	return kind{name: name, state: req.LookForKind(q, evident)}
}

func isObserved(req *composition.Request, name string) bool {
	for _, o := range req.Observed {
		if o.GetKind() == name {
			return true
		}
	}
	return false
}

func brokerQuery(b component.Broker) composition.Query {
	return composition.Query{
		Name: "broker-" + b.Namespace + "/" + b.Name, APIVersion: component.APIVersionBroker, Kind: component.KindBroker, Namespace: b.Namespace, ResourceName: b.Name,
	}
}

// installed tells whether there can be objects of a kind, as far as is known.
func (k knowledge) installed(name string) bool {
	return slices.ContainsFunc(k.kinds, func(k kind) bool {
		return k.name == name && (k.state == composition.StateFound || k.state == composition.StateUnknown)
	})
}

// missing lists the kinds that aren't installed.
func (k knowledge) missing() []string {
	var out []string
	for _, k := range k.kinds {
		if k.state == composition.StateAbsent {
			out = append(out, k.name)
		}
	}
	return out
}

// broker returns what is known of a Broker that a component uses.
func (k knowledge) broker(b component.Broker) broker {
	i := slices.IndexFunc(k.brokers, func(known broker) bool { return known.Broker == b })
	return k.brokers[i]
}

// open tells whether new Triggers may take events from a Broker: where it can't be looked
// up, Knative tells how they do.
func (b broker) open() bool {
	return b.state == composition.StateUnknown || b.verdict.Phase == health.Ready
}

// sink tells whether a workload's sink is there: a Broker that is ready, a Service that exists,
// or an address. What else a sink refers to is unknown: it isn't looked up, because Crossplane
// would keep all objects of that kind in its memory. A Service is looked up until the workload is
// composed.
func (k knowledge) sink(req *composition.Request, w Workload) composition.State {
	if w.Sink.Ref == nil {
		return composition.StateFound
	}
	if b, ok := component.BrokerOf(w.Sink, w.Namespace); ok {
		known := k.broker(b)
		if known.state == composition.StateFound && known.verdict.Phase != health.Ready {
			return composition.StateAbsent
		}
		return known.state
	}
	ref := *w.Sink.Ref
	if ref.Kind != "Service" || ref.APIVersion != "v1" {
		return composition.StateUnknown
	}
	return req.Look(composition.Query{
		Name: "sink-" + ref.Namespace + "/" + ref.Name, APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: ref.Namespace, ResourceName: ref.Name,
	}).State
}

// brokerUID returns the UID of the Broker that a sink refers to; empty for other sinks, and
// where the UID isn't known. While there is no such Broker, its SinkBinding stays as it is
// observed.
func (k knowledge) brokerUID(sink *duckv1.Destination, binding *unstructured.Unstructured) string {
	b, ok := component.BrokerOf(sink, "")
	if !ok {
		return ""
	}
	i := slices.IndexFunc(k.brokers, func(known broker) bool { return known.Broker == b })
	if i >= 0 && k.brokers[i].found != nil {
		return string(k.brokers[i].found.GetUID())
	}
	if binding == nil {
		return ""
	}
	return binding.GetAnnotations()[annotationBrokerUID]
}

// annotationClass of a Broker names what implements it. See
// https://knative.dev/docs/eventing/configuration/broker-configuration/.
const annotationClass = "eventing.knative.dev/broker.class"

// inOrder tells whether a Broker keeps events in order. One that can't be looked up may:
// Brokers of other classes take no notice of what a Trigger asks. While the Broker isn't
// there, the Trigger stays as it is.
func (b broker) inOrder(trigger *unstructured.Unstructured) bool {
	switch {
	case b.found != nil:
		return strings.Contains(b.found.GetAnnotations()[annotationClass], "Kafka")
	case b.state == composition.StateUnknown:
		return true
	}
	return isOrdered(trigger)
}
