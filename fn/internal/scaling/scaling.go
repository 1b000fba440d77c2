// SPDX-License-Identifier: Apache-2.0

// Package scaling decides who says how many pods a component has: the user, an
// autoscaler, or the person who scaled its Deployment last.
package scaling

import (
	"encoding/json"
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
)

// A Plan is how many pods a component gets, and how many of them may be away.
type Plan struct {
	// Replicas is what we ask for; nil leaves the number to others.
	Replicas *int32
	// Autoscaled tells that an autoscaler decides about the number of a Deployment's pods.
	Autoscaled bool
	// Budget is nil where a budget would keep nodes from being drained.
	Budget *policyv1.PodDisruptionBudgetSpec
}

// For plans the pods of a component. Autoscalers aren't looked up: each changes its status
// every few seconds, and each change would reconcile every platform that asked. Whether an
// autoscaler works is seen on the Deployment that it scales: the composed one, or one that is
// there before, as the operator's is.
func For(req *composition.Request, c *component.Component) Plan {
	if c.Kind.Runner == component.RunnerKnativeService {
		// Knative scales by itself. A Deployment may serve until the Knative Service can.
		return Plan{Autoscaled: autoscaled(req.ManagedFields(c.Key(component.RunnerDeployment.Resource())))}
	}
	if c.Kind.Singleton {
		return Plan{Replicas: singleton(c.Replicas)}
	}
	if c.Replicas == nil && c.Budget == nil {
		return Plan{}
	}
	deployment, managers := req.Observed[c.RunnerKey()], req.ManagedFields(c.RunnerKey())
	if deployment == nil {
		q := ownership.Query(c.Kind.Runner.Object(), c.Namespace, c.Name())
		deployment, managers = req.Look(q).First(), req.ManagedFieldsFound(q)
	}
	plan := Plan{Replicas: c.Replicas}
	if ptr.Deref(c.Replicas, 0) != 0 && autoscaled(managers) {
		plan.Replicas, plan.Autoscaled = nil, true
	}
	if ptr.Deref(plan.Replicas, replicasOf(deployment)) > 1 {
		plan.Budget = c.Budget
	}
	return plan
}

// singleton is the number of pods of a component that must not run twice.
func singleton(given *int32) *int32 {
	if given != nil && *given == 0 {
		return new(int32(0))
	}
	return new(int32(1))
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

// autoscaled tells whether an autoscaler has set the number of a Deployment's pods last.
// Kubernetes' autoscaler and KEDA write the number through the subresource scale. A person
// who uses kubectl scale does so, too, but under the name of another manager. A number
// that we apply is ours again, and isn't an autoscaler's until the autoscaler changes it.
func autoscaled(managers []metav1.ManagedFieldsEntry) bool {
	return slices.ContainsFunc(managers, func(m metav1.ManagedFieldsEntry) bool {
		return m.Subresource == "scale" && isAutoscaler(m.Manager) && ownsReplicas(m.FieldsV1)
	})
}

// isAutoscaler tells whether a field manager is a program that scales Deployments by
// itself. The name is that of the program's executable.
func isAutoscaler(manager string) bool {
	switch manager {
	case
		"kube-controller-manager", // Kubernetes.
		"k3s", "kubelite",         // K3s and MicroK8s, which are one executable each.
		"keda": // KEDA scales from and to zero by itself, and else through Kubernetes.
		return true
	}
	return false
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
