// SPDX-License-Identifier: Apache-2.0

package migration

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// Annotations of Deployments, with the hash of a target. Each proves that a view of a
// Deployment is no older than what we asked of it.
const (
	// annotationLetRun is on a Deployment that was let run with the target.
	annotationLetRun = "sonataflow.org/migration-target"
	// annotationStopped is on a Deployment that was stopped for the target.
	annotationStopped = "sonataflow.org/migration-stopped-for"
)

// facts are what a gate's decision depends on.
type facts struct {
	// hash is that of the component's target.
	hash string
	// job is how far the migration to that target is.
	job jobs.Progress
	// busy tells whether a Job for another target of the component exists, or, as far as pods
	// are looked up, any pod that may still use the schema.
	busy bool
	// deployment is the component's, or nil when there is none.
	deployment *unstructured.Unstructured
}

// decide returns whether the migration's Job should exist, and how much of the component's
// workload may. No pod of the component runs with a schema whose migration isn't complete,
// and no migration begins while such a pod runs or another migration may be under way.
func decide(f facts) (job bool, gate component.Gate) {
	if f.job == jobs.Complete || f.job != jobs.Absent && letRun(f.deployment) == f.hash {
		// A Deployment that was let run with this target was so because the Job was complete: a
		// Job that looks otherwise is an old view of it.
		return true, component.Open
	}
	return f.job != jobs.Absent || !f.busy && stopped(f.deployment, f.hash), closed(f.deployment)
}

// closed keeps a component from running. A Deployment that exists stays, without pods:
// leaving it out would delete it.
func closed(deployment *unstructured.Unstructured) component.Gate {
	if deployment == nil {
		return component.Withheld
	}
	return component.Zero
}

// annotations are what a Deployment must say of itself so that the next decision can rely
// on it.
func annotations(gate component.Gate, hash string) map[string]string {
	if gate == component.Open {
		return map[string]string{annotationLetRun: hash}
	}
	return map[string]string{annotationStopped: hash}
}

// letRun returns the hash of the target that a Deployment was last let run with.
func letRun(deployment *unstructured.Unstructured) string {
	if deployment == nil {
		return ""
	}
	return deployment.GetAnnotations()[annotationLetRun]
}

// stopped tells whether a Deployment was stopped for a target, and none of its pods is
// left. One that was scaled to zero for another reason may be on its way up again.
func stopped(o *unstructured.Unstructured, hash string) bool {
	if o == nil {
		return true
	}
	if o.GetAnnotations()[annotationStopped] != hash {
		return false
	}
	d := &appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, d); err != nil {
		return false
	}
	return ptr.Deref(d.Spec.Replicas, 1) == 0 &&
		d.Status.ObservedGeneration >= d.GetGeneration() &&
		d.Status.Replicas == 0 &&
		ptr.Deref(d.Status.TerminatingReplicas, 0) == 0
}
