// SPDX-License-Identifier: Apache-2.0

package build

import (
	"cmp"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// failed says why a build failed, and how to try again.
func failed(req *composition.Request, c *component.Component, job *batchv1.Job, why jobs.Failure, pods v1beta1.BuildPods) string {
	words := ""
	if pods == v1beta1.BuildPodsLookUp {
		words = jobs.LastWords(req.Look(jobs.Pods(job)).Objects)
	}
	return fmt.Sprintf("Job %s failed: %s; mend the cause, then delete the Job to try again, or change the annotation %s of workflow %s",
		job.Name, cmp.Or(words, explain(why, job)), v1alpha08.AnnotationBuildAttempt, c.Owner)
}

// explain says why a Job failed, as far as it says so itself, in words that follow "Job x
// failed".
func explain(why jobs.Failure, job *batchv1.Job) string {
	logs := fmt.Sprintf("kubectl logs --namespace %s --selector %s=%s --all-containers shows why", job.Namespace, jobs.LabelName, job.Name)
	const minute = 60
	switch why.Reason {
	case batchv1.JobReasonBackoffLimitExceeded:
		return fmt.Sprintf("none of its %d tries succeeded; %s", backoffLimit+1, logs)
	case batchv1.JobReasonDeadlineExceeded:
		return fmt.Sprintf("the build didn't end within %d minutes, which spec.build.config.timeout of the platform may change; %s", *job.Spec.ActiveDeadlineSeconds/minute, logs)
	}
	return cmp.Or(why.Message, "it doesn't say why") + "; " + logs
}
