// SPDX-License-Identifier: Apache-2.0

// Package health tells whether an observed Kubernetes object does its work.
package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// A Phase is how an object does.
type Phase string

// What an object can be.
const (
	// Missing means that the object doesn't exist yet.
	Missing Phase = "Missing"
	// Progressing means that the object is on its way.
	Progressing Phase = "Progressing"
	// Unavailable means that the object was ready, as it is asked for now, and isn't any more.
	Unavailable Phase = "Unavailable"
	// Failed means that the object doesn't get on by itself.
	Failed Phase = "Failed"
	// Ready means that the object does its work, at its current generation.
	Ready Phase = "Ready"
)

// A Verdict is how an object does, and why, in the object's own words where it has any.
type Verdict struct {
	Phase   Phase
	Message string
}

// AnnotationSpecChecksum is an annotation of composed objects, with a checksum of their
// spec. An observed object that has another one is still what was asked for before, and
// may look healthy as such.
const AnnotationSpecChecksum = "sonataflow.org/checksum-spec"

// A rule corrects the verdict that kstatus gives for objects of a kind.
type rule func(o *unstructured.Unstructured, byKstatus Verdict) Verdict

// ruleOf returns the rule for a kind. Where there is none, kstatus' verdict is right.
func ruleOf(kind schema.GroupKind) rule {
	switch kind {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		return deployment
	case schema.GroupKind{Group: "batch", Kind: "Job"}:
		return job
	case
		schema.GroupKind{Group: "eventing.knative.dev", Kind: "Broker"},
		schema.GroupKind{Group: "eventing.knative.dev", Kind: "Trigger"},
		schema.GroupKind{Group: "sources.knative.dev", Kind: "SinkBinding"}:
		return knative
	case schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}:
		return knativeService
	}
	return func(_ *unstructured.Unstructured, byKstatus Verdict) Verdict { return byKstatus }
}

// Of returns how an observed object does; nil is one that doesn't exist. The verdict is
// kstatus', which takes the observed generation into account, corrected by the rule of
// the object's kind.
func Of(o *unstructured.Unstructured) Verdict {
	if o == nil {
		return Verdict{Phase: Missing, Message: "Not created yet"}
	}
	r, err := status.Compute(o)
	if err != nil {
		return Verdict{Phase: Progressing, Message: "Its status can't be read: " + err.Error()}
	}
	return ruleOf(o.GroupVersionKind().GroupKind())(o, verdict(r))
}

// OfComposed returns how an observed object does that is composed as desired.
func OfComposed(observed *unstructured.Unstructured, desired composition.Object) Verdict {
	out := Of(observed)
	current := out.Phase == Ready || out.Phase == Unavailable
	if current && observed.GetAnnotations()[AnnotationSpecChecksum] != desired.GetAnnotations()[AnnotationSpecChecksum] {
		return Verdict{Phase: Progressing, Message: "Its latest change hasn't been applied yet"}
	}
	return out
}

func verdict(r *status.Result) Verdict {
	switch r.Status {
	case status.CurrentStatus:
		return Verdict{Phase: Ready, Message: r.Message}
	case status.FailedStatus:
		return Verdict{Phase: Failed, Message: ownWords(r)}
	case status.InProgressStatus, status.TerminatingStatus, status.NotFoundStatus, status.UnknownStatus:
	}
	return Verdict{Phase: Progressing, Message: r.Message}
}

// ownWords returns the message of the condition by which kstatus decided; the summary of
// kstatus doesn't say what failed.
func ownWords(r *status.Result) string {
	for _, c := range r.Conditions {
		if c.Message != "" {
			return c.Message
		}
	}
	return r.Message
}
