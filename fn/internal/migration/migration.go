// SPDX-License-Identifier: Apache-2.0

// Package migration brings the database schema of a component up to date before the
// component starts: it builds the Job that does so, tells how far the Job is, and decides
// what may run meanwhile.
package migration

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Plan is how far the migration of a component is, and what the migration lets the
// component do.
type Plan struct {
	// Job is the Job that should exist, or nil; Reserved is the Job that will once nothing uses
	// the schema, or nil.
	Job, Reserved *composition.Composed
	// Ending are Jobs for other targets, which stay until their pods have ended.
	Ending []composition.Composed
	// Hold is what the component's workload has to wait for.
	Hold component.Hold

	title    string
	progress jobs.Progress
}

// For plans the migration of a component, given its Deployment (nil when there is none). It
// looks for pods only where the input chooses so: when a migration is about to begin, and
// when one has failed. It returns nil for a component that no Job migrates, unless an
// earlier migration still has to end.
func For(req *composition.Request, c *component.Component, deployment *unstructured.Unstructured, pods v1beta1.MigrationPods) *Plan {
	if c.Migration == nil {
		return retire(c, jobs.WithPrefix(req.Observed, prefixOf(c), ""), deployment)
	}
	hash := targetOf(c).hash()
	key := prefixOf(c) + hash
	observed, others := req.Observed[key], jobs.WithPrefix(req.Observed, prefixOf(c), key)
	job := newJob(c, observed)
	at, why := jobs.Observe(observed)
	wanted, gate := decide(facts{hash: hash, job: at, busy: len(others) > 0 || at == jobs.Absent && usedByPods(req, c, pods), deployment: deployment})
	plan := &Plan{title: c.Kind.Title, progress: at, Ending: suspend(c, others, deployment), Hold: component.Hold{Gate: gate, Annotations: annotations(gate, hash)}}
	if gate == component.Open {
		plan.progress = jobs.Complete
	}
	composed := &composition.Composed{Key: key, Object: job, Ready: health.OfComposed(observed, job).Phase == health.Ready}
	if wanted {
		plan.Job = composed
	} else {
		plan.Reserved = composed
	}
	switch {
	case gate == component.Open:
	case !wanted:
		plan.Hold.Reason = v1alpha08.ReasonWaitingForDBMigration
		plan.Hold.Message = fmt.Sprintf("Waiting until no pod of the service or of an earlier migration is left before Job %s migrates the database", job.Name)
	case at == jobs.Failed:
		plan.Hold.Reason = v1alpha08.ReasonDBMigrationFailure
		plan.Hold.Message = fmt.Sprintf("Job %s failed: %s; mend the cause, then delete the Job to try again, or change the annotation %s of the platform to migrate all of its services again",
			job.Name, cmp.Or(toldByPods(req, job, pods), explain(why, job)), component.AnnotationMigrationAttempt)
	default:
		plan.Hold.Reason = v1alpha08.ReasonWaitingForDBMigration
		plan.Hold.Message = fmt.Sprintf("Waiting for Job %s to migrate the database", job.Name)
	}
	return plan
}

// retire plans the end of migrations that nothing asks for any more. The component waits
// for it, because a migration that is cut off may still change the schema. It is nil when
// there is nothing to end.
func retire(c *component.Component, others []jobs.Observed, deployment *unstructured.Unstructured) *Plan {
	ending := suspend(c, others, deployment)
	if len(ending) == 0 {
		return nil
	}
	return &Plan{title: c.Kind.Title, progress: jobs.Running, Ending: ending, Hold: component.Hold{
		Gate:    closed(deployment),
		Reason:  v1alpha08.ReasonWaitingForDBMigration,
		Message: fmt.Sprintf("Waiting until the pods of Job %s have ended, which nothing asks for any more", ending[0].Object.GetName()),
	}}
}

// Validate returns what is wrong with the migration strategy of a component whose
// persistence stands at a path. postgresql tells whether the component has a PostgreSQL
// database, be it its own or the platform's.
func Validate(s v1alpha08.DBMigrationStrategy, postgresql bool, persistence *field.Path) field.ErrorList {
	path := persistence.Child("dbMigrationStrategy")
	switch s {
	case "", v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyNone:
		return nil
	case v1alpha08.DBMigrationStrategyJob:
		if postgresql {
			return nil
		}
		return field.ErrorList{field.Invalid(path, s, "the job strategy migrates a PostgreSQL database: set "+persistence.Child("postgresql").String()+" or spec.persistence.postgresql, or use another strategy")}
	}
	return field.ErrorList{field.NotSupported(path, s, []v1alpha08.DBMigrationStrategy{
		v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyJob, v1alpha08.DBMigrationStrategyNone,
	})}
}
