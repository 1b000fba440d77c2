// SPDX-License-Identifier: Apache-2.0

package health

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// knative waits for the condition Ready, which all objects of Knative have. To kstatus, an
// object without conditions is as it should be. See
// https://github.com/knative/specs/blob/main/specs/eventing/overview.md.
func knative(o *unstructured.Unstructured, byKstatus Verdict) Verdict {
	if _, ready := trueCondition(o, "Ready"); byKstatus.Phase == Ready && !ready {
		return Verdict{Phase: Progressing, Message: "Knative hasn't seen it yet"}
	}
	return byKstatus
}
