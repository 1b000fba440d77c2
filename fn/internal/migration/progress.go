// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// explain says why a Job failed so that a person knows what to do, in words that follow "Job
// x failed".
func explain(f jobs.Failure, job *batchv1.Job) string {
	logs := fmt.Sprintf("kubectl logs --namespace %s --selector %s=%s shows why", job.Namespace, jobs.LabelName, job.Name)
	switch f.Reason {
	case batchv1.JobReasonPodFailurePolicy:
		// The Job's words name the exit code by which its failure policy decided.
		codes := []int32{exitDataIndexFailed, exitJobsServiceFailed}
		if i := slices.IndexFunc(codes, func(code int32) bool { return strings.Contains(f.Message, fmt.Sprintf("exit code %d ", code)) }); i >= 0 {
			return exited(codes[i]) + "; " + logs
		}
	case batchv1.JobReasonBackoffLimitExceeded:
		return fmt.Sprintf("none of its %d tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; %s", backoffLimit+1, logs)
	case batchv1.JobReasonDeadlineExceeded:
		return fmt.Sprintf("the migration didn't end within %d minutes; %s", activeDeadlineSeconds/60, logs)
	}
	return cmp.Or(f.Message, "it doesn't say why") + "; " + logs
}
