// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// wire decides what carries the events of all services, and keeps down a service that
// would start without knowing its sink.
func wire(req *composition.Request, p *Platform, verdicts map[string]health.Verdict) {
	for _, s := range p.Services {
		if s.Source != nil {
			p.Eventing.subscribe(req, s, verdicts)
		}
	}
	for _, s := range p.Services {
		if s.Sink != nil {
			p.Eventing.bind(req, s)
		}
	}
}

// subscribe composes the Triggers of a service. New ones are made when their Broker is
// ready; those that exist stay whatever becomes of it. Those of another Broker, which
// the spec named before, stay until all that take their place are ready: no event must
// fall between.
func (e *Eventing) subscribe(req *composition.Request, s *Service, verdicts map[string]health.Verdict) {
	broker := e.broker(*s.Source)
	create := broker.open() && e.installed(eventing.KindTrigger)
	current := map[string]bool{}
	complete := true
	for _, sub := range subscriptions(s.Kind) {
		key := triggerKey(s.Kind, sub, broker.Broker)
		observed := req.Observed[key]
		current[key] = true
		complete = complete && verdicts[key].Phase == health.Ready
		if create || observed != nil {
			e.trigger(s, sub, broker.Broker, broker.inOrder(observed), observed)
		}
	}
	if complete {
		return
	}
	for _, sub := range subscriptions(s.Kind) {
		for _, key := range slices.Sorted(maps.Keys(req.Observed)) {
			observed := req.Observed[key]
			if from := eventing.TriggeredBy(observed); !current[key] && key == triggerKey(s.Kind, sub, from) {
				e.trigger(s, sub, from, eventing.IsOrdered(observed), observed)
				e.leaving = append(e.leaving, from)
			}
		}
	}
}

// trigger composes a Trigger.
func (e *Eventing) trigger(s *Service, sub eventing.Subscription, from eventing.Broker, inOrder bool, observed *unstructured.Unstructured) {
	to := types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
	name := sub.TriggerName(string(s.Kind), types.NamespacedName{Namespace: s.Namespace, Name: s.Platform}, from)
	e.Composed = append(e.Composed, composition.Composed{
		Key:    triggerKey(s.Kind, sub, from),
		Object: eventing.NewTrigger(sub, from, to, s.Meta(name), inOrder),
	})
	if observed != nil {
		e.Triggers = append(e.Triggers, v1alpha08.SonataFlowPlatformTriggerRef{Name: observed.GetName(), Namespace: observed.GetNamespace()})
	}
}

// bind composes the SinkBinding of a service, and decides what the service may do
// until it knows its sink: one that has no pods doesn't start; one that runs goes on as
// if it had none.
func (e *Eventing) bind(req *composition.Request, s *Service) {
	key := s.Kind.Key(service.ResourceSink)
	binding := req.Observed[key]
	if binding != nil || e.installed(eventing.KindSinkBinding) {
		sink := *s.Sink
		// Events go where there are Triggers for them.
		if bound := eventing.BoundTo(binding); e.leaves(bound, s.Namespace) {
			sink = *bound
		}
		e.Composed = append(e.Composed, composition.Composed{
			Key: key, Object: eventing.NewSinkBinding(s.Name, sink, s.Meta(s.Kind.SinkBindingName(s.Platform))),
		})
	}
	switch eventing.Inject(s.Existing, s.Kind.Container()) {
	case eventing.Injected:
		return
	case eventing.Idle:
		s.Replicas, s.WaitsForSink = new(int32(0)), true
	case eventing.Running:
		s.Properties = s.WithoutSink
	}
	e.Waiting = "Waiting until Knative writes " + eventing.VariableSink + " into Deployment " + s.Name
}

// leaves tells whether a sink is a Broker whose Triggers are being replaced.
func (e *Eventing) leaves(sink *duckv1.Destination, namespace string) bool {
	broker, ok := eventing.BrokerOf(sink, namespace)
	return ok && slices.Contains(e.leaving, broker)
}

func subscriptions(k service.Kind) []eventing.Subscription {
	if k == service.DataIndex {
		return eventing.DataIndex()
	}
	return eventing.JobsService()
}

// triggerKey is the key of a Trigger. The Broker is part of it, because a Trigger
// can't change to another one.
func triggerKey(k service.Kind, sub eventing.Subscription, from eventing.Broker) string {
	return k.Key(service.ResourceTrigger) + "-" + sub.Name + "-" + from.Hash()
}
