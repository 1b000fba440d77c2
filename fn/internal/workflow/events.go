// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"slices"

	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// broker is the Broker of workflows without sink or source of their own: the one of the
// namespace's platform, else the one that is offered.
func (r resolver) broker() *v1alpha08.Destination {
	if r.dev() {
		return nil // A workflow in the profile dev runs alone.
	}
	if e := r.around.local.Spec.Eventing; e != nil && e.Broker != nil {
		return e.Broker
	}
	return r.around.offer.Broker
}

// sink decides where the workflow sends events: to its own sink, else to a Broker, else
// directly to the services (nil).
func (r resolver) sink() *duckv1.Destination {
	destination := r.broker()
	if s := r.doc.spec.Sink; s != nil && !r.dev() {
		destination = s
	}
	return component.Sink((*duckv1.Destination)(destination), r.doc.Namespace)
}

// source decides where events of a type come from: the spec's source for that type, else a
// Broker, else nowhere (nil).
func (r resolver) source(eventType string) *v1alpha08.Destination {
	sources := r.doc.spec.Sources
	i := slices.IndexFunc(sources, func(s v1alpha08.SonataFlowSourceSpec) bool { return s.EventType == eventType })
	if i >= 0 && !r.dev() {
		return (*v1alpha08.Destination)(&sources[i].Destination)
	}
	return r.broker()
}

// subscriptions are the events that the workflow takes from Brokers, by type. A workflow that
// is a namespaced composite can't have Triggers in another namespace: the Brokers there are
// unreachable.
func (r resolver) subscriptions() (out []component.Subscription, unreachable []component.Broker) {
	const digits = 8
	for _, eventType := range r.facts.Consumed() {
		broker, found := component.BrokerOf((*duckv1.Destination)(r.source(eventType)), r.doc.Namespace)
		switch {
		case !found:
		case r.doc.namespaced && broker.Namespace != r.doc.Namespace:
			if !slices.Contains(unreachable, broker) {
				unreachable = append(unreachable, broker)
			}
		default:
			name := names.Hash(eventType)[:digits]
			out = append(out, component.Subscription{
				Name: name, Prefix: r.doc.Name + "-" + names.Slug(r.eventOf(eventType)) + "-" + name, Type: eventType, From: broker,
			})
		}
	}
	return out, unreachable
}

// eventOf is the name of the first event that has a type and that the flow consumes.
func (r resolver) eventOf(eventType string) string {
	i := slices.IndexFunc(r.facts.Events, func(e flow.Event) bool { return e.Type == eventType && !e.Produced })
	return r.facts.Events[i].Name
}

// mayBorrow tells whether the workflow would use a Broker that is offered.
func (r resolver) mayBorrow() bool {
	if e := r.around.local.Spec.Eventing; r.dev() || e != nil && e.Broker != nil {
		return false
	}
	return r.doc.spec.Sink == nil || len(r.facts.Consumed()) > 0
}
