// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// What follows from the target of migrated(component.DataIndex()). These texts must never
// change: a Job with another name is another migration, and a Deployment with other
// annotations is stopped for one.
const (
	targetHash = "efc2b7cc"
	jobKey     = "data-index-migration-" + targetHash
	jobName    = "plat-data-index-migration-" + targetHash

	annotationLetRun  = "sonataflow.org/migration-target"
	annotationStopped = "sonataflow.org/migration-stopped-for"
)

// migrated is a component of platform plat in namespace ns1 whose schema a Job migrates.
func migrated(kind component.Kind) *component.Component {
	return &component.Component{
		Kind: kind, Owner: "plat", Namespace: "ns1", Version: "10.2.0",
		Database: &postgres.Database{
			URL:    "jdbc:postgresql://pg.db:6543/shared?currentSchema=s",
			Schema: "s",
			Secret: postgres.Secret{Name: "pg", UserKey: "u", PasswordKey: "p"},
		},
		Migration: &component.Migration{Image: "registry.example.com/migrator:1", Pod: corev1.PodSpec{Containers: []corev1.Container{{}}}},
	}
}

// earlier is the same component before its migrator changed: its target is another one.
func earlier(kind component.Kind) *component.Component {
	c := migrated(kind)
	c.Migration.Image = "registry.example.com/migrator:0"
	return c
}

// A situation is what the cluster has of a component. Objects that aren't given don't
// exist.
type situation struct {
	// job is the Job for the current target.
	job map[string]any
	// jobsOf are components whose Jobs exist, too.
	jobsOf     []*component.Component
	deployment map[string]any
	// pods are the answers to queries for pods, by the names of the queries. With nil, the
	// input says that pods aren't looked up.
	pods map[string][]string
	// old is a Crossplane that doesn't look up pods.
	old bool
}

