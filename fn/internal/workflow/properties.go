// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strconv"

	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A wiring is what a workflow's managed properties follow from.
type wiring struct {
	// dev tells that the workflow runs in the profile dev, host is that of its Route, if it has
	// one.
	dev  bool
	host string
	// compiled tells that the image is built here, persistent that the workflow has a database.
	compiled, persistent bool
	// url is where the workflow itself is reached.
	url string
	// dataIndex and jobsService are the URLs of the services; empty where the workflow isn't
	// wired to one.
	dataIndex, jobsService string
	// sink tells that Knative tells the workflow where to send events.
	sink bool
	// facts are those of the flow.
	facts    flow.Facts
	grouping v1beta1.EventGrouping
	// shared are the properties that the platform gives every workflow.
	shared map[string]string
	// addresses are those of what the workflow names in place of an address.
	addresses []properties.Property
}

// What properties often say.
const (
	yes  = "true"
	no   = "false"
	post = "POST"
	http = "quarkus-http"
)

// Streams of events, as MicroProfile Reactive Messaging names them.
const (
	definitions = "mp.messaging.outgoing.kogito-processdefinitions-events."
	instances   = "mp.messaging.outgoing.kogito-processinstances-events."
	jobs        = "mp.messaging.outgoing.kogito-job-service-job-request-events."
	outgoing    = "mp.messaging.outgoing.kogito_outgoing_stream."
	incoming    = "mp.messaging.incoming.kogito_incoming_stream."

	sinkURL = "${" + component.VariableSink + "}"
)

// managed returns the properties that the user can't change, in the operator's words and
// order. What comes later wins: the platform's properties over how events are grouped, what
// the wiring needs over those, addresses that the user asks for over these, and what never
// changes over all.
func (w wiring) managed() string {
	out := map[string]string{"kogito.events.usertasks.enabled": no}
	if w.dev {
		out["quarkus.dev-ui.cors.enabled"] = no
		if w.host != "" {
			out["quarkus.dev-ui.hosts"] = w.host
		}
	} else if ptr.Deref(w.grouping.Enabled, true) {
		out["kogito.events.grouping"] = yes
		if ptr.Deref(w.grouping.Binary, true) {
			out["kogito.events.grouping.binary"] = yes
		}
		if ptr.Deref(w.grouping.Compress, false) {
			out["kogito.events.grouping.compress"] = yes
		}
	}
	maps.Copy(out, w.shared)
	if w.compiled && w.persistent {
		// Quarkus fixes these when it compiles.
		out["quarkus.datasource.db-kind"] = "postgresql"
		out["kogito.persistence.type"] = "jdbc"
		out["kogito.persistence.proto.marshaller"] = no
	}
	maps.Copy(out, w.toDataIndex())
	maps.Copy(out, w.toJobsService())
	maps.Copy(out, w.throughKnative())
	fixed := []properties.Property{
		{Key: "kogito.service.url", Value: w.url},
		{Key: "quarkus.http.port", Value: strconv.Itoa(component.Port)},
		{Key: "quarkus.http.host", Value: "0.0.0.0"},
		{Key: "quarkus.devservices.enabled", Value: no},
		{Key: "quarkus.kogito.devservices.enabled", Value: no},
	}
	addresses := slices.DeleteFunc(slices.Clone(w.addresses), func(p properties.Property) bool {
		return slices.ContainsFunc(fixed, func(f properties.Property) bool { return f.Key == p.Key })
	})
	for _, p := range addresses {
		delete(out, p.Key)
	}
	return properties.Encode(nil, addresses...) + properties.Encode(out, fixed...)
}

// toDataIndex lets the workflow tell the Data Index what it is and does. One that can't must
// not start: the Data Index would never know it.
func (w wiring) toDataIndex() map[string]string {
	wired := strconv.FormatBool(w.dataIndex != "")
	out := map[string]string{"kogito.events.processdefinitions.enabled": wired, "kogito.events.processinstances.enabled": wired}
	switch {
	case w.dataIndex == "":
		return out
	case w.sink:
		for _, stream := range []string{definitions, instances} {
			out[stream+"connector"], out[stream+"method"], out[stream+"url"] = http, post, sinkURL
		}
	default:
		out["kogito.data-index.health-enabled"] = yes
		out["kogito.data-index.url"] = w.dataIndex
		out[definitions+"url"] = w.dataIndex + "/definitions"
		out[instances+"url"] = w.dataIndex + "/processes"
	}
	out["kogito.events.processdefinitions.errors.propagate"] = yes
	return out
}

// toJobsService lets the workflow ask the Jobs Service for timers.
func (w wiring) toJobsService() map[string]string {
	const path = "/v2/jobs/events"
	out := map[string]string{jobs + "connector": http, jobs + "url": "http://localhost" + path}
	switch {
	case w.jobsService == "":
	case w.sink:
		out[jobs+"method"], out[jobs+"url"] = post, sinkURL
	default:
		out["kogito.jobs-service.url"] = w.jobsService
		out[jobs+"url"] = w.jobsService + path
		if w.facts.Timeouts {
			out["kogito.jobs-service.health-enabled"] = yes
		}
	}
	return out
}

// throughKnative lets the workflow send and take the events of its flow.
func (w wiring) throughKnative() map[string]string {
	out := map[string]string{"org.kie.kogito.addons.knative.eventing.health-enabled": strconv.FormatBool(w.sink)}
	if !w.sink {
		return out
	}
	if len(w.facts.Produced()) > 0 {
		out[outgoing+"connector"], out[outgoing+"url"] = http, sinkURL
	}
	if len(w.facts.Consumed()) > 0 {
		out[incoming+"connector"], out[incoming+"path"] = http, "/"
	}
	return out
}
