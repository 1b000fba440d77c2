// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Progress is how far a Job is.
type Progress string

// How far a Job can be.
const (
	// Absent means that there is no Job.
	Absent Progress = "Absent"
	// Created means that there is a Job without any pod yet.
	Created Progress = "Created"
	// Running means that the Job has begun, and may try again.
	Running Progress = "Running"
	// Complete means that the Job has done its work.
	Complete Progress = "Complete"
	// Failed means that the Job gave up.
	Failed Progress = "Failed"
)

// A Failure is why a Job failed, in its own words.
type Failure struct{ Reason, Message string }

// Observe tells how far an observed Job is; nil is one that doesn't exist. Of a Job that
// failed it also returns why. Only the condition Complete means that the Job has done its
// work: counters of pods may come and go.
func Observe(o *unstructured.Unstructured) (at Progress, why Failure) {
	if o == nil {
		return Absent, Failure{}
	}
	job := Read(o)
	if job == nil {
		return Running, Failure{}
	}
	if job.GetDeletionTimestamp() != nil {
		return Created, Failure{} // What the Job has done doesn't count: the Job is about to be gone.
	}
	at = Created
	if s := job.Status; s.StartTime != nil || s.Active > 0 || s.Failed > 0 || s.Succeeded > 0 {
		at = Running
	}
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return Complete, Failure{}
		case c.Type == batchv1.JobFailed:
			at, why = Failed, Failure{Reason: c.Reason, Message: c.Message}
		}
	}
	return at, why
}
