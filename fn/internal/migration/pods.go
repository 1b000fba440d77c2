// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// Exit codes of the migrator: -1 to -4 as a process reports them.
const (
	exitDataIndexUnreachable   = 255
	exitJobsServiceUnreachable = 254
	exitDataIndexFailed        = 253
	exitJobsServiceFailed      = 252
)

// usedByPods tells whether a pod may use a component's schema, as far as pods are looked
// up. Else the word of the Deployment and of the Jobs has to be enough.
func usedByPods(req *composition.Request, c *component.Component, pods v1beta1.MigrationPods) bool {
	if pods != v1beta1.MigrationPodsLookUp {
		return false
	}
	out := false
	for _, q := range usersQueries(c) {
		answer := req.Look(q)
		out = out || answer.State == composition.StatePending || anyRuns(answer.Objects)
	}
	return out
}

// usersQueries ask for all pods that may use a component's schema: its own, and those of
// earlier migrations. A Deployment doesn't count pods that are ending, and a Job that was
// left out isn't observed any more.
func usersQueries(c *component.Component) []composition.Query {
	return []composition.Query{
		jobs.PodsWith("pods-"+c.Name(), c.Namespace, component.LabelComponent, c.Name()),
		jobs.PodsWith("migrators-"+c.Name(), c.Namespace, labelMigrates, c.Name()),
	}
}

// anyRuns tells whether any of some pods may still do something: it hasn't ended. A pod
// that is being deleted hasn't either; the status of its Deployment doesn't count it any
// more.
func anyRuns(pods []*unstructured.Unstructured) bool {
	for _, p := range pods {
		phase, _, err := unstructured.NestedString(p.Object, "status", "phase")
		if err != nil || phase != string(corev1.PodSucceeded) && phase != string(corev1.PodFailed) {
			return true
		}
	}
	return false
}

// toldByPods says why a migration failed, as far as the pods of its Job tell, in words that
// follow "Job x failed". It is empty when they don't tell, and when pods aren't looked up.
func toldByPods(req *composition.Request, job *batchv1.Job, pods v1beta1.MigrationPods) string {
	if pods != v1beta1.MigrationPodsLookUp {
		return ""
	}
	return explainPods(req.Look(jobs.Pods(job)).Objects)
}

// explainPods says why a migration failed, as far as some pods tell.
func explainPods(pods []*unstructured.Unstructured) string {
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
	if code == 0 {
		return ""
	}
	return exited(code)
}

// exited says what an exit code of the migrator means.
func exited(code int32) string {
	switch code {
	case exitDataIndexUnreachable:
		return "the Data Index's database can't be reached, doesn't exist, or refuses the credentials (exit code 255)"
	case exitJobsServiceUnreachable:
		return "the Jobs Service's database can't be reached, doesn't exist, or refuses the credentials (exit code 254)"
	case exitDataIndexFailed:
		return "the migration of the Data Index's schema failed (exit code 253)"
	case exitJobsServiceFailed:
		return "the migration of the Jobs Service's schema failed (exit code 252)"
	}
	return fmt.Sprintf("the migrator ended with exit code %d, which isn't one of its own", code)
}
