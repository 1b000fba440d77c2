// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		broker    = `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}`
		keepApart = " share one database schema; give each service its own persistence.postgresql to keep them apart"
		heirs     = "spec.services.dataIndex and spec.services.jobService"
	)
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		want   []string
	}{
		"None": {
			reason: "A spec that means what it says gets no warning.",
			spec:   onPostgreSQL,
		},
		"Build": {
			reason: "What only an in-cluster builder can serve is accepted, but not in silence.",
			spec:   `{build: {}, devMode: {}}`,
			want: []string{
				"spec.build: has no effect, because no images are built in the cluster",
				"spec.devMode: has no effect, because workflows in the dev profile are not composed",
			},
		},
		"Workflows": {
			reason: "So is what is for workflows.",
			spec:   `{properties: {flow: [{name: a, value: b}]}, monitoring: {enabled: true}}`,
			want: []string{
				"spec.properties.flow: has no effect in this version, which composes no workflows",
				"spec.monitoring.enabled: has no effect in this version, which composes no workflows",
			},
		},
		"NothingForWorkflows": {
			reason: "Unless it is nothing.",
			spec:   `{properties: {flow: []}, monitoring: {enabled: false}}`,
		},
		"SeveralEphemeral": {
			reason: "Several pods with a database each give several answers.",
			spec:   `services: {dataIndex: {podTemplate: {replicas: 2}}}`,
			want: []string{
				"spec.services.dataIndex.podTemplate.replicas: each replica has an ephemeral database of its own, so their answers differ; set persistence.postgresql to share one",
			},
		},
		"EphemeralStrategy": {
			reason: "What is made anew with each pod isn't migrated.",
			spec:   `services: {dataIndex: {persistence: {dbMigrationStrategy: none}}}`,
			want: []string{
				"spec.services.dataIndex.persistence.dbMigrationStrategy: has no effect on an ephemeral database, which is always made anew",
			},
		},
		"Eventing": {
			reason: "Brokers and sinks are nothing to warn about.",
			spec: `
eventing: {broker: ` + broker + `}
services: {dataIndex: {source: ` + broker + `}, jobService: {source: ` + broker + `, sink: ` + broker + `}}`,
		},
		"SinkVariable": {
			reason: "Where Knative tells the sink, a user's own word would be in its way.",
			spec: `
eventing: {broker: ` + broker + `}
services: {jobService: {podTemplate: {container: {env: [{name: A, value: a}, {name: K_SINK, value: "http://mine"}]}}}}`,
			want: []string{"spec.services.jobService.podTemplate.container.env[1]: K_SINK is left out, because Knative sets it for the service's sink"},
		},
		"SinkVariableWithoutSink": {
			reason: "Elsewhere it is a variable like any other.",
			spec:   `services: {jobService: {podTemplate: {container: {env: [{name: K_SINK, value: "http://mine"}]}}}}`,
		},
		"Singleton": {
			reason: "Who asks for several Jobs Services is told why there is one.",
			spec:   `services: {jobService: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
			want: []string{
				"spec.services.jobService.podTemplate.replicas: the Jobs Service is a singleton and gets 1 replica; several would fire every timer more than once",
				"spec.services.jobService.podTemplate.podDisruptionBudget: the Jobs Service is a singleton and gets no PodDisruptionBudget",
			},
		},
		"SingletonAsItShouldBe": {
			reason: "Who asks for one or none gets what they ask for.",
			spec:   `services: {jobService: {podTemplate: {replicas: 1}}}`,
		},
		"SharedURL": {
			reason: "Two services with one JDBC URL work on the same tables.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d"}}
services: {dataIndex: {}, jobService: {}}`,
			want: []string{"spec.persistence.postgresql.jdbcUrl: " + heirs + keepApart},
		},
		"SharedSchema": {
			reason: "So do two with one schema.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}}
services: {dataIndex: {}, jobService: {}}`,
			want: []string{"spec.persistence.postgresql.serviceRef.databaseSchema: " + heirs + keepApart},
		},
		"SharedSchemaToTheOperator": {
			reason: "The operator takes no notice of it, so nothing is shared.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: s}}}
services: {dataIndex: {}, jobService: {}}`,
			input: input("compatibility: Operator"),
		},
		"OneHeir": {
			reason: "One service alone shares with nobody.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h/d"}}
services:
  dataIndex: {}
  jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, compositiontest.Cluster{Input: tc.input})
			want := composition.Condition{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid}
			if len(tc.want) > 0 {
				want.Reason, want.Message, want.Alarm = v1alpha08.ReasonValidWithWarnings, strings.Join(tc.want, "; "), true
			}
			if diff := cmp.Diff(want, condition(r, v1alpha08.ConditionSpecValid)); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
