// SPDX-License-Identifier: Apache-2.0

package service

import (
	"maps"
	"strconv"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// The property with the address of a service itself.
const propertyServiceURL = "kogito.service.url"

// DataIndexProperties returns the application.properties of a Data Index that is
// reached at a URL.
func DataIndexProperties(url string) map[string]string {
	return with(map[string]string{propertyServiceURL: url})
}

// JobsServiceProperties returns the application.properties of a Jobs Service that is
// reached at a URL. It reports the changes of jobs for a Data Index, unless its URL is
// empty: to the sink that Knative tells it, if it has one, else to the Data Index
// itself.
func JobsServiceProperties(url, dataIndexURL string, sink bool) map[string]string {
	const events = "mp.messaging.outgoing.kogito-job-service-job-status-events-http."
	out := with(map[string]string{
		propertyServiceURL: url,
		"kogito.jobs-service.management.leader-check.expiration-in-seconds":                                                           "60",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.management.JobServiceLeaderLivenessHealthCheck".enabled`:          "true",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.messaging.http.health.knative.KSinkInjectionHealthCheck".enabled`: strconv.FormatBool(sink),
	})
	if dataIndexURL == "" {
		return out
	}
	out["kogito.jobs-service.http.job-status-change-events"] = "true"
	out[events+"url"] = dataIndexURL + "/jobs"
	if sink {
		out[events+"connector"] = "quarkus-http"
		out[events+"method"] = "POST"
		out[events+"url"] = "${" + eventing.VariableSink + "}"
	}
	return out
}

// with adds what every service needs: its fixed port, no development services, and
// no health check for the Kafka that it doesn't use.
func with(own map[string]string) map[string]string {
	out := map[string]string{
		"quarkus.http.host":                  "0.0.0.0",
		"quarkus.http.port":                  "8080",
		"quarkus.devservices.enabled":        "false",
		"quarkus.kogito.devservices.enabled": "false",
		`quarkus.smallrye-health.check."io.quarkus.kafka.client.health.KafkaHealthCheck".enabled`: "false",
	}
	maps.Copy(out, own)
	return out
}
