// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		broker     = `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}`
		build      = "spec.build: has no effect, because no images are built in the cluster, as the input of the function says; build the images of workflows elsewhere"
		noField    = ": the API has no such field, so it has no effect"
		dataIndex  = "spec.services.dataIndex.persistence.postgresql."
		jobService = "spec.services.jobService.persistence.postgresql."
		password   = ": has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef"
		noSchema   = "spec.persistence.postgresql.jdbcUrl: selects no schema, so that the tables are in the default schema, public, which two services can't share; append ?currentSchema=NAME to choose one"
	)
	keepApart := func(fields, schema string) string {
		return fields + ": spec.services.dataIndex and spec.services.jobService share one database schema, " + schema + "; give each service its own to keep them apart"
	}
	// own are services with databases of their own.
	own := func(dataIndex, jobService string) string {
		return `services: {dataIndex: {persistence: {postgresql: {secretRef: {name: db}, ` + dataIndex + `}}}, jobService: {persistence: {postgresql: {secretRef: {name: db}, ` + jobService + `}}}}`
	}
	nothingBuilt := v1beta1.Input{Workflows: v1beta1.Workflows{Builder: v1beta1.BuilderNone}}
	cases := map[string]struct {
		reason string
		given  given
		want   []string
	}{
		"None": {
			reason: "A spec that means what it says gets no warning.",
			given:  given{spec: onPostgreSQL},
		},
		"UnknownFields": {
			reason: "What the API doesn't have comes first, because it may be why the rest isn't what was meant.",
			given:  given{spec: `devmode: {}, services: {dataIndex: {image: x}, jobservice: {}}`},
			want: []string{
				"spec.devmode" + noField + "; was devMode meant?",
				"spec.services.dataIndex.image" + noField + "; was podTemplate.container.image meant?",
				"spec.services.jobservice" + noField + "; was jobService meant?",
			},
		},
		"Registry": {
			reason: "What only a builder in the cluster can serve is accepted, with a warning, where there is none.",
			given:  given{spec: `build: {config: {registry: {address: r}}}, devMode: {baseImage: i}`, input: nothingBuilt},
			want:   []string{build},
		},
		"BaseImage": {
			reason: "What an image is made of is missed where none is built.",
			given:  given{spec: `build: {config: {baseImage: i}}`, input: nothingBuilt},
			want:   []string{build},
		},
		"BuildArguments": {
			reason: "So are the extensions that are built into an image.",
			given:  given{spec: `build: {template: {buildArgs: [{name: QUARKUS_EXTENSIONS, value: x}]}}`, input: nothingBuilt},
			want:   []string{build},
		},
		"Builds": {
			reason: "Where images are built, only what is about the operator's builders has no effect.",
			given:  given{spec: `build: {config: {strategy: operator, strategyOptions: {KanikoBuildCacheEnabled: "true"}, timeout: 5m, registry: {address: r}}, template: {arguments: [-v], buildArgs: [{name: A, value: b}]}}`},
			want:   []string{"spec.build.config.strategy, spec.build.config.strategyOptions, spec.build.template.arguments: no effect, because images are built without the operator's builders; remove the fields"},
		},
		"BuildsAll": {
			reason: "The other fields have an effect.",
			given:  given{spec: `build: {config: {baseImage: i, registry: {address: r, secret: s, organization: o, insecure: true, ca: c}}, template: {envs: [{name: A, value: b}], timeout: 5m}}`},
		},
		"HowToBuild": {
			reason: "How a build runs is missed by no one, and exports have an empty devMode.",
			given:  given{spec: `build: {config: {strategy: operator, strategyOptions: {KanikoBuildCacheEnabled: "true"}, timeout: 5m, registry: {}}, template: {timeout: 0s, resources: {limits: {cpu: 1}}}}, devMode: {}`},
		},
		"NoServices": {
			reason: "What a platform without services shares is for workflows.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, eventing: {broker: ` + broker + `}, services: {}`},
		},
		"Workflows": {
			reason: "What is for workflows has its effect on them.",
			given:  given{spec: `properties: {flow: [{name: a, value: b}]}, monitoring: {enabled: true}`},
		},
		"Passwords": {
			reason: "A password in a JDBC URL gets a warning wherever the URL stands.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/a?currentSchema=s&password=p"}},
