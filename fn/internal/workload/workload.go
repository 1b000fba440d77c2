// SPDX-License-Identifier: Apache-2.0

// Package workload builds the Kubernetes objects that run a component, as far as the plans
// about the component let them, and tells how the component does.
package workload

import (
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// Deployment returns the component's Deployment: the one that is composed, else one that
// has its name already, as the operator's has. Applied over, the operator's becomes the
// composed one; until then a plan must not take what runs for something that isn't there.
// It is nil when there is none.
func Deployment(req *composition.Request, c *component.Component) *unstructured.Unstructured {
	if observed := req.Observed[c.Key(component.ResourceDeployment)]; observed != nil {
		return observed
	}
	return req.Look(ownership.Query(appsv1.SchemeGroupVersion.WithKind("Deployment"), c.Namespace, c.Name())).First()
}

// Orders are what the plans about a component say about its workload.
type Orders struct {
	// Replicas is how many pods to ask for; nil leaves the number to others.
	Replicas *int32
	// Budget says how many pods may be away; nil makes no PodDisruptionBudget.
	Budget *policyv1.PodDisruptionBudgetSpec
	// Versions are annotations of the pods that change when something changes that the pods
	// read.
	Versions map[string]string
	// Holds keep the workload from running, the gravest first.
	Holds []component.Hold
}

// A Plan is what runs of a component, and how it does.
type Plan struct {
	// Objects are what should exist, Reserved what will once nothing holds it back.
	Objects, Reserved []composition.Composed
	// Condition is about the component.
	Condition composition.Condition
	// Replicas is how many pods are available, of how many wanted, such as 1/1; Pods is how
	// many there are.
	Replicas string
	Pods     int32
	// Selector has the labels that select the pods.
	Selector map[string]string
}

// For plans what runs of a component.
func For(req *composition.Request, c *component.Component, orders Orders) Plan {
	s := combine(c, orders)
	s.selector = selectorOf(Deployment(req, c), c)
	desired, observed := s.deployment(), req.Observed[c.Key(component.ResourceDeployment)]
	available, scaledTo := replicas(observed)
	wanted := ptr.Deref(s.replicas, scaledTo)
	return Plan{
		Objects:   s.objects(req, desired),
		Reserved:  s.reserved(desired),
		Condition: conditionOf(s, health.OfComposed(observed, desired), wanted, available < scaledTo),
		Replicas:  fmt.Sprintf("%d/%d", available, wanted),
		Pods:      int32In(observed, 0, "status", "replicas"),
		Selector:  s.selector,
	}
}

// selectorOf returns the labels that select a component's pods: those of its Deployment (nil
// when there is none), which can't change, also where the operator chose them.
func selectorOf(deployment *unstructured.Unstructured, c *component.Component) map[string]string {
	if deployment != nil {
		labels, found, err := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
		if err == nil && found && len(labels) > 0 {
			return labels
		}
	}
	return c.Selector()
}

// A state is what a component's workload should be at the moment.
type state struct {
	*component.Component

	// gate is the most restrictive one; reason and message are those of the first hold whose
	// gate isn't open.
	gate            component.Gate
	reason, message string

	selector    map[string]string
	replicas    *int32
	budget      *policyv1.PodDisruptionBudgetSpec
	properties  string
	versions    map[string]string
	annotations map[string]string
}

// combine decides what a workload should be, given all that the plans say about it. It is
// the only place that does.
func combine(c *component.Component, o Orders) state {
	s := state{
		Component: c, replicas: o.Replicas, budget: o.Budget,
		properties: c.Properties.Text, versions: o.Versions, annotations: map[string]string{},
	}
	for _, hold := range o.Holds {
		if s.gate == component.Open {
			s.reason, s.message = hold.Reason, hold.Message
		}
		s.gate = max(s.gate, hold.Gate)
		if hold.WithoutSink {
			s.properties = c.Properties.WithoutSink
		}
		if hold.Image != "" {
			s.Component = c.WithImage(hold.Image)
		}
		maps.Copy(s.annotations, hold.Annotations)
	}
	if s.gate != component.Open {
		s.replicas, s.budget = new(int32(0)), nil
	}
	return s
}

// conditionOf says how a component does. What holds it back comes before how its
// Deployment does. short tells that the Deployment has fewer pods than it was scaled to.
func conditionOf(s state, deployment health.Verdict, wanted int32, short bool) composition.Condition {
	typ := s.Kind.Condition
	switch {
	case s.gate != component.Open:
		return report.Condition(typ, s.reason, s.message)
	case deployment.Phase == health.Ready && wanted == 0:
		return report.Condition(typ, v1alpha08.ReasonScaledToZero, fmt.Sprintf("Deployment %s is scaled to zero", s.Name()))
	case deployment.Phase == health.Ready:
		return report.Condition(typ, v1alpha08.ReasonAvailable, "")
	}
	reason := s.Kind.Progressing
	if deployment.Phase == health.Unavailable {
		reason = s.Kind.Unavailable
	}
	if deployment.Phase == health.Failed {
		reason = v1alpha08.ReasonDeploymentFailure
	}
	message := fmt.Sprintf("Deployment %s: %s", s.Name(), deployment.Message)
	if short && deployment.Phase != health.Missing {
		message += fmt.Sprintf("; to see why a pod doesn't start: kubectl describe pods --namespace %s --selector %s", s.Namespace, labels.FormatLabels(s.Selector()))
	}
	return report.Condition(typ, reason, message)
}

// replicas returns how many pods of an observed Deployment are available, and how many it
// was scaled to; 1 is the API server's default.
func replicas(deployment *unstructured.Unstructured) (available, scaledTo int32) {
	return int32In(deployment, 0, "status", "availableReplicas"), int32In(deployment, 1, "spec", "replicas")
}

// int32In returns a number in an object; another one where there is no such object (nil), or
// no number in it.
func int32In(o *unstructured.Unstructured, otherwise int32, path ...string) int32 {
	if o == nil {
		return otherwise
	}
	n, found, err := unstructured.NestedInt64(o.Object, path...)
	if err != nil || !found {
		return otherwise
	}
	return int32(n) //nolint:gosec // The API server keeps it within int32.
}
