// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// source decides which Broker a service takes events from: its own, else the
// platform's, else none (nil). It returns the field that says so, too.
func (d *document) source(w wanted) (*eventing.Broker, *field.Path) {
	destination, path := d.broker()
	if w.source != nil {
		destination, path = w.source, w.path.Child("source")
	}
	broker, found := eventing.BrokerOf((*duckv1.Destination)(destination), d.Namespace)
	if !found {
		return nil, nil
	}
	return &broker, path
}

// sink decides where a service sends events: the Jobs Service to its own sink, else to
// the platform's Broker, else to nobody in particular (nil).
func (d *document) sink(w wanted) *duckv1.Destination {
	if w.kind != service.JobsService {
		return nil
	}
	destination, _ := d.broker()
	if w.sink != nil {
		destination = w.sink
	}
	return eventing.Sink((*duckv1.Destination)(destination), d.Namespace)
}

// broker is the Broker of services that don't say: the platform's, else one that is
// lent.
func (d *document) broker() (*v1alpha08.Destination, *field.Path) {
	if e := d.spec.Eventing; e != nil && e.Broker != nil {
		return e.Broker, field.NewPath("spec", "eventing", "broker")
	}
	return d.lent, nil
}

// borrows tells whether a service would use a Broker that is lent.
func (d *document) borrows() bool {
	if d.spec.Eventing != nil && d.spec.Eventing.Broker != nil {
		return false
	}
	return slices.ContainsFunc(d.services(), func(w wanted) bool { return w.source == nil || w.kind == service.JobsService && w.sink == nil })
}

// validateSources finds Brokers that a platform can't have Triggers for. Triggers live
// where their Broker does, and what a namespaced composite composes lives where it
// does.
func (d *document) validateSources() field.ErrorList {
	var errs field.ErrorList
	for _, w := range d.services() {
		broker, path := d.source(w)
		if broker == nil || !d.namespaced || broker.Namespace == d.Namespace {
			continue
		}
		errs = append(errs, field.Invalid(path.Child("ref", "namespace"), broker.Namespace, fmt.Sprintf(
			"a platform that is a namespaced composite can't have Triggers in other namespaces: use a Broker in namespace %s, or a %s that is a claim",
			d.Namespace, v1alpha08.KindSonataFlowPlatform)))
	}
	return errs
}
