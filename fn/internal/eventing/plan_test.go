// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// The kinds that tests count.
const (
	kindTrigger     = "Trigger"
	kindSinkBinding = "SinkBinding"
)

// The Brokers of these tests.
var (
	here  = component.Broker{Namespace: "ns1", Name: "default"}
	there = component.Broker{Namespace: "brokers", Name: "events"}
)

// dataIndex is a Data Index of platform plat in namespace ns1 that takes events from a
// Broker.
func dataIndex(source component.Broker) *component.Component {
	k := component.DataIndex()
	return &component.Component{Kind: k, Owner: "plat", Namespace: "ns1", Version: "10.2.0", Subscriptions: k.SubscribeTo(source)}
}

// jobsService is a Jobs Service that takes events from a Broker, and sends events to a
// sink.
func jobsService(source component.Broker, sink *duckv1.Destination) *component.Component {
	k := component.JobsService()
	return &component.Component{Kind: k, Owner: "plat", Namespace: "ns1", Version: "10.2.0", Subscriptions: k.SubscribeTo(source), Sink: sink}
}

// both are a Data Index and a Jobs Service that take events from a Broker, the Jobs Service
// also sends events there.
func both(b component.Broker) []*component.Component {
	return []*component.Component{dataIndex(b), jobsService(b, to(b))}
}

// to is a destination that is a Broker.
func to(b component.Broker) *duckv1.Destination {
	return &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: component.APIVersionBroker, Kind: component.KindBroker, Namespace: b.Namespace, Name: b.Name}}
}

// brokerQuery is the name of the query for a Broker.
func brokerQuery(b component.Broker) string { return "broker-" + b.Namespace + "/" + b.Name }

// brokerIn is a Broker of a class as the cluster has it in a state.
func brokerIn(t testing.TB, b component.Broker, class string, state compositiontest.State) string {
	t.Helper()
	return compositiontest.Text(t, compositiontest.Observe(t, map[string]any{
		"apiVersion": component.APIVersionBroker, "kind": component.KindBroker,
		"metadata": map[string]any{"name": b.Name, "namespace": b.Namespace, "annotations": map[string]any{"eventing.knative.dev/broker.class": class}},
	}, state))
}

// withBroker is a cluster that has nothing but a Broker in a state.
func withBroker(t testing.TB, b component.Broker, state compositiontest.State) compositiontest.Cluster {
	t.Helper()
	return compositiontest.Cluster{Required: map[string][]string{brokerQuery(b): {brokerIn(t, b, "MTChannelBasedBroker", state)}}}
}

// connected is a cluster in which all that components need for their events is ready.
func connected(t testing.TB, components ...*component.Component) compositiontest.Cluster {
	t.Helper()
	out := compositiontest.Cluster{Required: map[string][]string{}}
	for _, c := range components {
		for _, s := range c.Subscriptions {
			maps.Copy(out.Required, withBroker(t, s.From, compositiontest.Ready).Required)
		}
		if b, ok := component.BrokerOf(c.Sink, c.Namespace); ok {
			maps.Copy(out.Required, withBroker(t, b, compositiontest.Ready).Required)
		}
	}
	out.Observed = observed(t, plan(t, out, components...), compositiontest.Ready)
	for _, c := range components {
		out.Observed[c.Key(component.RunnerDeployment.Resource())] = deployment(t, c, compositiontest.Ready)
	}
	return out
}

// observed are the objects of a plan as the cluster has them in a state.
func observed(t testing.TB, p *eventing.Plan, state compositiontest.State) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range p.Objects {
		out[o.Key] = compositiontest.Text(t, compositiontest.Observe(t, o.Object, state))
	}
	return out
}

// deployment is a component's Deployment as the cluster has it in a state. In the state
// Ready it knows the sink of its component.
func deployment(t testing.TB, c *component.Component, state compositiontest.State) string {
	t.Helper()
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: c.Meta(c.Name()),
		Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: c.Kind.Container}}},
		}},
	}
	if c.Sink != nil {
		d.Labels[component.LabelBindingInclude] = "true"
	}
	return compositiontest.Text(t, compositiontest.Observe(t, d, state))
}

