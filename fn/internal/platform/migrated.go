// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
)

// migrated sums up the migrations of a platform: how far they are together, and what
// is the matter with those that aren't complete. There is nothing to sum up (false)
// where no Job migrates.
func migrated(p *Platform) (progress migration.Progress, waiting []string, found bool) {
	count := map[migration.Progress]int{}
	total := 0
	for _, s := range p.Services {
		m := s.Migration
		if m == nil {
			continue
		}
		total++
		if m.Deployment == migration.Open {
			count[migration.Complete]++
			continue
		}
		count[m.Progress]++
		waiting = append(waiting, s.Kind.Title()+": "+m.Waiting)
	}
	switch {
	case total == 0:
		return "", nil, false
	case count[migration.Failed] > 0:
		return migration.Failed, waiting, true
	case count[migration.Complete] == total:
		return migration.Complete, nil, true
	case count[migration.Running]+count[migration.Complete] > 0:
		return migration.Running, waiting, true
	}
	return migration.Created, waiting, true
}

// databaseMigrated is the condition about the migrations, or nil when there are none.
func databaseMigrated(p *Platform) *composition.Condition {
	progress, waiting, found := migrated(p)
	if !found {
		return nil
	}
	c := &composition.Condition{
		Type: v1alpha08.ConditionDatabaseMigrated, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInProgress,
		Message: strings.Join(waiting, "; "),
	}
	switch progress {
	case migration.Complete:
		c.Status, c.Reason = metav1.ConditionTrue, v1alpha08.ReasonMigrated
	case migration.Failed:
		c.Reason, c.Alarm = v1alpha08.ReasonFailed, true
	case migration.Absent, migration.Created, migration.Running:
	}
	return c
}

// migrationPhase is the same in the operator's words, or nil.
func migrationPhase(p *Platform) *v1alpha08.SonataFlowPlatformDBMigrationPhase {
	progress, _, found := migrated(p)
	if !found {
		return nil
	}
	switch progress {
	case migration.Complete:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusSucceeded,
			Message: "The database migrations for the services are successful",
			Reason:  "The database migration job completed as expected",
		}
	case migration.Failed:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusFailed,
			Message: "The database migrations for the services have failed",
			Reason:  "The database may be unreachable, invalid credentials supplied or flyway migration failed. Please check logs for further details.",
		}
	case migration.Running:
		return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
			Status:  v1alpha08.DBMigrationStatusInProgress,
			Message: "The database migrations for the services are in-progress",
			Reason:  "The database migration job is in-progress",
		}
	case migration.Absent, migration.Created:
	}
	return &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status:  v1alpha08.DBMigrationStatusStarted,
		Message: "Started the database migrations for the services",
		Reason:  "Started by SonataFlow operator",
	}
}
