// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// onServing returns a workflow on Knative Serving that takes events from a Broker and sends its
// own there.
func onServing(b component.Broker) *component.Component {
	return &component.Component{
		Kind: component.WorkflowKnative(), Owner: "wf", Namespace: "ns1", Sink: to(b),
		Subscriptions: []component.Subscription{{Name: "in", Prefix: "wf-in", Type: "in", From: b}},
	}
}

// TestServing holds what a workflow on Knative Serving may do while its sink isn't known: a
// Knative Service can't be without a revision, so there is none before the sink is known.
func TestServing(t *testing.T) {
	t.Parallel()
	const (
		binding   = "workflow-sinkbinding"
		noSubject = `{kind: SinkBinding, spec: {subject: {kind: Service}}, status: {conditions: [{type: Ready, status: "False", reason: SubjectMissing}]}}`
		before    = `{kind: SinkBinding, spec: {subject: {kind: Deployment}}, status: {conditions: [{type: Ready, status: "True"}]}}`
		stale     = `{kind: SinkBinding, spec: {subject: {kind: Service}}, status: {conditions: [{type: Ready, status: "True"}]}}`
		unseen    = `{kind: SinkBinding, metadata: {generation: 3}, spec: {subject: {kind: Service}}, status: {observedGeneration: 2, conditions: [{type: Ready, status: "True"}]}}`
		seen      = `{kind: SinkBinding, metadata: {generation: 3}, spec: {subject: {kind: Service}}, status: {observedGeneration: 3, conditions: [{type: Ready, status: "True"}]}}`
		unknown   = `{kind: SinkBinding, spec: {subject: {kind: Service}}, status: {conditions: [{type: Ready, status: Unknown}]}}`
		bare      = `{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {spec: {containers: [{name: workflow}]}}}`
		bound     = `{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {spec: {containers: [{name: workflow, env: [{name: K_SINK, value: s}]}]}}}}`
	)
	withheld := func(until string) component.Hold {
		return component.Hold{
			Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForSink,
			Message: "Knative Service wf is made " + until + ": see the condition " + v1alpha08.ConditionEventingReady,
		}
	}
	takenUp := withheld("once Knative has taken up SinkBinding wf-sb")
	cases := map[string]struct {
		reason  string
		broker  compositiontest.State
		binding string
		runs    string
		moving  bool
		want    component.Hold
	}{
		"Nothing":       {reason: "The SinkBinding comes first.", broker: compositiontest.Ready, want: takenUp},
		"TakenUp":       {reason: "Knative misses the Knative Service, so the webhook knows the SinkBinding.", broker: compositiontest.Ready, binding: noSubject},
		"BrokerUnready": {reason: "A sink without address would be missing in the first revision.", broker: compositiontest.Unready, binding: noSubject, want: withheld("once its sink is there")},
		"Undecided":     {reason: "Knative can't decide.", broker: compositiontest.Ready, binding: unknown, want: withheld("once its sink is there")},
		"Bound":         {reason: "The first revision knows the sink.", broker: compositiontest.Ready, binding: noSubject, runs: bound},
		"BoundBack":     {reason: "While the SinkBinding is a Deployment's, a Knative Service that is applied would lose its sink.", broker: compositiontest.Ready, binding: before, runs: bound, moving: true, want: component.Hold{Unchanged: true}},
		"BoundBackAt":   {reason: "So it would before Knative has looked at the SinkBinding again.", broker: compositiontest.Ready, binding: unseen, runs: bound, moving: true, want: component.Hold{Unchanged: true}},
		"BoundChanged":  {reason: "Another sink changes the SinkBinding, and not what the SinkBinding is about.", broker: compositiontest.Ready, binding: unseen, runs: bound},
		"BoundMoving":   {reason: "A workload that moves has its sink, and is composed as ever.", broker: compositiontest.Ready, binding: seen, runs: bound, moving: true},
		"BoundBackSoon": {reason: "The Deployment may never have been made.", broker: compositiontest.Ready, binding: before, runs: bound, want: component.Hold{Unchanged: true}},
		"BoundUnbound":  {reason: "The SinkBinding was deleted by hand.", broker: compositiontest.Ready, runs: bound, want: component.Hold{Unchanged: true}},
		"NeverReady":    {reason: "No revision was ready, so none does its work without the sink; the next apply brings the sink.", broker: compositiontest.Ready, binding: noSubject, runs: bare + `}`},
		"Running":       {reason: "A revision that does its work goes on without the sink.", broker: compositiontest.Ready, binding: noSubject, runs: bare + `, status: {latestReadyRevisionName: wf-00001}}`, want: component.Hold{WithoutSink: true}},
		"MovingBefore":  {reason: "The SinkBinding is still the Deployment's.", broker: compositiontest.Ready, binding: before, moving: true, want: takenUp},
		"MovingStale":   {reason: "What the SinkBinding says is still about the Deployment.", broker: compositiontest.Ready, binding: stale, moving: true, want: takenUp},
		"MovingTakenUp": {reason: "Knative misses the Knative Service.", broker: compositiontest.Ready, binding: noSubject, moving: true},
		"Again":         {reason: "A Knative Service was deleted; the webhook still knows the SinkBinding.", broker: compositiontest.Ready, binding: stale},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := onServing(here)
			cluster := withBroker(t, here, tc.broker)
			cluster.Observed = map[string]string{}
			for key, text := range map[string]string{binding: tc.binding, c.RunnerKey(): tc.runs} {
				if text != "" {
					cluster.Observed[key] = text
				}
			}
			req := request(t, cluster)
			got := eventing.For(req, []eventing.Workload{{Component: c, Runs: req.Observed[c.RunnerKey()], Moving: tc.moving}}, false).Hold(c)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nHold(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestServingSinks holds that a Knative Service is made for each sort of sink. One that isn't
// looked up may be there: Knative has taken up the SinkBinding, and makes another revision if the
// sink is there later. A Deployment waits without pods instead.
func TestServingSinks(t *testing.T) {
	t.Parallel()
	const noSubject = `{kind: SinkBinding, status: {conditions: [{type: Ready, status: "False", reason: SubjectMissing}]}}`
	for _, ref := range []duckv1.KReference{
		{APIVersion: "serving.knative.dev/v1", Kind: "Service", Name: "display", Namespace: "ns1"},
		{APIVersion: "messaging.knative.dev/v1", Kind: "Channel", Name: "display", Namespace: "ns1"},
		{APIVersion: "eventing.knative.dev/v1alpha1", Kind: "KafkaSink", Name: "display", Namespace: "ns1"},
	} {
		for _, k := range []component.Kind{component.WorkflowKnative(), component.Workflow()} {
			c := &component.Component{Kind: k, Owner: "wf", Namespace: "ns1", Sink: &duckv1.Destination{Ref: &ref}}
			cluster := compositiontest.Cluster{Installed: map[string]bool{"knative-sinkbinding": true}}
			hold := func(binding string) component.Gate {
				cluster.Observed = map[string]string{}
				if binding != "" {
					cluster.Observed["workflow-sinkbinding"] = binding
				}
				return eventing.For(request(t, cluster), []eventing.Workload{{Component: c}}, false).Hold(c).Gate
			}
			want := []component.Gate{component.Withheld, component.Open}
			if k.Runner == component.RunnerDeployment {
				want = []component.Gate{component.Zero, component.Zero}
			}
			if diff := cmp.Diff(want, []component.Gate{hold(""), hold(noSubject)}); diff != "" {
				t.Errorf("%s on a %s: gates before and after the SinkBinding is taken up: -want, +got:\n%s", ref.Kind, k.Runner, diff)
			}
		}
	}
}

// TestServingReferences holds to what SinkBinding and Trigger of a workflow on Knative Serving
// refer: to the Knative Service, and to what serves while the workflow moves.
func TestServingReferences(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason     string
		in         component.Kind
		moving     bool
		subject    string
		subscriber string
	}{
		"Knative":            {reason: "Knative's objects refer to each other.", in: component.WorkflowKnative(), subject: "serving.knative.dev/v1 Service", subscriber: "serving.knative.dev/v1 Service"},
		"MovingToKnative":    {reason: "Events go on to the Deployment's pods.", in: component.WorkflowKnative(), moving: true, subject: "serving.knative.dev/v1 Service", subscriber: "v1 Service"},
		"Deployment":         {reason: "A Deployment has a Service.", in: component.Workflow(), subject: "apps/v1 Deployment", subscriber: "v1 Service"},
		"MovingToDeployment": {reason: "A Knative Service has a Service of Kubernetes, too.", in: component.Workflow(), moving: true, subject: "apps/v1 Deployment", subscriber: "v1 Service"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := onServing(here)
			c.Kind = tc.in
			p := eventing.For(request(t, withBroker(t, here, compositiontest.Ready)), []eventing.Workload{{Component: c, Moving: tc.moving}}, false)
			subject := objectOf[*eventing.SinkBinding](p.Objects).Spec.Subject
			subscriber := objectOf[*eventing.Trigger](p.Objects).Spec.Subscriber.Ref
			got := []string{subject.APIVersion + " " + subject.Kind, subscriber.APIVersion + " " + subscriber.Kind}
			if diff := cmp.Diff([]string{tc.subject, tc.subscriber}, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// objectOf returns the object of a type.
func objectOf[T composition.Object](objects []composition.Composed) T {
	var out T
	for _, o := range objects {
		if found, ok := o.Object.(T); ok {
			out = found
		}
	}
	return out
}
