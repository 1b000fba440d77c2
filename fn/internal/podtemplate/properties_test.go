// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

// TestMergeWarnsOfProperties shows which settings are told to get in the way of the
// platform's objects, however they are written.
func TestMergeWarnsOfProperties(t *testing.T) {
	t.Parallel()
	const port = " moves the service away from port 8080, where its Service and its probes look for it; remove it"
	cases := map[string]struct {
		reason   string
		template string
		// postgresql is a service with a database.
		postgresql bool
		want       []string
	}{
		"Variable": {
			reason:   "The usual way.",
			template: `container: {env: [{name: A, value: b}, {name: QUARKUS_HTTP_PORT, value: "9090"}]}`,
			want:     []string{"podTemplate.container.env[1]: QUARKUS_HTTP_PORT" + port},
		},
		"Names": {
			reason: "SmallRye reads the property's own name, and a profile's.",
			template: `
container:
  env:
  - {name: quarkus.http.port, value: "9090"}
  - {name: quarkus_http_port, value: "9090"}
  - {name: _PROD_QUARKUS_HTTP_PORT, value: "9090"}
  - {name: "%prod.quarkus.http.port", value: "9090"}`,
			want: []string{
				"podTemplate.container.env[0]: quarkus.http.port" + port,
				"podTemplate.container.env[1]: quarkus_http_port" + port,
				"podTemplate.container.env[2]: _PROD_QUARKUS_HTTP_PORT" + port,
				"podTemplate.container.env[3]: %prod.quarkus.http.port" + port,
			},
		},
		"SystemProperties": {
			reason: "A system property wins over variables and files, wherever it is given.",
			template: `
container:
  command: [java, -Dquarkus.http.port=1]
  args: [-c, 'exec java "-Dquarkus.http.port=2" -jar app.jar']
  env: [{name: JAVA_TOOL_OPTIONS, value: -Xmx1g -Dquarkus.http.port=9090 -Dother=1}]`,
			want: []string{
				"podTemplate.container.env[0]: -Dquarkus.http.port" + port,
				"podTemplate.container.command[1]: -Dquarkus.http.port" + port,
				"podTemplate.container.args[1]: -Dquarkus.http.port" + port,
			},
		},
		"Harmless": {
			reason: "What says the same as the platform, or is none of its business, is fine.",
			template: `
container:
  args: ["-Dquarkus.http.host=0.0.0.0", "-Djava.util.logging.manager=x"]
  env:
  - {name: QUARKUS_HTTP_PORT, value: "8080"}
  - {name: QUARKUS_HTTP_CORS, value: "true"}
  - {name: QUARKUS_HTTP_PORT_X, value: "1"}
  - {name: MY_QUARKUS_HTTP_PORT, value: "1"}
  - {name: QUARKUS_PROFILE, value: prod}
  - {name: QUARKUS_LOG_LEVEL, value: DEBUG}
  - {name: JAVA_TOOL_OPTIONS, value: "-XX:+HeapDumpOnOutOfMemoryError -Djavax.net.ssl.trustStore=/x"}
  - {name: MP_MESSAGING_OUTGOING_KOGITO_JOB_SERVICE_JOB_STATUS_EVENTS_HTTP_URL, value: "${K_SINK}"}`,
		},
		"Secret": {
			reason:   "What a Secret says isn't known, and is hardly what the platform says.",
			template: `container: {env: [{name: KOGITO_SERVICE_URL, valueFrom: {secretKeyRef: {name: s, key: k}}}]}`,
			want: []string{
				"podTemplate.container.env[0]: KOGITO_SERVICE_URL replaces the address that the service gives as its own, which the platform sets to that of the Service; remove it",
			},
		},
		"Ephemeral": {
			reason:   "A variable doesn't give the service another database.",
			template: `container: {env: [{name: QUARKUS_DATASOURCE_JDBC_URL, value: "jdbc:postgresql://x"}, {name: kogito.persistence.type, value: jdbc}]}`,
			want: []string{
				"podTemplate.container.env[0]: QUARKUS_DATASOURCE_JDBC_URL is about a database that the platform doesn't know of: it runs the service with an ephemeral one; set the service's persistence.postgresql instead",
				"podTemplate.container.env[1]: kogito.persistence.type is about a database that the platform doesn't know of: it runs the service with an ephemeral one; set the service's persistence.postgresql instead",
			},
		},
		"PostgreSQL": {
			reason:     "With a database, its settings are welcome, but for those that are the platform's.",
			postgresql: true,
			template: `
container:
  env:
  - {name: QUARKUS_DATASOURCE_JDBC_MAX_SIZE, value: "30"}
  - {name: quarkus.datasource.jdbc.url, value: "jdbc:postgresql://x"}
  - {name: JAVA_OPTIONS, value: "-Dquarkus.datasource.jdbc.max-size=3 -Dquarkus.datasource.jdbc.url=jdbc:postgresql://x"}`,
			want: []string{
				"podTemplate.container.env[1]: quarkus.datasource.jdbc.url has no effect: the platform sets QUARKUS_DATASOURCE_JDBC_URL in the service's container itself; remove it here",
				"podTemplate.container.env[2]: -Dquarkus.datasource.jdbc.url takes the place of QUARKUS_DATASOURCE_JDBC_URL, which the platform sets; remove it",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := component.NewPod(component.PodOptions{Kind: component.DataIndex()})
			if tc.postgresql {
				own = pod(component.DataIndex)
			}
			_, got, err := podtemplate.Merge(own, template(t, tc.template))
			if diff := cmp.Diff(nil, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("Merge(...): -want error, +got error:\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nMerge(...): -want warnings, +got warnings:\n%s", tc.reason, diff)
			}
		})
	}
}
