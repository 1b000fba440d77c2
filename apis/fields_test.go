// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// The fields of the operator's kinds, with their types. Below services, an asterisk
// stands for each of the two services.
const (
	platformFields = `
		spec object
		spec.build object
		spec.build.config.baseImage string
		spec.build.config.timeout string
		spec.build.config.strategy string
		spec.build.config.strategyOptions object
		spec.build.config.registry.address string
		spec.build.config.registry.secret string
		spec.build.config.registry.ca string
		spec.build.config.registry.organization string
		spec.build.config.registry.insecure boolean
		spec.build.template.arguments[] string
		spec.build.template.buildArgs[].name string
		spec.build.template.envs[].valueFrom.secretKeyRef.key string
		spec.build.template.resources.limits object
		spec.build.template.timeout string
		spec.devMode.baseImage string
		spec.services object
		spec.eventing.broker.ref.kind string
		spec.eventing.broker.ref.name string
		spec.eventing.broker.ref.apiVersion string
		spec.eventing.broker.ref.namespace string
		spec.eventing.broker.ref.address string
		spec.eventing.broker.ref.group string
		spec.eventing.broker.uri string
		spec.eventing.broker.CACerts string
		spec.eventing.broker.audience string
		spec.persistence object
		spec.persistence.postgresql.secretRef.name string
		spec.persistence.postgresql.secretRef.userKey string
		spec.persistence.postgresql.secretRef.passwordKey string
		spec.persistence.postgresql.serviceRef.name string
		spec.persistence.postgresql.serviceRef.namespace string
		spec.persistence.postgresql.serviceRef.databaseName string
		spec.persistence.postgresql.serviceRef.databaseSchema string
		spec.persistence.postgresql.serviceRef.port integer
		spec.persistence.postgresql.jdbcUrl string
		spec.properties.flow[].name string
		spec.properties.flow[].value string
		spec.properties.flow[].valueFrom.configMapKeyRef.name string
		spec.properties.flow[].valueFrom.configMapKeyRef.key string
		spec.properties.flow[].valueFrom.configMapKeyRef.optional boolean
		spec.properties.flow[].valueFrom.secretKeyRef.name string
		spec.properties.flow[].valueFrom.secretKeyRef.key string
		spec.properties.flow[].valueFrom.secretKeyRef.optional boolean
		spec.monitoring.enabled boolean

		spec.services.*.enabled boolean
		spec.services.*.persistence.dbMigrationStrategy string
		spec.services.*.persistence.postgresql.secretRef.name string
		spec.services.*.persistence.postgresql.secretRef.userKey string
		spec.services.*.persistence.postgresql.secretRef.passwordKey string
		spec.services.*.persistence.postgresql.serviceRef.name string
		spec.services.*.persistence.postgresql.serviceRef.namespace string
		spec.services.*.persistence.postgresql.serviceRef.port integer
		spec.services.*.persistence.postgresql.serviceRef.databaseName string
		spec.services.*.persistence.postgresql.serviceRef.databaseSchema string
		spec.services.*.persistence.postgresql.jdbcUrl string
		spec.services.*.source.ref.name string
		spec.services.jobService.sink.ref.name string
		spec.services.jobService.sink.uri string

		spec.services.*.podTemplate.replicas integer
		spec.services.*.podTemplate.podDisruptionBudget.minAvailable int-or-string
		spec.services.*.podTemplate.podDisruptionBudget.maxUnavailable int-or-string
		spec.services.*.podTemplate.volumes[].configMap.items[].path string
		spec.services.*.podTemplate.initContainers[].workingDir string
		spec.services.*.podTemplate.containers[].name string
		spec.services.*.podTemplate.restartPolicy string
		spec.services.*.podTemplate.terminationGracePeriodSeconds integer
		spec.services.*.podTemplate.activeDeadlineSeconds integer
		spec.services.*.podTemplate.dnsPolicy string
		spec.services.*.podTemplate.nodeSelector object
		spec.services.*.podTemplate.serviceAccountName string
		spec.services.*.podTemplate.automountServiceAccountToken boolean
		spec.services.*.podTemplate.nodeName string
		spec.services.*.podTemplate.hostNetwork boolean
		spec.services.*.podTemplate.hostPID boolean
		spec.services.*.podTemplate.hostIPC boolean
		spec.services.*.podTemplate.shareProcessNamespace boolean
		spec.services.*.podTemplate.securityContext.fsGroup integer
		spec.services.*.podTemplate.imagePullSecrets[].name string
		spec.services.*.podTemplate.hostname string
		spec.services.*.podTemplate.subdomain string
		spec.services.*.podTemplate.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey string
		spec.services.*.podTemplate.schedulerName string
		spec.services.*.podTemplate.tolerations[].key string
		spec.services.*.podTemplate.hostAliases[].ip string
		spec.services.*.podTemplate.priorityClassName string
		spec.services.*.podTemplate.priority integer
		spec.services.*.podTemplate.dnsConfig.nameservers[] string
		spec.services.*.podTemplate.readinessGates[].conditionType string
		spec.services.*.podTemplate.runtimeClassName string
		spec.services.*.podTemplate.enableServiceLinks boolean
		spec.services.*.podTemplate.preemptionPolicy string
		spec.services.*.podTemplate.overhead object
		spec.services.*.podTemplate.topologySpreadConstraints[].maxSkew integer
		spec.services.*.podTemplate.setHostnameAsFQDN boolean
		spec.services.*.podTemplate.os.name string
		spec.services.*.podTemplate.hostUsers boolean
		spec.services.*.podTemplate.schedulingGates[].name string
		spec.services.*.podTemplate.resourceClaims[].name string

		spec.services.*.podTemplate.container.image string
		spec.services.*.podTemplate.container.command[] string
		spec.services.*.podTemplate.container.args[] string
		spec.services.*.podTemplate.container.ports[].containerPort integer
		spec.services.*.podTemplate.container.envFrom[].secretRef.name string
		spec.services.*.podTemplate.container.env[].valueFrom.fieldRef.fieldPath string
		spec.services.*.podTemplate.container.resources.requests object
		spec.services.*.podTemplate.container.resizePolicy[].resourceName string
		spec.services.*.podTemplate.container.volumeMounts[].mountPath string
		spec.services.*.podTemplate.container.volumeDevices[].devicePath string
		spec.services.*.podTemplate.container.livenessProbe.httpGet.port int-or-string
		spec.services.*.podTemplate.container.readinessProbe.exec.command[] string
		spec.services.*.podTemplate.container.startupProbe.tcpSocket.port int-or-string
		spec.services.*.podTemplate.container.lifecycle.preStop.exec.command[] string
		spec.services.*.podTemplate.container.terminationMessagePath string
		spec.services.*.podTemplate.container.terminationMessagePolicy string
		spec.services.*.podTemplate.container.imagePullPolicy string
		spec.services.*.podTemplate.container.securityContext.runAsNonRoot boolean
		spec.services.*.podTemplate.container.stdin boolean
		spec.services.*.podTemplate.container.stdinOnce boolean
		spec.services.*.podTemplate.container.tty boolean

		status.conditions[].type string
		status.observedGeneration integer
		status.cluster string
		status.version string
		status.info object
		status.clusterPlatformRef.name string
		status.clusterPlatformRef.platformRef.name string
		status.clusterPlatformRef.platformRef.namespace string
		status.clusterPlatformRef.services.dataIndexRef.url string
		status.clusterPlatformRef.services.jobServiceRef.url string
		status.triggers[].name string
		status.triggers[].namespace string
		status.sonataFlowPlatformDBMigrationPhase.dbMigrationStatus string
		status.sonataFlowPlatformDBMigrationPhase.message string
		status.sonataFlowPlatformDBMigrationPhase.reason string
		status.services.*.url string
		status.services.*.image string
		status.services.*.persistence string
		status.services.*.replicas string`

	clusterPlatformFields = `
		spec.platformRef.name string
		spec.platformRef.namespace string
		spec.capabilities object
		spec.capabilities.workflows[] string
		status.conditions[].type string
		status.observedGeneration integer
		status.version string`

	// The podTemplate of workflows has the fields of that of services, too.
	workflowFields = `
		spec.flow object
		spec.flow.states[].name string
		spec.flow.states[].type string
		spec.resources.configMaps[].configMap.name string
		spec.resources.configMaps[].workflowPath string
		spec.persistence.dbMigrationStrategy string
		spec.persistence.postgresql.secretRef.name string
		spec.persistence.postgresql.secretRef.userKey string
		spec.persistence.postgresql.secretRef.passwordKey string
		spec.persistence.postgresql.serviceRef.name string
		spec.persistence.postgresql.serviceRef.namespace string
		spec.persistence.postgresql.serviceRef.port integer
		spec.persistence.postgresql.serviceRef.databaseName string
		spec.persistence.postgresql.serviceRef.databaseSchema string
		spec.persistence.postgresql.jdbcUrl string
		spec.sink.ref.kind string
		spec.sink.ref.name string
		spec.sink.ref.apiVersion string
		spec.sink.ref.namespace string
		spec.sink.ref.address string
		spec.sink.ref.group string
		spec.sink.uri string
		spec.sink.CACerts string
		spec.sink.audience string
		spec.sources[].eventType string
		spec.sources[].ref.kind string
		spec.sources[].ref.name string
		spec.sources[].uri string
		spec.sources[].CACerts string
		spec.sources[].audience string
		spec.podTemplate.deploymentModel string
		status.conditions[].type string
		status.observedGeneration integer
		status.address.url string
		status.address.name string
		status.address.CACerts string
		status.address.audience string
		status.endpoint string
		status.services.dataIndexRef.url string
		status.services.jobServiceRef.url string
		status.platform.name string
		status.platform.namespace string
		status.triggers[].name string
		status.triggers[].namespace string
		status.flowCRC integer
		status.replicas integer
		status.selector string
		status.finalizerAttempts integer
		status.finalizerSucceed boolean
		status.lastTimeFinalizerAttempt string
		status.lastTimeStatusNotified string
		status.recoverFailureAttempts integer
		status.lastTimeRecoverAttempt string`

	// noFields are fields that the operator's API doesn't have, so the definitions must not
	// have them either, but for those that another kind has above.
	noFields = `
		spec.persistence.dbMigrationStrategy
		spec.services.dataIndex.sink
		spec.services.*.podTemplate.ephemeralContainers
		spec.services.*.podTemplate.serviceAccount
		spec.services.*.podTemplate.metadata
		spec.services.*.podTemplate.container.name
		spec.services.*.podTemplate.container.workingDir
		spec.services.*.podTemplate.container.restartPolicy`
)

