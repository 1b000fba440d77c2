// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
)

// managers are those of the fields of a Deployment, whose number of pods only we applied,
// was scaled by another program, or belongs to both.
func managers() (ours, scaled, shared []metav1.ManagedFieldsEntry) {
	owns := func(operation metav1.ManagedFieldsOperationType, field string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{
			Manager: "m", Operation: operation, FieldsType: "FieldsV1",
			FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{"f:` + field + `":{}}}`)},
		}
	}
	applied, updated := metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate
	ours = []metav1.ManagedFieldsEntry{owns(applied, "template"), owns(applied, "replicas")}
	scaled = []metav1.ManagedFieldsEntry{owns(applied, "template"), owns(updated, "replicas")}
	shared = []metav1.ManagedFieldsEntry{owns(applied, "replicas"), owns(updated, "replicas")}
	return ours, scaled, shared
}

// deployment returns a Deployment with a number of pods, which is the one of the
// managers that own it.
func deployment(t *testing.T, replicas int32, managers []metav1.ManagedFieldsEntry) string {
	t.Helper()
	return compositiontest.Text(t, compositiontest.Observe(t, &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{ManagedFields: managers},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas},
	}, compositiontest.Ready))
}

// dataIndex is the target of an autoscaler of the Data Index.
func dataIndex() autoscalingv2.CrossVersionObjectReference {
	return autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "plat-data-index-service"}
}

// autoscaler returns an autoscaler that wants a number of pods for a target; active is
// the status of its condition ScalingActive, or empty when there is none yet.
func autoscaler(t *testing.T, target autoscalingv2.CrossVersionObjectReference, minimum *int32, wanted int32, active corev1.ConditionStatus) string {
	t.Helper()
	out := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		Spec:     autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: target, MinReplicas: minimum, MaxReplicas: 5},
		Status:   autoscalingv2.HorizontalPodAutoscalerStatus{DesiredReplicas: wanted},
	}
	if active != "" {
		out.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{
			{Type: autoscalingv2.AbleToScale, Status: corev1.ConditionTrue},
			{Type: autoscalingv2.ScalingActive, Status: active},
		}
	}
	return compositiontest.Text(t, out)
}

func request(t *testing.T, c compositiontest.Cluster) *composition.Request {
	t.Helper()
	return compositiontest.Request(t, "kind: XSonataFlowPlatform", c)
}

// budget is what the user says of pods that may be away.
func budget() *policyv1.PodDisruptionBudgetSpec {
	return &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}
}

// TestFor holds how many pods the Data Index gets for a number that the user gives, under
// an autoscaler, with pods that run. The user asks for a budget, too, unless the case says
// otherwise: the budget is there while at least two pods are expected.
func TestFor(t *testing.T) {
	t.Parallel()
	ours, scaled, shared := managers()
	otherField := []metav1.ManagedFieldsEntry{ours[0], {Manager: "m", Operation: metav1.ManagedFieldsOperationApply}}
	running := func(replicas int32, managers []metav1.ManagedFieldsEntry) map[string]string {
		return map[string]string{"data-index-deployment": deployment(t, replicas, managers)}
	}
	hpa := func(minimum *int32, wanted int32, active corev1.ConditionStatus) map[string][]string {
		return map[string][]string{"autoscalers": {autoscaler(t, dataIndex(), minimum, wanted, active)}}
	}
	none := map[string][]string{"autoscalers": nil}
	oldBudget := map[string]string{"data-index-pdb": `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}}`}
	cases := map[string]struct {
		reason   string
		given    *int32
		noBudget bool
		cluster  compositiontest.Cluster
		want     scaling.Plan
	}{
		// The user gives no number.
		"NothingGiven": {
			reason:   "A user who asks for nothing gets nothing, also when the Deployment was scaled.",
			noBudget: true,
			cluster:  compositiontest.Cluster{Observed: running(3, scaled)},
		},
		"NotGivenNew": {
			reason:  "The API server makes a number 1 that isn't given, and with one pod a budget would keep nodes from being drained.",
			cluster: compositiontest.Cluster{Required: none},
		},
		"NotGivenScaled": {
			reason:  "A number that the Deployment was scaled to stays as it is.",
			cluster: compositiontest.Cluster{Required: none, Observed: running(3, scaled)},
			want:    scaling.Plan{Budget: budget()},
		},
		"NotGivenScaledToZero": {
			reason:  "A Deployment that was scaled to zero stays at zero.",
			cluster: compositiontest.Cluster{Required: none, Observed: running(0, scaled)},
		},
		"NotGivenNumberUnknown": {
			reason:  "An observed Deployment without a number has the default.",
			cluster: compositiontest.Cluster{Required: none, Observed: map[string]string{"data-index-deployment": `{apiVersion: apps/v1, kind: Deployment, spec: {}}`}},
		},
		"NotGivenAutoscaler": {
			reason:  "The number is the autoscaler's, at least its minimum.",
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(4, scaled)},
			want:    scaling.Plan{Budget: budget()},
		},
		"NotGivenAutoscalerBeforeDeployment": {
			reason:  "The minimum of an autoscaler counts before it has a Deployment to scale.",
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 0, "")},
			want:    scaling.Plan{Budget: budget()},
		},
		"NotGivenAutoscalerDownToOne": {
			reason:  "The minimum of an autoscaler counts also while more pods run.",
			cluster: compositiontest.Cluster{Required: hpa(new(int32(1)), 4, corev1.ConditionTrue), Observed: running(3, scaled)},
		},
		"NotGivenAutoscalerWithoutMinimum": {
			reason:  "The API server makes an autoscaler's minimum 1.",
			cluster: compositiontest.Cluster{Required: hpa(nil, 4, corev1.ConditionTrue), Observed: running(4, scaled)},
		},
		"NotGivenAutoscalerScaledToZero": {
			reason:  "An autoscaler leaves a Deployment alone that was scaled to zero.",
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 0, corev1.ConditionFalse), Observed: running(0, scaled)},
		},
		"NotGivenPending": {
			reason:  "A budget doesn't go because an autoscaler wasn't looked up yet.",
			cluster: compositiontest.Cluster{Observed: oldBudget},
			want:    scaling.Plan{Budget: budget()},
		},
		"NotGivenPendingNew": {
			reason: "A budget doesn't come before an autoscaler was looked up.",
		},

		// The user gives zero.
		"Zero": {
			reason:  "The user's zero counts, and zero pods need no budget.",
			given:   new(int32(0)),
			cluster: compositiontest.Cluster{Required: none, Observed: running(3, scaled)},
			want:    scaling.Plan{Replicas: new(int32(0))},
		},
		"ZeroNew": {
			reason:  "The user's zero counts from the start.",
			given:   new(int32(0)),
			cluster: compositiontest.Cluster{Required: none},
			want:    scaling.Plan{Replicas: new(int32(0))},
		},
		"ZeroAutoscaler": {
			reason:  "The user's zero wins over an autoscaler that works.",
			given:   new(int32(0)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(4, scaled)},
			want:    scaling.Plan{Replicas: new(int32(0))},
		},

		// The user gives a number.
		"Given": {
			reason:  "The user's number counts where there is no autoscaler, also when the Deployment was scaled since.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: none, Observed: running(5, scaled)},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenWithoutBudget": {
			reason:   "There is no budget that the user doesn't ask for.",
			given:    new(int32(3)),
			noBudget: true,
			cluster:  compositiontest.Cluster{Required: none},
			want:     scaling.Plan{Replicas: new(int32(3))},
		},
		"GivenNew": {
			reason:  "The user's number counts from the start.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: none},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOne": {
			reason:  "A budget goes when one pod is left: with one pod it would keep nodes from being drained.",
			given:   new(int32(1)),
			cluster: compositiontest.Cluster{Required: none, Observed: oldBudget},
			want:    scaling.Plan{Replicas: new(int32(1))},
		},
		"GivenAutoscalersUnknown": {
			reason:  "The user's number counts under a Crossplane that can't look for autoscalers.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Old: true},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenPending": {
			reason: "The user's number counts before autoscalers were looked up.",
			given:  new(int32(3)),
			want:   scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenAutoscalerIdle": {
			reason:  "An autoscaler without metrics isn't in charge: the user's number counts.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 0, corev1.ConditionFalse), Observed: running(3, ours)},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenAutoscalerNew": {
			reason:  "An autoscaler that its controller hasn't seen isn't in charge.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 0, ""), Observed: running(3, ours)},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenAutoscalerBeforeDeployment": {
			reason:  "An autoscaler that has nothing to scale yet isn't in charge.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 0, corev1.ConditionFalse)},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenAutoscalerIdleWithoutMinimum": {
			reason:  "An autoscaler that isn't in charge yet may still go down to its minimum, for which there is no budget.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(nil, 0, ""), Observed: running(3, ours)},
			want:    scaling.Plan{Replicas: new(int32(3))},
		},
		"GivenAutoscalerWorks": {
			reason:  "An autoscaler that works and has changed the number is in charge.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(4, scaled)},
			want:    scaling.Plan{Budget: budget()},
		},
		"GivenAutoscalerWorksWithoutMinimum": {
			reason:  "The minimum of an autoscaler is 1 when it doesn't say.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(nil, 4, corev1.ConditionTrue), Observed: running(4, scaled)},
		},
		"GivenAutoscalerTakesOver": {
			reason:  "A number that only we asked for would become 1 if we left it out, so we ask for the autoscaler's.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(3, ours)},
			want:    scaling.Plan{Replicas: new(int32(4)), Budget: budget()},
		},
		"GivenAutoscalerShares": {
			reason:  "A number that the autoscaler asks for too can be left to it.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 3, corev1.ConditionTrue), Observed: running(3, shared)},
			want:    scaling.Plan{Budget: budget()},
		},
		"GivenAutoscalerWorksByNumber": {
			reason:  "An autoscaler that wants a number of pods works, also while its metrics are away.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionFalse), Observed: running(4, scaled)},
			want:    scaling.Plan{Budget: budget()},
		},
		"GivenAutoscalerWorksBeforeDeployment": {
			reason:  "Nothing is lost by leaving out the number of a Deployment that doesn't exist.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue)},
			want:    scaling.Plan{Budget: budget()},
		},
		"GivenAutoscalerWorksOwnersUnknown": {
			reason:  "We don't take a number for ours that has no managed fields.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(3, nil)},
			want:    scaling.Plan{Budget: budget()},
		},
		"GivenAutoscalerWorksOtherFieldOwned": {
			reason:  "We don't take a number for ours when we own another field.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Required: hpa(new(int32(2)), 4, corev1.ConditionTrue), Observed: running(3, otherField)},
			want:    scaling.Plan{Budget: budget()},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &component.Component{Kind: component.DataIndex(), Platform: "plat", Namespace: "ns1", Replicas: tc.given}
			if !tc.noBudget {
				c.Budget = budget()
			}
			if diff := cmp.Diff(tc.want, scaling.For(request(t, tc.cluster), c)); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestForTarget holds which autoscaler is the Data Index's.
func TestForTarget(t *testing.T) {
	t.Parallel()
	hpa := func(change func(*autoscalingv2.CrossVersionObjectReference), wanted int32) string {
		target := dataIndex()
		if change != nil {
			change(&target)
		}
		return autoscaler(t, target, nil, wanted, corev1.ConditionTrue)
	}
	otherName := hpa(func(r *autoscalingv2.CrossVersionObjectReference) { r.Name = "other" }, 5)
	cases := map[string]struct {
		reason string
		in     []string
		want   *int32
	}{
		"None": {
			reason: "No autoscaler targets the Deployment, so the user's number counts.",
			want:   new(int32(3)),
		},
		"OtherName":  {reason: "An autoscaler for a Deployment of another name doesn't count.", in: []string{otherName}, want: new(int32(3))},
		"OtherKind":  {reason: "An autoscaler for another kind doesn't count.", in: []string{hpa(func(r *autoscalingv2.CrossVersionObjectReference) { r.Kind = "StatefulSet" }, 5)}, want: new(int32(3))},
		"OtherGroup": {reason: "An autoscaler for a kind of another group doesn't count.", in: []string{hpa(func(r *autoscalingv2.CrossVersionObjectReference) { r.APIVersion = "example.org/v1" }, 5)}, want: new(int32(3))},
		"First": {
			reason: "The first of several autoscalers counts; an object that isn't an autoscaler is passed over.",
			in:     []string{"{metadata: {name: a}, spec: none}", otherName, hpa(nil, 4), hpa(nil, 5)},
			want:   new(int32(4)),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, _, _ := managers()
			req := request(t, compositiontest.Cluster{
				Observed: map[string]string{"data-index-deployment": deployment(t, 3, ours)},
				Required: map[string][]string{"autoscalers": tc.in},
			})
			got := scaling.For(req, &component.Component{Kind: component.DataIndex(), Platform: "plat", Namespace: "ns1", Replicas: new(int32(3))})
			if diff := cmp.Diff(scaling.Plan{Replicas: tc.want}, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestForSingleton holds that there is never more than one Jobs Service: more would fire
// each timer more than once.
func TestForSingleton(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		given  *int32
		want   *int32
	}{
		"NotGiven": {reason: "One is the default, also when the Deployment was scaled.", want: new(int32(1))},
		"Zero":     {reason: "The user's zero counts.", given: new(int32(0)), want: new(int32(0))},
		"One":      {reason: "The user's one counts.", given: new(int32(1)), want: new(int32(1))},
		"Five":     {reason: "A greater number becomes one.", given: new(int32(5)), want: new(int32(1))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := dataIndex()
			target.Name = "plat-jobs-service"
			req := request(t, compositiontest.Cluster{
				Observed: map[string]string{"jobs-service-deployment": deployment(t, 3, nil)},
				Required: map[string][]string{"autoscalers": {autoscaler(t, target, new(int32(2)), 4, corev1.ConditionTrue)}},
			})
			got := scaling.For(req, &component.Component{Kind: component.JobsService(), Platform: "plat", Namespace: "ns1", Replicas: tc.given, Budget: budget()})
			if diff := cmp.Diff(scaling.Plan{Replicas: tc.want}, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestForQueries holds that autoscalers are looked for only where they matter, before and
// after Crossplane has answered.
func TestForQueries(t *testing.T) {
	t.Parallel()
	all := []composition.Query{{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: "ns1"}}
	cases := map[string]struct {
		reason string
		kind   component.Kind
		given  *int32
		budget *policyv1.PodDisruptionBudgetSpec
		want   []composition.Query
	}{
		"Nothing": {
			reason: "No autoscaler disagrees with a user who asks for nothing.",
			kind:   component.DataIndex(),
		},
		"Replicas": {
			reason: "An autoscaler may disagree with the number that the user gives.",
			kind:   component.DataIndex(),
			given:  new(int32(2)),
			want:   all,
		},
		"Budget": {
			reason: "An autoscaler decides whether there can be a budget.",
			kind:   component.DataIndex(),
			budget: budget(),
			want:   all,
		},
		"JobsService": {
			reason: "No autoscaler can change the number of pods of a singleton.",
			kind:   component.JobsService(),
			given:  new(int32(2)),
			budget: budget(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, cluster := range []compositiontest.Cluster{
				{},
				{Required: map[string][]string{"autoscalers": nil}},
				{Required: map[string][]string{"autoscalers": {autoscaler(t, dataIndex(), nil, 4, corev1.ConditionTrue)}}},
			} {
				req := request(t, cluster)
				scaling.For(req, &component.Component{Kind: tc.kind, Platform: "plat", Namespace: "ns1", Replicas: tc.given, Budget: tc.budget})
				got, _ := req.Queries()
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s\nFor(...): -want queries, +got queries:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
