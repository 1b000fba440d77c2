// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
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
	case complete:
		reason = v1alpha08.ReasonMigrated
	case failed:
		reason = v1alpha08.ReasonFailed
	case absent, created, running:
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
	case complete:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusSucceeded,
			Message: "The database migrations for the services are successful",
			Reason:  "The database migration job completed as expected",
		}
	case failed:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusFailed,
			Message: "The database migrations for the services have failed",
			Reason:  "The database may be unreachable, invalid credentials supplied or flyway migration failed. Please check logs for further details.",
		}
	case running:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusInProgress,
			Message: "The database migrations for the services are in-progress",
			Reason:  "The database migration job is in-progress",
		}
	case absent, created:
	}
	return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusStarted,
		Message: "Started the database migrations for the services",
		Reason:  "Started by SonataFlow operator",
	}
}

// together tells how far several migrations are as one: failed with any that failed,
// complete with all, and under way with one that has begun.
func together(plans []*Plan) progress {
	count := map[progress]int{}
	for _, p := range plans {
		count[p.progress]++
	}
	switch {
	case count[failed] > 0:
		return failed
	case count[complete] == len(plans):
		return complete
	case count[running]+count[complete] > 0:
		return running
	}
	return created
}