// changed is a cluster with some of its composed resources replaced, and some left out.
func changed(c compositiontest.Cluster, replaced map[string]string, without ...string) compositiontest.Cluster {
	c.Observed = maps.Clone(c.Observed)
	maps.Copy(c.Observed, replaced)
	for _, key := range without {
		delete(c.Observed, key)
	}
	return c
}

// request is what Crossplane tells of a platform in a cluster.
func request(t testing.TB, c compositiontest.Cluster) *composition.Request {
	t.Helper()
	return compositiontest.Request(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform}`, c)
}

// workloads are components with their Deployments, as far as they are observed.
func workloads(req *composition.Request, components ...*component.Component) []eventing.Workload {
	out := make([]eventing.Workload, 0, len(components))
	for _, c := range components {
		out = append(out, eventing.Workload{Component: c, Runs: req.Observed[c.RunnerKey()]})
	}
	return out
}

// plan plans the events of components in a cluster.
func plan(t testing.TB, c compositiontest.Cluster, components ...*component.Component) *eventing.Plan {
	t.Helper()
	req := request(t, c)
	return eventing.For(req, workloads(req, components...), false)
}

// triggers are the keys of a plan's Triggers.
func triggers(p *eventing.Plan) []string {
	var out []string
	for _, o := range p.Objects {
		if _, ok := o.Object.(*eventing.Trigger); ok {
			out = append(out, o.Key)
		}
	}
	return out
}

// sinkBinding is a plan's SinkBinding, or nil.
func sinkBinding(p *eventing.Plan) *eventing.SinkBinding {
	for _, o := range p.Objects {
		if b, ok := o.Object.(*eventing.SinkBinding); ok {
			return b
		}
	}
	return nil
}

// TestForNothing holds that there is no plan for components that need nothing of Knative,
// and that without plan nothing is held back.
func TestForNothing(t *testing.T) {
	t.Parallel()
	alone := &component.Component{Kind: component.JobsService(), Owner: "plat", Namespace: "ns1"}
	p := plan(t, compositiontest.Cluster{}, alone)
	if p != nil {
		t.Errorf("For(...): want no plan, got %+v", p)
	}
	if diff := cmp.Diff(component.Hold{}, p.Hold(alone)); diff != "" {
		t.Errorf("Hold(...): -want, +got:\n%s", diff)
	}
}

// TestFor holds what is composed, in which order, what of it is ready, and which Triggers
// the status lists.
func TestFor(t *testing.T) {
	t.Parallel()
	type want struct {
		// Ready tells of each object that should exist, in order, whether the object is ready.
		Ready    []bool
		Keys     []string
		Triggers []v1alpha08.SonataFlowPlatformTriggerRef
	}
	components := []*component.Component{dataIndex(there), jobsService(here, to(there))}
	components[0].Subscriptions = components[0].Subscriptions[:2]
	all := connected(t, components...)
	keys := []string{
		"data-index-trigger-process-error-8971ff7c", "data-index-trigger-process-node-8971ff7c",
		"jobs-service-trigger-create-job-815b300d", "jobs-service-trigger-delete-job-815b300d",
		"jobs-service-sinkbinding",
	}
	refs := []v1alpha08.SonataFlowPlatformTriggerRef{
		{Name: "data-index-process-error-6b85b9bf7bd00fe9", Namespace: "brokers"},
		{Name: "data-index-process-node-6b85b9bf7bd00fe9", Namespace: "brokers"},
		{Name: "jobs-service-create-job-7fe3df4be30036ea", Namespace: "ns1"},
		{Name: "jobs-service-delete-job-7fe3df4be30036ea", Namespace: "ns1"},
	}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    want
	}{
		"First":   {reason: "Before anything is observed nothing is ready, and the status lists no Trigger.", cluster: changed(all, nil, keys...), want: want{Ready: []bool{false, false, false, false, false}, Keys: keys}},
		"Ready":   {reason: "The Triggers come before the SinkBinding, the Data Index before the Jobs Service.", cluster: all, want: want{Ready: []bool{true, true, true, true, true}, Keys: keys, Triggers: refs}},
		"Unready": {reason: "The status lists Triggers that exist, also those that aren't ready.", cluster: changed(all, observed(t, plan(t, all, components...), compositiontest.Unready)), want: want{Ready: []bool{false, false, false, false, false}, Keys: keys, Triggers: refs}},
		"Stale":   {reason: "An object that Knative hasn't seen yet isn't ready.", cluster: changed(all, observed(t, plan(t, all, components...), compositiontest.Stale)), want: want{Ready: []bool{false, false, false, false, false}, Keys: keys, Triggers: refs}},
		"Missing": {reason: "A Trigger that doesn't exist yet isn't in the status.", cluster: changed(all, nil, keys[1]), want: want{Ready: []bool{true, false, true, true, true}, Keys: keys, Triggers: append(refs[:1:1], refs[2:]...)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, tc.cluster, components...)
			got := want{Triggers: p.Triggers}
			for _, o := range p.Objects {
				got.Ready, got.Keys = append(got.Ready, o.Ready), append(got.Keys, o.Key)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReserved holds which Triggers wait: those that will be made once their Broker is
// ready, so that their names can be looked at before.
func TestReserved(t *testing.T) {
	t.Parallel()
	c := jobsService(here, nil)
	all := connected(t, c)
	keys := triggers(plan(t, all, c))
	ready := plan(t, compositiontest.Cluster{Required: all.Required}, c)
	moved := connected(t, jobsService(there, nil))
	moved.Required = map[string][]string{brokerQuery(here): nil}
	absent := map[string][]string{brokerQuery(here): nil}
	installed := map[string]bool{"knative-broker": true, "knative-trigger": true}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    []string
	}{
		"Ready":        {reason: "Triggers of a Broker that is ready are made, so they don't wait.", cluster: compositiontest.Cluster{Required: all.Required}},
		"Unknown":      {reason: "Where Brokers can't be looked up, Triggers are made at once.", cluster: compositiontest.Cluster{Old: true}},
		"Pending":      {reason: "Triggers wait until Crossplane has looked for their Broker.", cluster: compositiontest.Cluster{}, want: keys},
		"Absent":       {reason: "Triggers wait for a Broker that doesn't exist.", cluster: compositiontest.Cluster{Required: absent, Installed: installed}, want: keys},
		"Unready":      {reason: "Triggers wait for a Broker that isn't ready.", cluster: withBroker(t, here, compositiontest.Unready), want: keys},
		"Exists":       {reason: "Triggers that exist stay, so they don't wait.", cluster: compositiontest.Cluster{Observed: all.Observed, Required: absent}},
		"OneIsGone":    {reason: "A Trigger that was deleted waits alone.", cluster: changed(compositiontest.Cluster{Observed: all.Observed, Required: absent}, nil, keys[0]), want: keys[:1]},
		"AnotherOne":   {reason: "Triggers of another Broker wait beside those of the earlier one.", cluster: moved, want: keys},
		"NotInstalled": {reason: "To look for a Trigger where there is no such kind would fail.", cluster: compositiontest.Cluster{Installed: map[string]bool{"knative-broker": false, "knative-trigger": false}}},
		"KindPending":  {reason: "Before Crossplane has told about the kind, no Trigger is looked for.", cluster: compositiontest.Cluster{Installed: map[string]bool{}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, o := range plan(t, tc.cluster, c).Reserved {
				got = append(got, o.Key)
				i := slices.IndexFunc(ready.Objects, func(made composition.Composed) bool { return made.Key == o.Key })
				if diff := cmp.Diff(ready.Objects[i].Object.GetName(), o.Object.GetName()); diff != "" {
					t.Errorf("%s\nFor(...): name of %s: -made later, +reserved:\n%s", tc.reason, o.Key, diff)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want reserved, +got reserved:\n%s", tc.reason, diff)
			}
		})
	}
}
