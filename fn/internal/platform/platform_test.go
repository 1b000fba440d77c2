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

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
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
		"cluster-platforms", "platforms", "secret-db", "configmap-settings", "broker-ns1/default",
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
			if o.Spec.Template.Annotations[component.AnnotationReferencesVersion] != "" {
				text += " of what its pods refer to"
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
		return `{kind: Deployment, metadata: {name: ` + k.Name("plat") + `, labels: {sonataflow.org/service: ` + k.Name("plat") + `}}, spec: ` + spec + `, status: {availableReplicas: 1}}`
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
		"References": {
			reason:    "The version of what a podTemplate refers to rolls the pods.",
			composite: claimed(`services: {dataIndex: {podTemplate: {container: {envFrom: [{configMapRef: {name: settings}}]}}}}`),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"configmap-settings": `{kind: ConfigMap, metadata: {name: settings, uid: u, resourceVersion: "7"}}`})},
			want:      []string{"data-index-config", "data-index-service", "data-index-deployment of what its pods refer to"},
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
			reason:    "A Jobs Service isn't made before Knative has taken up its SinkBinding.",
			composite: claimed(withBroker),
			cluster:   compositiontest.Cluster{Required: answers(map[string]string{"broker-ns1/default": broker})},
			want: []string{
				"data-index-config", "data-index-service", "data-index-deployment",
				"jobs-service-config with sink", "jobs-service-service",
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

// The names that have to be free for what a service composes: the names of the queries, by
// the keys of the objects.
var (
	dataIndexNames = map[string]string{
		"data-index-config": "configmap-plat-data-index-service-props", "data-index-service": "service-plat-data-index-service",
		"data-index-deployment": "deployment-plat-data-index-service",
	}
	jobServiceNames = map[string]string{
		"jobs-service-config": "configmap-plat-jobs-service-props", "jobs-service-service": "service-plat-jobs-service",
		"jobs-service-deployment": "deployment-plat-jobs-service",
	}
	budgetName = map[string]string{"data-index-pdb": "poddisruptionbudget-plat-data-index-service"}
	jobName    = map[string]string{"data-index-migration": "job-plat-data-index-migration"}
)

// namesOf are those of several services and objects.
func namesOf(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, names := range all {
		maps.Copy(out, names)
	}
	return out
}

// TestQueries shows that little is asked for, and that what is known doesn't change it. The
// names of objects that aren't there yet are looked at in the same call as all else.
func TestQueries(t *testing.T) {
	t.Parallel()
	own := func(fields string) string {
		return `persistence: {postgresql: {secretRef: {name: unused}, serviceRef: {name: pg}}}, services: {` + fields + `}`
	}
	// three are clusters in which nothing is known, in which the platform runs, and in which all
	// is known.
	three := []compositiontest.Cluster{{}, settle(t, both, compositiontest.Cluster{}, nil), {Required: answers(nil)}}
	type want struct {
		Resources, Kinds []string
		// Names are asked for as long as the objects aren't observed, by their keys.
		Names map[string]string
	}
	bothNames := namesOf(dataIndexNames, jobServiceNames)
	eventingNames := map[string]string{"jobs-service-sinkbinding": "sinkbinding-plat-jobs-service-sb"}
	for _, name := range []string{
		"data-index-process-error", "data-index-process-node", "data-index-process-state", "data-index-process-variable", "data-index-process-definition",
		"data-index-process-instance-multiple", "data-index-jobs", "jobs-service-create-job", "jobs-service-delete-job",
	} {
		eventingNames[name] = "trigger-" + name + "-7fe3df4be30036ea"
	}
	cases := map[string]struct {
		reason   string
		spec     string
		input    v1beta1.Input
		clusters []compositiontest.Cluster
		// want is what is asked for beside what every platform asks for.
		want want
	}{
		"Nothing": {
			reason:   "Services without a database, a number of pods and a Broker ask for no more than every platform, but for their names.",
			spec:     both,
			clusters: three,
			want:     want{Names: bothNames},
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
			want:     want{Resources: []string{"secret-db"}, Names: bothNames},
		},
		"Secrets": {
			reason: "Each Secret is asked for; the platform's is so only where a service inherits it.",
			spec: own(`dataIndex: {persistence: {postgresql: {secretRef: {name: b}, serviceRef: {name: pg}}}},
jobService: {persistence: {postgresql: {secretRef: {name: a}, serviceRef: {name: pg}}}}`),
			clusters: three,
			want:     want{Resources: []string{"secret-b", "secret-a"}, Names: bothNames},
		},
		"Ignore": {
			reason:   "The input may say that no Secrets are looked up.",
			spec:     onPostgreSQL,
			input:    v1beta1.Input{Secrets: v1beta1.SecretsIgnore},
			clusters: three,
			want:     want{Names: bothNames},
		},
		"References": {
			reason:   "What podTemplates refer to is asked for, each once.",
			spec:     `services: {dataIndex: {podTemplate: {container: {envFrom: [{configMapRef: {name: settings}}]}}}, jobService: {podTemplate: {volumes: [{name: v, configMap: {name: settings}}, {name: w, secret: {secretName: certificates}}]}}}`,
			clusters: three,
			want:     want{Resources: []string{"configmap-settings", "secret-certificates"}, Names: bothNames},
		},
		"Budget": {
			reason:   "The name of a budget is looked at before it is known whether there will be one. Whether an autoscaler decides that is seen on the Deployment.",
			spec:     `services: {dataIndex: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
			clusters: three,
			want:     want{Names: namesOf(dataIndexNames, budgetName)},
		},
		"JobsService": {
			reason:   "The Jobs Service is a singleton, and has no budget.",
			spec:     `services: {jobService: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
			clusters: three,
			want:     want{Names: jobServiceNames},
		},
		"Invalid": {
			reason:   "A platform whose spec is invalid asks for no more than every platform, because nothing is decided about it.",
			spec:     `persistence: {postgresql: {secretRef: {name: db}}}, services: {dataIndex: {podTemplate: {replicas: -1}}}`,
			clusters: three,
		},
		"Everything": {
			reason: "Each subject asks for what it needs, in one and the same call; so are the names of objects asked for that have to wait.",
			spec: `eventing: {broker: {ref: {kind: Broker, name: default}}}, persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}},
services: {dataIndex: {persistence: {dbMigrationStrategy: job}, podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}, jobService: {}}`,
			clusters: []compositiontest.Cluster{{Installed: map[string]bool{"knative-broker": true}}},
			want: want{
				Resources: []string{"secret-db", "broker-ns1/default"},
				Kinds:     []string{"knative-trigger", "knative-sinkbinding", "knative-broker"},
				Names:     namesOf(bothNames, budgetName, jobName),
			},
		},
		"Migration": {
			reason:   "The name of a Job is looked at before it is known whether the Job has to wait.",
			spec:     `services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`,
			clusters: three,
			want:     want{Resources: []string{"secret-db"}, Names: namesOf(dataIndexNames, jobName)},
		},
		"MigrationPods": {
			reason:   "The input may say that pods are looked up, too.",
			spec:     `services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`,
			input:    v1beta1.Input{Migration: v1beta1.Migration{Pods: v1beta1.MigrationPodsLookUp}},
			clusters: three[:1],
			want:     want{Resources: []string{"secret-db", "pods-plat-data-index-service", "migrators-plat-data-index-service"}, Names: namesOf(dataIndexNames, jobName)},
		},
		"Eventing": {
			reason: "The names of Triggers are looked at, also while their Broker isn't known, or isn't ready.",
			spec:   withBroker,
			clusters: []compositiontest.Cluster{
				{}, {Required: answers(nil)}, {Required: answers(map[string]string{"broker-ns1/default": broker})},
			},
			want: want{
				Resources: []string{"broker-ns1/default"}, Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"},
				Names: namesOf(bothNames, eventingNames),
			},
		},
		"KnativeNotKnown": {
			reason:   "A Broker isn't looked up before it is known that the kind is installed, nor are the names of other objects of Knative.",
			spec:     withBroker,
			clusters: []compositiontest.Cluster{{Installed: map[string]bool{}}},
			want:     want{Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"}, Names: bothNames},
		},
		"OfferNotKnown": {
			reason: "What a Broker would need that may be offered is asked for at once.",
			spec:   both,
			clusters: []compositiontest.Cluster{{Required: map[string][]string{
				"cluster-platforms": {`{kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns2}}}`},
			}}},
			want: want{Resources: []string{"platform"}, Kinds: []string{"knative-trigger", "knative-sinkbinding", "knative-broker"}, Names: bothNames},
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
				for key, name := range tc.want.Names {
					if c.Observed[key] == "" {
						expected.Resources = append(expected.Resources, name)
					}
				}
				for _, q := range resources {
					got.Resources = append(got.Resources, withoutHash(q.Name))
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

// TestNameTaken shows that nothing is composed, and nothing changes, while another owner has
// an object with the name of one that is to be composed.
func TestNameTaken(t *testing.T) {
	t.Parallel()
	const (
		withBudget = `services: {dataIndex: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`
		mend       = " exists and isn't SonataFlow's: give the claim another name, or hand the object over on purpose with the label sonataflow.org/service"
	)
	job := ""
	req := compositiontest.Request(t, claimed(withJobs), compositiontest.Cluster{Required: answers(nil)})
	platform.Compose(req, &v1beta1.Input{})
	queries, _ := req.Queries()
	for _, q := range queries {
		if q.Kind == "Job" && strings.Contains(q.Name, "-data-index-") {
			job = q.ResourceName
		}
	}
	object := func(kind, name, more string) string {
		return `{kind: ` + kind + `, metadata: {name: ` + name + `, namespace: ns1, ` + more + `}}`
	}
	stranger := func(kind, name string) map[string]string {
		return map[string]string{strings.ToLower(kind) + "-" + name: object(kind, name, `labels: {app: theirs}`)}
	}
	taken := func(kind, name string) string { return kind + " " + name + " in namespace ns1" + mend }
	const pods = `{kind: Pod, metadata: {name: p}, status: {phase: Running}}`
	cases := map[string]struct {
		reason string
		spec   string
		// exists are objects by the names of the queries; observed is what is composed.
		exists   map[string]string
		observed map[string]string
		// want are the problems; none where the platform composes.
		want []string
	}{
		"ConfigMap":   {reason: "Crossplane would write our keys into a stranger's ConfigMap.", spec: both, exists: stranger("ConfigMap", "plat-jobs-service-props"), want: []string{taken("ConfigMap", "plat-jobs-service-props")}},
		"Service":     {reason: "Crossplane would cut a stranger's application off.", spec: both, exists: stranger("Service", "plat-data-index-service"), want: []string{taken("Service", "plat-data-index-service")}},
		"Deployment":  {reason: "The selector of a stranger's Deployment can't change.", spec: both, exists: stranger("Deployment", "plat-jobs-service"), want: []string{taken("Deployment", "plat-jobs-service")}},
		"Budget":      {reason: "A stranger's budget is about other pods.", spec: withBudget, exists: stranger("PodDisruptionBudget", "plat-data-index-service"), want: []string{taken("PodDisruptionBudget", "plat-data-index-service")}},
		"Job":         {reason: "A stranger's Job migrates nothing.", spec: withJobs, exists: stranger("Job", job), want: []string{taken("Job", job)}},
		"Trigger":     {reason: "A stranger's Trigger leads elsewhere.", spec: withBroker, exists: namesOf(stranger("Trigger", "data-index-jobs-7fe3df4be30036ea"), map[string]string{"broker-ns1/default": broker}), want: []string{taken("Trigger", "data-index-jobs-7fe3df4be30036ea")}},
		"SinkBinding": {reason: "A stranger's SinkBinding binds something else.", spec: withBroker, exists: stranger("SinkBinding", "plat-jobs-service-sb"), want: []string{taken("SinkBinding", "plat-jobs-service-sb")}},

		"WithheldDeployment": {reason: "A Deployment that a migration holds back will be made later.", spec: withJobs, exists: stranger("Deployment", "plat-data-index-service"), want: []string{taken("Deployment", "plat-data-index-service")}},
		"WaitingJob":         {reason: "So will a Job that waits for pods.", spec: withJobs, exists: namesOf(stranger("Job", job), map[string]string{"pods-plat-data-index-service": pods}), want: []string{taken("Job", job)}},
		"WaitingTrigger":     {reason: "So will a Trigger that waits for its Broker.", spec: withBroker, exists: stranger("Trigger", "data-index-jobs-7fe3df4be30036ea"), want: []string{taken("Trigger", "data-index-jobs-7fe3df4be30036ea")}},
		"WaitingBudget": {
			reason: "So will a budget of a service that a migration holds back.",
			spec: `services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}},
podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
			exists: stranger("PodDisruptionBudget", "plat-data-index-service"), want: []string{taken("PodDisruptionBudget", "plat-data-index-service")},
		},
		"BudgetThatMayCome": {
			reason: "So may a budget, once an autoscaler has added pods.", spec: `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1}}}}`,
			exists: stranger("PodDisruptionBudget", "plat-data-index-service"), want: []string{taken("PodDisruptionBudget", "plat-data-index-service")},
		},
		"NoBudget": {
			reason: "A stranger's budget isn't in the way where one pod needs none.", spec: `services: {dataIndex: {podTemplate: {replicas: 1, podDisruptionBudget: {minAvailable: 1}}}}`,
			exists: stranger("PodDisruptionBudget", "plat-data-index-service"),
		},
		"Several": {
			reason: "All objects that are in the way are named at once.", spec: both,
			exists: namesOf(stranger("Service", "plat-jobs-service"), stranger("ConfigMap", "plat-data-index-service-props")),
			want:   []string{taken("ConfigMap", "plat-data-index-service-props"), taken("Service", "plat-jobs-service")},
		},
		"SomeAreThere": {
			reason: "A platform that runs keeps what it has, and gets nothing more.", spec: both,
			exists: stranger("Service", "plat-jobs-service"), observed: settle(t, `services: {dataIndex: {}}`, compositiontest.Cluster{}, nil).Observed,
			want: []string{taken("Service", "plat-jobs-service")},
		},
		"Controlled": {
			reason: "An object that another controller has can't be handed over by a label.", spec: both,
			exists: map[string]string{"service-plat-jobs-service": object("Service", "plat-jobs-service", `labels: {sonataflow.org/service: plat-jobs-service}, ownerReferences: [{kind: Owner, name: them, uid: them, controller: true}]`)},
			want:   []string{"Service plat-jobs-service in namespace ns1 is controlled by Owner them: give the claim another name, or let that controller release it"},
		},

		"Free":      {reason: "Where all names are free, all is composed.", spec: both},
		"Operators": {reason: "What the operator made is taken over.", spec: both, exists: map[string]string{"service-plat-jobs-service": object("Service", "plat-jobs-service", `labels: {sonataflow.org/service: plat-jobs-service, app.kubernetes.io/managed-by: sonataflow-operator}`)}},
		"AllThere":  {reason: "What is composed already is the platform's own, also without the label.", spec: both, exists: stranger("Service", "plat-jobs-service"), observed: settle(t, both, compositiontest.Cluster{}, nil).Observed},
		"OtherKind": {reason: "An object of another kind may have the name.", spec: both, exists: stranger("Secret", "plat-jobs-service")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, claimed(tc.spec), compositiontest.Cluster{Observed: tc.observed, Required: answers(tc.exists)}), &v1beta1.Input{})
			if len(tc.want) == 0 {
				if r.Fatal != nil || len(r.Composed) == 0 {
					t.Errorf("%s\nCompose(...): want resources, got %v and %v", tc.reason, describe(r.Composed), r.Fatal)
				}
				return
			}
			message := strings.Join(tc.want, "; ")
			if r.Fatal == nil || r.Fatal.Error() != message || len(r.Composed) > 0 || r.Status != nil {
				t.Errorf("%s\nCompose(...): want nothing but %q, got %v, %v and %v", tc.reason, message, describe(r.Composed), r.Status, r.Fatal)
			}
			want := []composition.Condition{
				alarms(v1alpha08.ConditionSpecValid, v1alpha08.ReasonNameTaken, message),
				waits(v1alpha08.ConditionSucceed, v1alpha08.ReasonFailure, "Objects of other owners have the names of some that are to be composed"),
			}
			if diff := cmp.Diff(want, r.Conditions); diff != "" {
				t.Errorf("%s\nCompose(...): -want conditions, +got conditions:\n%s", tc.reason, diff)
			}
		})
	}
}
