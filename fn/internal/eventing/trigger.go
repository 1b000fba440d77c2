// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// The annotation of a Trigger that asks for events in order. See
// https://knative.dev/docs/eventing/brokers/broker-types/kafka-broker/configuring-kafka-features/.
const (
	annotationOrder = "kafka.eventing.knative.dev/delivery.order"
	ordered         = "ordered"
)

// subscribe returns the Triggers of a component that takes events from Brokers. New ones are
// made when their Broker is ready; those that exist stay while the Broker is away or unready.
// Triggers of another Broker, which the spec named before, stay until all that take their
// place are ready, so that no event is lost in between: their Brokers are the ones that are
// left. They also stay while pods still send to an address of before. Triggers that can't be
// made before their Broker is ready are reserved.
func subscribe(req *composition.Request, c Workload, k knowledge, moving bool) (triggers []object, reserved []composition.Composed, left []component.Broker) {
	current := map[string]bool{}
	complete := true
	for _, s := range c.Subscriptions {
		from := k.broker(s.From)
		key := triggerKey(c.Component, s, from.Broker)
		observed := req.Observed[key]
		current[key] = true
		complete = complete && health.Of(observed).Phase == health.Ready
		trigger := newTrigger(c, s, from.Broker, from.inOrder(observed))
		switch {
		case observed != nil || from.open() && k.installed(kindTrigger):
			triggers = append(triggers, newObject(req, key, trigger))
		case k.installed(kindTrigger):
			reserved = append(reserved, composition.Composed{Key: key, Object: trigger})
		}
	}
	if complete && !moving {
		return triggers, nil, nil
	}
	for _, s := range c.Subscriptions {
		for _, key := range slices.Sorted(maps.Keys(req.Observed)) {
			observed := req.Observed[key]
			if earlier := brokerOfTrigger(observed); !current[key] && key == triggerKey(c.Component, s, earlier) {
				triggers = append(triggers, newObject(req, key, newTrigger(c, s, earlier, isOrdered(observed))))
				if !complete {
					left = append(left, earlier)
				}
			}
		}
	}
	return triggers, reserved, left
}

// triggerKey is the key of a Trigger. The Broker is part of it, because a Trigger can't
// change to another one.
func triggerKey(c *component.Component, s component.Subscription, from component.Broker) string {
	return c.Key(component.ResourceTrigger) + "-" + s.Name + "-" + from.Hash()
}

// newTrigger returns a Trigger that hands the events of a subscription to the component's
// Service. The Trigger lives where its Broker does. While the component moves between a
// Deployment and a Knative Service, the Service of Kubernetes with its name leads to the pods
// that serve: both have one.
func newTrigger(c Workload, s component.Subscription, from component.Broker, inOrder bool) *Trigger {
	meta := c.Meta(triggerName(c.Component, s, from))
	meta.Namespace = from.Namespace
	receiver := c.Kind.Runner.Receiver()
	if c.Moving {
		receiver = component.RunnerDeployment.Receiver()
	}
	if s.Ordered && inOrder {
		meta.Annotations = map[string]string{annotationOrder: ordered}
	}
	trigger := &Trigger{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersionTrigger, Kind: kindTrigger},
		ObjectMeta: meta,
		Spec: TriggerSpec{
			Broker: from.Name,
			Filter: TriggerFilter{Attributes: map[string]string{"type": s.Type}},
			Subscriber: duckv1.Destination{
				Ref: &duckv1.KReference{APIVersion: receiver.GroupVersion().String(), Kind: receiver.Kind, Namespace: c.Namespace, Name: c.Name()},
			},
		},
	}
	if s.Path != "" {
		trigger.Spec.Subscriber.URI = &apis.URL{Path: s.Path}
	}
	return trigger
}

// triggerName differs for each owner, because Triggers live where their Broker does, and for
// each Broker, because a component that changes its Broker has Triggers of both for a while.
// It has at most 63 characters.
func triggerName(c *component.Component, s component.Subscription, from component.Broker) string {
	return names.Child(s.Prefix, "-"+names.Hash(c.Namespace, c.Owner, from.Namespace, from.Name))
}

// brokerOfTrigger returns the Broker of an observed Trigger.
func brokerOfTrigger(trigger *unstructured.Unstructured) component.Broker {
	name, _, err := unstructured.NestedString(trigger.Object, "spec", "broker")
	if err != nil {
		name = "" // No API server lets that happen.
	}
	return component.Broker{Namespace: trigger.GetNamespace(), Name: name}
}

// isOrdered tells whether a Trigger asks for events in order.
func isOrdered(trigger *unstructured.Unstructured) bool {
	return trigger != nil && trigger.GetAnnotations()[annotationOrder] == ordered
}
