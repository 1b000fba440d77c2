// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// Condition sums up migrations in a condition. It is nil when no Job migrates.
func Condition(plans []*Plan) *composition.Condition {
	if len(plans) == 0 {
		return nil
	}
	var waiting []string
	for _, p := range plans {
		if p.Hold.Message != "" {
			waiting = append(waiting, p.title+": "+p.Hold.Message)
		}
	}
	reason := v1alpha08.ReasonInProgress
	switch together(plans) {
	case jobs.Complete:
		reason = v1alpha08.ReasonMigrated
	case jobs.Failed:
		reason = v1alpha08.ReasonFailed
	case jobs.Absent, jobs.Created, jobs.Running:
	}
	c := report.Condition(v1alpha08.ConditionDatabaseMigrated, reason, strings.Join(waiting, "; "))
	return &c
}

// Phase says the same in the operator's words. It is nil when no Job migrates.
func Phase(plans []*Plan) *v1alpha08.SonataFlowPlatformDBMigrationPhase {
	if len(plans) == 0 {
		return nil
	}
	switch together(plans) {
	case jobs.Complete:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusSucceeded,
			Message: "The database migrations for the services are successful",
			Reason:  "The database migration job completed as expected",
		}
	case jobs.Failed:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusFailed,
			Message: "The database migrations for the services have failed",
			Reason:  "The database may be unreachable, invalid credentials supplied or flyway migration failed. Please check logs for further details.",
		}
	case jobs.Running:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusInProgress,
			Message: "The database migrations for the services are in-progress",
			Reason:  "The database migration job is in-progress",
		}
	case jobs.Absent, jobs.Created:
	}
	return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusStarted,
		Message: "Started the database migrations for the services",
		Reason:  "Started by SonataFlow operator",
	}
}

// together tells how far several migrations are as one: failed with any that failed,
// complete with all, and under way with one that has begun.
func together(plans []*Plan) jobs.Progress {
	count := map[jobs.Progress]int{}
	for _, p := range plans {
		count[p.progress]++
	}
	switch {
	case count[jobs.Failed] > 0:
		return jobs.Failed
	case count[jobs.Complete] == len(plans):
		return jobs.Complete
	case count[jobs.Running]+count[jobs.Complete] > 0:
		return jobs.Running
	}
	return jobs.Created
}
