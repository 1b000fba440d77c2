// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// Eventing is what carries the events of a platform's services, as far as it can be
// there now.
type Eventing struct {
	// Kinds are those of Knative that are needed.
	Kinds []Kind
	// Brokers are those that the spec names, in the order of the services.
	Brokers []*Broker
	// Composed are the Triggers and the SinkBinding.
	Composed []composition.Composed
	// Triggers are those of the Triggers that exist.
	Triggers []v1alpha08.SonataFlowPlatformTriggerRef
	// Waiting says in the user's words which service doesn't know its sink yet, or is
	// empty.
	Waiting string

	// leaving are the Brokers of Triggers that are kept until those that take their
	// place are ready.
	leaving []eventing.Broker
}

// A Kind is one of Knative's, and whether it is installed.
type Kind struct {
	Requirement composition.SchemaRequirement
	State       composition.State
	// Evident tells that it needn't be asked whether the kind is installed.
	Evident bool
}

// A Broker is one that the spec names, and what is known of it.
type Broker struct {
	eventing.Broker

	Requirement composition.Requirement
	State       composition.State
	// Users are the titles of the services that take events from it, or send them there.
	Users []string
	// Verdict is how it does, if it was found.
	health.Verdict

	object *unstructured.Unstructured
}

// open tells whether new Triggers may take events from a Broker: where it can't be
// looked up, Knative tells how they do.
func (b *Broker) open() bool { return b.State == composition.StateUnknown || b.Phase == health.Ready }

// inOrder tells whether a Broker keeps events in order. One that can't be looked up
// may: to others the annotation means nothing. While it isn't there, a Trigger's own
// word counts.
func (b *Broker) inOrder(trigger *unstructured.Unstructured) bool {
	switch {
	case b.object != nil:
		return eventing.IsKafka(b.object)
	case b.State == composition.StateUnknown:
		return true
	}
	return eventing.IsOrdered(trigger)
}

// lookUpEventing finds out whether what a spec needs of Knative is installed, and how
// its Brokers do. It is nil for a spec that needs nothing of it.
func lookUpEventing(req *composition.Request, doc *document, cluster *Cluster) *Eventing {
	e := &Eventing{}
	// A Broker may yet be lent. What it would need is asked for at once.
	pending := cluster.lends(doc, req.Input.Compatibility) && cluster.State == composition.StatePending
	for _, w := range doc.services() {
		source, _ := doc.source(w)
		if source != nil {
			e.use(*source, w.kind)
		}
		if source != nil || pending {
			e.need(req, eventing.APIVersion, eventing.KindTrigger)
		}
		sink := doc.sink(w)
		if broker, ok := eventing.BrokerOf(sink, doc.Namespace); ok {
			e.use(broker, w.kind)
		}
		if sink != nil || pending && w.kind == service.JobsService {
			e.need(req, eventing.SourcesAPIVersion, eventing.KindSinkBinding)
		}
	}
	if len(e.Kinds) == 0 {
		return nil
	}
	for _, b := range e.Brokers {
		answer := req.Answer(b.Requirement)
		b.State = answer.State
		if answer.State == composition.StateFound {
			b.object = answer.Objects[0]
			b.Verdict = health.Of(b.object)
		}
	}
	if len(e.Brokers) > 0 || pending {
		e.need(req, eventing.APIVersion, eventing.KindBroker)
	}
	return e
}

// need notes that a kind is needed. Whether it is installed needn't be asked where
// that is evident.
func (e *Eventing) need(req *composition.Request, apiVersion, kind string) {
	if slices.ContainsFunc(e.Kinds, func(k Kind) bool { return k.Requirement.Kind == kind }) {
		return
	}
	k := Kind{Requirement: composition.SchemaRequirement{Name: "knative-" + strings.ToLower(kind), APIVersion: apiVersion, Kind: kind}}
	if k.State = req.Installed(k.Requirement); k.State == composition.StatePending && e.evident(req, kind) {
		k.State, k.Evident = composition.StateFound, true
	}
	e.Kinds = append(e.Kinds, k)
}

// evident tells whether there are objects of a kind, or somebody has looked for one and
// could.
func (e *Eventing) evident(req *composition.Request, kind string) bool {
	if kind == eventing.KindBroker {
		return slices.ContainsFunc(e.Brokers, func(b *Broker) bool { return b.State == composition.StateAbsent || b.State == composition.StateFound })
	}
	for _, o := range req.Observed {
		if o.GetKind() == kind {
			return true
		}
	}
	return false
}

// use notes that a service uses a Broker.
func (e *Eventing) use(b eventing.Broker, user service.Kind) {
	known := e.broker(b)
	if known == nil {
		known = &Broker{Broker: b, Requirement: composition.Requirement{
			Name: "broker-" + b.Namespace + "/" + b.Name, APIVersion: eventing.APIVersion, Kind: eventing.KindBroker, Namespace: b.Namespace, ResourceName: b.Name,
		}}
		e.Brokers = append(e.Brokers, known)
	}
	if !slices.Contains(known.Users, user.Title()) {
		known.Users = append(known.Users, user.Title())
	}
}

// broker returns what is known of a Broker, or nil if nobody uses it.
func (e *Eventing) broker(b eventing.Broker) *Broker {
	i := slices.IndexFunc(e.Brokers, func(known *Broker) bool { return known.Broker == b })
	if i < 0 {
		return nil
	}
	return e.Brokers[i]
}

// installed tells whether there can be objects of a kind, as far as anybody knows.
func (e *Eventing) installed(kind string) bool {
	return slices.ContainsFunc(e.Kinds, func(k Kind) bool {
		return k.Requirement.Kind == kind && (k.State == composition.StateFound || k.State == composition.StateUnknown)
	})
}

// missing lists the kinds that aren't installed.
func (e *Eventing) missing() []string {
	var out []string
	for _, k := range e.Kinds {
		if k.State == composition.StateAbsent {
			out = append(out, k.Requirement.Kind)
		}
	}
	return out
}

// schemas asks for the kinds that are needed.
func (e *Eventing) schemas() []composition.SchemaRequirement {
	if e == nil {
		return nil
	}
	out := make([]composition.SchemaRequirement, 0, len(e.Kinds))
	for _, k := range e.Kinds {
		if !k.Evident {
			out = append(out, k.Requirement)
		}
	}
	return out
}

// requirements asks for the Brokers. To look for one where there are none would fail.
func (e *Eventing) requirements() []composition.Requirement {
	if e == nil || !e.installed(eventing.KindBroker) {
		return nil
	}
	out := make([]composition.Requirement, 0, len(e.Brokers))
	for _, b := range e.Brokers {
		out = append(out, b.Requirement)
	}
	return out
}
