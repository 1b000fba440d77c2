// SPDX-License-Identifier: Apache-2.0

package health

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// job waits for a Job to complete. To kstatus, a Job that has begun is as it should be.
func job(o *unstructured.Unstructured, byKstatus Verdict) Verdict {
	if _, complete := trueCondition(o, "Complete"); byKstatus.Phase == Ready && !complete {
		return Verdict{Phase: Progressing, Message: byKstatus.Message}
	}
	return byKstatus
}
