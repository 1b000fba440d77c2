// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
)

// applied is what Crossplane owns of a Deployment whose number of pods it has given.
func applied() metav1.ManagedFieldsEntry {
	return manager("apiextensions.crossplane.io/composed", "", `{"f:spec":{"f:replicas":{},"f:template":{}}}`)
}

// rollout is what Kubernetes' controller of Deployments owns.
func rollout() metav1.ManagedFieldsEntry {
	return manager("kube-controller-manager", "status", `{"f:status":{"f:replicas":{}}}`)
}

// scaled is what a program or a person owns that has scaled a Deployment.
func scaled(name string) metav1.ManagedFieldsEntry {
	return manager(name, "scale", `{"f:spec":{"f:replicas":{}}}`)
}

func manager(name, subresource, fields string) metav1.ManagedFieldsEntry {
	operation := metav1.ManagedFieldsOperationUpdate
	if subresource == "" {
		operation = metav1.ManagedFieldsOperationApply
	}
	return metav1.ManagedFieldsEntry{
		Manager: name, Operation: operation, Subresource: subresource, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(fields)},
	}
}

// running is a cluster in which a Deployment has a number of pods. The managers own
// parts of the Deployment.
func running(t *testing.T, replicas int32, managers ...metav1.ManagedFieldsEntry) compositiontest.Cluster {
	t.Helper()
	return compositiontest.Cluster{Observed: map[string]string{"data-index-deployment": compositiontest.Text(t, compositiontest.Observe(t, &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{ManagedFields: managers},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas},
	}, compositiontest.Ready))}}
}

// found is a cluster in which a Deployment is there before it is composed.
func found(composed compositiontest.Cluster) compositiontest.Cluster {
	return compositiontest.Cluster{Required: map[string][]string{"deployment-plat-data-index-service": {composed.Observed["data-index-deployment"]}}}
}

// budget is what the user says of pods that may be away.
func budget() *policyv1.PodDisruptionBudgetSpec {
	return &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}
}

