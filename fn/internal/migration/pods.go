// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// labelJob is what Kubernetes labels the pods of a Job with.
const labelJob = "batch.kubernetes.io/job-name"

// Exit codes of the migrator: -1 to -4 as a process reports them.
const (
	exitDataIndexUnreachable   = 255
	exitJobsServiceUnreachable = 254
	exitDataIndexFailed        = 253
	exitJobsServiceFailed      = 252
)

// usersQueries ask for all pods that may use a component's schema: its own, and those of
// earlier migrations. A Deployment doesn't count pods that are ending, and a Job that was
// left out isn't observed any more.
func usersQueries(c *component.Component) []composition.Query {
	return []composition.Query{
		podsQuery("pods-"+c.Name(), c.Namespace, component.LabelComponent, c.Name()),
		podsQuery("migrators-"+c.Name(), c.Namespace, labelMigrates, c.Name()),
	}
}

func podsQuery(name, namespace, label, value string) composition.Query {
	return composition.Query{Name: name, APIVersion: "v1", Kind: "Pod", Namespace: namespace, Labels: map[string]string{label: value}}
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

// anotherJob tells whether there is a Job of the same component for another target.
func anotherJob(observed map[string]*unstructured.Unstructured, c *component.Component, own string) bool {
	for key := range observed {
		if strings.HasPrefix(key, c.Key(component.ResourceMigration)+"-") && key != own {
			return true
		}
	}
	return false
}

// explain says why a migration failed, as far as its pods tell, in words that follow "Job
// x failed". It is empty when they don't tell.
func explain(pods []*unstructured.Unstructured) string {
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
