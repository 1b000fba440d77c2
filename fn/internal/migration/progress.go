// SPDX-License-Identifier: Apache-2.0

package migration

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// progress is how far a migration is.
type progress string

// How far a migration can be.
const (
	// absent means that there is no Job.
	absent progress = "Absent"
	// created means that there is a Job without any pod yet.
	created progress = "Created"
	// running means that the Job has begun, and may try again.
	running progress = "Running"
	// complete means that the schema is up to date.
	complete progress = "Complete"
	// failed means that the Job gave up.
	failed progress = "Failed"
)

// observe tells how far an observed Job is; nil is one that doesn't exist. Of a Job that
// failed it also returns the Job's own words. Only the condition Complete means that the
// schema is up to date: counters of pods may come and go.
func observe(o *unstructured.Unstructured) (at progress, message string) {
	if o == nil {
		return absent, ""
	}
	job := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, job); err != nil {
		return running, "Its status can't be read: " + err.Error()
	}
	if job.GetDeletionTimestamp() != nil {
		return created, "" // What the Job has done doesn't count: the Job is about to be gone.
	}
	at = created
	if s := job.Status; s.StartTime != nil || s.Active > 0 || s.Failed > 0 || s.Succeeded > 0 {
		at = running
	}
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return complete, ""
		case c.Type == batchv1.JobFailed:
			at, message = failed, c.Message
		}
	}
	return at, message
}