// TestFor holds how many pods the Data Index gets for a number that the user gives, beside
// what other programs say. The user asks for a budget, too, unless the case says otherwise:
// the budget is there while at least two pods are wanted.
func TestFor(t *testing.T) {
	t.Parallel()
	hpa := scaled("kube-controller-manager")
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
			cluster:  running(t, 3, hpa),
		},
		"NotGivenNew": {
			reason: "The API server makes a number 1 that isn't given, and with one pod a budget would keep nodes from being drained.",
		},
		"NotGivenScaled": {
			reason:  "A number that an autoscaler or a person has set stays as it is.",
			cluster: running(t, 3, hpa),
			want:    scaling.Plan{Budget: budget()},
		},
		"NotGivenScaledToOne": {
			reason:  "A budget goes when an autoscaler leaves one pod.",
			cluster: running(t, 1, hpa),
		},
		"NotGivenScaledToZero": {
			reason:  "A Deployment that was scaled to zero stays at zero.",
			cluster: running(t, 0, scaled("kubectl")),
		},
		"NotGivenNumberUnknown": {
			reason:  "An observed Deployment without a number has the default.",
			cluster: compositiontest.Cluster{Observed: map[string]string{"data-index-deployment": `{apiVersion: apps/v1, kind: Deployment, spec: {}}`}},
		},

		// The user gives zero.
		"Zero": {
			reason:  "The user's zero counts, and zero pods need no budget.",
			given:   new(int32(0)),
			cluster: running(t, 3, applied(), rollout()),
			want:    scaling.Plan{Replicas: new(int32(0))},
		},
		"ZeroNew": {
			reason: "The user's zero counts from the start.",
			given:  new(int32(0)),
			want:   scaling.Plan{Replicas: new(int32(0))},
		},
		"ZeroAutoscaler": {
			reason:  "The user's zero wins over an autoscaler that works.",
			given:   new(int32(0)),
			cluster: running(t, 4, rollout(), hpa),
			want:    scaling.Plan{Replicas: new(int32(0))},
		},

		// The user gives a number.
		"Given": {
			reason:  "The user's number counts where no autoscaler has set another one.",
			given:   new(int32(3)),
			cluster: running(t, 3, applied(), rollout()),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenWithoutBudget": {
			reason:   "There is no budget that the user doesn't ask for.",
			given:    new(int32(3)),
			noBudget: true,
			want:     scaling.Plan{Replicas: new(int32(3))},
		},
		"GivenNew": {
			reason: "The user's number counts from the start.",
			given:  new(int32(3)),
			want:   scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOldCrossplane": {
			reason:  "The user's number counts under a Crossplane that looks nothing up.",
			given:   new(int32(3)),
			cluster: compositiontest.Cluster{Old: true},
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOne": {
			reason:  "A budget goes when the user asks for one pod, also while more pods run.",
			given:   new(int32(1)),
			cluster: running(t, 3, applied()),
			want:    scaling.Plan{Replicas: new(int32(1))},
		},
		"GivenPersonScales": {
			reason:  "A person who scales the Deployment of a user who gives a number is overruled.",
			given:   new(int32(3)),
			cluster: running(t, 5, rollout(), scaled("kubectl")),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenPersonEdits": {
			reason:  "So is a person who edits the Deployment, not its number of pods by way of scale.",
			given:   new(int32(3)),
			cluster: running(t, 5, manager("kubectl-edit", "", `{"f:spec":{"f:replicas":{}}}`)),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenAutoscaler": {
			reason:  "A number that an autoscaler has set is left to it.",
			given:   new(int32(3)),
			cluster: running(t, 4, rollout(), hpa),
			want:    scaling.Plan{Autoscaled: true, Budget: budget()},
		},
		"GivenAutoscalerToOne": {
			reason:  "The budget goes by the autoscaler's number, not by the user's.",
			given:   new(int32(3)),
			cluster: running(t, 1, rollout(), hpa),
			want:    scaling.Plan{Autoscaled: true},
		},
		"GivenAutoscalerOfK3s": {
			reason:  "Kubernetes' autoscaler has the name of K3s there.",
			given:   new(int32(3)),
			cluster: running(t, 4, scaled("k3s")),
			want:    scaling.Plan{Autoscaled: true, Budget: budget()},
		},
		"GivenAutoscalerOfMicroK8s": {
			reason:  "Kubernetes' autoscaler has the name of MicroK8s' executable there.",
			given:   new(int32(3)),
			cluster: running(t, 4, scaled("kubelite")),
			want:    scaling.Plan{Autoscaled: true, Budget: budget()},
		},
		"GivenAutoscalerKEDA": {
			reason:  "KEDA, too, scales by itself.",
			given:   new(int32(3)),
			cluster: running(t, 0, scaled("keda")),
			want:    scaling.Plan{Autoscaled: true},
		},
		"GivenAutoscalerNoMore": {
			reason:  "An autoscaler that owns no number has been overruled, for instance by a zero that a migration needed.",
			given:   new(int32(3)),
			cluster: running(t, 3, applied(), manager("kube-controller-manager", "scale", `{}`)),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOtherController": {
			reason:  "Kubernetes' other controllers own fields of the Deployment, but don't scale it.",
			given:   new(int32(3)),
			cluster: running(t, 5, manager("kube-controller-manager", "", `{"f:spec":{"f:replicas":{}}}`)),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenTakenOver": {
			reason:  "A Deployment that isn't composed yet, as the operator's, may have an autoscaler.",
			given:   new(int32(3)),
			cluster: found(running(t, 10, rollout(), hpa)),
			want:    scaling.Plan{Autoscaled: true, Budget: budget()},
		},
		"GivenFound": {
			reason:  "Without an autoscaler, the user's number counts from the start for such a Deployment, too.",
			given:   new(int32(3)),
			cluster: found(running(t, 10, rollout())),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOwnersUnknown": {
			reason:  "A Deployment without managed fields was scaled by no autoscaler.",
			given:   new(int32(3)),
			cluster: running(t, 5),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
		"GivenOwnersUnreadable": {
			reason:  "Managed fields that no API server writes own nothing.",
			given:   new(int32(3)),
			cluster: running(t, 5, manager("kube-controller-manager", "scale", `[]`), metav1.ManagedFieldsEntry{Manager: "kube-controller-manager", Subresource: "scale"}),
			want:    scaling.Plan{Replicas: new(int32(3)), Budget: budget()},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &component.Component{Kind: component.DataIndex(), Owner: "plat", Namespace: "ns1", Replicas: tc.given}
			if !tc.noBudget {
				c.Budget = budget()
			}
			req := compositiontest.Request(t, "kind: XSonataFlowPlatform", tc.cluster)
			if diff := cmp.Diff(tc.want, scaling.For(req, c)); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
			asked, _ := req.Queries()
			if i := slices.IndexFunc(asked, func(q composition.Query) bool { return q.Kind != "Deployment" }); i >= 0 {
				t.Errorf("For(...) asks Crossplane for %v: the status of an autoscaler would reconcile the platform every few seconds", asked[i])
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
		"NotGiven": {reason: "One is the default, also when an autoscaler has set another number.", want: new(int32(1))},
		"Zero":     {reason: "The user's zero counts.", given: new(int32(0)), want: new(int32(0))},
		"One":      {reason: "The user's one counts.", given: new(int32(1)), want: new(int32(1))},
		"Five":     {reason: "A greater number becomes one.", given: new(int32(5)), want: new(int32(1))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := running(t, 3, scaled("kube-controller-manager"))
			cluster.Observed = map[string]string{"jobs-service-deployment": cluster.Observed["data-index-deployment"]}
			got := scaling.For(compositiontest.Request(t, "kind: XSonataFlowPlatform", cluster),
				&component.Component{Kind: component.JobsService(), Owner: "plat", Namespace: "ns1", Replicas: tc.given, Budget: budget()})
			if diff := cmp.Diff(scaling.Plan{Replicas: tc.want}, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestForKnative holds that Knative decides about pods, and that a Deployment that serves until
// the Knative Service can may have an autoscaler.
func TestForKnative(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.WorkflowKnative(), Owner: "plat", Namespace: "ns1", Replicas: new(int32(3)), Budget: budget()}
	for _, managers := range [][]metav1.ManagedFieldsEntry{{scaled("keda")}, {applied()}} {
		cluster := compositiontest.Cluster{Observed: map[string]string{"workflow-deployment": running(t, 4, managers...).Observed["data-index-deployment"]}}
		want := scaling.Plan{Autoscaled: managers[0].Manager == "keda"}
		if diff := cmp.Diff(want, scaling.For(compositiontest.Request(t, "kind: XSonataFlow", cluster), c)); diff != "" {
			t.Errorf("managed by %s: For(...): -want, +got:\n%s", managers[0].Manager, diff)
		}
	}
}
