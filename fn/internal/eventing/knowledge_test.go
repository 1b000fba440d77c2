// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// TestQueries holds what is asked about Knative, and when. The kinds come first, because
// to look for a Broker where there is no such kind fails the whole pipeline.
func TestQueries(t *testing.T) {
	t.Parallel()
	type want struct {
		Kinds     []composition.KindQuery
		Resources []composition.Query
	}
	kinds := func(names ...string) []composition.KindQuery {
		apiVersions := map[string]string{"Trigger": "eventing.knative.dev/v1", "SinkBinding": "sources.knative.dev/v1", "Broker": "eventing.knative.dev/v1"}
		out := make([]composition.KindQuery, 0, len(names))
		for _, name := range names {
			out = append(out, composition.KindQuery{Name: "knative-" + strings.ToLower(name), APIVersion: apiVersions[name], Kind: name})
		}
		return out
	}
	brokers := func(all ...component.Broker) []composition.Query {
		out := make([]composition.Query, 0, len(all))
		for _, b := range all {
			out = append(out, composition.Query{Name: brokerQuery(b), APIVersion: "eventing.knative.dev/v1", Kind: "Broker", Namespace: b.Namespace, ResourceName: b.Name})
		}
		return out
	}
	installed := func(yes bool) map[string]bool {
		return map[string]bool{"knative-broker": yes, "knative-trigger": yes, "knative-sinkbinding": yes}
	}
	unasked := compositiontest.Cluster{Installed: map[string]bool{}}
	known := connected(t, both(here)...)
	known.Installed = map[string]bool{}
	answered := known
	answered.Installed = installed(true)
	everyKind := kinds("Trigger", "SinkBinding", "Broker")
	sink := component.Broker{Namespace: "brokers", Name: "sink"}
	httpOnly := []*component.Component{
		{Kind: component.DataIndex(), Owner: "plat", Namespace: "ns1"},
		{Kind: component.JobsService(), Owner: "plat", Namespace: "ns1"},
	}
	toSink := func(d duckv1.Destination) []*component.Component {
		return []*component.Component{{Kind: component.JobsService(), Owner: "plat", Namespace: "ns1", Sink: &d}}
	}
	ref := func(r duckv1.KReference) []*component.Component { return toSink(duckv1.Destination{Ref: &r}) }
	cases := map[string]struct {
		reason        string
		cluster       compositiontest.Cluster
		components    []*component.Component
		brokerPending bool
		want          want
	}{
		"NoEventing":   {reason: "Where events travel over HTTP, nothing is asked.", cluster: unasked, components: httpOnly},
		"NoComponents": {reason: "A platform without components needs nothing of Knative.", cluster: unasked},
		"KindsFirst":   {reason: "Before the kinds are known, no Broker is looked for.", cluster: unasked, components: both(here), want: want{Kinds: everyKind}},
		"ThenBrokers":  {reason: "When the kinds are known, each Broker is asked for once, by name.", cluster: compositiontest.Cluster{Installed: installed(true)}, components: []*component.Component{dataIndex(there), jobsService(here, to(sink))}, want: want{Kinds: everyKind, Resources: brokers(there, here, sink)}},
		"OneBroker":    {reason: "A Broker that both components use is asked for once.", cluster: compositiontest.Cluster{Installed: installed(true)}, components: both(here), want: want{Kinds: everyKind, Resources: brokers(here)}},
		"NotInstalled": {reason: "Where the kinds aren't installed, no Broker is looked for.", cluster: compositiontest.Cluster{Installed: installed(false)}, components: both(here), want: want{Kinds: everyKind}},
		"CannotAsk":    {reason: "A Crossplane that doesn't tell about kinds is asked for the Brokers at once.", components: both(here), want: want{Kinds: everyKind, Resources: brokers(here)}},
		"Evident":      {reason: "A kind isn't asked for when an object of the kind is known.", cluster: known, components: both(here), want: want{Resources: brokers(here)}},
		"AlreadyAsked": {reason: "A kind that was asked for is asked for again, so that the requirements are stable.", cluster: answered, components: both(here), want: want{Kinds: everyKind, Resources: brokers(here)}},
		"BrokerIsAbsent": {
			reason:     "The answer that a Broker doesn't exist proves that its kind is installed.",
			cluster:    compositiontest.Cluster{Installed: map[string]bool{}, Required: map[string][]string{brokerQuery(here): nil}},
			components: []*component.Component{dataIndex(here)},
			want:       want{Kinds: kinds("Trigger"), Resources: brokers(here)},
		},
		"SourceAlone": {reason: "A component without sink needs no SinkBinding.", cluster: unasked, components: []*component.Component{dataIndex(here)}, want: want{Kinds: kinds("Trigger", "Broker")}},
		"Address":     {reason: "A sink that is an address needs nothing but a SinkBinding.", cluster: unasked, components: toSink(duckv1.Destination{URI: &apis.URL{Scheme: "http", Host: "events.example.com"}}), want: want{Kinds: kinds("SinkBinding")}},
		"Service": {reason: "A sink that is a Service needs no Broker, and is looked up.", components: ref(duckv1.KReference{APIVersion: "v1", Kind: "Service", Name: "a", Namespace: "ns1"}), want: want{
			Kinds:     kinds("SinkBinding"),
			Resources: []composition.Query{{Name: "sink-ns1/a", APIVersion: "v1", Kind: "Service", Namespace: "ns1", ResourceName: "a"}},
		}},
		"Nameless":     {reason: "A Broker without name can't be looked for.", components: ref(duckv1.KReference{Kind: "Broker"}), want: want{Kinds: kinds("SinkBinding")}},
		"SinkIsHere":   {reason: "A Broker without namespace is in the namespace of the component.", components: ref(duckv1.KReference{Kind: "Broker", Name: "default"}), want: want{Kinds: kinds("SinkBinding", "Broker"), Resources: brokers(here)}},
		"SinkIsThere":  {reason: "A Broker with a namespace is there.", components: toSink(*to(there)), want: want{Kinds: kinds("SinkBinding", "Broker"), Resources: brokers(there)}},
		"MayGetBroker": {reason: "Components that may get a Broker ask for all kinds that the Broker would need.", cluster: unasked, components: httpOnly, brokerPending: true, want: want{Kinds: everyKind}},
		"DataIndexMayGetBroker": {
			reason:  "A component that doesn't send events needs no SinkBinding for a Broker that it may get.",
			cluster: unasked, components: httpOnly[:1], brokerPending: true, want: want{Kinds: kinds("Trigger", "Broker")},
		},
		"NoComponentMayGetBroker": {reason: "Without components no Broker is of use.", cluster: unasked, brokerPending: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, tc.cluster)
			eventing.For(req, workloads(req, tc.components...), tc.brokerPending)
			got := want{}
			got.Resources, got.Kinds = req.Queries()
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nFor(...): -want queries, +got queries:\n%s", tc.reason, diff)
			}
		})
	}
}
