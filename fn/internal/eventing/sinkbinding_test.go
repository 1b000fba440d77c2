// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// TestSinkBinding holds the whole SinkBinding, and when there is one.
func TestSinkBinding(t *testing.T) {
	t.Parallel()
	address := &duckv1.Destination{URI: &apis.URL{Scheme: "https", Host: "events.example.com", Path: "/in"}, CACerts: new("pem"), Audience: new("me")}
	binding := func(sink *duckv1.Destination) *eventing.SinkBinding {
		return &eventing.SinkBinding{
			TypeMeta:   metav1.TypeMeta{APIVersion: "sources.knative.dev/v1", Kind: "SinkBinding"},
			ObjectMeta: jobsService(here, sink).Meta("plat-jobs-service-sb"),
			Spec: eventing.SinkBindingSpec{
				Subject: eventing.Subject{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ns1", Name: "plat-jobs-service"},
				Sink:    *sink,
			},
		}
	}
	observedBinding := func(text string) compositiontest.Cluster {
		return compositiontest.Cluster{Old: true, Observed: map[string]string{"jobs-service-sinkbinding": text}}
	}
	none := map[string]bool{"knative-broker": false, "knative-trigger": false, "knative-sinkbinding": false}
	exists := observedBinding(compositiontest.Text(t, binding(to(here))))
	exists.Installed = none
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		sink    *duckv1.Destination
		want    *eventing.SinkBinding
	}{
		"NoSink":       {reason: "A component without sink needs no SinkBinding.", cluster: compositiontest.Cluster{Old: true}},
		"Broker":       {reason: "The SinkBinding leads from the component's Deployment to the Broker.", cluster: compositiontest.Cluster{Old: true}, sink: to(there), want: binding(to(there))},
		"Address":      {reason: "A sink may be an address, with all that belongs to an address.", cluster: compositiontest.Cluster{Old: true}, sink: address, want: binding(address)},
		"AnotherSink":  {reason: "A SinkBinding that exists follows the spec.", cluster: observedBinding(compositiontest.Text(t, binding(address))), sink: to(here), want: binding(to(here))},
		"Unreadable":   {reason: "A SinkBinding that can't be read is written as it should be.", cluster: observedBinding(`{kind: SinkBinding, spec: none}`), sink: to(here), want: binding(to(here))},
		"NotInstalled": {reason: "Where the kind isn't installed, a SinkBinding can't be made.", cluster: compositiontest.Cluster{Installed: none}, sink: to(here)},
		"Pending":      {reason: "Before Crossplane has told about the kind, no SinkBinding is made.", cluster: compositiontest.Cluster{Installed: map[string]bool{}}, sink: to(here)},
		"Exists":       {reason: "A SinkBinding that exists isn't given up for what one answer says.", cluster: exists, sink: to(here), want: binding(to(here))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sinkBinding(plan(t, tc.cluster, jobsService(here, tc.sink)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestHold holds what a component with a sink may do, depending on whether the pods of its
// Deployment know the sink.
func TestHold(t *testing.T) {
	t.Parallel()
	c := jobsService(here, to(here))
	const bound = `template: {spec: {containers: [{name: sidecar}, {name: jobs-service, env: [{name: A, value: a}, {name: K_SINK, value: "http://sink"}]}]}}`
	waits := component.Hold{
		Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink,
		Message: "Deployment plat-jobs-service has no pods until Knative has told it where to send events: see the condition " + v1alpha08.ConditionEventingReady,
	}
	runs := component.Hold{WithoutSink: true}
	spec := func(text string) string { return `{apiVersion: apps/v1, kind: Deployment, spec: {` + text + `}}` }
	cases := map[string]struct {
		reason     string
		deployment string
		want       component.Hold
	}{
		"None":             {reason: "Without Deployment no pod runs, so the component waits.", want: waits},
		"Zero":             {reason: "Without replicas no pod runs, so the component waits.", deployment: spec(`replicas: 0`), want: waits},
		"Defaulted":        {reason: "A Deployment without a number of replicas has a pod, which goes on without the sink.", deployment: spec(``), want: runs},
		"Running":          {reason: "Pods without the variable go on without the sink.", deployment: deployment(t, c, compositiontest.Unready), want: runs},
		"AnotherContainer": {reason: "The variable of another container is of no use to the component.", deployment: spec(`replicas: 1, template: {spec: {containers: [{name: sidecar, env: [{name: K_SINK, value: s}]}]}}`), want: runs},
		"Bound":            {reason: "Pods with the variable know the sink.", deployment: spec(`replicas: 1, ` + bound), want: component.Hold{}},
		"BoundByKnative":   {reason: "Knative writes the variable into each container.", deployment: deployment(t, c, compositiontest.Ready), want: component.Hold{}},
		"BoundAndZero":     {reason: "Pods that don't run yet will know the sink, too.", deployment: spec(`replicas: 0, ` + bound), want: component.Hold{}},
		"Unreadable":       {reason: "A Deployment that can't be read isn't stopped.", deployment: spec(`replicas: many`), want: runs},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := compositiontest.Cluster{Old: true, Observed: map[string]string{}}
			if tc.deployment != "" {
				cluster.Observed["jobs-service-deployment"] = tc.deployment
			}
			if diff := cmp.Diff(tc.want, plan(t, cluster, c).Hold(c)); diff != "" {
				t.Errorf("%s\nHold(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestHoldWithoutSink holds that a component without sink isn't held back.
func TestHoldWithoutSink(t *testing.T) {
	t.Parallel()
	components := both(here)
	p := plan(t, compositiontest.Cluster{Old: true}, components...)
	if diff := cmp.Diff(component.Hold{}, p.Hold(components[0])); diff != "" {
		t.Errorf("Hold(...): -want, +got:\n%s", diff)
	}
}
