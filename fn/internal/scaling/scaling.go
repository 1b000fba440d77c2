// SPDX-License-Identifier: Apache-2.0

// Package scaling decides who says how many pods a Deployment has: the user, an
// autoscaler, or whoever scaled it last.
package scaling

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// A Decision is how many pods a Deployment gets.
type Decision struct {
	// Replicas is what we ask for; nil leaves the number to others.
	Replicas *int32
	// Expected is how many pods there will be at least, whoever decides.
	Expected int32
}

// Decide returns how many pods the observed Deployment (nil when there is none yet)
// gets, when the user gave a number (nil when not) and an autoscaler targets it (nil
// when none does).
func Decide(given *int32, autoscaler *autoscalingv2.HorizontalPodAutoscaler, observed *unstructured.Unstructured) Decision {
	d := Decision{Replicas: given, Expected: ptr.Deref(given, observedReplicas(observed))}
	if autoscaler == nil || d.Expected == 0 {
		return d
	}
	d.Expected = ptr.Deref(autoscaler.Spec.MinReplicas, 1)
	if given == nil || !works(autoscaler) {
		return d
	}
	d.Replicas = nil
	// A number that we asked for and then leave out becomes 1, unless somebody else
	// asks for it too. An autoscaler does so once it changes the number; until then we
	// ask on its behalf.
	if wanted := autoscaler.Status.DesiredReplicas; wanted > 0 && onlyApplied(observed) {
		d.Replicas = new(wanted)
	}
	return d
}

// Target returns the first of the autoscalers that targets a Deployment, or nil.
func Target(autoscalers []*unstructured.Unstructured, deployment string) *autoscalingv2.HorizontalPodAutoscaler {
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

// works tells whether an autoscaler is in charge. One without metrics isn't, and
// leaves the number of pods as it finds it.
func works(hpa *autoscalingv2.HorizontalPodAutoscaler) bool {
	for _, c := range hpa.Status.Conditions {
		if c.Type == autoscalingv2.ScalingActive && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return hpa.Status.DesiredReplicas > 0
}

// observedReplicas is how many pods a Deployment wants; 1 is the API server's
// default.
func observedReplicas(deployment *unstructured.Unstructured) int32 {
	if deployment == nil {
		return 1
	}
	n, found, err := unstructured.NestedInt64(deployment.Object, "spec", "replicas")
	if err != nil || !found {
		return 1
	}
	return int32(n) //nolint:gosec // The API server keeps it within int32.
}

// onlyApplied tells whether a Deployment's number of pods is owned by server-side
// apply alone, so by us. See
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership.
func onlyApplied(deployment *unstructured.Unstructured) bool {
	if deployment == nil {
		return false
	}
	// As it was read: converted, each entry would become text and be read again.
	managers, _, _ := unstructured.NestedFieldNoCopy(deployment.Object, "metadata", "managedFields")
	list, _ := managers.([]any)
	applied := false
	for _, m := range list {
		manager, _ := m.(map[string]any) // What isn't as the API server writes it owns nothing.
		if _, owns, err := unstructured.NestedFieldNoCopy(manager, "fieldsV1", "f:spec", "f:replicas"); err != nil || !owns {
			continue
		}
		if manager["operation"] != string(metav1.ManagedFieldsOperationApply) {
			return false
		}
		applied = true
	}
	return applied
}