// request is what Crossplane tells of a component in a situation.
func (s situation) request(t testing.TB, c *component.Component) *composition.Request {
	t.Helper()
	cluster := compositiontest.Cluster{Old: s.old, Observed: map[string]string{}, Required: s.pods}
	if s.job != nil {
		cluster.Observed[desiredJob(t, c).Key] = compositiontest.Text(t, s.job)
	}
	for _, other := range s.jobsOf {
		cluster.Observed[desiredJob(t, other).Key] = compositiontest.Text(t, job(t, other, compositiontest.Complete))
	}
	if s.deployment != nil {
		cluster.Observed[c.Key(component.RunnerDeployment.Resource())] = compositiontest.Text(t, s.deployment)
	}
	return compositiontest.Request(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform}`, cluster)
}

// input is what the input says about pods.
func (s situation) input() v1beta1.MigrationPods {
	if s.pods == nil {
		return v1beta1.MigrationPodsIgnore
	}
	return v1beta1.MigrationPodsLookUp
}

// plan plans the migration of a component in a situation.
func (s situation) plan(t testing.TB, c *component.Component) *migration.Plan {
	t.Helper()
	req := s.request(t, c)
	return migration.For(req, c, req.Observed[c.Key(component.RunnerDeployment.Resource())], s.input())
}

// desiredJob is the Job that migrates a component of which nothing exists.
func desiredJob(t testing.TB, c *component.Component) *composition.Composed {
	t.Helper()
	plan := situation{old: true}.plan(t, c)
	if plan.Job == nil {
		t.Fatalf("For(...): want a Job for %s, got none", c.Name())
	}
	return plan.Job
}

// job is the Job for a component's target as the cluster has it in a state.
func job(t testing.TB, c *component.Component, state compositiontest.State) map[string]any {
	t.Helper()
	return compositiontest.Observe(t, desiredJob(t, c).Object, state)
}

// deployment is a component's Deployment as the cluster has it in a state, with
// annotations that a plan gave it.
func deployment(t testing.TB, c *component.Component, replicas int32, annotations map[string]string, state compositiontest.State) map[string]any {
	t.Helper()
	return compositiontest.Observe(t, &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: c.Name(), Namespace: c.Namespace, Annotations: annotations},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas},
	}, state)
}

// letRun are the annotations of a Deployment that was let run with a component's target.
func letRun(t testing.TB, c *component.Component) map[string]string {
	t.Helper()
	return situation{job: job(t, c, compositiontest.Complete)}.plan(t, c).Hold.Annotations
}

// stoppedFor are the annotations of a Deployment that was stopped for a component's
// target.
func stoppedFor(t testing.TB, c *component.Component) map[string]string {
	t.Helper()
	return situation{}.plan(t, c).Hold.Annotations
}

// TestFor holds what the plans about a component are told, in full.
func TestFor(t *testing.T) {
	t.Parallel()
	c := migrated(component.DataIndex())
	const logs = "kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name=" + jobName + " shows why"
	const again = "; mend the cause, then delete the Job to try again, or change the annotation sonataflow.org/migration-attempt of the platform to migrate all of its services again"
	stopped := map[string]string{annotationStopped: targetHash}
	type want struct {
		// Job is the key of the Job, if one should exist; Ready tells whether it has done its
		// work. Reserved is the key of the Job, if one will exist later.
		Job      string
		Ready    bool
		Reserved string
		Hold     component.Hold
	}
	cases := map[string]struct {
		reason    string
		situation situation
		want      want
	}{
		"FirstInstall": {
			reason: "Where nothing exists yet, the Job is made and the Deployment is left out.",
			want: want{Job: jobKey, Hold: component.Hold{
				Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForDBMigration, Annotations: stopped,
				Message: "Waiting for Job " + jobName + " to migrate the database",
			}},
		},
		"NotLookedYet": {
			reason:    "Before Crossplane has looked for pods, nothing is made, but it is known which Job will be.",
			situation: situation{pods: map[string][]string{}},
			want: want{Reserved: jobKey, Hold: component.Hold{
				Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForDBMigration, Annotations: stopped,
				Message: "Waiting until no pod of the service or of an earlier migration is left before Job " + jobName + " migrates the database",
			}},
		},
		"PodsLeft": {
			reason:    "While the component runs with another schema, the Job isn't made and the Deployment goes down.",
			situation: situation{deployment: deployment(t, c, 2, letRun(t, earlier(c.Kind)), compositiontest.Ready)},
			want: want{Reserved: jobKey, Hold: component.Hold{
				Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForDBMigration, Annotations: stopped,
				Message: "Waiting until no pod of the service or of an earlier migration is left before Job " + jobName + " migrates the database",
			}},
		},
		"Running": {
			reason: "While the Job runs, the Deployment stays without pods.",
			situation: situation{
				job:        job(t, c, compositiontest.Running),
				deployment: deployment(t, c, 0, stopped, compositiontest.Ready),
			},
			want: want{Job: jobKey, Hold: component.Hold{
				Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForDBMigration, Annotations: stopped,
				Message: "Waiting for Job " + jobName + " to migrate the database",
			}},
		},
		"Failed": {
			reason:    "When the Job gave up, the message has the Job's own words, and says how to try again.",
			situation: situation{job: job(t, c, compositiontest.Failed)},
			want: want{Job: jobKey, Hold: component.Hold{
				Gate: component.Withheld, Reason: v1alpha08.ReasonDBMigrationFailure, Annotations: stopped,
				Message: "Job " + jobName + " failed: none of its 7 tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; " + logs + again,
			}},
		},
		"Complete": {
			reason:    "When the Job is complete, nothing is held back, and the Deployment remembers the target.",
			situation: situation{job: job(t, c, compositiontest.Complete)},
			want:      want{Job: jobKey, Ready: true, Hold: component.Hold{Annotations: map[string]string{annotationLetRun: targetHash}}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := tc.situation.plan(t, c)
			got := want{Hold: plan.Hold}
			if plan.Job != nil {
				got.Job, got.Ready = plan.Job.Key, plan.Job.Ready
			}
			if plan.Reserved != nil {
				got.Reserved = plan.Reserved.Key
				if diff := cmp.Diff(desiredJob(t, c).Object, plan.Reserved.Object); diff != "" {
					t.Errorf("%s\nFor(...): reserved Job: -made later, +reserved:\n%s", tc.reason, diff)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestForWithoutMigration holds that a component without migration has no plan, and that
// nothing is looked up for it.
func TestForWithoutMigration(t *testing.T) {
	t.Parallel()
	c := migrated(component.DataIndex())
	c.Migration = nil
	req := situation{}.request(t, c)
	if plan := migration.For(req, c, &unstructured.Unstructured{}, v1beta1.MigrationPodsLookUp); plan != nil {
		t.Errorf("For(...): want no plan, got %+v", plan)
	}
	if queries, _ := req.Queries(); len(queries) > 0 {
		t.Errorf("For(...): want no query, got %+v", queries)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason     string
		strategy   v1alpha08.DBMigrationStrategy
		postgresql bool
		want       string
	}{
		"NotGiven":       {reason: "A strategy needn't be given."},
		"Service":        {reason: "A service may migrate its own schema.", strategy: v1alpha08.DBMigrationStrategyService, postgresql: true},
		"ServiceWithout": {reason: "The default strategy is allowed without a PostgreSQL database.", strategy: v1alpha08.DBMigrationStrategyService},
		"NoneWithout":    {reason: "The strategy none is allowed without a PostgreSQL database.", strategy: v1alpha08.DBMigrationStrategyNone},
		"Job":            {reason: "A Job may migrate a PostgreSQL database.", strategy: v1alpha08.DBMigrationStrategyJob, postgresql: true},
		"JobWithout":     {reason: "A Job without a PostgreSQL database has nothing to migrate.", strategy: v1alpha08.DBMigrationStrategyJob, want: `s.persistence.dbMigrationStrategy: Invalid value: "job": the job strategy migrates a PostgreSQL database: set s.persistence.postgresql or spec.persistence.postgresql, or use another strategy`},
		"Unknown":        {reason: "There are three strategies.", strategy: "later", postgresql: true, want: `s.persistence.dbMigrationStrategy: Unsupported value: "later": supported values: "service", "job", "none"`},
		"Capital":        {reason: "The names of the strategies are lower case.", strategy: "Job", postgresql: true, want: `s.persistence.dbMigrationStrategy: Unsupported value: "Job": supported values: "service", "job", "none"`},
		"UnknownWithout": {reason: "An unknown strategy is refused without a PostgreSQL database, too.", strategy: "later", want: `s.persistence.dbMigrationStrategy: Unsupported value: "later": supported values: "service", "job", "none"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := migration.Validate(tc.strategy, tc.postgresql, field.NewPath("s", "persistence")).ToAggregate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(%q, %t, ...): -want, +got:\n%s", tc.reason, tc.strategy, tc.postgresql, diff)
			}
		})
	}
}
