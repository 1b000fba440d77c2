// SPDX-License-Identifier: Apache-2.0

package component

import (
	"maps"
	"strconv"
)

// Surroundings are what a component's properties depend on.
type Surroundings struct {
	// URL is where the component itself is reached.
	URL string
	// DataIndexURL is where the Data Index is reached that the component reports to; empty
	// when it reports to none.
	DataIndexURL string
	// Sink tells whether Knative tells the component where to send events.
	Sink bool
}

// The property with the address of a component itself.
const propertyServiceURL = "kogito.service.url"

func dataIndexProperties(s Surroundings) map[string]string {
	return with(map[string]string{propertyServiceURL: s.URL})
}

// jobsServiceProperties let a Jobs Service report the changes of jobs for the Data Index:
// to the sink if it has one, else to the Data Index itself.
func jobsServiceProperties(s Surroundings) map[string]string {
	const events = "mp.messaging.outgoing.kogito-job-service-job-status-events-http."
	out := with(map[string]string{
		propertyServiceURL: s.URL,
		"kogito.jobs-service.management.leader-check.expiration-in-seconds":                                                           "60",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.management.JobServiceLeaderLivenessHealthCheck".enabled`:          "true",
		`quarkus.smallrye-health.check."org.kie.kogito.jobs.service.messaging.http.health.knative.KSinkInjectionHealthCheck".enabled`: strconv.FormatBool(s.Sink),
	})
	if s.DataIndexURL == "" {
		return out
	}
	out["kogito.jobs-service.http.job-status-change-events"] = "true"
	out[events+"url"] = s.DataIndexURL + "/jobs"
	if s.Sink {
		out[events+"connector"] = "quarkus-http"
		out[events+"method"] = "POST"
		out[events+"url"] = "${" + VariableSink + "}"
	}
	return out
}

// with adds what every component needs: its fixed port, no development services, and no
// health check for the Kafka that it doesn't use.
func with(own map[string]string) map[string]string {
	out := map[string]string{
		"quarkus.http.host":                  "0.0.0.0",
		"quarkus.http.port":                  strconv.Itoa(Port),
		"quarkus.devservices.enabled":        "false",
		"quarkus.kogito.devservices.enabled": "false",
		`quarkus.smallrye-health.check."io.quarkus.kafka.client.health.KafkaHealthCheck".enabled`: "false",
	}
	maps.Copy(out, own)
	return out
}
