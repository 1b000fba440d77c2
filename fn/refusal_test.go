// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// TestRefusal holds specs that make no sense against both who must refuse them: the
// API server, by the schema and CEL rules of the XRD, and the function, which is the
// only one at an offline render. Run with -v it prints what a user reads.
func TestRefusal(t *testing.T) {
	t.Parallel()

	const (
		secret  = `secretRef: {name: pg}`
		ref     = `serviceRef: {name: pg}`
		jdbc    = `jdbcUrl: "jdbc:postgresql://pg:5432/sonataflow"`
		exactly = "exactly one of serviceRef and jdbcUrl must be set"
		jdbcFix = "must look like jdbc:postgresql://host:port/database?currentSchema=schema"
		pods    = "must be a number of pods, such as 1, or a percentage of them, such as 50%"
		needs   = "a destination needs a ref, a uri or both"
		broker  = "the broker must be a ref to a Broker"
		source  = "a source must be a ref to a Broker"
		oneHost = "takes one host"
		noName  = "name the database after the host"
		noDB    = "the job strategy migrates a PostgreSQL database"
	)
	common := func(pg string) string { return "persistence: {postgresql: {" + pg + "}}" }
	dataIndex := func(fields string) string { return "services: {dataIndex: {" + fields + "}}" }
	jobService := func(fields string) string { return "services: {jobService: {" + fields + "}}" }
	postgres := func(pg string) string { return "persistence: {postgresql: {" + pg + "}}" }

	const (
		di = "spec.services.dataIndex"
		js = "spec.services.jobService"
	)
	// What one of both says where they say it differently.
	type says struct{ schema, function string }
	cases := map[string]struct {
		reason string
		spec   string
		path   string
		says   says
	}{
		"CommonBothRefAndURL":        {reason: "A database is in one place.", spec: common(secret + "," + ref + "," + jdbc), path: "spec.persistence.postgresql", says: says{exactly, exactly}},
		"CommonNeitherRefNorURL":     {reason: "A database is somewhere.", spec: common(secret), path: "spec.persistence.postgresql", says: says{exactly, exactly}},
		"DataIndexBothRefAndURL":     {reason: "A database is in one place.", spec: dataIndex(postgres(secret + "," + ref + "," + jdbc)), path: di + ".persistence.postgresql", says: says{exactly, exactly}},
		"DataIndexNeitherRefNorURL":  {reason: "A database is somewhere.", spec: dataIndex(postgres(secret)), path: di + ".persistence.postgresql", says: says{exactly, exactly}},
		"JobServiceBothRefAndURL":    {reason: "A database is in one place.", spec: jobService(postgres(secret + "," + ref + "," + jdbc)), path: js + ".persistence.postgresql", says: says{exactly, exactly}},
		"JobServiceNeitherRefNorURL": {reason: "A database is somewhere.", spec: jobService(postgres(secret)), path: js + ".persistence.postgresql", says: says{exactly, exactly}},

		"OtherDatabaseURL":   {reason: "Only PostgreSQL is supported.", spec: common(secret + `, jdbcUrl: "jdbc:mysql://host/db"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"URLWithoutJDBC":     {reason: "The services use JDBC.", spec: common(secret + `, jdbcUrl: "postgresql://host:5432/db"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"PostgresScheme":     {reason: "JDBC's scheme is postgresql, not postgres.", spec: common(secret + `, jdbcUrl: "jdbc:postgres://host:5432/db"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"URLWithoutHost":     {reason: "Without a host, JDBC looks on the pod itself.", spec: dataIndex(postgres(secret + `, jdbcUrl: "jdbc:postgresql:///db"`)), path: di + ".persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"URLWithBlank":       {reason: "A blank in a URL is a slip.", spec: jobService(postgres(secret + `, jdbcUrl: "jdbc:postgresql://host:5432/my db"`)), path: js + ".persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"URLWithCredentials": {reason: "JDBC takes no credentials there, and a spec is no place for them.", spec: dataIndex(postgres(secret + `, jdbcUrl: "jdbc:postgresql://user:pass@host/db"`)), path: di + ".persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},

		"URLWithoutSlash":      {reason: "The driver takes no URL without one.", spec: common(secret + `, jdbcUrl: "jdbc:postgresql://host"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{jdbcFix, jdbcFix}},
		"URLUnfilled":          {reason: "A script wasn't run.", spec: dataIndex(postgres(secret + `, jdbcUrl: "jdbc:postgresql://host/${DB}"`)), path: di + ".persistence.postgresql.jdbcUrl", says: says{"holds a placeholder", "holds the placeholder ${DB}"}},
		"URLPercent":           {reason: "The driver can't decode it.", spec: jobService(postgres(secret + `, jdbcUrl: "jdbc:postgresql://host/100%"`)), path: js + ".persistence.postgresql.jdbcUrl", says: says{"write % itself as %25", "write % itself as %25"}},
		"URLPort":              {reason: "Ports have 16 bits.", spec: common(secret + `, jdbcUrl: "jdbc:postgresql://host:70000/db"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{"must be between 1 and 65535", "must be between 1 and 65535"}},
		"URLHostInQuery":       {reason: "Only one of both clients would follow it.", spec: common(secret + `, jdbcUrl: "jdbc:postgresql://host/db?host=other"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{"before the question mark", "before the question mark"}},
		"URLMode":              {reason: "No client knows it.", spec: common(secret + `, jdbcUrl: "jdbc:postgresql://host/db?sslmode=on"`), path: "spec.persistence.postgresql.jdbcUrl", says: says{"verify-full", "verify-full"}},
		"URLSchemaEmpty":       {reason: "It selects none at all.", spec: common(secret + `, jdbcUrl: "jdbc:postgresql://host/db?currentSchema="`), path: "spec.persistence.postgresql.jdbcUrl", says: says{"currentSchema must name one schema", "currentSchema is empty"}},
		"URLSchemas":           {reason: "A search path of several schemas isn't one.", spec: dataIndex(postgres(secret + `, jdbcUrl: "jdbc:postgresql://host/db?currentSchema=a,b"`)), path: di + ".persistence.postgresql.jdbcUrl", says: says{"currentSchema must name one schema", "without blanks, commas"}},
		"SecretNameUnderscore": {reason: "Kubernetes has no such Secret.", spec: common("secretRef: {name: my_secret}, " + ref), path: "spec.persistence.postgresql.secretRef.name", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"SecretKeyBlank":       {reason: "Kubernetes has no such key.", spec: jobService(postgres("secretRef: {name: pg, userKey: user name}, " + ref)), path: js + ".persistence.postgresql.secretRef.userKey", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"ServiceNameHost":      {reason: "A host isn't a Service.", spec: dataIndex(postgres(secret + ", serviceRef: {name: db.example.com}")), path: di + ".persistence.postgresql.serviceRef.name", says: says{"jdbcUrl", "jdbcUrl"}},
		"ServiceNamespaceDots": {reason: "Kubernetes has no such namespace.", spec: common(secret + ", serviceRef: {name: pg, namespace: a.b}"), path: "spec.persistence.postgresql.serviceRef.namespace", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"DatabaseNameUnfilled": {reason: "A script wasn't run.", spec: common(secret + `, serviceRef: {name: pg, databaseName: "$(DB)"}`), path: "spec.persistence.postgresql.serviceRef.databaseName", says: says{"holds a placeholder", "holds the placeholder $(DB)"}},
		"DatabaseNameLong":     {reason: "PostgreSQL cuts names.", spec: common(secret + `, serviceRef: {name: pg, databaseName: ` + strings.Repeat("x", 64) + `}`), path: "spec.persistence.postgresql.serviceRef.databaseName", says: says{"63", "63"}},
		"DatabaseSchemaBlank":  {reason: "A blank ends an unquoted name.", spec: common(secret + `, serviceRef: {name: pg, databaseSchema: "my schema"}`), path: "spec.persistence.postgresql.serviceRef.databaseSchema", says: says{"without blanks, commas, quotes", "without blanks, commas, quotes"}},
		"DatabaseSchemaQuoted": {reason: "A quoted name is another one.", spec: jobService(postgres(secret + `, serviceRef: {name: pg, databaseSchema: '"MySchema"'}`)), path: js + ".persistence.postgresql.serviceRef.databaseSchema", says: says{"without blanks, commas, quotes", "without blanks, commas, quotes"}},
		"DatabaseSchemaSystem": {reason: "PostgreSQL makes no such schema.", spec: common(secret + `, serviceRef: {name: pg, databaseSchema: pg_jobs}`), path: "spec.persistence.postgresql.serviceRef.databaseSchema", says: says{"start with pg_", "start with pg_"}},

		"SecretMissing":     {reason: "A database has credentials.", spec: common(ref), path: "spec.persistence.postgresql.secretRef", says: says{"Required", "name the Secret"}},
		"SecretNameEmpty":   {reason: "A Secret has a name.", spec: dataIndex(postgres(`secretRef: {name: ""}, ` + ref)), path: di + ".persistence.postgresql.secretRef.name", says: says{"at least 1 chars", "name the Secret"}},
		"ServiceNameEmpty":  {reason: "A Service has a name.", spec: dataIndex(postgres(secret + `, serviceRef: {name: ""}`)), path: di + ".persistence.postgresql.serviceRef.name", says: says{"at least 1 chars", "name the Service"}},
		"ServiceNameAbsent": {reason: "A Service has a name.", spec: jobService(postgres(secret + `, serviceRef: {port: 5432}`)), path: js + ".persistence.postgresql.serviceRef.name", says: says{"Required", "name the Service"}},

		"PortZero":         {reason: "Port 0 is none.", spec: common(secret + ", serviceRef: {name: pg, port: 0}"), path: "spec.persistence.postgresql.serviceRef.port", says: says{"greater than or equal to 1", "must be between 1 and 65535"}},
		"PortNegative":     {reason: "Ports are positive.", spec: dataIndex(postgres(secret + ", serviceRef: {name: pg, port: -1}")), path: di + ".persistence.postgresql.serviceRef.port", says: says{"greater than or equal to 1", "must be between 1 and 65535"}},
		"PortTooLarge":     {reason: "Ports have 16 bits.", spec: jobService(postgres(secret + ", serviceRef: {name: pg, port: 65536}")), path: js + ".persistence.postgresql.serviceRef.port", says: says{"less than or equal to 65535", "must be between 1 and 65535"}},
		"PortOfWrongType":  {reason: "A port is a number.", spec: common(secret + `, serviceRef: {name: pg, port: "5432"}`), path: "spec.persistence.postgresql.serviceRef.port", says: says{"must be of type integer", "must be a whole number, is the text \"5432\": leave out the quotes"}},
		"PortBeyondNumber": {reason: "Nothing overflows.", spec: common(secret + `, serviceRef: {name: pg, port: 4294972728}`), path: "spec.persistence.postgresql.serviceRef.port", says: says{"less than or equal to 65535", "must be a whole number from -2147483648 to 2147483647, is the number 4294972728"}},

		"StrategyUnknown":      {reason: "There are three strategies.", spec: dataIndex("persistence: {dbMigrationStrategy: later, postgresql: {" + secret + "," + ref + "}}"), path: di + ".persistence.dbMigrationStrategy", says: says{`supported values: "service", "job", "none"`, `supported values: "service", "job", "none"`}},
		"StrategyCapital":      {reason: "Their names are lower case; the operator takes Job for none.", spec: jobService("persistence: {dbMigrationStrategy: Job, postgresql: {" + secret + "," + ref + "}}"), path: js + ".persistence.dbMigrationStrategy", says: says{"Unsupported value", "Unsupported value"}},
		"DataIndexJobWithout":  {reason: "A Job without a database has nothing to migrate.", spec: dataIndex("persistence: {dbMigrationStrategy: job}"), path: di + ".persistence.dbMigrationStrategy", says: says{noDB, noDB}},
		"JobServiceJobWithout": {reason: "A Job without a database has nothing to migrate.", spec: jobService("persistence: {dbMigrationStrategy: job}"), path: js + ".persistence.dbMigrationStrategy", says: says{noDB, noDB}},

		"ReplicasNegative":           {reason: "There can't be fewer pods than none.", spec: dataIndex("podTemplate: {replicas: -1}"), path: di + ".podTemplate.replicas", says: says{"greater than or equal to 0", "must be 0 or more"}},
		"JobServiceReplicasNegative": {reason: "There can't be fewer pods than none.", spec: jobService("podTemplate: {replicas: -3}"), path: js + ".podTemplate.replicas", says: says{"greater than or equal to 0", "must be 0 or more"}},
		"ReplicasOfWrongType":        {reason: "Replicas are a number.", spec: dataIndex("podTemplate: {replicas: two}"), path: di + ".podTemplate.replicas", says: says{"must be of type integer", "must be a whole number, is the text \"two\""}},
		"ReplicasFraction":           {reason: "Pods are whole.", spec: dataIndex("podTemplate: {replicas: 1.5}"), path: di + ".podTemplate.replicas", says: says{"must be of type integer", "must be a whole number, is the number 1.5"}},

		"BudgetBoth":              {reason: "Kubernetes takes one of both.", spec: dataIndex("podTemplate: {podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}}"), path: di + ".podTemplate.podDisruptionBudget", says: says{"exclude each other: set one of them", "exclude each other: set one of them"}},
		"JobServiceBudgetBoth":    {reason: "Kubernetes takes one of both.", spec: jobService(`podTemplate: {podDisruptionBudget: {minAvailable: "50%", maxUnavailable: 1}}`), path: js + ".podTemplate.podDisruptionBudget", says: says{"exclude each other: set one of them", "exclude each other: set one of them"}},
		"BudgetNegative":          {reason: "There can't be fewer pods than none.", spec: dataIndex("podTemplate: {podDisruptionBudget: {minAvailable: -1}}"), path: di + ".podTemplate.podDisruptionBudget.minAvailable", says: says{pods, pods}},
		"BudgetMoreThanAll":       {reason: "There can't be more pods than all.", spec: dataIndex(`podTemplate: {podDisruptionBudget: {maxUnavailable: "150%"}}`), path: di + ".podTemplate.podDisruptionBudget.maxUnavailable", says: says{pods, pods}},
		"BudgetWithoutPercentage": {reason: "A text is a percentage.", spec: dataIndex(`podTemplate: {podDisruptionBudget: {minAvailable: half}}`), path: di + ".podTemplate.podDisruptionBudget.minAvailable", says: says{pods, pods}},

		"BrokerEmpty":       {reason: "A Broker is referred to.", spec: "eventing: {broker: {}}", path: "spec.eventing.broker", says: says{broker, broker}},
		"BrokerURI":         {reason: "Triggers take events from Brokers alone; the operator crashes.", spec: `eventing: {broker: {uri: "http://broker.example.com"}}`, path: "spec.eventing.broker", says: says{broker, broker}},
		"BrokerNameEmpty":   {reason: "A Broker has a name.", spec: `eventing: {broker: {ref: {kind: Broker, name: ""}}}`, path: "spec.eventing.broker", says: says{"a ref needs a kind and a name", "name the object"}},
		"BrokerKindAbsent":  {reason: "A reference has a kind.", spec: `eventing: {broker: {ref: {name: default}}}`, path: "spec.eventing.broker.ref.kind", says: says{"Required", "name the kind"}},
		"SinkVersion":       {reason: "Knative takes no reference without apiVersion.", spec: "services: {jobService: {sink: {ref: {kind: Service, name: events}}}}", path: "spec.services.jobService.sink.ref.apiVersion", says: says{"set ref.apiVersion", "Knative takes no such destination without this field: set it"}},
		"BrokerChannel":     {reason: "A Channel has no Triggers.", spec: "eventing: {broker: {ref: {kind: Channel, name: default}}}", path: "spec.eventing.broker.ref.kind", says: says{broker, `supported values: "Broker"`}},
		"SourceChannel":     {reason: "A Channel has no Triggers.", spec: jobService("source: {ref: {kind: Channel, name: default}}"), path: js + ".source.ref.kind", says: says{source, `supported values: "Broker"`}},
		"DataIndexSource":   {reason: "Triggers take events from Brokers alone.", spec: dataIndex(`source: {uri: "http://broker.example.com"}`), path: di + ".source", says: says{source, source}},
		"DataIndexNoSource": {reason: "An empty source is none.", spec: dataIndex("source: {}"), path: di + ".source", says: says{source, source}},
		"JobServiceSource":  {reason: "Triggers take events from Brokers alone.", spec: jobService(`source: {uri: "http://broker.example.com"}`), path: js + ".source", says: says{source, source}},
		"SinkEmpty":         {reason: "Events go somewhere.", spec: jobService("sink: {}"), path: js + ".sink", says: says{needs, needs}},
		"SinkKindEmpty":     {reason: "A reference has a kind.", spec: jobService(`sink: {ref: {kind: "", name: x}}`), path: js + ".sink", says: says{"a ref needs a kind and a name", "name the kind"}},
		"BrokerUnfilled":    {reason: "A script wasn't run.", spec: `eventing: {broker: {ref: {kind: Broker, name: "${BROKER}"}}}`, path: "spec.eventing.broker.ref.name", says: says{"that Kubernetes accepts", "holds the placeholder ${BROKER}"}},
		"BrokerNamespace":   {reason: "Kubernetes has no such namespace.", spec: "eventing: {broker: {ref: {kind: Broker, name: default, namespace: a.b}}}", path: "spec.eventing.broker.ref.namespace", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"SourceName":        {reason: "Names are lower case.", spec: dataIndex("source: {ref: {kind: Broker, name: Default}}"), path: di + ".source.ref.name", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"SinkName":          {reason: "Kubernetes has no such Service.", spec: jobService("sink: {ref: {apiVersion: v1, kind: Service, name: a_b}}"), path: js + ".sink.ref.name", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},

		"ReactiveHosts":     {reason: "The reactive client takes one host.", spec: jobService(postgres(secret + `, jdbcUrl: "jdbc:postgresql://a,b/db"`)), path: js + ".persistence.postgresql.jdbcUrl", says: says{oneHost, oneHost}},
		"ReactiveInherited": {reason: "It does so also where the URL is inherited.", spec: common(secret+`, jdbcUrl: "jdbc:postgresql://a,b/db"`) + "\nservices: {jobService: {}}", path: "spec.persistence.postgresql.jdbcUrl", says: says{oneHost, oneHost}},
		"ReactiveDatabase":  {reason: "The reactive client needs the name of a database.", spec: jobService(postgres(secret + `, jdbcUrl: "jdbc:postgresql://a/"`)), path: js + ".persistence.postgresql.jdbcUrl", says: says{noName, noName}},

		"RestartPolicy":  {reason: "A Deployment restarts always.", spec: dataIndex("podTemplate: {restartPolicy: Never}"), path: di + ".podTemplate.restartPolicy", says: says{"must be Always", `supported values: "Always"`}},
		"Deadline":       {reason: "A Deployment has none.", spec: jobService("podTemplate: {activeDeadlineSeconds: 60}"), path: js + ".podTemplate.activeDeadlineSeconds", says: says{"deadline", "deadline"}},
		"DNSPolicy":      {reason: "Kubernetes has four.", spec: dataIndex("podTemplate: {dnsPolicy: Cluster}"), path: di + ".podTemplate.dnsPolicy", says: says{"ClusterFirstWithHostNet", "ClusterFirstWithHostNet"}},
		"PullPolicy":     {reason: "Kubernetes has three.", spec: dataIndex("podTemplate: {container: {imagePullPolicy: Sometimes}}"), path: di + ".podTemplate.container.imagePullPolicy", says: says{"IfNotPresent", "IfNotPresent"}},
		"EnvWithoutName": {reason: "A variable has a name.", spec: dataIndex(`podTemplate: {container: {env: [{name: "", value: x}]}}`), path: di + ".podTemplate.container.env", says: says{"give each variable a name", "give the variable a name"}},
		"EnvTwoValues":   {reason: "A variable has one value.", spec: jobService("podTemplate: {container: {env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}}"), path: js + ".podTemplate.container.env", says: says{"exclude each other", "exclude each other"}},

		"PropertyWithoutName": {reason: "A property has a name.", spec: `properties: {flow: [{name: "", value: x}]}`, path: "spec.properties.flow[0].name", says: says{"at least 1 chars", "name the property"}},
		"PropertyWithoutKey":  {reason: "A reference names a key.", spec: `properties: {flow: [{name: a, valueFrom: {configMapKeyRef: {name: cm, key: ""}}}]}`, path: "spec.properties.flow[0].valueFrom.configMapKeyRef", says: says{"name and key are needed", "name and key are needed"}},
		"PropertyNoSecret":    {reason: "A reference names a Secret.", spec: `properties: {flow: [{name: a, valueFrom: {secretKeyRef: {name: "", key: k}}}]}`, path: "spec.properties.flow[0].valueFrom.secretKeyRef", says: says{"name and key are needed", "name and key are needed"}},

		"EnabledOfWrongType":  {reason: "A switch is true or false.", spec: dataIndex(`enabled: "yes"`), path: di + ".enabled", says: says{"must be of type boolean", "must be true or false, is the text \"yes\""}},
		"ServicesOfWrongType": {reason: "Services are an object.", spec: "services: [dataIndex]", path: "spec.services", says: says{"must be of type object", "must be an object, is a list"}},
		"EnvOfWrongType":      {reason: "Values of variables are text.", spec: dataIndex("podTemplate: {container: {env: [{name: A, value: 1}]}}"), path: di + ".podTemplate.container.env[0].value", says: says{"must be of type string", "must be text, is the number 1: put it in quotes"}},
	}

	validator, err := xrdschema.Load("../apis")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			xr := compositeOf(t, tc.spec)

			schema := validator.Validate(xr.Object).ToAggregate()
			if schema == nil {
				t.Fatalf("%s\nThe API server accepts:\n%s", tc.reason, tc.spec)
			}
			mentions(t, "the API server", schema.Error(), tc.path, tc.says.schema)

			rsp := run(t, requestFor(t, xr))
			mentions(t, "the function", fatal(rsp), tc.path, tc.says.function)
			valid := conditionOf(rsp, v1alpha08.ConditionSpecValid)
			if valid.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || valid.GetReason() != v1alpha08.ReasonInvalid || valid.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
				t.Errorf("%s\nThe claim's condition %s: got %v", tc.reason, v1alpha08.ConditionSpecValid, valid)
			}
			mentions(t, "the condition", valid.GetMessage(), tc.path, tc.says.function)
			t.Logf("%s\n  API server: %s\n  function:   %s", tc.spec, schema, fatal(rsp))
		})
	}
}

// TestRefusalOfPods holds what only the function refuses before objects are composed: most
// types of a pod are Kubernetes' own, which have no rules in the XRD, and lists without a
// limit make rules too expensive. The rules themselves are tested in podrules.
func TestRefusalOfPods(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// template is a podTemplate, path where it is wrong.
		template string
		path     string
		says     string
	}{
		"ContainerTwice":   {reason: "Containers are told apart by name.", template: "{containers: [{name: a, image: i}, {name: a, image: i}]}", path: "containers[1].name", says: "rename or remove one"},
		"NoImage":          {reason: "A container runs an image.", template: "{initContainers: [{name: a}]}", path: "initContainers[0].image", says: "name the image"},
		"NoVolume":         {reason: "A mount has a volume.", template: "{container: {volumeMounts: [{name: ca, mountPath: /ca}]}}", path: "container.volumeMounts[0].name", says: "no volume of this name"},
		"SecretUnfilled":   {reason: "A script wasn't run.", template: `{container: {envFrom: [{secretRef: {name: "${SECRET}"}}]}}`, path: "container.envFrom[0].secretRef.name", says: "holds the placeholder ${SECRET}"},
		"ProbePort":        {reason: "A probe calls a port that there is.", template: "{container: {livenessProbe: {httpGet: {path: /, port: web}}}}", path: "container.livenessProbe.httpGet.port", says: "no port of this name"},
		"RequestTooHigh":   {reason: "The platform limits memory.", template: "{container: {resources: {requests: {memory: 2Gi}}}}", path: "container.resources.requests[memory]", says: "set limits[memory], too"},
		"RootForbidden":    {reason: "Such a pod never starts.", template: "{securityContext: {runAsUser: 0, runAsNonRoot: true}}", path: "securityContext.runAsUser", says: "set another user"},
		"SeccompType":      {reason: "Kubernetes knows three.", template: "{securityContext: {seccompProfile: {type: Default}}}", path: "securityContext.seccompProfile.type", says: "RuntimeDefault"},
		"ClaimSize":        {reason: "A volume has a size.", template: "{volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}]}", path: "volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]", says: "say how large"},
		"Toleration":       {reason: "A toleration says of what.", template: "{tolerations: [{value: x}]}", path: "tolerations[0].operator", says: "set a key"},
		"SpreadLabel":      {reason: "Pods are selected once.", template: "{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [a]}]}", path: "topologySpreadConstraints[0].matchLabelKeys[0]", says: "remove one of the two"},
		"HostUsersHostPID": {reason: "A pod with users of its own sees no processes of its node.", template: "{hostUsers: false, hostPID: true}", path: "hostPID", says: "remove this or hostUsers"},
	}
	validator, err := xrdschema.Load("../apis")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			xr := compositeOf(t, "services: {dataIndex: {podTemplate: "+tc.template+"}}")
			if err := validator.Validate(xr.Object).ToAggregate(); err != nil {
				t.Errorf("%s\nThe API server refuses it, too, so it belongs into TestRefusal: %v", tc.reason, err)
			}
			rsp := run(t, requestFor(t, xr))
			mentions(t, "the function", fatal(rsp), "spec.services.dataIndex.podTemplate."+tc.path+": ", tc.says)
			if c := conditionOf(rsp, v1alpha08.ConditionSpecValid); c.GetReason() != v1alpha08.ReasonInvalid {
				t.Errorf("%s\nThe claim's condition %s: got %v", tc.reason, v1alpha08.ConditionSpecValid, c)
			}
		})
	}
}

// TestRefusalNamesEverything holds a spec with several slips against the promise to
// name them all at once.
func TestRefusalNamesEverything(t *testing.T) {
	t.Parallel()
	got := fatal(run(t, requestFor(t, compositeOf(t, `
eventing: {broker: {}}
persistence: {postgresql: {secretRef: {name: ""}, jdbcUrl: "mysql://x"}}
services:
  dataIndex: {podTemplate: {replicas: -1, container: {image: "no image!"}}}
  jobService: {persistence: {dbMigrationStrategy: sometimes}, sink: {}}
`))))
	for _, path := range []string{
		"spec.eventing.broker", "spec.persistence.postgresql.secretRef.name", "spec.persistence.postgresql.jdbcUrl",
		"spec.services.dataIndex.podTemplate.replicas", "spec.services.dataIndex.podTemplate.container.image",
		"spec.services.jobService.persistence.dbMigrationStrategy", "spec.services.jobService.sink",
	} {
		mentions(t, "the function", got, path)
	}
}

func mentions(t *testing.T, who, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("what %s says doesn't mention %q: %s", who, want, text)
		}
	}
}
