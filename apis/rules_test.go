// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// A rule is a rule of a schema, with specs that the rule refuses and accepts. A spec is
// what a user would write below spec.
type rule struct {
	reason string
	// refused has the specs that are refused, with the errors of each.
	refused  map[string][]string
	accepted []string
}

const (
	anyPostgreSQL = `postgresql: {secretRef: {name: s}, serviceRef: {name: db}}`

	whereIsTheDatabase = `Invalid value: exactly one of serviceRef and jdbcUrl must be set, to say where the database is`
	jobNeedsPostgreSQL = `Invalid value: the job strategy migrates a PostgreSQL database: set `
	refOrURI           = `Invalid value: a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri`
	sourceIsRef        = `Invalid value: a source must be a ref to a Broker: set ref.kind, ref.name and, for a Broker in another namespace, ref.namespace`
	brokerIsRef        = `Invalid value: the broker must be a ref to a Broker: set ref.kind, ref.name and, for a Broker in another namespace, ref.namespace`
	brokerIsBroker     = `Invalid value: the broker must be a ref to a Broker: set ref.kind to Broker, and ref.name to the name of a Broker`
	sourceIsBroker     = `Invalid value: a source must be a ref to a Broker: set ref.kind to Broker, and ref.name to the name of a Broker`
	refIsNamed         = `Invalid value: a ref needs a kind and a name: set ref.kind and ref.name`
	oneBudget          = `Invalid value: minAvailable and maxUnavailable exclude each other: set one of them`
	jdbcURL            = `must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it`
	pg                 = `spec.persistence.postgresql`
	nameOfObject       = `not a name that Kubernetes accepts: use small letters, digits, - and .`
	nameOfKey          = `not a key that Kubernetes accepts: use letters, digits, -, _ and .`
	nameOfService      = `not a name of a Service that Kubernetes accepts: use small letters, digits and -; for a host outside of the cluster, set jdbcUrl instead of serviceRef`
	nameOfNamespace    = `not a namespace that Kubernetes accepts: use small letters, digits and -`
	placeholder        = `holds a placeholder that was not replaced before the document was applied: write the value instead`
	plainSchema        = `choose a schema without blanks, commas, quotes, backslashes and control characters`
	ownSchema          = `choose another schema: PostgreSQL reserves names that start with pg_ and reads $user as the name of the user, and Kubernetes reads $$ as $`
	oneHost            = " has a reactive client, too, which takes one host: name one, such as a Service in front of all of them"
	namedDatabase      = " has a reactive client, too, which takes no database called like the user: name the database after the host, as in jdbc:postgresql://host:port/database"
	oneSchema          = `currentSchema must name one schema, without blanks, commas, quotes and backslashes`
	numberOrPercentage = `must be a number of pods, such as 1, or a percentage of them, such as 50%`
)

// TestPlatformRules checks the rules of the schema of platforms.
func TestPlatformRules(t *testing.T) {
	t.Parallel()

	testRules(t, v1alpha08.KindSonataFlowPlatform, platformRules())
}

