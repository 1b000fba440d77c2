// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// autoscaler scales a Deployment between a minimum and 5, and works.
func autoscaler(target string, minimum int) map[string][]string {
	return map[string][]string{"autoscalers": {fmt.Sprintf(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec: {minReplicas: %d, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}}
status: {desiredReplicas: 4, conditions: [{type: ScalingActive, status: "True"}]}`, minimum, target)}}
}

func TestScale(t *testing.T) {
	t.Parallel()
	const (
		target = "plat-data-index-service"
		one    = `podDisruptionBudget: {minAvailable: 1}`
		pdb    = `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}}`
	)
	type want struct {
		replicas *int32
		budget   bool
	}
	asked := func(podTemplate string) string { return `services: {dataIndex: {podTemplate: {` + podTemplate + `}}}` }
	none := map[string][]string{"autoscalers": nil}
	scaled := map[string]string{"data-index-deployment": available(3)}
	cases := map[string]struct {
		reason  string
		spec    string
		cluster compositiontest.Cluster
		want    want
	}{
		"NotGiven": {
			reason: "Without a number of the user's, we don't name any.",
			spec:   asked(``),
		},
		"NotGivenScaled": {
			reason:  "Whoever scaled the Deployment keeps it that way.",
			spec:    asked(``),
			cluster: compositiontest.Cluster{Observed: scaled},
		},
		"Given": {
			reason:  "The user's number counts.",
			spec:    asked(`replicas: 2`),
			cluster: compositiontest.Cluster{Observed: scaled, Required: none},
			want:    want{replicas: new(int32(2))},
		},
		"Zero": {
			reason:  "So does a zero, and nobody needs a budget then.",
			spec:    asked(`replicas: 0, ` + one),
			cluster: compositiontest.Cluster{Required: autoscaler(target, 2)},
			want:    want{replicas: new(int32(0))},
		},
		"Autoscaler": {
			reason:  "An autoscaler that works wins over the user's number.",
			spec:    asked(`replicas: 2`),
			cluster: compositiontest.Cluster{Observed: scaled, Required: autoscaler(target, 2)},
		},
		"AutoscalerOfOthers": {
			reason:  "One for another Deployment doesn't.",
			spec:    asked(`replicas: 2`),
			cluster: compositiontest.Cluster{Observed: scaled, Required: autoscaler("other", 2)},
			want:    want{replicas: new(int32(2))},
		},
		"AutoscalerUnknown": {
			reason:  "Where Crossplane can't look for one, the user's number counts.",
			spec:    asked(`replicas: 2`),
			cluster: compositiontest.Cluster{Old: true},
			want:    want{replicas: new(int32(2))},
		},
		"Budget": {
			reason:  "A budget is for more than one pod.",
			spec:    asked(`replicas: 2, ` + one),
			cluster: compositiontest.Cluster{Required: none},
			want:    want{replicas: new(int32(2)), budget: true},
		},
		"BudgetForOne": {
			reason:  "With one, it would keep nodes from being drained.",
			spec:    asked(`replicas: 1, ` + one),
			cluster: compositiontest.Cluster{Required: none, Observed: map[string]string{"data-index-pdb": pdb}},
			want:    want{replicas: new(int32(1))},
		},
		"BudgetForDefault": {
			reason:  "A number that nobody gave is one.",
			spec:    asked(one),
			cluster: compositiontest.Cluster{Required: none},
		},
		"BudgetForScaled": {
			reason:  "Who scaled the Deployment doesn't matter.",
			spec:    asked(one),
			cluster: compositiontest.Cluster{Required: none, Observed: scaled},
			want:    want{budget: true},
		},
		"BudgetWithAutoscaler": {
			reason:  "Under an autoscaler, its minimum counts.",
			spec:    asked(one),
			cluster: compositiontest.Cluster{Required: autoscaler(target, 2)},
			want:    want{budget: true},
		},
		"BudgetWithAutoscalerDownToOne": {
			reason:  "Also when there are more at the moment.",
			spec:    asked(one),
			cluster: compositiontest.Cluster{Required: autoscaler(target, 1), Observed: scaled},
		},
		"BudgetPending": {
			reason:  "A budget doesn't go because an autoscaler wasn't looked up yet.",
			spec:    asked(one),
			cluster: compositiontest.Cluster{Observed: map[string]string{"data-index-pdb": pdb}},
			want:    want{budget: true},
		},
		"BudgetPendingNew": {
			reason: "Nor does it come before that.",
			spec:   asked(one),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, tc.cluster)
			got := want{replicas: deployment(t, r, service.DataIndex).Spec.Replicas, budget: budget(t, r, service.DataIndex) != nil}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestBudget holds that a budget says what the user said.
func TestBudget(t *testing.T) {
	t.Parallel()
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"sonataflow.org/service": "plat-data-index-service"}}
	cases := map[string]struct {
		reason string
		budget string
		want   policyv1.PodDisruptionBudgetSpec
	}{
		"MinAvailable": {
			reason: "How many must stay.",
			budget: `{minAvailable: 1}`,
			want:   policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1)), Selector: selector},
		},
		"MaxUnavailable": {
			reason: "Or how many may go.",
			budget: `{maxUnavailable: 50%}`,
			want:   policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("50%")), Selector: selector},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, `services: {dataIndex: {podTemplate: {replicas: 2, podDisruptionBudget: `+tc.budget+`}}}`, compositiontest.Cluster{})
			got := budget(t, r, service.DataIndex)
			if got == nil {
				t.Fatalf("%s\nCompose(...): no budget", tc.reason)
			}
			if diff := cmp.Diff(tc.want, got.Spec); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSingleton holds that there is never more than one Jobs Service.
func TestSingleton(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason      string
		podTemplate string
		want        int32
	}{
		"NotGiven": {reason: "One is the default.", podTemplate: `{}`, want: 1},
		"Zero":     {reason: "Zero is zero.", podTemplate: `{replicas: 0}`, want: 0},
		"One":      {reason: "One is one.", podTemplate: `{replicas: 1}`, want: 1},
		"Five":     {reason: "More would fire every timer more than once.", podTemplate: `{replicas: 5, podDisruptionBudget: {minAvailable: 1}}`, want: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, `services: {jobService: {podTemplate: `+tc.podTemplate+`}}`, compositiontest.Cluster{
				Observed: map[string]string{"jobs-service-deployment": available(3)},
				Required: autoscaler("plat-jobs-service", 2),
			})
			if diff := cmp.Diff(&tc.want, deployment(t, r, service.JobsService).Spec.Replicas); diff != "" {
				t.Errorf("%s\nCompose(...): -want replicas, +got replicas:\n%s", tc.reason, diff)
			}
			if b := budget(t, r, service.JobsService); b != nil {
				t.Errorf("%s\nCompose(...): want no budget, got %v", tc.reason, b)
			}
		})
	}
}
