// SPDX-License-Identifier: Apache-2.0

// Package discovery turns URIs of SonataFlow's service discovery, such as
// kubernetes:services.v1/shop/orders, into addresses. See
// https://sonataflow.org/serverlessworkflow/latest/service-discovery/kubernetes-service-discovery.html.
package discovery

import (
	"fmt"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Finding is what became of a URI. It has neither an address nor a problem as long as
// Crossplane hasn't answered: Crossplane will call again.
type Finding struct {
	// Address is where the resource is reached.
	Address string
	// Problem says why there is no address, and what to do.
	Problem string
}

// Find looks up what a URI names. A workflow of a namespace looks as far as the input lets it.
func Find(req *composition.Request, uri, namespace string, reach v1beta1.Discovery) Finding {
	target, err := Parse(uri, namespace)
	if err != nil {
		return Finding{Problem: err.Error()}
	}
	r, lookedUp := target.Kind.resource()
	switch {
	case reach == v1beta1.DiscoveryOff:
		return Finding{Problem: "nothing is looked up, because the input of the Composition has workflows.discovery: Off; write the address"}
	case reach == v1beta1.DiscoveryNamespace && target.Namespace != namespace:
		return Finding{Problem: fmt.Sprintf("namespace %s isn't looked at, because the input of the Composition has workflows.discovery: Namespace; write the address", target.Namespace)}
	case !lookedUp:
		return Finding{Problem: fmt.Sprintf("%s isn't looked up; name the Service to call, as %s/%s/name, or write the address", target.Kind, Service, target.Namespace)}
	}
	if r.query != "" {
		switch req.LookForKind(composition.KindQuery{Name: r.query, APIVersion: r.apiVersion, Kind: r.kind}, req.Answered(target.query(r))) {
		case composition.StatePending:
			return Finding{}
		case composition.StateAbsent:
			return Finding{Problem: r.needs + " isn't installed; install it, or write the address"}
		case composition.StateFound, composition.StateUnknown:
		}
	}
	return target.lookUp(req, r)
}

// lookUp asks for what a target names.
func (t Target) lookUp(req *composition.Request, r resource) Finding {
	answer := req.Look(t.query(r))
	services := composition.Answer{State: composition.StateFound}
	if t.Kind == Deployment || t.Kind == StatefulSet {
		services = req.Look(composition.Query{Name: "discovery-services-" + t.Namespace, APIVersion: "v1", Kind: "Service", Namespace: t.Namespace})
	}
	if answer.State == composition.StatePending || services.State == composition.StatePending {
		return Finding{}
	}
	name := fmt.Sprintf("%s %s in namespace %s", r.kind, t.Name, t.Namespace)
	if r.query != "" && t.Kind == KnativeService {
		name = "Knative " + name
	}
	if answer.First() == nil {
		return Finding{Problem: name + " isn't there; create it, or write the address"}
	}
	address, err := Address(t, answer.First(), services.Objects)
	if err != nil {
		return Finding{Problem: fmt.Sprintf("%s: %s", name, err)}
	}
	return Finding{Address: address}
}

// query asks for the resource that a target names. One that several URIs name is asked for
// once.
func (t Target) query(r resource) composition.Query {
	return composition.Query{
		Name: "discovery-" + names.Hash(string(t.Kind), t.Namespace, t.Name), APIVersion: r.apiVersion, Kind: r.kind,
		Namespace: t.Namespace, ResourceName: t.Name,
	}
}
