// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	const pods = ": must be a number of pods, such as 1, or a percentage of them, such as 50%"
	cases := map[string]struct {
		reason   string
		template string
		want     string
	}{
		"Nothing":             {reason: "A template needn't say anything.", template: `{}`},
		"Replicas":            {reason: "A user may ask for several pods.", template: `replicas: 3`},
		"NoReplicas":          {reason: "A user may ask for no pod.", template: `replicas: 0`},
		"ReplicasNegative":    {reason: "There can't be fewer pods than none.", template: `replicas: -1`, want: `podTemplate.replicas: Invalid value: -1: must be 0 or more`},
		"BudgetEmpty":         {reason: "A budget may be empty.", template: `podDisruptionBudget: {}`},
		"BudgetMinAvailable":  {reason: "A budget may be a number of pods.", template: `podDisruptionBudget: {minAvailable: 1}`},
		"BudgetZero":          {reason: "Zero is a number of pods.", template: `podDisruptionBudget: {maxUnavailable: 0}`},
		"BudgetPercentage":    {reason: "A budget may be a percentage.", template: `podDisruptionBudget: {maxUnavailable: 50%}`},
		"BudgetAll":           {reason: "All pods are 100 percent.", template: `podDisruptionBudget: {minAvailable: 100%}`},
		"BudgetNone":          {reason: "No pods are 0 percent.", template: `podDisruptionBudget: {minAvailable: 0%}`},
		"BudgetBoth":          {reason: "Kubernetes takes one of both fields.", template: `podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}`, want: `podTemplate.podDisruptionBudget: Forbidden: minAvailable and maxUnavailable exclude each other: set one of them`},
		"BudgetNegative":      {reason: "There can't be fewer pods than none.", template: `podDisruptionBudget: {minAvailable: -1}`, want: `podTemplate.podDisruptionBudget.minAvailable: Invalid value: "-1"` + pods},
		"BudgetMoreThanAll":   {reason: "There can't be more pods than all.", template: `podDisruptionBudget: {maxUnavailable: 150%}`, want: `podTemplate.podDisruptionBudget.maxUnavailable: Invalid value: "150%"` + pods},
		"BudgetNoPercentage":  {reason: "A text must be a percentage.", template: `podDisruptionBudget: {minAvailable: half}`, want: `podTemplate.podDisruptionBudget.minAvailable: Invalid value: "half"` + pods},
		"BudgetLeadingZero":   {reason: "A percentage has no leading zero.", template: `podDisruptionBudget: {minAvailable: 05%}`, want: `podTemplate.podDisruptionBudget.minAvailable: Invalid value: "05%"` + pods},
		"RequestBelowLimit":   {reason: "A request may be less than its limit.", template: `container: {resources: {requests: {cpu: 100m}, limits: {cpu: 1}}}`},
		"RequestOfLimit":      {reason: "A request may be as much as its limit, also in another unit.", template: `container: {resources: {requests: {cpu: 1000m}, limits: {cpu: 1}}}`},
		"RequestWithoutLimit": {reason: "A request needs no limit in the same template.", template: `container: {resources: {requests: {memory: 8Gi}, limits: {cpu: 1}}}`},
		"RequestAboveLimit":   {reason: "The API server refuses a request above its limit.", template: `container: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}`, want: `podTemplate.container.resources.requests[memory]: Invalid value: "2Gi": must not be more than the limit, 1Gi`},
		"RequestsAboveLimits": {reason: "All wrong requests are named, in the order of their names.", template: `container: {resources: {requests: {memory: 2Gi, cpu: 2}, limits: {memory: 1Gi, cpu: 1}}}`, want: `[podTemplate.container.resources.requests[cpu]: Invalid value: "2": must not be more than the limit, 1, podTemplate.container.resources.requests[memory]: Invalid value: "2Gi": must not be more than the limit, 1Gi]`},
		"EverythingIsNamed":   {reason: "All that is wrong is named at once, in the order of the fields.", template: `{replicas: -1, podDisruptionBudget: {minAvailable: -1, maxUnavailable: -1}}`, want: `[podTemplate.replicas: Invalid value: -1: must be 0 or more, podTemplate.podDisruptionBudget: Forbidden: minAvailable and maxUnavailable exclude each other: set one of them, podTemplate.podDisruptionBudget.minAvailable: Invalid value: "-1"` + pods + `, podTemplate.podDisruptionBudget.maxUnavailable: Invalid value: "-1"` + pods + `]`},
		"Image":               {reason: "The image isn't checked here, but by package images.", template: `container: {image: "no image!"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := podtemplate.Validate(template(t, tc.template).Spec, path).ToAggregate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
