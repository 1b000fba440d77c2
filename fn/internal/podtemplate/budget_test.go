// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

// TestBudget shows which disruption budget a template asks for, and what a user reads of it.
func TestBudget(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		template string
		want     *policyv1.PodDisruptionBudgetSpec
		warnings []string
	}{
		"None": {reason: "Nothing is asked for.", template: `replicas: 3`},
		"Empty": {
			reason:   "Kubernetes would let no pod go.",
			template: `{replicas: 3, podDisruptionBudget: {}}`,
			warnings: []string{"podTemplate.podDisruptionBudget: has no effect, because it says neither minAvailable nor maxUnavailable; set one of them"},
		},
		"Fine": {
			reason:   "One of two may go.",
			template: `{replicas: 2, podDisruptionBudget: {minAvailable: 1}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))},
		},
		"Autoscaled": {
			reason:   "How many pods there are is an autoscaler's to say.",
			template: `podDisruptionBudget: {minAvailable: 2}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(2))},
		},
		"OneReplica": {
			reason:   "The only pod of a service is never protected.",
			template: `{replicas: 1, podDisruptionBudget: {minAvailable: 1}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))},
			warnings: []string{"podTemplate.podDisruptionBudget: has no effect while there is 1 replica; set replicas to 2 or more"},
		},
		"AllMustStay": {
			reason:   "A node with one of them can't be drained.",
			template: `{replicas: 3, podDisruptionBudget: {minAvailable: 3}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(3))},
			warnings: []string{"podTemplate.podDisruptionBudget.minAvailable: lets none of 3 pods go, so that draining a node never ends; set 2 or less"},
		},
		"RoundedUp": {
			reason:   "60% of two pods are two.",
			template: `{replicas: 2, podDisruptionBudget: {minAvailable: 60%}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromString("60%"))},
			warnings: []string{"podTemplate.podDisruptionBudget.minAvailable: lets none of 2 pods go, so that draining a node never ends; set 1 or less"},
		},
		"AllPercent": {
			reason:   "That is true of any number of pods.",
			template: `podDisruptionBudget: {minAvailable: 100%}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromString("100%"))},
			warnings: []string{"podTemplate.podDisruptionBudget.minAvailable: lets no pod go, so that draining a node never ends; set less than 100%"},
		},
		"NoneMayGo": {
			reason:   "The same, said in another way.",
			template: `{replicas: 3, podDisruptionBudget: {maxUnavailable: 0}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromInt32(0))},
			warnings: []string{"podTemplate.podDisruptionBudget.maxUnavailable: lets no pod go, so that draining a node never ends; set 1 or more"},
		},
		"NoPercentMayGo": {
			reason:   "Or as a percentage.",
			template: `podDisruptionBudget: {maxUnavailable: 0%}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("0%"))},
			warnings: []string{"podTemplate.podDisruptionBudget.maxUnavailable: lets no pod go, so that draining a node never ends; set 1 or more"},
		},
		"FewPercentMayGo": {
			reason:   "1% of any pods are one.",
			template: `{replicas: 2, podDisruptionBudget: {maxUnavailable: 1%}}`,
			want:     &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("1%"))},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := template(t, tc.template).Spec
			if diff := cmp.Diff(tc.want, podtemplate.Budget(spec.PodDisruptionBudget)); diff != "" {
				t.Errorf("%s\nBudget(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.warnings, podtemplate.BudgetWarnings(spec, path)); diff != "" {
				t.Errorf("%s\nBudgetWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
