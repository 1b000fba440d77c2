// SPDX-License-Identifier: Apache-2.0

// Package eventing plans how events travel through Knative: which Triggers hand events of
// a Broker to a component, and how a component comes to know where to send its own.
package eventing

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// A Workload is a component, and what runs it.
type Workload struct {
	*component.Component

	// Runs is the object that runs the component's pods; nil when there is none.
	Runs *unstructured.Unstructured
	// Moving tells that pods of another kind of object still serve, on which the component ran
	// before: events go on to them.
	Moving bool
}

// A Plan is what carries the events of some components, as far as it can be there now.
type Plan struct {
	// Objects are the Triggers and SinkBindings that should exist, Reserved the Triggers that
	// will once their Broker is ready.
	Objects, Reserved []composition.Composed
	// Triggers are those of the Triggers that exist.
	Triggers []v1alpha08.SonataFlowPlatformTriggerRef
	// Condition is about all of it.
	Condition composition.Condition

	// holds are what workloads have to wait for, by the key of the component.
	holds map[string]component.Hold
}

// Hold is what a component's workload has to wait for.
func (p *Plan) Hold(c *component.Component) component.Hold {
	if p == nil {
		return component.Hold{}
	}
	return p.holds[c.Kind.Key]
}

// For plans the events of components. It returns nil for components that need nothing of
// Knative. brokerPending tells that the components without Broker may get one yet, which
// isn't known before Crossplane calls again: what that Broker would need is asked for at
// once.
func For(req *composition.Request, workloads []Workload, brokerPending bool) *Plan {
	k := lookUp(req, workloads, brokerPending)
	unreachable := unreachableBy(workloads)
	if len(k.kinds) == 0 && len(unreachable) == 0 {
		return nil
	}
	plan := &Plan{holds: map[string]component.Hold{}}
	var objects []object
	var leaving []component.Broker
	moving := slices.ContainsFunc(workloads, func(w Workload) bool { return sendsElsewhere(req, w) })
	for _, w := range workloads {
		triggers, reserved, left := subscribe(req, w, k, moving)
		objects, leaving = append(objects, triggers...), append(leaving, left...)
		plan.Reserved = append(plan.Reserved, reserved...)
	}
	var waiting []string
	for _, w := range workloads {
		if w.Sink == nil {
			continue
		}
		objects = append(objects, bind(req, w.Component, k, leaving)...)
		hold, wait := holdFor(req, w, k)
		plan.holds[w.Kind.Key] = hold
		waiting = append(waiting, wait...)
	}
	for _, o := range objects {
		plan.Objects = append(plan.Objects, composition.Composed{Key: o.key, Object: o.desired, Ready: o.verdict.Phase == health.Ready})
		if _, trigger := o.desired.(*Trigger); trigger && o.observed != nil {
			plan.Triggers = append(plan.Triggers, v1alpha08.SonataFlowPlatformTriggerRef{Name: o.observed.GetName(), Namespace: o.observed.GetNamespace()})
		}
	}
	plan.Condition = conditionOf(k, unreachable, objects, waiting)
	return plan
}

// An object is one that should exist, and what is observed of it.
type object struct {
	key      string
	desired  composition.Object
	observed *unstructured.Unstructured
	verdict  health.Verdict
}

func newObject(req *composition.Request, key string, desired composition.Object) object {
	observed := req.Observed[key]
	return object{key: key, desired: desired, observed: observed, verdict: health.OfComposed(observed, desired)}
}
