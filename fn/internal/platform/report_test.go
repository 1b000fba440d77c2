// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
)

// A report is what a user reads about a platform.
type report struct {
	// Conditions are status, reason and message by type, other than SpecValid.
	Conditions map[string]string
	// Unready are the resources that aren't ready.
	Unready    []string
	Incomplete bool
}

func TestReport(t *testing.T) {
	t.Parallel()
	const found = `{metadata: {name: db, uid: u, resourceVersion: "7"}, data: {POSTGRESQL_USER: dQ==, POSTGRESQL_PASSWORD: cA==}}`
	without := func(all map[string]string, keys ...string) map[string]string {
		for _, key := range keys {
			delete(all, key)
		}
		return all
	}
	cases := map[string]struct {
		reason  string
		spec    string
		cluster compositiontest.Cluster
		want    report
	}{
		"NoService": {
			reason: "A platform that deploys nothing has succeeded.",
			spec:   `services: {}`,
			want:   report{Conditions: map[string]string{"Succeed": "True Succeeded: The spec names no service to deploy"}},
		},
		"First": {
			reason: "Nothing is ready that nobody has seen.",
			spec:   both,
			want: report{
				Conditions: map[string]string{
					"DataIndexReady":  "False Progressing: Deployment plat-data-index-service: Not created yet",
					"JobServiceReady": "False Progressing: Deployment plat-jobs-service: Not created yet",
					"Succeed":         "False Creating: Waiting for Data Index and Jobs Service",
				},
				Unready: []string{
					"data-index-config", "data-index-service", "data-index-deployment",
					"jobs-service-config", "jobs-service-service", "jobs-service-deployment",
				},
				Incomplete: true,
			},
		},
		"Progressing": {
			reason:  "A rollout is waited for, and the platform says whose.",
			spec:    both,
			cluster: compositiontest.Cluster{Observed: running(progressing, available(1))},
			want: report{
				Conditions: map[string]string{
					"DataIndexReady":  "False Progressing: Deployment plat-data-index-service: Available: 1/2",
					"JobServiceReady": "True Available",
					"Succeed":         "False Creating: Waiting for Data Index",
				},
				Unready:    []string{"data-index-deployment"},
				Incomplete: true,
			},
		},
		"Stuck": {
			reason:  "A rollout that doesn't get on is told in the Deployment's words, before anything that is merely waited for.",
			spec:    both,
			cluster: compositiontest.Cluster{Observed: running(progressing, stuck)},
			want: report{
				Conditions: map[string]string{
					"DataIndexReady":  "False Progressing: Deployment plat-data-index-service: Available: 1/2",
					"JobServiceReady": `False DeploymentFailure: Deployment plat-jobs-service: ReplicaSet "d-5" has timed out progressing.`,
					"Succeed":         `False Failure: Jobs Service: Deployment plat-jobs-service: ReplicaSet "d-5" has timed out progressing.`,
				},
				Unready:    []string{"data-index-deployment", "jobs-service-deployment"},
				Incomplete: true,
			},
		},
		"Available": {
			reason:  "When everything is there and available, the platform succeeds.",
			spec:    both,
			cluster: compositiontest.Cluster{Observed: running(available(1), available(1))},
			want: report{Conditions: map[string]string{
				"DataIndexReady": "True Available", "JobServiceReady": "True Available", "Succeed": "True Succeeded",
			}},
		},
		"OtherResourceMissing": {
			reason:  "Available Deployments aren't everything.",
			spec:    both,
			cluster: compositiontest.Cluster{Observed: without(running(available(1), available(1)), "data-index-config", "jobs-service-service")},
			want: report{
				Conditions: map[string]string{
					"DataIndexReady": "True Available", "JobServiceReady": "True Available",
					"Succeed": "False Creating: Waiting for data-index-config, jobs-service-service",
				},
				Unready:    []string{"data-index-config", "jobs-service-service"},
				Incomplete: true,
			},
		},
		"ScaledToZero": {
			reason:  "A service without pods isn't ready, but the platform is what the user asked for.",
			spec:    `services: {dataIndex: {podTemplate: {replicas: 0}}, jobService: {}}`,
			cluster: compositiontest.Cluster{Observed: running(available(0), available(1)), Required: map[string][]string{"autoscalers": nil}},
			want: report{Conditions: map[string]string{
				"DataIndexReady": "False ScaledToZero: Deployment plat-data-index-service is scaled to zero", "JobServiceReady": "True Available", "Succeed": "True Succeeded",
			}},
		},
		"SecretMissing": {
			reason: "A rollout that waits for a Secret is the Secret's matter.",
			spec:   onPostgreSQL,
			cluster: compositiontest.Cluster{
				Observed: running(progressing, progressing), Required: map[string][]string{"secret-db": nil},
			},
			want: report{
				Conditions: map[string]string{
					"SecretsReady":    "False SecretNotFound: Secret db doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it",
					"DataIndexReady":  "False Progressing: Deployment plat-data-index-service: Available: 1/2",
					"JobServiceReady": "False Progressing: Deployment plat-jobs-service: Available: 1/2",
					"Succeed":         "False Warming: Secret db doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it",
				},
				Unready:    []string{"data-index-deployment", "jobs-service-deployment"},
				Incomplete: true,
			},
		},
		"SecretUnknown": {
			reason: "What isn't known about a Secret keeps nobody waiting.",
			spec:   onPostgreSQL,
			cluster: compositiontest.Cluster{
				Observed: running(available(1), available(1)), Old: true,
			},
			want: report{Conditions: map[string]string{
				"SecretsReady":   "Unknown NotChecked: Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)",
				"DataIndexReady": "True Available", "JobServiceReady": "True Available", "Succeed": "True Succeeded",
			}},
		},
		"SecretFound": {
			reason: "A Secret that is there is said to be.",
			spec:   onPostgreSQL,
			cluster: compositiontest.Cluster{
				Observed: running(available(1), available(1)), Required: map[string][]string{"secret-db": {found}},
			},
			want: report{Conditions: map[string]string{
				"SecretsReady": "True Found", "DataIndexReady": "True Available", "JobServiceReady": "True Available", "Succeed": "True Succeeded",
			}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, tc.cluster)
			got := report{Conditions: map[string]string{}, Incomplete: r.Incomplete}
			for _, c := range r.Conditions {
				if c.Type == v1alpha08.ConditionSpecValid {
					continue
				}
				got.Conditions[c.Type] = string(c.Status) + " " + c.Reason
				if c.Message != "" {
					got.Conditions[c.Type] += ": " + c.Message
				}
			}
			for _, c := range r.Composed {
				if !c.Ready {
					got.Unready = append(got.Unready, c.Key)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	platform := func(services *v1alpha08.PlatformServicesStatus) *v1alpha08.SonataFlowPlatformStatus {
		return &v1alpha08.SonataFlowPlatformStatus{
			ObservedGeneration: 2, Cluster: "kubernetes", Version: "0.8", Services: services,
			Info: map[string]string{"goOS": runtime.GOOS, "goVersion": runtime.Version()},
		}
	}
	onOpenShift := platform(nil)
	onOpenShift.Cluster = "openshift"
	cases := map[string]struct {
		reason  string
		spec    string
		cluster compositiontest.Cluster
		want    *v1alpha08.SonataFlowPlatformStatus
	}{
		"NoService": {
			reason: "A platform without services still says what it is.",
			spec:   `{}`,
			want:   platform(nil),
		},
		"OpenShift": {
			reason:  "The input says what kind of cluster it runs on.",
			spec:    `{}`,
			cluster: compositiontest.Cluster{Input: input("cluster: OpenShift")},
			want:    onOpenShift,
		},
		"First": {
			reason: "A service is described before it is there.",
			spec:   `services: {dataIndex: {}}`,
			want: platform(&v1alpha08.PlatformServicesStatus{DataIndex: &v1alpha08.ServiceStatus{
				URL: "http://plat-data-index-service.ns1", Image: "docker.io/apache/incubator-kie-kogito-data-index-ephemeral:10.2.0", Persistence: "ephemeral", Replicas: "0/1",
			}}),
		},
		"Running": {
			reason:  "Replicas are those that are available, of those that are wanted by whoever decides.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: running(progressing, available(1))},
			want: platform(&v1alpha08.PlatformServicesStatus{
				DataIndex: &v1alpha08.ServiceStatus{
					URL: "http://plat-data-index-service.ns1", Image: "docker.io/apache/incubator-kie-kogito-data-index-postgresql:10.2.0", Persistence: "postgresql", Replicas: "1/2",
				},
				JobService: &v1alpha08.ServiceStatus{
					URL: "http://plat-jobs-service.ns1", Image: "docker.io/apache/incubator-kie-kogito-jobs-service-postgresql:10.2.0", Persistence: "postgresql", Replicas: "1/1",
				},
			}),
		},
		"Scaling": {
			reason:  "What we want now counts, not what we wanted.",
			spec:    `services: {dataIndex: {podTemplate: {replicas: 3}}}`,
			cluster: compositiontest.Cluster{Observed: running(available(1), "{}"), Required: map[string][]string{"autoscalers": nil}},
			want: platform(&v1alpha08.PlatformServicesStatus{DataIndex: &v1alpha08.ServiceStatus{
				URL: "http://plat-data-index-service.ns1", Image: "docker.io/apache/incubator-kie-kogito-data-index-ephemeral:10.2.0", Persistence: "ephemeral", Replicas: "1/3",
			}}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, tc.cluster)
			if diff := cmp.Diff(tc.want, r.Status); diff != "" {
				t.Errorf("%s\nCompose(...): -want status, +got status:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReasons holds that every reason of the API is reached, and that no other is.
func TestReasons(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spec    string
		cluster compositiontest.Cluster
	}{
		"Valid":             {spec: both},
		"ValidWithWarnings": {spec: `devMode: {}`},
		"Invalid":           {spec: `services: {dataIndex: {podTemplate: {replicas: -1}}}`},
		"Succeeded":         {spec: both, cluster: compositiontest.Cluster{Observed: running(available(1), available(1))}},
		"Creating":          {spec: both},
		"Warming":           {spec: onPostgreSQL, cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": nil}}},
		"Failure":           {spec: both, cluster: compositiontest.Cluster{Observed: running(stuck, stuck)}},
		"Found":             {spec: onPostgreSQL, cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", standardKeys)}}}},
		"SecretNotFound":    {spec: onPostgreSQL, cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": nil}}},
		"KeyNotFound":       {spec: onPostgreSQL, cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", "type: Opaque")}}}},
		"NotChecked":        {spec: onPostgreSQL, cluster: compositiontest.Cluster{Old: true}},
		"Available":         {spec: both, cluster: compositiontest.Cluster{Observed: running(available(1), available(1))}},
		"Progressing":       {spec: both, cluster: compositiontest.Cluster{Observed: running(progressing, available(1))}},
		"DeploymentFailure": {spec: both, cluster: compositiontest.Cluster{Observed: running(stuck, available(1))}},
		"ScaledToZero":      {spec: both, cluster: compositiontest.Cluster{Observed: running(available(0), available(1))}},

		"Duplicated": {spec: both, cluster: compositiontest.Cluster{Required: map[string][]string{"platforms": {sibling("first", "2025-01-01T00:00:00Z", "")}}}},

		"KnativeNotInstalled": {spec: withBroker, cluster: compositiontest.Cluster{Installed: map[string]bool{"knative-trigger": false}}},
		"BrokerNotFound":      {spec: withBroker, cluster: compositiontest.Cluster{Required: map[string][]string{"broker-ns1/default": nil}}},
		"BrokerNotReady":      {spec: withBroker, cluster: compositiontest.Cluster{Required: map[string][]string{"broker-ns1/default": {brokerWith("False", "MTChannelBasedBroker")}}}},
		"WaitingForSink":      {spec: withBroker},
		"Connected":           {spec: withBroker, cluster: connected(t)},

		"WaitingForDBMigration": {spec: withJob},
		"InProgress":            {spec: withJob, cluster: migrating(t, `{startTime: "2026-01-01T00:00:00Z", active: 1}`)},
		"DBMigrationFailure":    {spec: withJob, cluster: migrating(t, `{conditions: [{type: Failed, status: "True", message: too often}]}`)},
		"Failed":                {spec: withJob, cluster: migrating(t, `{conditions: [{type: Failed, status: "True", message: too often}]}`)},
		"Migrated":              {spec: withJob, cluster: migrating(t, `{conditions: [{type: Complete, status: "True"}]}`)},
	}
	results := map[string]*composition.Result{
		"PlatformNotFound": clusterplatform.Compose(compositiontest.Request(t,
			`{kind: SonataFlowClusterPlatform, spec: {platformRef: {name: plat, namespace: ns1}}}`,
			compositiontest.Cluster{Required: map[string][]string{"platform": nil}})),
	}
	for reason, tc := range cases {
		results[reason] = compose(t, tc.spec, tc.cluster)
	}
	results["NotAskedFor"] = platform.Compose(outlived(t, "DataIndexReady"))

	known := reasons(t)
	for reason, r := range results {
		reached := false
		for _, c := range r.Conditions {
			reached = reached || c.Reason == reason
			if !known[c.Reason] {
				t.Errorf("%s: reason %q of %s isn't one of the API", reason, c.Reason, c.Type)
			}
			if strings.ContainsRune(c.Message, '\n') {
				t.Errorf("%s: message %q of %s isn't one line", reason, c.Message, c.Type)
			}
		}
		if !reached {
			t.Errorf("%s isn't reached; there is %+v", reason, r.Conditions)
		}
		if c := condition(r, v1alpha08.ConditionSucceed); r.Fatal == nil && r.Incomplete != (c.Status != metav1.ConditionTrue) {
			t.Errorf("%s: Succeed is %s, but incomplete is %t", reason, c.Status, r.Incomplete)
		}
	}
	for reason := range known {
		if results[reason] == nil {
			t.Errorf("no case reaches reason %s", reason)
		}
	}
}

// outlived is the request of a platform that names no service, and still has a
// condition of one.
func outlived(t *testing.T, condition string) *composition.Request {
	t.Helper()
	req := compositiontest.Request(t, claimed(t, `services: {}`), compositiontest.Cluster{})
	req.Composite.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": condition, "status": "True", "reason": "Available"}}}
	return req
}

// TestOutdatedConditions holds that a condition of an earlier spec doesn't stay as it
// was.
func TestOutdatedConditions(t *testing.T) {
	t.Parallel()
	r := platform.Compose(outlived(t, "DataIndexReady"))
	if c := condition(r, "DataIndexReady"); c.Status != metav1.ConditionUnknown || c.Reason != "NotAskedFor" {
		t.Errorf("DataIndexReady: got %+v", c)
	}
	if c := condition(r, "JobServiceReady"); c.Status != "" {
		t.Errorf("JobServiceReady: got %+v, want none: it was never there", c)
	}
	if c := condition(r, "Succeed"); c.Status != metav1.ConditionTrue {
		t.Errorf("Succeed: got %+v", c)
	}
}

// withJob is a Data Index whose schema a Job migrates.
const withJob = `services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`

// migrating is a cluster in which that Job exists, with a status.
func migrating(t *testing.T, status string) compositiontest.Cluster {
	t.Helper()
	for _, c := range composeValid(t, withJob, compositiontest.Cluster{Old: true}).Composed {
		if strings.HasPrefix(c.Key, "data-index-migration-") {
			return compositiontest.Cluster{Observed: map[string]string{
				c.Key: `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: ` + status + `}`,
			}}
		}
	}
	t.Fatal("no Job migrates")
	return compositiontest.Cluster{}
}

// reasons are the values of all reason constants of the API.
func reasons(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../apis/v1alpha08/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		out[value] = true
		return true
	})
	if len(out) == 0 {
		t.Fatal("the API has no reasons")
	}
	return out
}
