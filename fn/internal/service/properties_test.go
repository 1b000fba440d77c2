// SPDX-License-Identifier: Apache-2.0

package service_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

const kafkaCheck = `quarkus.smallrye-health.check."io.quarkus.kafka.client.health.KafkaHealthCheck".enabled`

// common are the properties of every service.
func common(url string) map[string]string {
	return map[string]string{
		"kogito.service.url":                 url,
		"quarkus.http.host":                  "0.0.0.0",
		"quarkus.http.port":                  "8080",
		"quarkus.devservices.enabled":        "false",
		"quarkus.kogito.devservices.enabled": "false",
		kafkaCheck:                           "false",
	}
}

func TestDataIndexProperties(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(common("http://di.ns1"), service.DataIndexProperties("http://di.ns1")); diff != "" {
		t.Errorf("DataIndexProperties(...): -want, +got:\n%s", diff)
	}
}

func TestJobsServiceProperties(t *testing.T) {
	t.Parallel()
	const sinkCheck = `quarkus.smallrye-health.check."org.kie.kogito.jobs.service.messaging.http.health.knative.KSinkInjectionHealthCheck".enabled`
	always := map[string]string{
		"kogito.jobs-service.management.leader-check.expiration-in-seconds":                                                  "60",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.management.JobServiceLeaderLivenessHealthCheck".enabled`: "true",
	}
	cases := map[string]struct {
		reason    string
		dataIndex string
		sink      bool
		want      map[string]string
	}{
		"Alone": {
			reason: "Without a Data Index there is nobody to report to.",
			want:   map[string]string{sinkCheck: "false"},
		},
		"WithDataIndex": {
			reason:    "With one, the changes of jobs are reported to its jobs endpoint.",
			dataIndex: "http://di.ns1",
			want: map[string]string{
				"kogito.jobs-service.http.job-status-change-events":                   "true",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.url": "http://di.ns1/jobs",
				sinkCheck: "false",
			},
		},
		"WithSink": {
			reason: "With a sink alone there is still nobody to report to, but the sink must be known.",
			sink:   true,
			want:   map[string]string{sinkCheck: "true"},
		},
		"WithDataIndexAndSink": {
			reason:    "With both, the changes of jobs go to the sink, whose address Knative tells.",
			dataIndex: "http://di.ns1",
			sink:      true,
			want: map[string]string{
				"kogito.jobs-service.http.job-status-change-events":                         "true",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.url":       "${K_SINK}",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.connector": "quarkus-http",
				"mp.messaging.outgoing.kogito-job-service-job-status-events-http.method":    "POST",
				sinkCheck: "true",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := common("http://js.ns1")
			maps.Copy(want, always)
			maps.Copy(want, tc.want)
			if diff := cmp.Diff(want, service.JobsServiceProperties("http://js.ns1", tc.dataIndex, tc.sink)); diff != "" {
				t.Errorf("%s\nJobsServiceProperties(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