func platformRules() map[string]rule {
	return map[string]rule{
		"EmptySpec": {
			reason:   "The operator accepts platforms without services or persistence, so users may have such manifests.",
			accepted: []string{`{}`, `services: {}`, `services: {dataIndex: {}, jobService: {}}`, `persistence: {}`},
		},
		"WhereTheDatabaseIs": {
			reason: "Without serviceRef and jdbcUrl the address of the database is unknown; with both it is ambiguous.",
			refused: map[string][]string{
				`persistence: {postgresql: {secretRef: {name: s}}}`: {
					`spec.persistence.postgresql: ` + whereIsTheDatabase,
				},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db}, jdbcUrl: "jdbc:postgresql://db/"}}`: {
					`spec.persistence.postgresql: ` + whereIsTheDatabase,
				},
				`services: {dataIndex: {persistence: {postgresql: {secretRef: {name: s}}}}}`: {
					`spec.services.dataIndex.persistence.postgresql: ` + whereIsTheDatabase,
				},
				`services: {dataIndex: {persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db}, jdbcUrl: "jdbc:postgresql://db/"}}}}`: {
					`spec.services.dataIndex.persistence.postgresql: ` + whereIsTheDatabase,
				},
				`services: {dataIndex: {persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:mysql://db"}}}}`: {
					`spec.services.dataIndex.persistence.postgresql.jdbcUrl: Invalid value: "jdbc:mysql://db": ` + jdbcURL,
				},
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}}}}}`: {
					`spec.services.jobService.persistence.postgresql: ` + whereIsTheDatabase,
				},
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db}, jdbcUrl: "jdbc:postgresql://db/d"}}}}`: {
					`spec.services.jobService.persistence.postgresql: ` + whereIsTheDatabase,
				},
			},
			accepted: []string{
				`persistence: {` + anyPostgreSQL + `}`,
				`services: {dataIndex: {persistence: {` + anyPostgreSQL + `}}}`,
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/d"}}}}`,
			},
		},
		"NamesOfTheDatabase": {
			reason: "A name that Kubernetes or PostgreSQL can't have is a typing error.",
			refused: map[string][]string{
				`persistence: {postgresql: {secretRef: {name: my_secret}, serviceRef: {name: db}}}`:                        {pg + `.secretRef.name: Invalid value: "my_secret": ` + nameOfObject},
				`persistence: {postgresql: {secretRef: {name: s, userKey: a b}, serviceRef: {name: db}}}`:                  {pg + `.secretRef.userKey: Invalid value: "a b": ` + nameOfKey},
				`persistence: {postgresql: {secretRef: {name: s, passwordKey: ..}, serviceRef: {name: db}}}`:               {pg + `.secretRef.passwordKey: Invalid value: "..": ` + nameOfKey},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db.example.com}}}`:                    {pg + `.serviceRef.name: Invalid value: "db.example.com": ` + nameOfService},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, namespace: a_b}}}`:                {pg + `.serviceRef.namespace: Invalid value: "a_b": ` + nameOfNamespace},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseName: "${DB}"}}}`:         {pg + `.serviceRef.databaseName: Invalid value: "${DB}": ` + placeholder},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseName: "a\nb"}}}`:          {pg + `.serviceRef.databaseName: Invalid value: "a\nb": contains a control character: remove the character`},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseSchema: "{{schema}}"}}}`:  {pg + `.serviceRef.databaseSchema: Invalid value: "{{schema}}": ` + placeholder},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseSchema: "a,b"}}}`:         {pg + `.serviceRef.databaseSchema: Invalid value: "a,b": ` + plainSchema},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseSchema: "it's"}}}`:        {pg + `.serviceRef.databaseSchema: Invalid value: "it's": ` + plainSchema},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, databaseSchema: PG_x}}}`:          {pg + `.serviceRef.databaseSchema: Invalid value: "PG_x": ` + ownSchema},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/${DB}"}}`:                 {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/${DB}": ` + placeholder},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/100%"}}`:                  {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/100%": a % must be followed by two hexadecimal digits: write % itself as %25`},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a:1,b:65536/d"}}`:            {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://a:1,b:65536/d": a port must be between 1 and 65535, or left out for 5432`},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/d?a=b&Host=x"}}`:          {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/d?a=b&Host=x": a parameter for host, port, database or service has an effect on the JDBC driver, but not on the other clients of the database: write host, port and database before the question mark`},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/d?sslmode=true"}}`:        {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/d?sslmode=true": sslmode must be disable, allow, prefer, require, verify-ca or verify-full`},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/d?currentSchema=a%20b"}}`: {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/d?currentSchema=a%20b": ` + oneSchema},
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://db/d?currentSchema="}}`:      {pg + `.jdbcUrl: Invalid value: "jdbc:postgresql://db/d?currentSchema=": ` + oneSchema},
			},
			accepted: []string{
				`persistence: {postgresql: {secretRef: {name: my.secret, userKey: U_1, passwordKey: p.q}, serviceRef: {name: db_not_defined, namespace: 1st, databaseName: "a b/c", databaseSchema: MySchema-ü}}}`,
				`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a:1,[::1]:65535/x%2By?sslmode=Require&currentSchema=MySchema&ApplicationName=a+b"}}`,
			},
		},
		"SecretOfTheDatabase": {
			reason: "A connection to a database needs credentials. The keys of the Secret have defaults.",
			refused: map[string][]string{
				`persistence: {postgresql: {serviceRef: {name: db}}}`: {
					`spec.persistence.postgresql.secretRef: Required value`,
				},
				`persistence: {postgresql: {secretRef: {userKey: u}, serviceRef: {name: db}}}`: {
					`spec.persistence.postgresql.secretRef.name: Required value`,
				},
				`persistence: {postgresql: {secretRef: {name: ""}, serviceRef: {name: db}}}`: {
					`spec.persistence.postgresql.secretRef.name: Invalid value: "": spec.persistence.postgresql.secretRef.name in body should be at least 1 chars long`,
				},
			},
			accepted: []string{`persistence: {postgresql: {secretRef: {name: s, userKey: u, passwordKey: p}, serviceRef: {name: db}}}`},
		},
		"ServiceOfTheDatabase": {
			reason: "The name of the Service is required, and the port has a range. The other fields have defaults.",
			refused: map[string][]string{
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {port: 5432}}}`: {
					`spec.persistence.postgresql.serviceRef.name: Required value`,
				},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: ""}}}`: {
					`spec.persistence.postgresql.serviceRef.name: Invalid value: "": spec.persistence.postgresql.serviceRef.name in body should be at least 1 chars long`,
				},
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, port: 0}}}`: {
					`spec.persistence.postgresql.serviceRef.port: Invalid value: 0: spec.persistence.postgresql.serviceRef.port in body should be greater than or equal to 1`,
				},
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, port: 65536}}}}}`: {
					`spec.services.jobService.persistence.postgresql.serviceRef.port: Invalid value: 65536: spec.services.jobService.persistence.postgresql.serviceRef.port in body should be less than or equal to 65535`,
				},
			},
			accepted: []string{
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, port: 1}}}`,
				`persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db, namespace: ns, port: 65535, databaseName: d, databaseSchema: c}}}`,
			},
		},
		"Strategy": {
			reason: "With an unknown strategy the schema would silently not be migrated.",
			refused: map[string][]string{
				`services: {dataIndex: {persistence: {dbMigrationStrategy: Job, ` + anyPostgreSQL + `}}}`: {
					`spec.services.dataIndex.persistence.dbMigrationStrategy: Unsupported value: "Job": supported values: "service", "job", "none"`,
				},
				`services: {jobService: {persistence: {dbMigrationStrategy: ""}}}`: {
					`spec.services.jobService.persistence.dbMigrationStrategy: Unsupported value: "": supported values: "service", "job", "none"`,
				},
			},
			accepted: []string{
				`services: {dataIndex: {persistence: {dbMigrationStrategy: none}}, jobService: {persistence: {dbMigrationStrategy: service}}}`,
				`services: {dataIndex: {persistence: {dbMigrationStrategy: job, ` + anyPostgreSQL + `}}}`,
			},
		},
		"JobNeedsPostgreSQL": {
			reason: "An ephemeral database starts with the service, so a Job can't migrate it before.",
			refused: map[string][]string{
				`services: {dataIndex: {persistence: {dbMigrationStrategy: job}}}`: {
					`spec.services.dataIndex.persistence.dbMigrationStrategy: ` + jobNeedsPostgreSQL + `services.dataIndex.persistence.postgresql or persistence.postgresql, or use another strategy`,
				},
				`{persistence: {}, services: {dataIndex: {persistence: {` + anyPostgreSQL + `}}, jobService: {persistence: {dbMigrationStrategy: job}}}}`: {
					`spec.services.jobService.persistence.dbMigrationStrategy: ` + jobNeedsPostgreSQL + `services.jobService.persistence.postgresql or persistence.postgresql, or use another strategy`,
				},
			},
			accepted: []string{
				`{persistence: {` + anyPostgreSQL + `}, services: {dataIndex: {persistence: {dbMigrationStrategy: job}}, jobService: {persistence: {dbMigrationStrategy: job}}}}`,
				`services: {jobService: {persistence: {dbMigrationStrategy: job, ` + anyPostgreSQL + `}}}`,
			},
		},
		"SinkHasVersion": {
			reason: "Knative's webhook refuses a reference without apiVersion, and Crossplane doesn't report this refusal on the claim.",
			refused: map[string][]string{
				`services: {jobService: {sink: {ref: {kind: Service, name: events}}}}`: {
					`spec.services.jobService.sink.ref.apiVersion: Invalid value: only a ref to a Broker may leave out apiVersion: set ref.apiVersion`,
				},
			},
			accepted: []string{
				`services: {jobService: {sink: {ref: {kind: Broker, name: default}}}}`,
				`services: {jobService: {sink: {ref: {apiVersion: v1, kind: Service, name: events}}}}`,
			},
		},
		"NamesOfADestination": {
			reason: "A name that Kubernetes can't have is a typing error, or a placeholder that was not replaced.",
			refused: map[string][]string{
				`eventing: {broker: {ref: {kind: Broker, name: "${BROKER}"}}}`:                                  {`spec.eventing.broker.ref.name: Invalid value: ` + nameOfObject},
				`eventing: {broker: {ref: {kind: Broker, name: default, namespace: "${NAMESPACE}"}}}`:           {`spec.eventing.broker.ref.namespace: Invalid value: ` + nameOfNamespace},
				`services: {dataIndex: {source: {ref: {kind: Broker, name: Default}}}}`:                         {`spec.services.dataIndex.source.ref.name: Invalid value: ` + nameOfObject},
				`services: {jobService: {source: {ref: {kind: Broker, name: default, namespace: a.b}}}}`:        {`spec.services.jobService.source.ref.namespace: Invalid value: ` + nameOfNamespace},
				`services: {jobService: {sink: {ref: {apiVersion: v1, kind: Service, name: a_b}}}}`:             {`spec.services.jobService.sink.ref.name: Invalid value: ` + nameOfObject},
				`services: {jobService: {sink: {ref: {kind: Broker, name: ` + strings.Repeat("a", 254) + `}}}}`: {`spec.services.jobService.sink.ref.name: Invalid value: ` + nameOfObject},
			},
			accepted: []string{`{eventing: {broker: {ref: {kind: Broker, name: my.broker-1, namespace: ""}}}, services: {jobService: {sink: {ref: {kind: Broker, name: default, namespace: 1st}}}}}`},
		},
		"ReactiveClient": {
			reason: "The reactive client of the Jobs Service accepts one host and needs the name of the database. The JDBC driver, which the Data Index uses alone, doesn't.",
			refused: map[string][]string{
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a,b:1/d"}}}}`: {
					`spec.services.jobService.persistence.postgresql.jdbcUrl: Invalid value: the Jobs Service` + oneHost,
				},
				`services: {jobService: {persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a/?currentSchema=x"}}}}`: {
					`spec.services.jobService.persistence.postgresql.jdbcUrl: Invalid value: the Jobs Service` + namedDatabase,
				},
				`{persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a,b/"}}, services: {jobService: {persistence: {dbMigrationStrategy: none}}}}`: {
					`spec.persistence.postgresql.jdbcUrl: Invalid value: the Jobs Service, which inherits it,` + namedDatabase,
					`spec.persistence.postgresql.jdbcUrl: Invalid value: the Jobs Service, which inherits it,` + oneHost,
				},
			},
			accepted: []string{
				`{persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a,b/"}}, services: {dataIndex: {}}}`,
				`{persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a,b/"}}, services: {jobService: {persistence: {` + anyPostgreSQL + `}}}}`,
				`{persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://a/d?x=b,c"}}, services: {jobService: {}}}`,
			},
		},
		"BrokerKind": {
			reason: "Triggers take events only from Brokers.",
			refused: map[string][]string{
				`eventing: {broker: {ref: {kind: Channel, name: default}}}`:               {`spec.eventing.broker.ref.kind: ` + brokerIsBroker},
				`services: {dataIndex: {source: {ref: {kind: Channel, name: default}}}}`:  {`spec.services.dataIndex.source.ref.kind: ` + sourceIsBroker},
				`services: {jobService: {source: {ref: {kind: Channel, name: default}}}}`: {`spec.services.jobService.source.ref.kind: ` + sourceIsBroker},
			},
			accepted: []string{
				`eventing: {broker: {ref: {kind: Broker, name: default}}}`,
				`services: {jobService: {sink: {ref: {apiVersion: messaging.knative.dev/v1, kind: Channel, name: default}}}}`,
			},
		},
		"Destination": {
			reason: "A destination must be an object or an address; an empty destination is neither.",
			refused: map[string][]string{
				`services: {jobService: {sink: {}}}`:                               {`spec.services.jobService.sink: ` + refOrURI},
				`services: {jobService: {sink: {uri: ""}}}`:                        {`spec.services.jobService.sink: ` + refOrURI},
				`services: {jobService: {sink: {CACerts: pem}}}`:                   {`spec.services.jobService.sink: ` + refOrURI},
				`services: {jobService: {sink: {ref: {kind: Broker, name: ""}}}}`:  {`spec.services.jobService.sink: ` + refIsNamed},
				`services: {jobService: {sink: {ref: {kind: "", name: default}}}}`: {`spec.services.jobService.sink: ` + refIsNamed},
				`services: {jobService: {sink: {ref: {kind: Broker}}}}`:            {`spec.services.jobService.sink.ref.name: Required value`},
				`services: {jobService: {sink: {ref: {name: default}}}}`:           {`spec.services.jobService.sink.ref.kind: Required value`},
			},
			accepted: []string{
				`services: {jobService: {sink: {uri: "http://events.example.com"}}}`,
				`services: {jobService: {sink: {ref: {apiVersion: v1, kind: Service, name: events}, uri: /path}}}`,
			},
		},
		"Broker": {
			reason: "Triggers take events only from Brokers, not from an address.",
			refused: map[string][]string{
				`eventing: {broker: {uri: "http://events.example.com"}}`: {`spec.eventing.broker: ` + brokerIsRef},
				`eventing: {broker: {}}`:                                 {`spec.eventing.broker: ` + refOrURI, `spec.eventing.broker: ` + brokerIsRef},
				`eventing: {broker: {ref: {kind: Broker, name: ""}}}`:    {`spec.eventing.broker: ` + refIsNamed},
			},
			accepted: []string{`eventing: {}`, `eventing: {broker: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default, namespace: brokers}}}`},
		},
		"Source": {
			reason: "Triggers take events only from Brokers, not from an address.",
			refused: map[string][]string{
				`services: {dataIndex: {source: {uri: "http://events.example.com"}}}`:  {`spec.services.dataIndex.source: ` + sourceIsRef},
				`services: {jobService: {source: {uri: "http://events.example.com"}}}`: {`spec.services.jobService.source: ` + sourceIsRef},
				`services: {dataIndex: {source: {ref: {kind: "", name: default}}}}`:    {`spec.services.dataIndex.source: ` + refIsNamed},
			},
			accepted: []string{`services: {dataIndex: {source: {ref: {kind: Broker, name: default}}}, jobService: {source: {ref: {kind: Broker, name: default}}}}`},
		},
		"Replicas": {
			reason: "A number of pods can't be negative.",
			refused: map[string][]string{
				`services: {dataIndex: {podTemplate: {replicas: -1}}}`: {
					`spec.services.dataIndex.podTemplate.replicas: Invalid value: -1: spec.services.dataIndex.podTemplate.replicas in body should be greater than or equal to 0`,
				},
			},
			accepted: []string{`services: {dataIndex: {podTemplate: {replicas: 0}}, jobService: {podTemplate: {replicas: 2}}}`},
		},
		"DisruptionBudget": {
			reason: "Kubernetes accepts only one of the two fields, and only numbers and percentages.",
			refused: map[string][]string{
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}}}}`: {
					`spec.services.dataIndex.podTemplate.podDisruptionBudget: ` + oneBudget,
				},
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: -1}}}}`: {
					`spec.services.dataIndex.podTemplate.podDisruptionBudget.minAvailable: Invalid value: -1: ` + numberOrPercentage,
				},
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {maxUnavailable: 101%}}}}`: {
					`spec.services.dataIndex.podTemplate.podDisruptionBudget.maxUnavailable: Invalid value: "101%": ` + numberOrPercentage,
				},
				`services: {jobService: {podTemplate: {podDisruptionBudget: {maxUnavailable: half}}}}`: {
					`spec.services.jobService.podTemplate.podDisruptionBudget.maxUnavailable: Invalid value: "half": ` + numberOrPercentage,
				},
			},
			accepted: []string{
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {}}}}`,
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 0}}}}`,
				`services: {dataIndex: {podTemplate: {podDisruptionBudget: {maxUnavailable: 100%}}}}`,
			},
		},
		"PodOfADeployment": {
			reason: "A value that a Deployment doesn't accept is refused before the Deployment is composed.",
			refused: map[string][]string{
				`services: {dataIndex: {podTemplate: {restartPolicy: OnFailure}}}`: {
					`spec.services.dataIndex.podTemplate.restartPolicy: Invalid value: "OnFailure": must be Always, because a Deployment accepts no other restartPolicy: remove the field`,
				},
				`services: {jobService: {podTemplate: {activeDeadlineSeconds: 60}}}`: {
					`spec.services.jobService.podTemplate.activeDeadlineSeconds: Invalid value: 60: a Deployment accepts no deadline for its pods: remove the field`,
				},
				`services: {jobService: {podTemplate: {dnsPolicy: Cluster}}}`: {
					`spec.services.jobService.podTemplate.dnsPolicy: Invalid value: "Cluster": must be ClusterFirst, ClusterFirstWithHostNet, Default or None`,
				},
				`services: {jobService: {podTemplate: {container: {imagePullPolicy: Sometimes}}}}`: {
					`spec.services.jobService.podTemplate.container.imagePullPolicy: Invalid value: "Sometimes": must be Always, IfNotPresent or Never`,
				},
				`services: {dataIndex: {podTemplate: {container: {env: [{name: ""}]}}}}`: {
					`spec.services.dataIndex.podTemplate.container.env: Invalid value: give each variable a name`,
				},
				`services: {dataIndex: {podTemplate: {container: {env: [{name: a, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}}}}`: {
					`spec.services.dataIndex.podTemplate.container.env: Invalid value: value and valueFrom exclude each other: set one of them`,
				},
			},
			accepted: []string{
				`services: {dataIndex: {podTemplate: {restartPolicy: Always, dnsPolicy: "", container: {imagePullPolicy: "", env: [{name: a, value: "", valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}}}}`,
			},
		},
		"Properties": {
			reason: "A property needs a name, and a reference to its value needs a name and a key.",
			refused: map[string][]string{
				`properties: {flow: [{value: v}]}`: {`spec.properties.flow[0].name: Required value`},
				`properties: {flow: [{name: "", value: v}]}`: {
					`spec.properties.flow[0].name: Invalid value: "": spec.properties.flow[0].name in body should be at least 1 chars long`,
				},
				`properties: {flow: [{name: p, valueFrom: {secretKeyRef: {key: k}}}]}`: {
					`spec.properties.flow[0].valueFrom.secretKeyRef: Invalid value: name and key are needed: set the Secret's name and the key within it`,
				},
				`properties: {flow: [{name: p}, {name: q, valueFrom: {configMapKeyRef: {name: c, key: ""}}}]}`: {
					`spec.properties.flow[1].valueFrom.configMapKeyRef: Invalid value: name and key are needed: set the ConfigMap's name and the key within it`,
				},
			},
			accepted: []string{
				`properties: {flow: [{name: p, value: v}, {name: q, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: r, valueFrom: {configMapKeyRef: {name: c, key: k, optional: true}}}]}`,
			},
		},
		"UnknownField": {
			reason: "A field that isn't in the schema is most likely misspelt.",
			refused: map[string][]string{
				`persistence: {dbMigrationStrategy: job}`:                        {`spec.persistence.dbMigrationStrategy: Forbidden: unknown field`},
				`services: {jobsService: {}}`:                                    {`spec.services.jobsService: Forbidden: unknown field`},
				`services: {dataIndex: {sink: {uri: "http://x"}}}`:               {`spec.services.dataIndex.sink: Forbidden: unknown field`},
				`services: {dataIndex: {podTemplate: {container: {name: x}}}}`:   {`spec.services.dataIndex.podTemplate.container.name: Forbidden: unknown field`},
				`services: {dataIndex: {podTemplate: {metadata: {labels: {}}}}}`: {`spec.services.dataIndex.podTemplate.metadata: Forbidden: unknown field`},
			},
		},
	}
}