// TestOperatorFields checks that the definitions have the fields of the operator's kinds.
func TestOperatorFields(t *testing.T) {
	t.Parallel()

	crds, err := xrdschema.CRDs(".")
	if err != nil {
		t.Fatalf("CRDs(apis): %v", err)
	}
	workflow := workflowFields
	for line := range strings.Lines(platformFields) {
		if field, found := strings.CutPrefix(strings.TrimSpace(line), "spec.services.*."); found && strings.HasPrefix(field, "podTemplate.") {
			workflow += "\nspec." + field
		}
	}
	want := map[string]string{
		v1alpha08.KindSonataFlow:                workflow,
		v1alpha08.KindXSonataFlow:               workflow,
		v1alpha08.KindSonataFlowPlatform:        platformFields,
		v1alpha08.KindXSonataFlowPlatform:       platformFields,
		v1alpha08.KindSonataFlowClusterPlatform: clusterPlatformFields,
	}
	for _, crd := range crds {
		t.Run(crd.Spec.Names.Kind, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			walk(*crd.Spec.Versions[0].Schema.OpenAPIV3Schema, "", func(path string, s extv1.JSONSchemaProps) {
				got[strings.TrimPrefix(path, ".")] = s.Type
				if s.XIntOrString {
					got[strings.TrimPrefix(path, ".")] = "int-or-string"
				}
			})
			for _, line := range perService(want[crd.Spec.Names.Kind]) {
				path, typ, _ := strings.Cut(line, " ")
				if got[path] != typ {
					t.Errorf("%s: want %s, got %q", path, typ, got[path])
				}
			}
			for _, path := range perService(noFields) {
				if typ, ok := got[path]; ok && !strings.Contains(want[crd.Spec.Names.Kind], path+" ") {
					t.Errorf("%s: want no such field, got %s", path, typ)
				}
			}
		})
	}
}

