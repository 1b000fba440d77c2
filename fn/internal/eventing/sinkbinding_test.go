// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

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
	withUID := func(uid string) *eventing.SinkBinding {
		out := binding(to(here))
		out.Annotations = map[string]string{"sonataflow.org/broker-uid": uid}
		return out
	}
	gone := compositiontest.Cluster{
		Observed: map[string]string{"jobs-service-sinkbinding": compositiontest.Text(t, withUID("before"))},
		Required: map[string][]string{brokerQuery(here): nil},
	}
	back := withBroker(t, here, compositiontest.Ready)
	back.Observed = gone.Observed
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
		"BrokerFound":  {reason: "The SinkBinding carries the UID of its Broker.", cluster: withBroker(t, here, compositiontest.Unready), sink: to(here), want: withUID("uid")},
		"BrokerGone":   {reason: "While the Broker isn't there, the SinkBinding keeps the UID.", cluster: gone, sink: to(here), want: withUID("before")},
		"BrokerBack":   {reason: "A Broker that was made again changes its SinkBinding, so that Knative looks at both.", cluster: back, sink: to(here), want: withUID("uid")},
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
