// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// subscribed is a workflow that takes events of two types, each from a Broker of its own.
func subscribed(of, other component.Broker) *component.Component {
	return &component.Component{
		Kind: component.Workflow(), Owner: "wf", Namespace: "ns1",
		Subscriptions: []component.Subscription{
			{Name: "11111111", Prefix: "wf-in-11111111", Type: "in", From: of},
			{Name: "22222222", Prefix: "wf-other-22222222", Type: "other", From: other},
		},
	}
}

// TestWorkflowTriggers shows the Triggers of a workflow: each lives where its Broker does, and
// hands events to the root of the workflow's Service.
func TestWorkflowTriggers(t *testing.T) {
	t.Parallel()
	c := subscribed(here, there)
	got := map[string][]string{}
	for _, o := range plan(t, connected(t, c), c).Objects {
		trigger, ok := o.Object.(*eventing.Trigger)
		if !ok {
			continue
		}
		if trigger.Spec.Subscriber.URI != nil {
			t.Errorf("%s: the subscriber has a path: %v", o.Key, trigger.Spec.Subscriber.URI)
		}
		got[o.Key] = []string{trigger.Namespace, trigger.Spec.Broker, trigger.Spec.Filter.Attributes["type"], trigger.Spec.Subscriber.Ref.Name, trigger.Spec.Subscriber.Ref.Namespace}
	}
	want := map[string][]string{
		"workflow-trigger-11111111-815b300d": {"ns1", "default", "in", "wf", "ns1"},
		"workflow-trigger-22222222-8971ff7c": {"brokers", "events", "other", "wf", "ns1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Triggers: -want, +got:\n%s", diff)
	}
}

// TestWorkflowBrokerChanges changes the Broker of one type of event: its earlier Trigger stays
// until the new one is ready, and the Trigger of the other type stays as it is.
func TestWorkflowBrokerChanges(t *testing.T) {
	t.Parallel()
	before, after := subscribed(here, there), subscribed(there, there)
	const earlier, later, other = "workflow-trigger-11111111-815b300d", "workflow-trigger-11111111-8971ff7c", "workflow-trigger-22222222-8971ff7c"
	changing := connected(t, before)
	changing.Required = connected(t, after).Required
	if diff := cmp.Diff([]string{earlier, later, other}, sortedTriggers(plan(t, changing, after))); diff != "" {
		t.Errorf("while the Broker changes: -want, +got:\n%s", diff)
	}
	done := connected(t, after)
	done.Observed[earlier] = changing.Observed[earlier]
	if diff := cmp.Diff([]string{later, other}, sortedTriggers(plan(t, done, after))); diff != "" {
		t.Errorf("once all are ready: -want, +got:\n%s", diff)
	}
}

// TestUnreachable names Brokers that a namespaced composite can't have Triggers for, also where
// nothing else is needed of Knative.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.Workflow(), Owner: "wf", Namespace: "ns1", Unreachable: []component.Broker{there}}
	p := plan(t, compositiontest.Cluster{}, c)
	const want = "the workflow takes no events from Broker events in namespace brokers, because what is composed for a namespaced composite must be in its namespace: use a Broker in namespace ns1, or the form of the API that is claimed"
	if p == nil || p.Condition.Reason != v1alpha08.ReasonBrokerElsewhere || p.Condition.Message != want || !p.Condition.Alarm {
		t.Errorf("condition: got %+v", p)
	}
}

// sortedTriggers are the keys of a plan's Triggers, sorted.
func sortedTriggers(p *eventing.Plan) []string { return slices.Sorted(slices.Values(triggers(p))) }