// TestClusterPlatformRules checks the rules of the schema of cluster platforms.
func TestClusterPlatformRules(t *testing.T) {
	t.Parallel()

	testRules(t, v1alpha08.KindSonataFlowClusterPlatform, clusterPlatformRules())
}

func clusterPlatformRules() map[string]rule {
	return map[string]rule{
		"PlatformRef": {
			reason: "A cluster platform needs the platform that it refers to.",
			refused: map[string][]string{
				`{}`: {`spec.platformRef: Required value`},
				`platformRef: {}`: {
					`spec.platformRef.name: Required value`,
					`spec.platformRef.namespace: Required value`,
				},
				`platformRef: {name: "", namespace: ""}`: {
					`spec.platformRef.name: Invalid value: "": spec.platformRef.name in body should be at least 1 chars long`,
					`spec.platformRef.namespace: Invalid value: "": spec.platformRef.namespace in body should be at least 1 chars long`,
				},
			},
			accepted: []string{`platformRef: {name: p, namespace: ns}`},
		},
		"Capabilities": {
			reason: "services is the only capability.",
			refused: map[string][]string{
				`{platformRef: {name: p, namespace: ns}, capabilities: {workflows: [eventing]}}`: {
					`spec.capabilities.workflows[0]: Unsupported value: "eventing": supported values: "services"`,
				},
			},
			accepted: []string{
				`{platformRef: {name: p, namespace: ns}, capabilities: {}}`,
				`{platformRef: {name: p, namespace: ns}, capabilities: {workflows: [services]}}`,
			},
		},
	}
}