services: {
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/b?currentSchema=s&password=p"}}},
  jobService: {persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/c?currentSchema=s&password=p"}}}}`},
			want: []string{
				"spec.persistence.postgresql.jdbcUrl" + password,
				"spec.services.dataIndex.persistence.postgresql.jdbcUrl" + password,
				"spec.services.jobService.persistence.postgresql.jdbcUrl" + password,
			},
		},
		"SeveralEphemeral": {
			reason: "Several pods with a database each give several answers.",
			given:  given{spec: `services: {dataIndex: {podTemplate: {replicas: 2}}}`},
			want: []string{
				"spec.services.dataIndex.podTemplate.replicas: each replica has an ephemeral database of its own, so their answers differ; set persistence.postgresql to share one",
			},
		},
		"SeveralOnPostgreSQL": {
			reason: "Several pods that share a database give one answer.",
			given:  given{spec: `services: {dataIndex: {podTemplate: {replicas: 2}, persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`},
		},
		"EphemeralStrategy": {
			reason: "A database that is made anew with each pod isn't migrated.",
			given:  given{spec: `services: {dataIndex: {persistence: {dbMigrationStrategy: none}}}`},
			want: []string{
				"spec.services.dataIndex.persistence.dbMigrationStrategy: has no effect on an ephemeral database, which is always made anew",
			},
		},
		"Eventing": {
			reason: "Brokers and sinks get no warning.",
			given: given{spec: `eventing: {broker: ` + broker + `},
services: {dataIndex: {source: ` + broker + `}, jobService: {source: ` + broker + `, sink: ` + broker + `}}`},
		},
		"SinkVariable": {
			reason: "Where Knative sets the variable of the sink, a user's value for it is left out.",
			given: given{spec: `eventing: {broker: ` + broker + `},
services: {jobService: {podTemplate: {container: {env: [{name: A, value: a}, {name: K_SINK, value: "http://mine"}]}}}}`},
			want: []string{"spec.services.jobService.podTemplate.container.env[1]: K_SINK is left out, because Knative sets it for the sink"},
		},
		"SinkVariableWithoutSink": {
			reason: "In a service without a sink that variable is the user's, but its properties don't use it.",
			given:  given{spec: `services: {jobService: {podTemplate: {container: {env: [{name: K_SINK, value: "http://mine"}]}}}}`},
			want: []string{
				"spec.services.jobService.podTemplate.container.env[0]: K_SINK is no sink that the platform knows, so that its properties don't use it; set the service's sink instead, and Knative sets the variable",
			},
		},
		"PropertyTwice": {
			reason: "Of a property of workflows that is given twice the last one counts.",
			given:  given{spec: `properties: {flow: [{name: a.b, value: one}, {name: a.b, value: two}]}`},
			want:   []string{"spec.properties.flow[0].name: a.b is given more than once; the last one counts"},
		},
		"Singleton": {
			reason: "A user who asks for several Jobs Services is told why there is one.",
			given:  given{spec: `services: {jobService: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`},
			want: []string{
				"spec.services.jobService.podTemplate.replicas: the Jobs Service is a singleton and gets 1 replica; several would fire every timer more than once",
				"spec.services.jobService.podTemplate.podDisruptionBudget: the Jobs Service is a singleton and gets no PodDisruptionBudget",
			},
		},
		"SingletonAsItShouldBe": {
			reason: "A user who asks for one Jobs Service gets no warning.",
			given:  given{spec: `services: {jobService: {podTemplate: {replicas: 1}}}`},
		},
		"SharedURL": {
			reason: "Two services with one JDBC URL work on the same tables.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d?currentSchema=s"}}, ` + both},
			want:   []string{keepApart("spec.persistence.postgresql.jdbcUrl", "s")},
		},
		"SharedURLWithoutSchema": {
			reason: "So do two services in the default schema of a database. That the schema is the default one is little beside it.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d"}}, ` + both},
			want:   []string{keepApart("spec.persistence.postgresql.jdbcUrl", "public")},
		},
		"URLWithoutSchema": {
			reason: "A service alone in the default schema can't be joined there by another.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d"}},