// perService returns the lines of a text. A line with an asterisk is returned once for
// each service.
func perService(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case strings.Contains(line, "*"):
			lines = append(lines, strings.Replace(line, "*", "dataIndex", 1), strings.Replace(line, "*", "jobService", 1))
		case line != "":
			lines = append(lines, line)
		}
	}
	return lines
}

// TestDefaults checks the defaults that an API server writes into a spec.
func TestDefaults(t *testing.T) {
	t.Parallel()

	v, err := xrdschema.Load(".")
	if err != nil {
		t.Fatalf("Load(apis): %v", err)
	}
	cases := map[string]struct {
		reason string
		spec   string
		want   string
	}{
		"Strategy": {
			reason: "The strategy has a default as soon as there is persistence.",
			spec:   `services: {dataIndex: {persistence: {}}, jobService: {persistence: {` + anyPostgreSQL + `}}}`,
			want:   `services: {dataIndex: {persistence: {dbMigrationStrategy: service}}, jobService: {persistence: {dbMigrationStrategy: service, ` + anyPostgreSQL + `}}}`,
		},
		"GivenStrategy": {
			reason: "A strategy that is given stays.",
			spec:   `services: {dataIndex: {persistence: {dbMigrationStrategy: none}}}`,
			want:   `services: {dataIndex: {persistence: {dbMigrationStrategy: none}}}`,
		},
		"NothingElse": {
			reason: "No other field has a default in the schema: the function applies the other defaults, so that the user's spec stays unchanged.",
			spec:   `{persistence: {` + anyPostgreSQL + `}, services: {dataIndex: {podTemplate: {container: {}}}, jobService: {}}, monitoring: {}}`,
			want:   `{persistence: {` + anyPostgreSQL + `}, services: {dataIndex: {podTemplate: {container: {}}}, jobService: {}}, monitoring: {}}`,
		},
		"Null": {
			reason: "A field without a value counts as absent. A manifest has such a field if all fields below it are commented out.",
			spec:   `services: {jobService: {persistence: {postgresql: }}}`,
			want:   `services: {jobService: {persistence: {dbMigrationStrategy: service}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{v1alpha08.KindSonataFlowPlatform, v1alpha08.KindXSonataFlowPlatform} {
				got, err := v.Default(object(t, kind, tc.spec))
				if err != nil {
					t.Fatalf("Default: %v", err)
				}
				want := object(t, kind, tc.want)
				if kind == v1alpha08.KindSonataFlowPlatform {
					// Crossplane adds this field. Its value is the definition's
					// defaultCompositeDeletePolicy.
					want["spec"].(map[string]any)["compositeDeletePolicy"] = "Foreground"
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("\n%s\nDefault: -want, +got:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
