// SPDX-License-Identifier: Apache-2.0

// Package scaling decides who says how many pods a component has: the user, an
// autoscaler, or the person who scaled its Deployment last.
package scaling

import (
	"encoding/json"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// A Plan is how many pods a component gets, and how many of them may be away.
type Plan struct {
	// Replicas is what we ask for; nil leaves the number to others.
	Replicas *int32
	// Budget is nil where a budget would keep nodes from being drained.
	Budget *policyv1.PodDisruptionBudgetSpec
}

// For plans the pods of a component. Autoscalers are looked for only where one would
// matter: where the user says how many pods there are, or may be away.
func For(req *composition.Request, c *component.Component) Plan {
	if c.Kind.Singleton {
		return Plan{Replicas: singleton(c.Replicas)}
	}
	if c.Replicas == nil && c.Budget == nil {
		return Plan{}
	}
	answer := req.Look(autoscalersQuery(c.Namespace))
	key := c.Key(component.ResourceDeployment)
	autoscaler, o := target(answer.Objects, c.Name()), observation{deployment: req.Observed[key]}
	if autoscaler != nil {
		o.onlyApplied = onlyApplied(req.ManagedFields(key))
	}
	d := decide(c.Replicas, autoscaler, o)
	plan := Plan{Replicas: d.replicas}
	// A budget doesn't go because an autoscaler wasn't looked up yet.
	kept := answer.State == composition.StatePending && req.Observed[c.Key(component.ResourceBudget)] != nil
	if d.expected > 1 || kept {
		plan.Budget = c.Budget
	}
	return plan
}

// autoscalersQuery asks for all of a namespace: which one targets a Deployment stands in
// its spec.
func autoscalersQuery(namespace string) composition.Query {
	return composition.Query{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: namespace}
}

// singleton is the number of pods of a component that must not run twice.
func singleton(given *int32) *int32 {
	if given != nil && *given == 0 {
		return new(int32(0))
	}
	return new(int32(1))
}

// An observation is a Deployment as it is; nil when there is none yet.
type observation struct {
	deployment *unstructured.Unstructured
	// onlyApplied tells whether the number of pods is owned by server-side apply alone, so
	// by us.
	onlyApplied bool
}

// A decision is how many pods a Deployment gets.
type decision struct {
	// replicas is what we ask for; nil leaves the number to others.
	replicas *int32
	// expected is how many pods there will be at least: by our decision or the autoscaler's.
	expected int32
}

// decide returns how many pods a Deployment gets, when the user gave a number (nil when
// not) and an autoscaler targets it (nil when none does).
func decide(given *int32, autoscaler *autoscalingv2.HorizontalPodAutoscaler, o observation) decision {
	d := decision{replicas: given, expected: ptr.Deref(given, replicasOf(o.deployment))}
	if autoscaler == nil || d.expected == 0 {
		return d
	}
	d.expected = ptr.Deref(autoscaler.Spec.MinReplicas, 1)
	if given == nil || !works(autoscaler) {
		return d
	}
	d.replicas = nil
	// A number that we asked for and then leave out becomes 1, unless another manager owns
	// it, too. An autoscaler does so once it changes the number; until then we ask on its
	// behalf.
	if wanted := autoscaler.Status.DesiredReplicas; wanted > 0 && o.onlyApplied {
		d.replicas = new(wanted)
	}
	return d
}

// target returns the first of the autoscalers that targets a Deployment, or nil.
func target(autoscalers []*unstructured.Unstructured, deployment string) *autoscalingv2.HorizontalPodAutoscaler {
	for _, u := range autoscalers {
		hpa := &autoscalingv2.HorizontalPodAutoscaler{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, hpa); err != nil {
			continue // It comes from an API server, so this isn't an autoscaler as we know them.
		}
		ref := hpa.Spec.ScaleTargetRef
		if ref.APIVersion == "apps/v1" && ref.Kind == "Deployment" && ref.Name == deployment {
			return hpa
		}
	}
	return nil
}

// works tells whether an autoscaler is in charge. One without metrics isn't, and leaves
// the number of pods as it finds it.
func works(hpa *autoscalingv2.HorizontalPodAutoscaler) bool {
	for _, c := range hpa.Status.Conditions {
		if c.Type == autoscalingv2.ScalingActive && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return hpa.Status.DesiredReplicas > 0
}

// replicasOf is how many pods a Deployment wants; 1 is the API server's default.
func replicasOf(deployment *unstructured.Unstructured) int32 {
	if deployment == nil {
		return 1
	}
	n, found, err := unstructured.NestedInt64(deployment.Object, "spec", "replicas")
	if err != nil || !found {
		return 1
	}
	return int32(n) //nolint:gosec // The API server keeps it within int32.
}

// onlyApplied tells whether the number of pods is owned by server-side apply alone. See
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership.
func onlyApplied(managers []metav1.ManagedFieldsEntry) bool {
	applied := false
	for _, m := range managers {
		if !ownsReplicas(m.FieldsV1) {
			continue
		}
		if m.Operation != metav1.ManagedFieldsOperationApply {
			return false
		}
		applied = true
	}
	return applied
}

func ownsReplicas(fields *metav1.FieldsV1) bool {
	owned := struct {
		Spec struct {
			Replicas *struct{} `json:"f:replicas"`
		} `json:"f:spec"`
	}{}
	// What isn't as the API server writes it owns nothing.
	return fields != nil && json.Unmarshal(fields.Raw, &owned) == nil && owned.Spec.Replicas != nil
}
