// SPDX-License-Identifier: Apache-2.0

// Package workload builds the Kubernetes objects that run a component, as far as the plans
// about the component let them, and tells how the component does.
package workload

import (
	"fmt"
	"maps"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// Orders are what the plans about a component say about its workload.
type Orders struct {
	// Replicas is how many pods to ask for; nil leaves the number to others.
	Replicas *int32
	// Autoscaled tells that an autoscaler decides about the number of a Deployment's pods.
	Autoscaled bool
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
	// Address and URL are where the component is reached within the cluster, and as its users
	// reach it; empty before that is known.
	Address, URL string
}

// For plans what runs of a component.
func For(req *composition.Request, c *component.Component, orders Orders) Plan {
	seen := Look(req, c)
	s := combine(c, orders, servingHold(c, seen))
	s.seen, s.selector = seen, c.Selector()
	if c.Kind.Runner == component.RunnerDeployment {
		s.selector = selectorOf(seen.Runs, c)
	}
	desired, observed := s.runs(), req.Observed[c.RunnerKey()]
	if s.unchanged && observed != nil {
		desired = s.kept(observed)
	}
	verdict := health.OfComposed(observed, desired)
	// What is held back is ready without pods.
	s = s.place(req, s.gate == component.Open && (verdict.Phase == health.Ready || configured(observed, desired)))
	s.announce(desired)
	out := Plan{
		Objects:   s.objects(req, desired),
		Reserved:  s.reserved(desired),
		Condition: conditionOf(s, verdict, s.pods(observed)),
		Selector:  s.selector,
		Address:   c.URL(), URL: c.URL(),
	}
	if c.Kind.Runner == component.RunnerKnativeService {
		if !s.moving {
			out.Address, out.URL = addresses(observed)
		}
		return out
	}
	pods := s.pods(observed)
	out.Replicas, out.Pods = fmt.Sprintf("%d/%d", pods.available, pods.wanted), int32In(observed, 0, "status", "replicas")
	return out
}

// place decides what becomes of an object that ran the component before, and whether the
// Service of Kubernetes is there: able tells that the new object can take over.
func (s state) place(req *composition.Request, able bool) state {
	s.moving = s.seen.Earlier != nil && !able
	if s.Kind.Runner == component.RunnerKnativeService {
		s.serviceNamed = s.moving && req.Observed[s.Key(component.ResourceService)] != nil
		return s
	}
	s.serviceNamed = s.hasServiceName(req)
	return s
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

	seen Seen
	// moving keeps the object that ran the component before. serviceNamed tells that there is a
	// Service of Kubernetes.
	moving, serviceNamed bool

	selector map[string]string
	replicas *int32
	// autoscaled and unchanged are those of the orders and of the holds.
	autoscaled, unchanged bool

	budget      *policyv1.PodDisruptionBudgetSpec
	properties  string
	versions    map[string]string
	annotations map[string]string
}

// combine decides what a workload should be, given all that the plans say about it, and what
// the gravest hold of all says. It is the only place that does.
func combine(c *component.Component, o Orders, gravest component.Hold) state {
	s := state{
		Component: c, replicas: o.Replicas, autoscaled: o.Autoscaled, budget: o.Budget,
		properties: c.Properties.Text, versions: o.Versions, annotations: map[string]string{},
	}
	for _, hold := range append([]component.Hold{gravest}, o.Holds...) {
		if s.gate == component.Open {
			s.reason, s.message = hold.Reason, hold.Message
		}
		s.gate = max(s.gate, hold.Gate)
		s.unchanged = s.unchanged || hold.Unchanged
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

// conditionOf says how a component does. What holds it back comes before how the object does
// that runs the pods.
func conditionOf(s state, runs health.Verdict, pods pods) composition.Condition {
	typ, name := s.Kind.Condition, fmt.Sprintf("%s %s", s.Kind.Runner, s.Name())
	switch {
	case s.gate != component.Open:
		return report.Condition(typ, s.reason, s.message+s.meanwhile())
	case runs.Phase == health.Ready && s.Kind.Runner == component.RunnerDeployment && !s.serviceNamed:
		return report.Condition(typ, s.Kind.Progressing, fmt.Sprintf("Service %s is made once Knative has removed its own Service of that name", s.Name()))
	case runs.Phase == health.Ready && pods.wanted == 0:
		return report.Condition(typ, v1alpha08.ReasonScaledToZero, name+" is scaled to zero")
	case runs.Phase == health.Ready:
		return report.Condition(typ, v1alpha08.ReasonAvailable, "")
	}
	reason := s.Kind.Progressing
	if runs.Phase == health.Unavailable {
		reason = s.Kind.Unavailable
	}
	if runs.Phase == health.Failed {
		reason = v1alpha08.ReasonDeploymentFailure
	}
	message := name + ": " + runs.Message
	if pods.missing && runs.Phase != health.Missing {
		message += fmt.Sprintf("; to see why a pod doesn't start: kubectl describe pods --namespace %s --selector %s", s.Namespace, labels.FormatLabels(s.Selector()))
	}
	return report.Condition(typ, reason, message+s.meanwhile())
}

// meanwhile says what serves while a component moves.
func (s state) meanwhile() string {
	if !s.moving {
		return ""
	}
	return fmt.Sprintf("; %s %s serves until then", s.Kind.Runner.Other(), s.Name())
}

// pods are those of a component.
type pods struct {
	// available are as many as wanted when all is well.
	available, wanted int32
	// missing tells that there are fewer than the object that runs them was scaled to.
	missing bool
}

// pods counts the pods of an observed Deployment; 1 is the API server's default. A Knative
// Service says only whether it has those that it wants.
func (s state) pods(observed *unstructured.Unstructured) pods {
	if s.Kind.Runner == component.RunnerKnativeService {
		return pods{wanted: 1, missing: health.Of(observed).Phase == health.Failed}
	}
	available, scaledTo := int32In(observed, 0, "status", "availableReplicas"), int32In(observed, 1, "spec", "replicas")
	return pods{available: available, wanted: ptr.Deref(s.replicas, scaledTo), missing: available < scaledTo}
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
