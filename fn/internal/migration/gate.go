// SPDX-License-Identifier: Apache-2.0

package migration

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// Facts are what a gate's decision depends on.
type Facts struct {
	// Hash is that of the service's target.
	Hash string
	// Job is how far the migration to that target is.
	Job Progress
	// Busy tells whether a Job for another target of the service exists, or any pod that
	// may still use the schema.
	Busy bool
	// Deployment is the service's, or nil when there is none.
	Deployment *unstructured.Unstructured
}

// A Decision is what of a service may exist now.
type Decision struct {
	// Job tells whether the migration's Job should exist.
	Job bool
	// Deployment is what should be with the service's Deployment.
	Deployment Gate
}

// A Gate is what a migration lets a Deployment do.
type Gate string

// What a migration lets a Deployment do.
const (
	// Open lets it run.
	Open Gate = "Open"
	// Zero keeps it without pods: it was observed, so leaving it out would delete it.
	Zero Gate = "Zero"
	// Withheld leaves it out: it was never there.
	Withheld Gate = "Withheld"
)

// Annotations returns what a Deployment must say of itself so that the next decision
// can rely on it.
func (g Gate) Annotations(hash string) map[string]string {
	if g == Open {
		return map[string]string{AnnotationLetRun: hash}
	}
	return map[string]string{AnnotationStopped: hash}
}

// Decide returns what of a service may exist. No pod of the service runs with a
// schema whose migration isn't complete, and no migration begins while such a pod
// runs or another migration may be under way.
func Decide(f Facts) Decision {
	if f.Job == Complete || f.Job != Absent && letRun(f.Deployment) == f.Hash {
		// A Deployment that was let run with this target was so because the Job was
		// complete: a Job that looks otherwise is an old view of it.
		return Decision{Job: true, Deployment: Open}
	}
	gate := Zero
	if f.Deployment == nil {
		gate = Withheld
	}
	return Decision{Job: f.Job != Absent || !f.Busy && stopped(f.Deployment, f.Hash), Deployment: gate}
}

// letRun returns the hash of the target that a Deployment was last let run with.
func letRun(deployment *unstructured.Unstructured) string {
	if deployment == nil {
		return ""
	}
	return deployment.GetAnnotations()[AnnotationLetRun]
}

// stopped tells whether a Deployment was stopped for a target, and none of its pods
// is left. One that somebody else scaled to zero may be on its way up again.
func stopped(o *unstructured.Unstructured, hash string) bool {
	if o == nil {
		return true
	}
	if o.GetAnnotations()[AnnotationStopped] != hash {
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
