// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// knative waits for the condition Ready, which all objects of Knative have. To kstatus, an
// object without conditions is as it should be. See
// https://github.com/knative/specs/blob/main/specs/eventing/overview.md.
func knative(o *unstructured.Unstructured, byKstatus Verdict) Verdict {
	if _, ready := trueCondition(o, "Ready"); byKstatus.Phase == Ready && !ready {
		return Verdict{Phase: Progressing, Message: "Knative hasn't seen it yet"}
	}
	return byKstatus
}

// knativeService takes notice of what kstatus passes over: a Knative Service whose condition
// Ready is False won't get ready by itself; while it is on its way, the condition is Unknown.
// The exception is a Service of Kubernetes with its name: Knative waits until that is gone. See
// https://github.com/knative/specs/blob/main/specs/serving/knative-api-specification-1.0.md#error-signalling.
func knativeService(o *unstructured.Unstructured, byKstatus Verdict) Verdict {
	out := knative(o, byKstatus)
	says, unready := conditionIn(o, "Ready", "False")
	if seen, found, err := unstructured.NestedInt64(o.Object, "status", "observedGeneration"); !unready || err != nil || found && seen != o.GetGeneration() {
		return out
	}
	if says.reason == "NotOwned" {
		return Verdict{Phase: Progressing, Message: says.message}
	}
	return Verdict{Phase: Failed, Message: cmp.Or(says.message, says.reason)}
}