func TestWorkflowRules(t *testing.T) {
	t.Parallel()

	testRules(t, v1alpha08.KindSonataFlow, workflowRules())
}

// workflowRules are those that only workflows have. What they share with platforms is tested
// there.
func workflowRules() map[string]rule {
	const flow = `flow: {states: [{name: a, type: inject}]}`
	return map[string]rule{
		"Flow": {
			reason: "A flow has at least one state; all its other fields pass.",
			refused: map[string][]string{
				`{}`:                                     {`spec.flow: Required value`},
				`flow: {}`:                               {`spec.flow.states: Required value`},
				`flow: {states: []}`:                     {`spec.flow.states: Invalid value: 0: spec.flow.states in body should have at least 1 items`},
				`flow: {states: [{name: a}]}`:            {`spec.flow.states[0].type: Required value`},
				`flow: {states: [{type: inject}]}`:       {`spec.flow.states[0].name: Required value`},
				`flow: {states: [{name: a, type: for}]}`: {`spec.flow.states[0].type: Unsupported value: "for": supported values: "delay", "callback", "event", "foreach", "inject", "operation", "parallel", "sleep", "switch"`},
			},
			accepted: []string{
				flow,
				`flow: {id: x, version: "1", extensions: [{x: 1}], dataInputSchema: schemas/in.json, timeouts: {workflowExecTimeout: PT1M}, functions: functions.json, states: [{name: a, type: operation, actions: [{functionRef: x}], end: true}]}`,
				`flow: {retries: [{name: r, maxAttempts: 3, multiplier: 1.5}], states: [{name: a, type: sleep, duration: PT1S, end: {terminate: true}}]}`,
			},
		},
		"PodTemplate": {
			reason: "A workflow's podTemplate is that of services, and says what runs the pods.",
			refused: map[string][]string{
				`{` + flow + `, podTemplate: {deploymentModel: openshift}}`:  {`spec.podTemplate.deploymentModel: Unsupported value: "openshift": supported values: "kubernetes", "knative"`},
				`{` + flow + `, podTemplate: {replicas: -1}}`:                {`spec.podTemplate.replicas: Invalid value: -1: spec.podTemplate.replicas in body should be greater than or equal to 0`},
				`{` + flow + `, podTemplate: {container: {name: workflow}}}`: {`spec.podTemplate.container.name: Forbidden: unknown field`},
			},
			accepted: []string{
				`{` + flow + `, podTemplate: {deploymentModel: knative, replicas: 0, container: {image: i, resources: {}}}}`,
			},
		},
		"Persistence": {
			reason: "A workflow's persistence is that of services.",
			refused: map[string][]string{
				`{` + flow + `, persistence: {postgresql: {secretRef: {name: s}}}}`: {`spec.persistence.postgresql: ` + whereIsTheDatabase},
				`{` + flow + `, persistence: {dbMigrationStrategy: manual}}`:        {`spec.persistence.dbMigrationStrategy: Unsupported value: "manual": supported values: "service", "job", "none"`},
			},
			accepted: []string{`{` + flow + `, persistence: {}}`, `{` + flow + `, persistence: {` + anyPostgreSQL + `}}`},
		},
		"Resources": {
			reason: "A resource is a ConfigMap.",
			refused: map[string][]string{
				`{` + flow + `, resources: {configMaps: [{workflowPath: specs}]}}`: {`spec.resources.configMaps[0].configMap: Required value`},
			},
			accepted: []string{`{` + flow + `, resources: {configMaps: [{configMap: {name: c}, workflowPath: specs}]}}`},
		},
		"Sink": {
			reason: "A sink is a destination that Knative takes.",
			refused: map[string][]string{
				`{` + flow + `, sink: {}}`:                              {`spec.sink: ` + refOrURI},
				`{` + flow + `, sink: {ref: {kind: "", name: a}}}`:      {`spec.sink: ` + refIsNamed},
				`{` + flow + `, sink: {ref: {kind: Service, name: a}}}`: {`spec.sink.ref.apiVersion: Invalid value: Knative takes no ref without apiVersion, but for a Broker: set ref.apiVersion`},
			},
			accepted: []string{
				`{` + flow + `, sink: {ref: {kind: Broker, name: default}}}`,
				`{` + flow + `, sink: {ref: {apiVersion: v1, kind: Service, name: a}}}`,
				`{` + flow + `, sink: {uri: "http://events.example.com"}}`,
			},
		},
		"Sources": {
			reason: "A source is where events of one type come from.",
			refused: map[string][]string{
				`{` + flow + `, sources: [{ref: {kind: Broker, name: a}}]}`:                {`spec.sources[0].eventType: Required value`},
				`{` + flow + `, sources: [{eventType: "", ref: {kind: Broker, name: a}}]}`: {`spec.sources[0].eventType: Invalid value: "": spec.sources[0].eventType in body should be at least 1 chars long`},
				`{` + flow + `, sources: [{eventType: a}]}`:                                {`spec.sources[0]: ` + refOrURI},
				`{` + flow + `, sources: [{eventType: a, ref: {kind: Broker, name: ""}}]}`: {`spec.sources[0]: ` + refIsNamed},
			},
			accepted: []string{`{` + flow + `, sources: [{eventType: a, ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b, namespace: ns}}]}`},
		},
	}
}

