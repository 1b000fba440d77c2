// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// Fields of the specs of these tests.
const (
	both = `services: {dataIndex: {}, jobService: {}}`
	// onPostgreSQL is a platform with a database for both services.
	onPostgreSQL = `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, ` + both
	// withJobs is the same, and Jobs migrate the schemas.
	withJobs = `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}},
services: {dataIndex: {persistence: {dbMigrationStrategy: job}}, jobService: {persistence: {dbMigrationStrategy: job}}}`
	// withBroker is a platform whose services use one Broker.
	withBroker = `eventing: {broker: {ref: {kind: Broker, name: default}}}, ` + both
)

// Objects that exist beside the platform.
const (
	secret = `{kind: Secret, metadata: {name: db, uid: u, resourceVersion: "7"}, data: {POSTGRESQL_USER: dQ==, POSTGRESQL_PASSWORD: cA==}}`
	broker = `{kind: Broker, metadata: {name: default, namespace: ns1}, status: {conditions: [{type: Ready, status: "True"}]}}`
	// older is another platform of the namespace.
	older = `{kind: XSonataFlowPlatform, metadata: {name: first-abcde, creationTimestamp: "2025-01-01T00:00:00Z"}, spec: {claimRef: {name: first, namespace: ns1}}}`
)

// claimed returns the composite of claim plat in namespace ns1, with fields of its spec and
// the conditions that it has.
func claimed(fields string, conditions ...string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p, generation: 2, creationTimestamp: "2026-01-01T00:00:00Z"},
spec: {claimRef: {namespace: ns1, name: plat}, ` + fields + `}, status: {conditions: [` + strings.Join(conditions, ", ") + `]}}`
}

// answers are those of Crossplane to queries, by their names. There is nothing else, and no
// pod.
func answers(found map[string]string) map[string][]string {
	out := map[string][]string{}
	for _, name := range []string{
		"cluster-platforms", "platforms", "secret-db", "autoscalers", "broker-ns1/default",
		"deployment-plat-data-index-service", "pods-plat-data-index-service", "migrators-plat-data-index-service",
		"deployment-plat-jobs-service", "pods-plat-jobs-service", "migrators-plat-jobs-service",
	} {
		out[name] = nil
	}
	for name, o := range found {
		out[name] = []string{o}
	}
	return out
}

// absent is the state of an object that isn't there.
const absent compositiontest.State = "absent"

// settle returns a cluster in which all that a platform with fields of a spec composes is
// there: ready or complete, unless the states say otherwise of keys that begin so. Of two
// states for a key, that of the longer beginning counts.
func settle(t *testing.T, fields string, c compositiontest.Cluster, states map[string]compositiontest.State) compositiontest.Cluster {
	t.Helper()
	for range 5 { // A platform composes in a few steps.
		observed := map[string]string{}
		for _, composed := range platform.Compose(compositiontest.Request(t, claimed(fields), c), &v1beta1.Input{}).Composed {
			state := compositiontest.Ready
			if strings.Contains(composed.Key, "-migration-") {
				state = compositiontest.Complete
			}
			for _, prefix := range slices.Sorted(maps.Keys(states)) {
				if strings.HasPrefix(composed.Key, prefix) {
					state = states[prefix]
				}
			}
			if state != absent {
				observed[composed.Key] = compositiontest.Text(t, compositiontest.Observe(t, composed.Object, state))
			}
		}
		if maps.Equal(observed, c.Observed) {
			return c
		}
		c.Observed = observed
	}
	t.Fatalf("what is composed isn't the same after a few calls: %s", fields)
	return c
}

// migrationHash is how the keys and the names of Jobs end.
var migrationHash = regexp.MustCompile(`-migration-[0-9a-f]{8}`)

// withoutHash leaves the hash of a migration out of a text.
func withoutHash(text string) string {
	return migrationHash.ReplaceAllString(text, "-migration")
}

// describe says in short what is composed: the keys, those of a service's Triggers as one,
// with what the plans decided about the object.
func describe(composed []composition.Composed) []string {
	out := make([]string, 0, len(composed))
	for _, c := range composed {
		text := withoutHash(c.Key)
		if before, _, found := strings.Cut(text, "-trigger-"); found {
			text = before + "-trigger"
		}
		switch o := c.Object.(type) {
		case *corev1.ConfigMap:
			if strings.Contains(o.Data[component.PropertiesFile], `KSinkInjectionHealthCheck".enabled = true`) {
				text += " with sink"
			}
		case *appsv1.Deployment:
			if o.Spec.Replicas != nil {
				text += fmt.Sprintf(" with %d pods", *o.Spec.Replicas)
			}
			if o.Spec.Template.Annotations[component.AnnotationSecretVersion] != "" {
				text += " of a Secret"
			}
		}
		out = append(out, text)
	}
	return slices.Compact(out)
}

