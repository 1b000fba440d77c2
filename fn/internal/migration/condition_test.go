// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
)

// TestCondition holds what a user reads about the migrations of a platform as a whole, in
// the condition and in the operator's words.
func TestCondition(t *testing.T) {
	t.Parallel()
	const (
		dataIndexJob   = "plat-data-index-migration-efc2b7cc"
		jobsServiceJob = "plat-jobs-service-migration-a609938b"
		absent         = compositiontest.State("")
	)
	condition := func(reason, message string) *composition.Condition {
		c := &composition.Condition{Type: v1alpha08.ConditionDatabaseMigrated, Status: metav1.ConditionFalse, Reason: reason, Message: message}
		switch reason {
		case v1alpha08.ReasonMigrated:
			c.Status = metav1.ConditionTrue
		case v1alpha08.ReasonFailed:
			c.Alarm = true
		}
		return c
	}
	type want struct {
		Condition *composition.Condition
		Phase     *v1alpha08.SonataFlowPlatformDBMigrationPhase
	}
	waitingFor := func(title, job string) string { return title + ": Waiting for Job " + job + " to migrate the database" }
	failed := func(title, job string) string {
		return title + ": Job " + job + " failed: none of its 7 tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name=" + job + " shows why; mend the cause, then delete the Job to try again, or change the annotation sonataflow.org/migration-attempt of the platform to migrate all of its services again"
	}
	started := &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusStarted,
		Message: "Started the database migrations for the services",
		Reason:  "Started by SonataFlow operator",
	}
	inProgress := &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusInProgress,
		Message: "The database migrations for the services are in-progress",
		Reason:  "The database migration job is in-progress",
	}
	succeeded := &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusSucceeded,
		Message: "The database migrations for the services are successful",
		Reason:  "The database migration job completed as expected",
	}
	gaveUp := &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusFailed,
		Message: "The database migrations for the services have failed",
		Reason:  "The database may be unreachable, invalid credentials supplied or flyway migration failed. Please check logs for further details.",
	}
	waitingForBoth := waitingFor("Data Index", dataIndexJob) + "; " + waitingFor("Jobs Service", jobsServiceJob)
	cases := map[string]struct {
		reason string
		// jobs are the states of the Jobs of the Data Index and the Jobs Service; none migrates
		// when there is no state.
		jobs []compositiontest.State
		want want
	}{
		"NoMigration":      {reason: "Where no Job migrates, there is nothing to say."},
		"Absent":           {reason: "A migration whose Job is about to be made has started.", jobs: []compositiontest.State{absent}, want: want{condition(v1alpha08.ReasonInProgress, waitingFor("Data Index", dataIndexJob)), started}},
		"Created":          {reason: "A migration whose Job has no pod yet has started.", jobs: []compositiontest.State{compositiontest.Created}, want: want{condition(v1alpha08.ReasonInProgress, waitingFor("Data Index", dataIndexJob)), started}},
		"Running":          {reason: "A migration whose Job runs is in progress.", jobs: []compositiontest.State{compositiontest.Running}, want: want{condition(v1alpha08.ReasonInProgress, waitingFor("Data Index", dataIndexJob)), inProgress}},
		"Complete":         {reason: "A migration whose Job is complete has succeeded.", jobs: []compositiontest.State{compositiontest.Complete}, want: want{condition(v1alpha08.ReasonMigrated, ""), succeeded}},
		"Failed":           {reason: "A migration whose Job gave up is an alarm.", jobs: []compositiontest.State{compositiontest.Failed}, want: want{condition(v1alpha08.ReasonFailed, failed("Data Index", dataIndexJob)), gaveUp}},
		"BothAbsent":       {reason: "Two migrations that are about to begin have started.", jobs: []compositiontest.State{absent, absent}, want: want{condition(v1alpha08.ReasonInProgress, waitingForBoth), started}},
		"OneRuns":          {reason: "When one of two migrations runs, the whole is in progress.", jobs: []compositiontest.State{absent, compositiontest.Running}, want: want{condition(v1alpha08.ReasonInProgress, waitingForBoth), inProgress}},
		"OneComplete":      {reason: "When one of two migrations is complete, the whole is in progress, and the message is about the one that isn't.", jobs: []compositiontest.State{compositiontest.Complete, compositiontest.Created}, want: want{condition(v1alpha08.ReasonInProgress, waitingFor("Jobs Service", jobsServiceJob)), inProgress}},
		"BothComplete":     {reason: "When both migrations are complete, the whole has succeeded.", jobs: []compositiontest.State{compositiontest.Complete, compositiontest.Complete}, want: want{condition(v1alpha08.ReasonMigrated, ""), succeeded}},
		"OneFailed":        {reason: "One failure of two is a failure, and the message is about both migrations.", jobs: []compositiontest.State{compositiontest.Running, compositiontest.Failed}, want: want{condition(v1alpha08.ReasonFailed, waitingFor("Data Index", dataIndexJob)+"; "+failed("Jobs Service", jobsServiceJob)), gaveUp}},
		"FailedOrComplete": {reason: "One failure is a failure also when the other migration is complete.", jobs: []compositiontest.State{compositiontest.Failed, compositiontest.Complete}, want: want{condition(v1alpha08.ReasonFailed, failed("Data Index", dataIndexJob)), gaveUp}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kinds := []component.Kind{component.DataIndex(), component.JobsService()}
			plans := make([]*migration.Plan, 0, len(tc.jobs))
			for i, state := range tc.jobs {
				c, s := migrated(kinds[i]), situation{}
				if state != absent {
					s.job = job(t, c, state)
				}
				plans = append(plans, s.plan(t, c))
			}
			got := want{migration.Condition(plans), migration.Phase(plans)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCondition(...), Phase(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestConditionOfAnOldView holds that a component which was let run with the target counts
// as migrated, also while the view of its Job is an old one.
func TestConditionOfAnOldView(t *testing.T) {
	t.Parallel()
	c := migrated(component.DataIndex())
	s := situation{job: job(t, c, compositiontest.Running), deployment: deployment(t, c, 1, letRun(t, c), compositiontest.Ready)}
	want := &composition.Condition{Type: v1alpha08.ConditionDatabaseMigrated, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonMigrated}
	if diff := cmp.Diff(want, migration.Condition([]*migration.Plan{s.plan(t, c)})); diff != "" {
		t.Errorf("Condition(...): -want, +got:\n%s", diff)
	}
}