services: {dataIndex: {}, jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`},
			want: []string{noSchema},
		},
		"SharedSchema": {
			reason: "So do two services with one schema that they inherit.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}}, ` + both},
			want:   []string{keepApart("spec.persistence.postgresql.serviceRef.databaseSchema", "s")},
		},
		"OwnSchemas": {
			reason: "A schema that both services name is shared, too; both fields are named.",
			given:  given{spec: own(`serviceRef: {name: pg, databaseSchema: s}`, `serviceRef: {name: pg, databaseSchema: s}`)},
			want:   []string{keepApart(dataIndex+"serviceRef.databaseSchema and "+jobService+"serviceRef.databaseSchema", "s")},
		},
		"URLAndReference": {
			reason: "What counts is which database it is, not how it is written.",
			given:  given{spec: own(`serviceRef: {name: pg, databaseName: d, databaseSchema: s}`, `jdbcUrl: "jdbc:postgresql://pg.ns1.svc:5432/d?currentSchema=s"`)},
			want:   []string{keepApart(dataIndex+"serviceRef.databaseSchema and "+jobService+"jdbcUrl", "s")},
		},
		"InheritedAndOwn": {
			reason: "One of the services may inherit the database.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}},
services: {dataIndex: {}, jobService: {persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://pg/sonataflow?currentSchema=s"}}}}`},
			want: []string{keepApart("spec.persistence.postgresql.serviceRef.databaseSchema and "+jobService+"jdbcUrl", "s")},
		},
		"DefaultAndOwn": {
			reason: "A schema is shared also where one service has it by default.",
			given:  given{spec: own(`serviceRef: {name: pg}`, `serviceRef: {name: pg, databaseSchema: plat-data-index-service}`)},
			want:   []string{keepApart(dataIndex+"serviceRef and "+jobService+"serviceRef.databaseSchema", "plat-data-index-service")},
		},
		"Capitals": {
			reason: "Two schemas that differ by their capitals are one to PostgreSQL.",
			given:  given{spec: own(`serviceRef: {name: pg, databaseSchema: Flow}`, `serviceRef: {name: pg, databaseSchema: flow}`)},
			want: []string{
				dataIndex + "serviceRef.databaseSchema: PostgreSQL reads the schema Flow in small letters, so that flow is used; write it so",
				keepApart(dataIndex+"serviceRef.databaseSchema and "+jobService+"serviceRef.databaseSchema", "flow"),
			},
		},
		"OtherServers": {
			reason: "One schema of two servers is two schemas.",
			given:  given{spec: own(`serviceRef: {name: pg, databaseSchema: s}`, `serviceRef: {name: pg, namespace: ns2, databaseSchema: s}`)},
		},
		"OtherDatabases": {
			reason: "So is one of two databases.",
			given:  given{spec: own(`serviceRef: {name: pg, databaseName: a, databaseSchema: s}`, `serviceRef: {name: pg, databaseName: b, databaseSchema: s}`)},
		},
		"OneEphemeral": {
			reason: "A service with an ephemeral database shares it with no other.",
			given:  given{spec: `services: {dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}}}, jobService: {}}`},
		},
		"SharedSchemaToTheOperator": {
			reason: "The operator ignores the platform's schema, so nothing is shared.",
			given: given{
				spec:  `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}}, ` + both,
				input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator},
			},
		},
		"OneHeir": {
			reason: "A service that alone inherits the database shares it with no other.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d?currentSchema=s"}},
services: {dataIndex: {}, jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.given.resolveValid(t).Warnings); diff != "" {
				t.Errorf("%s\nresolve(...): -want warnings, +got warnings:\n%s", tc.reason, diff)
			}
		})
	}
}
