// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
)

// TestProgress holds how the status of a Job is understood. Only the condition Complete
// means that the schema is up to date.
func TestProgress(t *testing.T) {
	t.Parallel()
	const (
		started    = v1alpha08.DBMigrationStatusStarted
		inProgress = v1alpha08.DBMigrationStatusInProgress
		succeeded  = v1alpha08.DBMigrationStatusSucceeded
		failed     = v1alpha08.DBMigrationStatusFailed
	)
	c := migrated(component.DataIndex())
	cases := map[string]struct {
		reason string
		status string
		// deleted is a Job that is being deleted.
		deleted bool
		want    v1alpha08.DBMigrationStatus
	}{
		"NoStatus":     {reason: "The Job's controller hasn't seen the Job yet.", status: `{}`, want: started},
		"Started":      {reason: "A Job with a start time has begun.", status: `{startTime: "2026-01-01T00:00:00Z"}`, want: inProgress},
		"Active":       {reason: "A pod of the Job runs.", status: `{active: 1}`, want: inProgress},
		"FailedPod":    {reason: "A pod of the Job failed, and another one will be tried.", status: `{failed: 1}`, want: inProgress},
		"SucceededPod": {reason: "The counter of pods isn't the condition.", status: `{succeeded: 1}`, want: inProgress},
		"Criteria":     {reason: "The Job will be complete when its pods have ended.", status: `{succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: "True"}]}`, want: inProgress},
		"Complete":     {reason: "The schema is right.", status: `{succeeded: 1, conditions: [{type: Complete, status: "True"}]}`, want: succeeded},
		"NotComplete":  {reason: "A condition that is false says nothing.", status: `{active: 1, conditions: [{type: Complete, status: "False"}]}`, want: inProgress},
		"Failed":       {reason: "The Job gave up.", status: `{failed: 7, conditions: [{type: FailureTarget, status: "True"}, {type: Failed, status: "True", message: too often}]}`, want: failed},
		"Failing":      {reason: "The Job will have failed when its pods have ended.", status: `{failed: 7, conditions: [{type: FailureTarget, status: "True"}]}`, want: inProgress},
		"Deleted":      {reason: "A Job that is being deleted will be made again, so what it has done doesn't count.", status: `{conditions: [{type: Complete, status: "True"}]}`, deleted: true, want: started},
		"Unreadable":   {reason: "A Job whose status can't be read isn't complete.", status: `{active: many}`, want: inProgress},
		"FailedThenComplete": {
			reason: "The condition Complete says that the schema is right, also beside the condition Failed.",
			status: `{conditions: [{type: Failed, status: "True"}, {type: Complete, status: "True"}]}`,
			want:   succeeded,
		},
		"CompleteThenFailed": {
			reason: "The order of the two conditions means nothing.",
			status: `{conditions: [{type: Complete, status: "True"}, {type: Failed, status: "True"}]}`,
			want:   succeeded,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			observed := job(t, c, compositiontest.Created)
			status := map[string]any{}
			if err := yaml.Unmarshal([]byte(tc.status), &status); err != nil {
				t.Fatal(err)
			}
			observed["status"] = status
			if tc.deleted {
				observed["metadata"].(map[string]any)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
			}
			got := migration.Phase([]*migration.Plan{situation{job: observed}.plan(t, c)}).Status
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nPhase(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
