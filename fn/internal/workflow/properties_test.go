// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestManaged holds the managed properties against those that were recorded of the operator,
// byte for byte.
func TestManaged(t *testing.T) {
	t.Parallel()
	const (
		fixed = `quarkus.http.port = 8080
quarkus.http.host = 0.0.0.0
quarkus.devservices.enabled = false
quarkus.kogito.devservices.enabled = false
`
		alone = `kogito.events.grouping = true
kogito.events.grouping.binary = true
kogito.events.processdefinitions.enabled = false
kogito.events.processinstances.enabled = false
kogito.events.usertasks.enabled = false
mp.messaging.outgoing.kogito-job-service-job-request-events.connector = quarkus-http
mp.messaging.outgoing.kogito-job-service-job-request-events.url = http://localhost/v2/jobs/events
org.kie.kogito.addons.knative.eventing.health-enabled = false
kogito.service.url = http://vet.ns1
` + fixed
	)
	events := flow.Facts{Events: []flow.Event{{Name: "in", Type: "a"}, {Name: "out", Type: "b", Produced: true}}}
	both := wiring{dataIndex: "http://plat-data-index-service.ns1", jobsService: "http://plat-jobs-service.ns1", facts: events}
	cases := map[string]struct {
		reason string
		in     wiring
		want   string
	}{
		"Alone": {reason: "A workflow without services asks itself for timers, which fails.", want: alone},
		"Both": {
			reason: "Without sink, both services are called; what they say of their health counts.",
			in:     wiring{dataIndex: both.dataIndex, jobsService: both.jobsService, facts: events, shared: map[string]string{"quarkus.log.level": "INFO"}},
			want: `kogito.data-index.health-enabled = true
kogito.data-index.url = http://plat-data-index-service.ns1
kogito.events.grouping = true
kogito.events.grouping.binary = true
kogito.events.processdefinitions.enabled = true
kogito.events.processdefinitions.errors.propagate = true
kogito.events.processinstances.enabled = true
kogito.events.usertasks.enabled = false
kogito.jobs-service.url = http://plat-jobs-service.ns1
mp.messaging.outgoing.kogito-job-service-job-request-events.connector = quarkus-http
mp.messaging.outgoing.kogito-job-service-job-request-events.url = http://plat-jobs-service.ns1/v2/jobs/events
mp.messaging.outgoing.kogito-processdefinitions-events.url = http://plat-data-index-service.ns1/definitions
mp.messaging.outgoing.kogito-processinstances-events.url = http://plat-data-index-service.ns1/processes
org.kie.kogito.addons.knative.eventing.health-enabled = false
quarkus.log.level = INFO
kogito.service.url = http://vet.ns1
` + fixed,
		},
		"Sink": {
			reason: "With a sink, all events go there, whichever services there are.",
			in:     wiring{dataIndex: both.dataIndex, jobsService: both.jobsService, facts: events, sink: true},
			want: `kogito.events.grouping = true
kogito.events.grouping.binary = true
kogito.events.processdefinitions.enabled = true
kogito.events.processdefinitions.errors.propagate = true
kogito.events.processinstances.enabled = true
kogito.events.usertasks.enabled = false
mp.messaging.incoming.kogito_incoming_stream.connector = quarkus-http
mp.messaging.incoming.kogito_incoming_stream.path = /
mp.messaging.outgoing.kogito-job-service-job-request-events.connector = quarkus-http
mp.messaging.outgoing.kogito-job-service-job-request-events.method = POST
mp.messaging.outgoing.kogito-job-service-job-request-events.url = ${K_SINK}
mp.messaging.outgoing.kogito-processdefinitions-events.connector = quarkus-http
mp.messaging.outgoing.kogito-processdefinitions-events.method = POST
mp.messaging.outgoing.kogito-processdefinitions-events.url = ${K_SINK}
mp.messaging.outgoing.kogito-processinstances-events.connector = quarkus-http
mp.messaging.outgoing.kogito-processinstances-events.method = POST
mp.messaging.outgoing.kogito-processinstances-events.url = ${K_SINK}
mp.messaging.outgoing.kogito_outgoing_stream.connector = quarkus-http
mp.messaging.outgoing.kogito_outgoing_stream.url = ${K_SINK}
org.kie.kogito.addons.knative.eventing.health-enabled = true
kogito.service.url = http://vet.ns1
` + fixed,
		},
		"Collision": {
			reason: "What never changes wins over the platform's properties, in their place.",
			in:     wiring{shared: map[string]string{"a": "1", "kogito.service.url": "http://mine", "quarkus.http.port": "9090", "kogito.events.usertasks.enabled": "true"}},
			want: `a = 1
kogito.events.grouping = true
kogito.events.grouping.binary = true
kogito.events.processdefinitions.enabled = false
kogito.events.processinstances.enabled = false
kogito.events.usertasks.enabled = true
kogito.service.url = http://vet.ns1
mp.messaging.outgoing.kogito-job-service-job-request-events.connector = quarkus-http
mp.messaging.outgoing.kogito-job-service-job-request-events.url = http://localhost/v2/jobs/events
org.kie.kogito.addons.knative.eventing.health-enabled = false
quarkus.http.port = 8080
quarkus.http.host = 0.0.0.0
quarkus.devservices.enabled = false
quarkus.kogito.devservices.enabled = false
`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.url = "http://vet.ns1"
			if diff := cmp.Diff(tc.want, tc.in.managed()); diff != "" {
				t.Errorf("%s\nmanaged(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestManagedParts holds properties that depend on one thing alone.
func TestManagedParts(t *testing.T) {
	t.Parallel()
	const health, grouping = "kogito.jobs-service.health-enabled", "kogito.events.grouping"
	jobsService := wiring{jobsService: "http://js"}
	waiting := wiring{jobsService: "http://js", facts: flow.Facts{Timeouts: true}}
	bound := waiting
	bound.sink = true
	grouped := func(enabled, binary, compress bool) wiring {
		return wiring{grouping: v1beta1.EventGrouping{Enabled: &enabled, Binary: &binary, Compress: &compress}}
	}
	cases := map[string]struct {
		reason string
		in     wiring
		// has and lacks are starts of lines.
		has, lacks []string
	}{
		"NoTimeouts":    {reason: "A workflow that waits for no time does without the Jobs Service.", in: jobsService, lacks: []string{health}},
		"Timeouts":      {reason: "A workflow with timers needs a healthy Jobs Service.", in: waiting, has: []string{health + " = true"}},
		"TimeoutsBound": {reason: "Behind a sink, the Jobs Service isn't looked at.", in: bound, lacks: []string{health, "kogito.jobs-service.url"}},
		"NoJobsService": {reason: "Without Jobs Service none is looked at.", in: wiring{facts: flow.Facts{Timeouts: true}}, lacks: []string{health}},
		"NotGrouped":    {reason: "Events needn't be grouped; the rest has no meaning then.", in: grouped(false, true, true), lacks: []string{grouping}},
		"GroupedText":   {reason: "Groups needn't be binary.", in: grouped(true, false, false), has: []string{grouping + " = true"}, lacks: []string{grouping + ".binary", grouping + ".compress"}},
		"Compressed":    {reason: "Groups may be compressed.", in: grouped(true, true, true), has: []string{grouping + ".compress = true"}},
		"NoEvents":      {reason: "A flow without events has no streams.", in: wiring{sink: true}, lacks: []string{outgoing, incoming}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := tc.in.managed()
			for _, line := range tc.has {
				if !strings.Contains("\n"+text, "\n"+line) {
					t.Errorf("%s\nmanaged(): lacks %q:\n%s", tc.reason, line, text)
				}
			}
			for _, line := range tc.lacks {
				if strings.Contains("\n"+text, "\n"+line) {
					t.Errorf("%s\nmanaged(): has %q:\n%s", tc.reason, line, text)
				}
			}
		})
	}
}
