// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
)

// TestEnding holds how long the Job for an earlier target stays, suspended, when the target
// has changed and when no Job migrates any more.
func TestEnding(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		status string
		// deleted is a Job that is being deleted, letRun a Deployment that was let run with
		// the Job's target.
		deleted, letRun bool
		ending          bool
	}{
		"Created":      {reason: "A Job that Kubernetes hasn't seen may get a pod.", status: `{}`, ending: true},
		"Running":      {reason: "A running pod may change the schema.", status: `{active: 1}`, ending: true},
		"Between":      {reason: "Between two tries a Job has no pod, but gets another one.", status: `{failed: 1, active: 0, terminating: 0}`, ending: true},
		"Suspending":   {reason: "The pod of a suspended Job may still be ending.", status: `{active: 0, terminating: 1, conditions: [{type: Suspended, status: "True"}]}`, ending: true},
		"StillActive":  {reason: "The pod of a suspended Job may not have been told to end.", status: `{active: 1, conditions: [{type: Suspended, status: "True"}]}`, ending: true},
		"Suspended":    {reason: "A suspended Job without pods changes nothing.", status: `{active: 0, terminating: 0, conditions: [{type: Suspended, status: "True"}]}`},
		"Uncounted":    {reason: "Before v1.29, Kubernetes doesn't count the pods that are ending.", status: `{conditions: [{type: Suspended, status: "True"}]}`},
		"Resumed":      {reason: "A Job that was suspended once, and isn't any more, may have pods.", status: `{conditions: [{type: Suspended, status: "False"}]}`, ending: true},
		"Complete":     {reason: "A complete Job has no pods any more.", status: `{succeeded: 1, conditions: [{type: Complete, status: "True"}]}`},
		"Failed":       {reason: "Nor has a Job that gave up.", status: `{failed: 7, conditions: [{type: Failed, status: "True"}]}`},
		"FailedEnding": {reason: "The last pod of a Job that gave up may still be ending.", status: `{failed: 7, terminating: 1, conditions: [{type: Failed, status: "True"}]}`, ending: true},
		"Failing":      {reason: "A Job that will give up may still have pods.", status: `{failed: 7, active: 1, conditions: [{type: FailureTarget, status: "True"}]}`, ending: true},
		"Deleted":      {reason: "A Job that is being deleted can't be kept.", status: `{active: 1}`, deleted: true},
		"OldView":      {reason: "A Deployment was let run with the earlier target because the Job was complete.", status: `{active: 1}`, letRun: true},
		"Unreadable":   {reason: "What isn't a Job as Kubernetes writes it has no pods that we know of.", status: `{active: many}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(component.DataIndex())
			before := earlier(c.Kind)
			observed := job(t, before, compositiontest.Created)
			status := map[string]any{}
			if err := yaml.Unmarshal([]byte(tc.status), &status); err != nil {
				t.Fatal(err)
			}
			observed["status"] = status
			if tc.deleted {
				observed["metadata"].(map[string]any)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
			}
			made := desiredJob(t, before)
			wanted := made.Object.(*batchv1.Job).DeepCopy()
			wanted.Spec.Suspend = new(true)
			want := map[string]any{}
			if tc.ending {
				want[made.Key] = wanted
			}
			endingOf := func(plan *migration.Plan) map[string]any {
				got := map[string]any{}
				for _, e := range plan.Ending {
					got[e.Key] = e.Object
				}
				return got
			}

			req := situation{}.request(t, c)
			req.Observed[made.Key] = &unstructured.Unstructured{Object: observed}
			var runs *unstructured.Unstructured
			if tc.letRun {
				runs = &unstructured.Unstructured{Object: deployment(t, c, 1, letRun(t, before), compositiontest.Ready)}
			}
			plan := migration.For(req, c, runs, situation{}.input())
			if diff := cmp.Diff(want, endingOf(plan)); diff != "" {
				t.Errorf("%s\nFor(...) with another target: -want ending, +got ending:\n%s", tc.reason, diff)
			}
			if plan.Job != nil {
				t.Errorf("For(...): want no Job while an earlier Job is there, got %s", plan.Job.Key)
			}

			without := migrated(c.Kind)
			without.Migration = nil
			plan = migration.For(req, without, runs, situation{}.input())
			if !tc.ending {
				if plan != nil {
					t.Errorf("%s\nFor(...) without migration: want no plan, got %+v", tc.reason, plan)
				}
				return
			}
			if diff := cmp.Diff(want, endingOf(plan)); diff != "" {
				t.Errorf("%s\nFor(...) without migration: -want ending, +got ending:\n%s", tc.reason, diff)
			}
			hold := component.Hold{
				Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForDBMigration,
				Message: "Waiting until the pods of Job " + wanted.Name + " have ended, which nothing asks for any more",
			}
			if diff := cmp.Diff(hold, plan.Hold); diff != "" {
				t.Errorf("For(...) without migration: -want hold, +got hold:\n%s", diff)
			}
		})
	}
}

// TestFailure holds what a user reads about a Job that failed when pods aren't looked up.
func TestFailure(t *testing.T) {
	t.Parallel()
	const logs = "; kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name=" + jobName + " shows why"
	cases := map[string]struct {
		reason    string
		condition string
		want      string
	}{
		"DataIndex": {
			reason:    "The Job's failure policy names the exit code.",
			condition: `{reason: PodFailurePolicy, message: "Container db-migration-container for pod ns1/x failed with exit code 253 matching FailJob rule at index 0"}`,
			want:      "the migration of the Data Index's schema failed (exit code 253)",
		},
		"JobsService": {
			reason:    "The exit code of the Jobs Service's migration is another one.",
			condition: `{reason: PodFailurePolicy, message: "Container db-migration-container for pod ns1/x failed with exit code 252 matching FailJob rule at index 0"}`,
			want:      "the migration of the Jobs Service's schema failed (exit code 252)",
		},
		"OtherPolicy": {
			reason:    "Words of a failure policy that name no exit code of ours are repeated.",
			condition: `{reason: PodFailurePolicy, message: "Container x for pod ns1/x failed with exit code 2531"}`,
			want:      "Container x for pod ns1/x failed with exit code 2531",
		},
		"Exhausted": {
			reason:    "Only what a retry can mend is tried again, so the tries tell what is the matter.",
			condition: `{reason: BackoffLimitExceeded, message: "Job has reached the specified backoff limit"}`,
			want:      "none of its 7 tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials",
		},
		"Late":   {reason: "A migration that hangs is ended.", condition: `{reason: DeadlineExceeded, message: "Job was active longer than specified deadline"}`, want: "the migration didn't end within 60 minutes"},
		"Other":  {reason: "Other words of the Job are repeated.", condition: `{reason: MaxFailedIndexesExceeded, message: "too many"}`, want: "too many"},
		"Silent": {reason: "A Job may say nothing.", condition: `{}`, want: "it doesn't say why"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(component.DataIndex())
			condition := map[string]any{}
			if err := yaml.Unmarshal([]byte(tc.condition), &condition); err != nil {
				t.Fatal(err)
			}
			condition["type"], condition["status"] = "Failed", "True"
			observed := job(t, c, compositiontest.Failed)
			observed["status"] = map[string]any{"conditions": []any{condition}}
			want := "Job " + jobName + " failed: " + tc.want + logs + "; mend the cause, then delete the Job to try again, or change the annotation sonataflow.org/migration-attempt of the platform to migrate all of its services again"
			if diff := cmp.Diff(want, situation{job: observed}.plan(t, c).Hold.Message); diff != "" {
				t.Errorf("%s\nFor(...): -want message, +got message:\n%s", tc.reason, diff)
			}
		})
	}
}