// testRules tests the rules of a kind. If the kind is a claim, testRules also tests that
// the composite of the claim has the same rules.
func testRules(t *testing.T, kind string, rules map[string]rule) {
	t.Helper()
	v, err := xrdschema.Load(".")
	if err != nil {
		t.Fatalf("Load(apis): %v", err)
	}
	kinds := []string{kind}
	if kind != v1alpha08.KindSonataFlowClusterPlatform {
		kinds = append(kinds, "X"+kind)
	}
	for name, r := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases := maps.Clone(r.refused)
			if cases == nil {
				cases = map[string][]string{}
			}
			for _, spec := range r.accepted {
				cases[spec] = nil
			}
			for spec, want := range cases {
				for _, kind := range kinds {
					got := validate(t, v, kind, spec)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("\n%s\nValidate(%s, %s): -want, +got:\n%s", r.reason, kind, spec, diff)
					}
				}
			}
		})
	}
}

// validate returns the sorted error messages for an object of a kind.
func validate(t *testing.T, v *xrdschema.Validator, kind, spec string) []string {
	t.Helper()
	errs := v.Validate(object(t, kind, spec))
	if len(errs) == 0 {
		return nil
	}
	messages := make([]string, 0, len(errs))
	for _, err := range errs {
		messages = append(messages, err.Error())
	}
	slices.Sort(messages)
	return messages
}

