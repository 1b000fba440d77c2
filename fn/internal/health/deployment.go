// SPDX-License-Identifier: Apache-2.0

package health

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// deployment takes notice of conditions that kstatus passes over: a Deployment whose pods
// can't be created, because a quota is exceeded for instance, or whose rollout has ended
// before the pods failed, would look like a rollout that takes its time.
func deployment(o *unstructured.Unstructured, byKstatus Verdict) Verdict {
	if byKstatus.Phase != Progressing {
		return byKstatus
	}
	if seen, found, err := unstructured.NestedInt64(o.Object, "status", "observedGeneration"); err != nil || found && seen != o.GetGeneration() {
		return byKstatus
	}
	if c, _ := trueCondition(o, "ReplicaFailure"); c.message != "" {
		return Verdict{Phase: Failed, Message: c.message}
	}
	if c, _ := trueCondition(o, "Progressing"); c.reason == "NewReplicaSetAvailable" {
		return Verdict{Phase: Unavailable, Message: byKstatus.Message}
	}
	return byKstatus
}
