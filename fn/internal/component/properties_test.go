// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

func TestProperties(t *testing.T) {
	t.Parallel()
	const sinkCheck = `quarkus.smallrye-health.check."org.kie.kogito.jobs.service.messaging.http.health.knative.KSinkInjectionHealthCheck".enabled`
	with := func(own ...map[string]string) map[string]string {
		out := map[string]string{
			"kogito.service.url":                 "http://a.ns1",
			"quarkus.http.host":                  "0.0.0.0",
			"quarkus.http.port":                  "8080",
			"quarkus.devservices.enabled":        "false",
			"quarkus.kogito.devservices.enabled": "false",
			`quarkus.smallrye-health.check."io.quarkus.kafka.client.health.KafkaHealthCheck".enabled`: "false",
		}
		for _, o := range own {
			maps.Copy(out, o)
		}
		return out
	}
	jobsService := map[string]string{
		"kogito.jobs-service.management.leader-check.expiration-in-seconds":                                                  "60",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.management.JobServiceLeaderLivenessHealthCheck".enabled`: "true",
	}
	cases := map[string]struct {
		reason string
		kind   component.Kind
		in     component.Surroundings
		want   map[string]string
	}{
		"DataIndex": {
			reason: "A Data Index has what every component has.",
			kind:   component.DataIndex(),
			want:   with(),
		},
		"JobsServiceAlone": {
			reason: "A Jobs Service without Data Index has none to report to.",
			kind:   component.JobsService(),
			want:   with(jobsService, map[string]string{sinkCheck: "false"}),
		},
		"JobsServiceWithDataIndex": {
			reason: "A Jobs Service with a Data Index reports the changes of jobs to the jobs endpoint of the Data Index.",
			kind:   component.JobsService(),
			in:     component.Surroundings{DataIndexURL: "http://di.ns1"},
			want: with(jobsService, map[string]string{
				"kogito.jobs-service.http.job-status-change-events":                   "true",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.url": "http://di.ns1/jobs",
				sinkCheck: "false",
			}),
		},
		"JobsServiceWithSink": {
			reason: "A Jobs Service with a sink alone reports to no Data Index, but its sink must be known.",
			kind:   component.JobsService(),
			in:     component.Surroundings{Sink: true},
			want:   with(jobsService, map[string]string{sinkCheck: "true"}),
		},
		"JobsServiceWithDataIndexAndSink": {
			reason: "A Jobs Service with both reports the changes of jobs to the sink, whose address Knative tells.",
			kind:   component.JobsService(),
			in:     component.Surroundings{DataIndexURL: "http://di.ns1", Sink: true},
			want: with(jobsService, map[string]string{
				"kogito.jobs-service.http.job-status-change-events":                         "true",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.url":       "${K_SINK}",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.connector": "quarkus-http",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.method":    "POST",
				sinkCheck: "true",
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.URL = "http://a.ns1"
			if diff := cmp.Diff(tc.want, tc.kind.Properties(tc.in)); diff != "" {
				t.Errorf("%s\nProperties(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
