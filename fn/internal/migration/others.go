// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// prefixOf starts the keys of the Jobs that migrate a component's schema. A hash follows.
func prefixOf(c *component.Component) string { return c.Key(component.ResourceMigration) + "-" }

// suspend keeps the Jobs that may have pods, and has Kubernetes end the pods. A Job that is
// deleted doesn't say when its pods have ended, because the Job is gone before they are. So
// a Job is left out, and thus deleted, only when it has no pods. Nor has the Job with whose
// target the Deployment was let run: that Job was complete, and looks otherwise in an old
// view of it.
func suspend(c *component.Component, earlier []jobs.Observed, deployment *unstructured.Unstructured) []composition.Composed {
	var out []composition.Composed
	for _, j := range earlier {
		hash, last := strings.TrimPrefix(j.Key, prefixOf(c)), jobs.Read(j.Object)
		if last == nil || idle(last) || letRun(deployment) == hash {
			continue // What isn't a Job as we know them has no pods that we know of.
		}
		meta := c.MigrationMeta(hash, last.Labels["app.kubernetes.io/version"])
		meta.Name = last.Name
		job := jobs.Again(last, meta)
		job.Spec.Suspend = new(true)
		out = append(out, composition.Composed{Key: j.Key, Object: job})
	}
	return out
}

// idle tells whether a Job has no pods and gets none any more: it has ended, is suspended,
// or is being deleted already, and Kubernetes counts no pods, not even any that end.
// Kubernetes counts those that end since v1.29.
func idle(job *batchv1.Job) bool {
	if job.GetDeletionTimestamp() != nil {
		return true
	}
	over := slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
		switch c.Type {
		case batchv1.JobComplete, batchv1.JobFailed, batchv1.JobSuspended:
			return c.Status == corev1.ConditionTrue
		case batchv1.JobFailureTarget, batchv1.JobSuccessCriteriaMet:
		}
		return false
	})
	return over && job.Status.Active == 0 && ptr.Deref(job.Status.Terminating, 0) == 0
}