// TestCompose shows that what each subject plans for a component is composed.
func TestCompose(t *testing.T) {
	t.Parallel()
	// running are Deployments that exist and aren't composed, as the operator's.
	running := func(k component.Kind, spec string) string {
		return `{kind: Deployment, metadata: {name: ` + k.Name("plat") + `}, spec: ` + spec + `}`
	}
	cases := map[string]struct {
		reason    string
		composite string
		cluster   compositiontest.Cluster
		want      []string
	}{
		"NoServices": {
			reason:    "A platform that names no service composes nothing.",
			composite: claimed(`services: {}`),
		},
		"Plain": {
			reason:    "Each service has its objects. A Deployment says how many pods it has only where that isn't left to the user.",
			composite: claimed(both),
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment",
				"jobs-service-config", "jobs-service-service", "jobs-service-deployment with 1 pods",
			},
		},
		"Secret": {
			reason:    "The version of a Secret rolls the pods that read it.",
			composite: claimed(`services: {dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}, jobService: {}}`),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"secret-db": secret})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment of a Secret",
				"jobs-service-config", "jobs-service-service", "jobs-service-deployment with 1 pods",
			},
		},
		"Scaling": {
			reason:    "A service has as many pods as its user asks for, and a budget for them.",
			composite: claimed(`services: {dataIndex: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`),
			cluster:   compositiontest.Cluster{Required: answers(nil)},
			want:      []string{"data-index-config", "data-index-service", "data-index-deployment with 2 pods", "data-index-pdb"},
		},
		"Migration": {
			reason:    "A service that has no Deployment yet gets none before its Job has migrated the schema.",
			composite: claimed(withJobs),
			cluster:   compositiontest.Cluster{Required: answers(nil)},
			want: []string{
				"data-index-migration", "data-index-config", "data-index-service",
				"jobs-service-migration", "jobs-service-config", "jobs-service-service",
			},
		},
		"MigrationOfWhatRuns": {
			reason:    "A Deployment that isn't composed yet and runs already is stopped before the Job, as in an upgrade.",
			composite: claimed(withJobs),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"deployment-plat-data-index-service": running(component.DataIndex(), `{replicas: 2}`)})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment with 0 pods",
				"jobs-service-migration", "jobs-service-config", "jobs-service-service",
			},
		},
		"Sink": {
			reason:    "A Jobs Service that has no pods yet gets none before it knows its sink.",
			composite: claimed(withBroker),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"broker-ns1/default": broker})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment",
				"jobs-service-config with sink", "jobs-service-service", "jobs-service-deployment with 0 pods",
				"data-index-trigger", "jobs-service-trigger", "jobs-service-sinkbinding",
			},
		},
		"SinkOfWhatRuns": {
			reason:    "A Jobs Service that isn't composed yet and runs already goes on without its sink until it knows the sink.",
			composite: claimed(withBroker),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"deployment-plat-jobs-service": running(component.JobsService(), `{replicas: 1}`)})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment",
				"jobs-service-config", "jobs-service-service", "jobs-service-deployment with 1 pods",
				"jobs-service-sinkbinding",
			},
		},
		"SinkOfWhatRunsAndKnows": {
			reason:    "A Jobs Service that isn't composed yet and knows its sink already goes on with it.",
			composite: claimed(withBroker),
			cluster: compositiontest.Cluster{Required: answers(map[string]string{"deployment-plat-jobs-service": running(component.JobsService(),
				`{template: {spec: {containers: [{name: jobs-service, env: [{name: K_SINK, value: "http://sink"}]}]}}}`)})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment",
				"jobs-service-config with sink", "jobs-service-service", "jobs-service-deployment with 1 pods",
				"jobs-service-sinkbinding",
			},
		},
		"Offered": {
			reason:    "Services without a Broker use the one that the cluster platform offers.",
			composite: claimed(`services: {dataIndex: {}}`),
			cluster: compositiontest.Cluster{Required: map[string][]string{
				"cluster-platforms":  {`{kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns1}}}`},
				"platform":           {`{kind: SonataFlowPlatform, spec: {eventing: {broker: {ref: {kind: Broker, name: default}}}}, status: {conditions: [{type: Succeed, status: "True"}]}}`},
				"broker-ns1/default": {broker},
			}},
			want: []string{"data-index-config", "data-index-service", "data-index-deployment", "data-index-trigger"},
		},
		"Duplicate": {
			reason:    "A platform beside an older one composes nothing.",
			composite: claimed(both),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"platforms": older})},
		},
		"DuplicateThatRuns": {
			reason:    "What a platform has composed before an older one appeared stays, and nothing is added.",
			composite: claimed(both, `{type: Succeed, status: "True"}`),
			cluster: compositiontest.Cluster{
				Required: answers(map[string]string{"platforms": older}),
				Observed: map[string]string{"data-index-config": `{kind: ConfigMap}`, "data-index-deployment": `{kind: Deployment}`},
			},
			want: []string{"data-index-config", "data-index-deployment"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, tc.cluster), &v1beta1.Input{})
			if r.Fatal != nil {
				t.Fatalf("%s\nCompose(...): %v", tc.reason, r.Fatal)
			}
			if diff := cmp.Diff(tc.want, describe(r.Composed), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestQueries shows that little is asked for, and that what is known doesn't change it.
func TestQueries(t *testing.T) {
	t.Parallel()
	own := func(fields string) string {
		return `persistence: {postgresql: {secretRef: {name: unused}, serviceRef: {name: pg}}}, services: {` + fields + `}`
	}
	// three are clusters in which nothing is known, in which the platform runs, and in which all
	// is known.
	three := []compositiontest.Cluster{{}, settle(t, both, compositiontest.Cluster{}, nil), {Required: answers(nil)}}
	type want struct{ Resources, Kinds []string }
	cases := map[string]struct {
		reason   string
		spec     string
		input    v1beta1.Input
		clusters []compositiontest.Cluster
		// want is what is asked for beside what every platform asks for.
		want want
	}{
		"Nothing": {
			reason:   "Services without a database, a number of pods and a Broker ask for no more than every platform.",
			spec:     both,
			clusters: three,
		},
		"BrokerForNoService": {
			reason:   "A Broker that no service uses isn't looked up.",
			spec:     `eventing: {broker: {ref: {kind: Broker, name: default}}}, services: {}`,
			clusters: three,
		},
		"SharedSecret": {
			reason:   "A Secret that two services read is asked for once.",
			spec:     onPostgreSQL,
			clusters: three,
			want:     want{Resources: []string{"secret-db"}},
		},
		"Secrets": {
			reason: "Each Secret is asked for; the platform's is so only where a service inherits it.",
			spec: own(`dataIndex: {persistence: {postgresql: {secretRef: {name: b}, serviceRef: {name: pg}}}},
jobService: {persistence: {postgresql: {secretRef: {name: a}, serviceRef: {name: pg}}}}`),
			clusters: three,
			want:     want{Resources: []string{"secret-b", "secret-a"}},
		},
		"Ignore": {
			reason:   "The input may say that no Secrets are looked up.",
			spec:     onPostgreSQL,
			input:    v1beta1.Input{Secrets: v1beta1.SecretsIgnore},
			clusters: three,
		},
		"Replicas": {
			reason:   "An autoscaler matters to a number of pods that the user gives.",
			spec:     `services: {dataIndex: {podTemplate: {replicas: 2}}}`,
			clusters: three,
			want:     want{Resources: []string{"autoscalers"}},
		},
		"Budget": {
			reason:   "An autoscaler matters to a budget.",
			spec:     `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1}}}}`,
			clusters: three,
			want:     want{Resources: []string{"autoscalers"}},
		},
		"JobsService": {
			reason:   "An autoscaler doesn't matter to the Jobs Service, which is a singleton.",
			spec:     `services: {jobService: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
			clusters: three,
		},
		"Invalid": {
			reason:   "A platform whose spec is invalid asks for no more than every platform, because nothing is decided about it.",
			spec:     `persistence: {postgresql: {secretRef: {name: db}}}, services: {dataIndex: {podTemplate: {replicas: -1}}}`,
			clusters: three,
		},
		"Everything": {
			reason: "Each subject asks for what it needs, in one and the same call.",
			spec: `eventing: {broker: {ref: {kind: Broker, name: default}}}, persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}},
services: {dataIndex: {persistence: {dbMigrationStrategy: job}, podTemplate: {replicas: 2}}, jobService: {}}`,
			clusters: []compositiontest.Cluster{{Installed: map[string]bool{"knative-broker": true}}},
			want: want{
				Resources: []string{
					"secret-db", "deployment-plat-data-index-service", "deployment-plat-jobs-service", "broker-ns1/default",
					"autoscalers", "pods-plat-data-index-service", "migrators-plat-data-index-service",
				},
				Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"},
			},
		},
		"KnativeNotKnown": {
			reason:   "A Broker isn't looked up before it is known that the kind is installed.",
			spec:     withBroker,
			clusters: []compositiontest.Cluster{{Installed: map[string]bool{}}},
			want:     want{Resources: []string{"deployment-plat-jobs-service"}, Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"}},
		},
		"OfferNotKnown": {
			reason: "What a Broker would need that may be offered is asked for at once.",
			spec:   both,
			clusters: []compositiontest.Cluster{{Required: map[string][]string{
				"cluster-platforms": {`{kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns2}}}`},
			}}},
			want: want{Resources: []string{"platform"}, Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range tc.clusters {
				req := compositiontest.Request(t, claimed(tc.spec), c)
				platform.Compose(req, &tc.input)
				resources, kinds := req.Queries()
				expected, got := want{Resources: append([]string{"cluster-platforms"}, tc.want.Resources...), Kinds: tc.want.Kinds}, want{}
				if c.Observed == nil { // A platform on its way doesn't look at the others of its namespace.
					expected.Resources = append(expected.Resources, "platforms")
				}
				for _, q := range resources {
					got.Resources = append(got.Resources, q.Name)
				}
				for _, q := range kinds {
					got.Kinds = append(got.Kinds, q.Name)
				}
				slices.Sort(got.Resources)
				slices.Sort(expected.Resources)
				if diff := cmp.Diff(expected, got); diff != "" {
					t.Errorf("%s\nCompose(...): -want queries, +got queries:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