// object returns an object of a kind, with a spec in YAML.
func object(t *testing.T, kind, spec string) map[string]any {
	t.Helper()
	var s map[string]any
	if err := yaml.UnmarshalStrict([]byte(spec), &s); err != nil {
		t.Fatalf("cannot parse %s: %v", spec, err)
	}
	return map[string]any{"apiVersion": v1alpha08.APIVersion, "kind": kind, "metadata": map[string]any{"name": "p"}, "spec": s}
}

// TestEveryRuleIsTested checks that each CEL rule of the schemas has a case above that
// fails with the rule's message.
func TestEveryRuleIsTested(t *testing.T) {
	t.Parallel()

	v, err := xrdschema.Load(".")
	if err != nil {
		t.Fatalf("Load(apis): %v", err)
	}
	var shown []string
	for kind, rules := range map[string]map[string]rule{
		v1alpha08.KindSonataFlowPlatform:        platformRules(),
		v1alpha08.KindSonataFlowClusterPlatform: clusterPlatformRules(),
		v1alpha08.KindSonataFlow:                workflowRules(),
	} {
		for _, r := range rules {
			for spec := range r.refused {
				shown = append(shown, validate(t, v, kind, spec)...)
			}
		}
	}
	for _, xrd := range definitions(t) {
		walk(schemaOf(t, xrd), "", func(path string, s extv1.JSONSchemaProps) {
			for _, r := range s.XValidations {
				if !slices.ContainsFunc(shown, func(message string) bool { return strings.HasSuffix(message, r.Message) }) {
					t.Errorf("%s%s: no case shows %q", xrd.Spec.Names.Kind, path, r.Message)
				}
			}
		})
	}
}
