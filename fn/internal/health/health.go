// SPDX-License-Identifier: Apache-2.0

// Package health judges whether an observed Kubernetes object does its work.
package health

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// A Phase is how an object does.
type Phase string

// What an object can be.
const (
	// Missing means that the object doesn't exist yet.
	Missing Phase = "Missing"
	// Progressing means that the object is on its way.
	Progressing Phase = "Progressing"
	// Failed means that the object doesn't get on by itself.
	Failed Phase = "Failed"
	// Ready means that the object does its work, at its current generation.
	Ready Phase = "Ready"
)

// A Verdict is how an object does, and why, in the object's own words where it has
// any.
type Verdict struct {
	Phase   Phase
	Message string
}

// Of judges an observed object; nil is one that doesn't exist. The rules are
// kstatus's, which take the observed generation into account.
func Of(o *unstructured.Unstructured) Verdict {
	if o == nil {
		return Verdict{Phase: Missing, Message: "Not created yet"}
	}
	r, err := status.Compute(o)
	if err != nil {
		return Verdict{Phase: Progressing, Message: "Its status can't be read: " + err.Error()}
	}
	switch r.Status {
	case status.CurrentStatus:
		switch {
		case o.GetKind() == "Job" && !hasCondition(o, "Complete"):
			// To kstatus, a Job that has begun is as it should be.
			return Verdict{Phase: Progressing, Message: r.Message}
		case isKnative(o) && !hasCondition(o, "Ready"):
			// So is an object without conditions.
			return Verdict{Phase: Progressing, Message: "Knative hasn't seen it yet"}
		}
		return Verdict{Phase: Ready, Message: r.Message}
	case status.FailedStatus:
		return Verdict{Phase: Failed, Message: ownWords(r)}
	case status.InProgressStatus, status.TerminatingStatus, status.NotFoundStatus, status.UnknownStatus:
	}
	// kstatus takes no notice of this condition: an exceeded quota would look like a
	// rollout that takes its time.
	if message := replicaFailure(o); message != "" {
		return Verdict{Phase: Failed, Message: message}
	}
	return Verdict{Phase: Progressing, Message: r.Message}
}

// isKnative tells whether an object is one of Knative's, all of which have a condition
// Ready. See https://github.com/knative/specs/blob/main/specs/eventing/overview.md.
func isKnative(o *unstructured.Unstructured) bool {
	return strings.HasSuffix(o.GroupVersionKind().Group, ".knative.dev")
}

// ownWords returns the message of the condition that kstatus judged by; its own
// summary doesn't say what failed.
func ownWords(r *status.Result) string {
	for _, c := range r.Conditions {
		if c.Message != "" {
			return c.Message
		}
	}
	return r.Message
}

func hasCondition(o *unstructured.Unstructured, typ string) bool {
	_, found := trueCondition(o, typ)
	return found
}

// replicaFailure returns why a Deployment's controller can't create the pods of the
// current generation.
func replicaFailure(o *unstructured.Unstructured) string {
	if seen, found, err := unstructured.NestedInt64(o.Object, "status", "observedGeneration"); err != nil || found && seen != o.GetGeneration() {
		return ""
	}
	message, _ := trueCondition(o, "ReplicaFailure")
	return message
}

// trueCondition tells whether an object has a condition of a type that is true, and what
// it says.
func trueCondition(o *unstructured.Unstructured, typ string) (message string, found bool) {
	in, _ := o.Object["status"].(map[string]any)
	conditions, _ := in["conditions"].([]any)
	for _, c := range conditions {
		// What isn't as Kubernetes writes it says nothing.
		if c, ok := c.(map[string]any); ok && c["type"] == typ && c["status"] == "True" {
			message, _ := c["message"].(string)
			return message, true
		}
	}
	return "", false
}
