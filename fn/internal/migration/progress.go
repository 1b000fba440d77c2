// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
// failed it also returns why. Only the condition Complete means that the
// schema is up to date: counters of pods may come and go.
func observe(o *unstructured.Unstructured) (at progress, why failure) {
	if o == nil {
		return absent, failure{}
	}
	job := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, job); err != nil {
		return running, failure{}
	}
	if job.GetDeletionTimestamp() != nil {
		return created, failure{} // What the Job has done doesn't count: the Job is about to be gone.
	}
	at = created
	if s := job.Status; s.StartTime != nil || s.Active > 0 || s.Failed > 0 || s.Succeeded > 0 {
		at = running
	}
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return complete, failure{}
		case c.Type == batchv1.JobFailed:
			at, why = failed, failure{reason: c.Reason, message: c.Message}
		}
	}
	return at, why
}

// A failure is why a Job failed, in its own words.
type failure struct{ reason, message string }

// explain says the same so that a person knows what to do, in words that follow "Job x
// failed".
func (f failure) explain(job *batchv1.Job) string {
	logs := fmt.Sprintf("kubectl logs --namespace %s --selector %s=%s shows why", job.Namespace, labelJob, job.Name)
	switch f.reason {
	case batchv1.JobReasonPodFailurePolicy:
		// The Job's words name the exit code by which its failure policy decided.
		codes := []int32{exitDataIndexFailed, exitJobsServiceFailed}
		if i := slices.IndexFunc(codes, func(code int32) bool { return strings.Contains(f.message, fmt.Sprintf("exit code %d ", code)) }); i >= 0 {
			return exited(codes[i]) + "; " + logs
		}
	case batchv1.JobReasonBackoffLimitExceeded:
		return fmt.Sprintf("none of its %d tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; %s", backoffLimit+1, logs)
	case batchv1.JobReasonDeadlineExceeded:
		return fmt.Sprintf("the migration didn't end within %d minutes; %s", activeDeadlineSeconds/60, logs)
	}
	return cmp.Or(f.message, "it doesn't say why") + "; " + logs
}
