// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// LabelJob is what Kubernetes labels the pods of a Job with.
const LabelJob = "batch.kubernetes.io/job-name"

// Explain says why a migration failed, as far as its pods tell, in words that follow
// "Job x failed". It is empty when they don't.
func Explain(pods []*unstructured.Unstructured) string {
	last, code := metav1.Time{}, int32(0)
	for _, o := range pods {
		pod := &corev1.Pod{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, pod); err != nil {
			continue
		}
		for _, c := range pod.Status.ContainerStatuses {
			if t := c.State.Terminated; c.Name == container && t != nil && t.ExitCode != 0 && !t.FinishedAt.Before(&last) {
				last, code = t.FinishedAt, t.ExitCode
			}
		}
	}
	switch code {
	case 0:
		return ""
	case exitDataIndexUnreachable:
		return "the Data Index's database can't be reached, or refuses the credentials (exit code 255)"
	case exitJobsServiceUnreachable:
		return "the Jobs Service's database can't be reached, or refuses the credentials (exit code 254)"
	case exitDataIndexFailed:
		return "the migration of the Data Index's schema failed (exit code 253)"
	case exitJobsServiceFailed:
		return "the migration of the Jobs Service's schema failed (exit code 252)"
	}
	return fmt.Sprintf("the migrator ended with exit code %d, which isn't one of its own", code)
}
