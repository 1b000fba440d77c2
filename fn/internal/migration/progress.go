// SPDX-License-Identifier: Apache-2.0

package migration

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Progress is how far a migration is.
type Progress string

// How far a migration can be.
const (
	// Absent means that there is no Job.
	Absent Progress = "Absent"
	// Created means that there is a Job without any pod yet.
	Created Progress = "Created"
	// Running means that the Job has begun, and may try again.
	Running Progress = "Running"
	// Complete means that the schema is up to date.
	Complete Progress = "Complete"
	// Failed means that the Job gave up.
	Failed Progress = "Failed"
)

// An Observation is what an observed Job says about its migration.
type Observation struct {
	Progress Progress
	// Message is the Job's own words about its failure.
	Message string
}

// Observe judges a Job; nil is one that doesn't exist. Only the condition Complete
// means that the schema is up to date: counters of pods may come and go.
func Observe(o *unstructured.Unstructured) Observation {
	if o == nil {
		return Observation{Progress: Absent}
	}
	job := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, job); err != nil {
		return Observation{Progress: Running, Message: "Its status can't be read: " + err.Error()}
	}
	out := Observation{Progress: Created}
	if job.GetDeletionTimestamp() != nil {
		return out // Whatever it did, it is about to be no more.
	}
	if s := job.Status; s.StartTime != nil || s.Active > 0 || s.Failed > 0 || s.Succeeded > 0 {
		out.Progress = Running
	}
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return Observation{Progress: Complete}
		case c.Type == batchv1.JobFailed:
			out = Observation{Progress: Failed, Message: c.Message}
		}
	}
	return out
}
