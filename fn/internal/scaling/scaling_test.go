// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
)

// deployment returns a Deployment that wants a number of pods, which belongs to those
// managers that own it.
func deployment(replicas int64, managers ...any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": "d", "managedFields": managers},
		"spec":     map[string]any{"replicas": replicas},
	}}
}

// owns is a manager that owns a field of the spec: who applied it, or updated it.
func owns(operation, field string) any {
	return map[string]any{
		"manager": "m", "operation": operation, "fieldsType": "FieldsV1",
		"fieldsV1": map[string]any{"f:spec": map[string]any{"f:" + field: map[string]any{}}},
	}
}

// hpa returns an autoscaler that wants a number of pods.
func hpa(minimum *int32, wanted int32, active corev1.ConditionStatus) *autoscalingv2.HorizontalPodAutoscaler {
	out := &autoscalingv2.HorizontalPodAutoscaler{}
	out.Spec.MinReplicas = minimum
	out.Status.DesiredReplicas = wanted
	if active != "" {
		out.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{
			{Type: autoscalingv2.AbleToScale, Status: corev1.ConditionTrue},
			{Type: autoscalingv2.ScalingActive, Status: active},
		}
	}
	return out
}

func TestDecide(t *testing.T) {
	t.Parallel()
	type args struct {
		given      *int32
		autoscaler *autoscalingv2.HorizontalPodAutoscaler
		observed   *unstructured.Unstructured
	}
	// Whoever says how many pods there are.
	ours := []any{owns("Apply", "template"), owns("Apply", "replicas")}
	scaled := []any{owns("Apply", "template"), owns("Update", "replicas")}
	both := []any{owns("Apply", "replicas"), owns("Update", "replicas")}
	cases := map[string]struct {
		reason string
		args   args
		want   scaling.Decision
	}{
		// Nobody gave a number.
		"NotGivenNew": {
			reason: "The API server makes it 1 when nobody gives a number.",
			want:   scaling.Decision{Expected: 1},
		},
		"NotGivenObserved": {
			reason: "A number that somebody else chose stays theirs.",
			args:   args{observed: deployment(3, scaled...)},
			want:   scaling.Decision{Expected: 3},
		},
		"NotGivenObservedZero": {
			reason: "So does a zero.",
			args:   args{observed: deployment(0, scaled...)},
			want:   scaling.Decision{Expected: 0},
		},
		"NotGivenNumberUnknown": {
			reason: "An observed Deployment without a number has the default.",
			args:   args{observed: &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{}}}},
			want:   scaling.Decision{Expected: 1},
		},
		"NotGivenAutoscaler": {
			reason: "The number is the autoscaler's, at least its minimum.",
			args:   args{autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Expected: 2},
		},
		"NotGivenAutoscalerBeforeDeployment": {
			reason: "Also before there is anything to scale.",
			args:   args{autoscaler: hpa(new(int32(2)), 0, "")},
			want:   scaling.Decision{Expected: 2},
		},
		"NotGivenAutoscalerWithoutMinimum": {
			reason: "The API server makes an autoscaler's minimum 1.",
			args:   args{autoscaler: hpa(nil, 4, corev1.ConditionTrue), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Expected: 1},
		},
		"NotGivenAutoscalerScaledToZero": {
			reason: "An autoscaler leaves a Deployment alone that somebody scaled to zero.",
			args:   args{autoscaler: hpa(new(int32(2)), 0, corev1.ConditionFalse), observed: deployment(0, scaled...)},
			want:   scaling.Decision{Expected: 0},
		},

		// The user gave zero.
		"Zero": {
			reason: "Zero is zero.",
			args:   args{given: new(int32(0)), observed: deployment(3, scaled...)},
			want:   scaling.Decision{Replicas: new(int32(0)), Expected: 0},
		},
		"ZeroNew": {
			reason: "From the start, too.",
			args:   args{given: new(int32(0))},
			want:   scaling.Decision{Replicas: new(int32(0)), Expected: 0},
		},
		"ZeroAutoscaler": {
			reason: "An explicit zero wins over an autoscaler that works.",
			args:   args{given: new(int32(0)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Replicas: new(int32(0)), Expected: 0},
		},

		// The user gave a number.
		"Given": {
			reason: "Without an autoscaler the user's number counts, whoever changed it.",
			args:   args{given: new(int32(3)), observed: deployment(5, scaled...)},
			want:   scaling.Decision{Replicas: new(int32(3)), Expected: 3},
		},
		"GivenNew": {
			reason: "From the start, too.",
			args:   args{given: new(int32(3))},
			want:   scaling.Decision{Replicas: new(int32(3)), Expected: 3},
		},
		"GivenAutoscalerIdle": {
			reason: "An autoscaler without metrics isn't in charge: the user's number counts.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 0, corev1.ConditionFalse), observed: deployment(3, ours...)},
			want:   scaling.Decision{Replicas: new(int32(3)), Expected: 2},
		},
		"GivenAutoscalerNew": {
			reason: "Nor is one that its controller hasn't seen.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 0, ""), observed: deployment(3, ours...)},
			want:   scaling.Decision{Replicas: new(int32(3)), Expected: 2},
		},
		"GivenAutoscalerBeforeDeployment": {
			reason: "Nor one that has nothing to scale yet.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 0, corev1.ConditionFalse)},
			want:   scaling.Decision{Replicas: new(int32(3)), Expected: 2},
		},
		"GivenAutoscalerWorks": {
			reason: "An autoscaler that works and has changed the number is in charge.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Expected: 2},
		},
		"GivenAutoscalerWorksWithoutMinimum": {
			reason: "Its minimum is 1 when it doesn't say.",
			args:   args{given: new(int32(3)), autoscaler: hpa(nil, 4, corev1.ConditionTrue), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Expected: 1},
		},
		"GivenAutoscalerTakesOver": {
			reason: "A number that only we asked for would become 1 if we left it out, so we ask for the autoscaler's.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(3, ours...)},
			want:   scaling.Decision{Replicas: new(int32(4)), Expected: 2},
		},
		"GivenAutoscalerShares": {
			reason: "A number that the autoscaler asks for too can be left to it.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 3, corev1.ConditionTrue), observed: deployment(3, both...)},
			want:   scaling.Decision{Expected: 2},
		},
		"GivenAutoscalerWorksByNumber": {
			reason: "An autoscaler that wants a number of pods works, also while its metrics are away.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionFalse), observed: deployment(4, scaled...)},
			want:   scaling.Decision{Expected: 2},
		},
		"GivenAutoscalerWorksBeforeDeployment": {
			reason: "Nothing is lost by leaving out the number of a Deployment that doesn't exist.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue)},
			want:   scaling.Decision{Expected: 2},
		},
		"GivenAutoscalerWorksOwnersUnknown": {
			reason: "Without managed fields we don't take the number for ours.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(3)},
			want:   scaling.Decision{Expected: 2},
		},
		"GivenAutoscalerWorksOthersOwn": {
			reason: "Nor when we own something else.",
			args:   args{given: new(int32(3)), autoscaler: hpa(new(int32(2)), 4, corev1.ConditionTrue), observed: deployment(3, owns("Apply", "template"), map[string]any{"manager": "m", "operation": "Apply"})},
			want:   scaling.Decision{Expected: 2},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scaling.Decide(tc.args.given, tc.args.autoscaler, tc.args.observed)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nDecide(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	autoscaler := func(name, apiVersion, kind, target string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"name": name},
			"spec":     map[string]any{"scaleTargetRef": map[string]any{"apiVersion": apiVersion, "kind": kind, "name": target}},
		}}
	}
	unreadable := &unstructured.Unstructured{Object: map[string]any{"spec": "none"}}
	cases := map[string]struct {
		reason string
		in     []*unstructured.Unstructured
		want   string
	}{
		"None": {
			reason: "Without autoscalers none targets the Deployment.",
		},
		"Others": {
			reason: "Kind, group and name of the target must all be right.",
			in: []*unstructured.Unstructured{
				autoscaler("a", "apps/v1", "Deployment", "other"), autoscaler("b", "apps/v1", "StatefulSet", "d"), autoscaler("c", "example.org/v1", "Deployment", "d"),
			},
		},
		"First": {
			reason: "Of several the first counts; what isn't an autoscaler is passed over.",
			in: []*unstructured.Unstructured{
				unreadable, autoscaler("a", "apps/v1", "Deployment", "other"), autoscaler("b", "apps/v1", "Deployment", "d"), autoscaler("c", "apps/v1", "Deployment", "d"),
			},
			want: "b",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if found := scaling.Target(tc.in, "d"); found != nil {
				got = found.GetName()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nTarget(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
