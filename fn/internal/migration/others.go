// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// An observedJob is a Job of a component for another target than the current one.
type observedJob struct {
	key    string
	object *unstructured.Unstructured
}

// othersOf lists the Jobs of a component but for its own, which has a key, in the order of
// their keys.
func othersOf(observed map[string]*unstructured.Unstructured, c *component.Component, own string) []observedJob {
	var out []observedJob
	for _, key := range slices.Sorted(maps.Keys(observed)) {
		if strings.HasPrefix(key, c.Key(component.ResourceMigration)+"-") && key != own {
			out = append(out, observedJob{key: key, object: observed[key]})
		}
	}
	return out
}

// suspend keeps the Jobs that may have pods, and has Kubernetes end the pods. A Job that is
// deleted doesn't say when its pods have ended, because the Job is gone before they are. So
// a Job is left out, and thus deleted, only when it has no pods. Nor has the Job with whose
// target the Deployment was let run: that Job was complete, and looks otherwise in an old
// view of it.
func suspend(c *component.Component, jobs []observedJob, deployment *unstructured.Unstructured) []composition.Composed {
	var out []composition.Composed
	for _, j := range jobs {
		hash, last := strings.TrimPrefix(j.key, c.Key(component.ResourceMigration)+"-"), &batchv1.Job{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(j.object.Object, last); err != nil || idle(last) || letRun(deployment) == hash {
			continue // What isn't a Job as we know them has no pods that we know of.
		}
		meta := c.MigrationMeta(hash, last.Labels["app.kubernetes.io/version"])
		meta.Name = last.Name
		out = append(out, composition.Composed{Key: j.key, Object: &batchv1.Job{
			TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
			ObjectMeta: meta,
			Spec: batchv1.JobSpec{
				Suspend:               new(true),
				BackoffLimit:          last.Spec.BackoffLimit,
				ActiveDeadlineSeconds: last.Spec.ActiveDeadlineSeconds,
				PodFailurePolicy:      last.Spec.PodFailurePolicy,
				Template:              last.Spec.Template,
			},
		}})
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
