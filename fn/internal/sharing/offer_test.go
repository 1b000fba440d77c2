// SPDX-License-Identifier: Apache-2.0

package sharing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// clusterPlatform is one that refers to platform central in namespace ns2, and that was
// created on a day of January. more are further fields of its spec; succeed is the status of
// its condition Succeed.
func clusterPlatform(name, day, more, succeed string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowClusterPlatform, metadata: {name: ` + name + `, creationTimestamp: "2026-01-` + day + `T00:00:00Z"},
spec: {platformRef: {name: central, namespace: ns2}` + more + `}, status: {conditions: [{type: Succeed, status: "` + succeed + `"}]}}`
}

// behind is the platform behind that cluster platform.
func behind(spec, succeed string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: central, namespace: ns2}, spec: ` + spec + `, status: {conditions: [{type: Succeed, status: "` + succeed + `"}]}}`
}

func TestLookForOffer(t *testing.T) {
	t.Parallel()
	const (
		dataIndex, jobsService = "http://central-data-index-service.ns2", "http://central-jobs-service.ns2"
		offered                = `{services: {dataIndex: {enabled: true}, jobService: {enabled: true}}}`
		undecided              = `{services: {dataIndex: {}, jobService: {}}}`
		shared                 = `{eventing: {broker: {ref: {kind: Broker, name: shared}}}}`
	)
	central := v1alpha08.SonataFlowPlatformRef{Name: "central", Namespace: "ns2"}
	using := &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: "cluster", PlatformRef: central}
	offers := func(dataIndex, jobsService string) sharing.Offer {
		ref := *using
		if dataIndex+jobsService != "" {
			ref.Services = &v1alpha08.ClusterServicesStatus{}
		}
		if dataIndex != "" {
			ref.Services.DataIndexRef = &v1alpha08.ClusterServiceRefStatus{URL: dataIndex}
		}
		if jobsService != "" {
			ref.Services.JobServiceRef = &v1alpha08.ClusterServiceRefStatus{URL: jobsService}
		}
		return sharing.Offer{Ref: &ref}
	}
	withBroker := func(namespace, name string) sharing.Offer {
		o := offers("", "")
		o.Broker = &v1alpha08.Destination{Ref: &duckv1.KReference{Kind: "Broker", Namespace: namespace, Name: name}}
		return o
	}
	ready := []string{clusterPlatform("cluster", "01", "", "True")}
	unready := []string{clusterPlatform("cluster", "01", "", "False")}
	cases := map[string]struct {
		reason string
		// self is the platform that is composed for, but for its name.
		self          sharing.Platform
		compatibility v1beta1.Compatibility
		// all are the cluster platforms; platforms has the platform behind, if it exists.
		all, platforms []string
		// pending tells that Crossplane wasn't asked for the platform yet.
		pending, old bool
		want         sharing.Offer
	}{
		"None": {
			reason: "Without a cluster platform nothing is offered.",
		},
		"Consumer": {
			reason: "A platform without services uses those of the cluster.",
			all:    ready, platforms: []string{behind(offered, "True")},
			want: offers(dataIndex, jobsService),
		},
		"Override": {
			reason: "A platform that names services, even none or disabled ones, uses no services of the cluster.",
			self:   sharing.Platform{NamesServices: true}, all: ready, platforms: []string{behind(offered, "True")},
			want: offers("", ""),
		},
		"OneOffered": {
			reason: "Only services that are enabled are offered.",
			all:    ready, platforms: []string{behind(`{services: {dataIndex: {enabled: true}, jobService: {enabled: false}}}`, "True")},
			want: offers(dataIndex, ""),
		},
		"NotSaid": {
			reason: "By the documentation, a service that doesn't say whether it is enabled isn't.",
			all:    ready, platforms: []string{behind(undecided, "True")},
			want: offers("", ""),
		},
		"NotSaidOperator": {
			reason: "To the operator, a service that doesn't say whether it is enabled is.",
			all:    ready, platforms: []string{behind(undecided, "True")}, compatibility: v1beta1.CompatibilityOperator,
			want: offers(dataIndex, jobsService),
		},
		"NoServices": {
			reason: "A platform that has no services offers none.",
			all:    ready, platforms: []string{behind(`{}`, "True")},
			want: offers("", ""),
		},
		"Unreadable": {
			reason: "A platform whose spec can't be read offers nothing, but is still the one that the cluster platform refers to.",
			all:    ready, platforms: []string{behind(`{services: none}`, "True")},
			want: offers("", ""),
		},
		"Capability": {
			reason: "Services are offered when the capabilities name services.",
			all:    []string{clusterPlatform("cluster", "01", ", capabilities: {workflows: [services]}", "True")}, platforms: []string{behind(offered, "True")},
			want: offers(dataIndex, jobsService),
		},
		"NoCapability": {
			reason: "Empty capabilities offer no services.",
			all:    []string{clusterPlatform("cluster", "01", ", capabilities: {}", "True")}, platforms: []string{behind(offered, "True")},
			want: offers("", ""),
		},
		"NotReady": {
			reason: "A platform that was never ready isn't used, even if the cluster platform says that it is ready: it may speak of the platform that it referred to before.",
			all:    ready, platforms: []string{behind(offered, "False")},
		},
		"NoLongerReady": {
			reason: "A platform that is used goes on being used while it is unready: workflows must not be configured anew by every rollout.",
			self:   sharing.Platform{Used: using}, all: unready, platforms: []string{behind(offered, "False")},
			want: offers(dataIndex, jobsService),
		},
		"OtherClusterPlatform": {
			reason: "A platform that is unready isn't used through another cluster platform than before.",
			self:   sharing.Platform{Used: &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: "other", PlatformRef: central}},
			all:    ready, platforms: []string{behind(offered, "False")},
		},
		"Dangling": {
			reason: "A platform that is used and doesn't exist any more isn't used any longer.",
			self:   sharing.Platform{Used: using}, all: unready,
		},
		"Repointed": {
			reason: "A cluster platform that refers to another platform than before isn't used until that platform is ready.",
			self:   sharing.Platform{Used: &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: "cluster", PlatformRef: v1alpha08.SonataFlowPlatformRef{Name: "other", Namespace: "ns2"}}},
			all:    ready, platforms: []string{behind(offered, "Unknown")},
		},
		"NotNoticed": {
			reason: "A platform that is ready is used, even if the cluster platform hasn't noticed that it is ready.",
			all:    unready, platforms: []string{behind(offered, "True")},
			want: offers(dataIndex, jobsService),
		},
		"Gone": {
			reason: "When the cluster platform is gone, nothing of it is used any longer.",
			self:   sharing.Platform{Used: using},
		},
		"PlatformGone": {
			reason: "When the platform is gone, it isn't used any longer, even before the cluster platform has noticed.",
			self:   sharing.Platform{Used: using}, all: ready,
		},
		"Oldest": {
			reason: "Of several cluster platforms, the oldest counts.",
			all:    []string{clusterPlatform("a", "02", "", "True"), ready[0]}, platforms: []string{behind(offered, "True")},
			want: offers(dataIndex, jobsService),
		},
		"InvalidClusterPlatform": {
			reason: "A cluster platform with an invalid spec offers nothing; one that is younger doesn't take its place.",
			all:    []string{`{kind: SonataFlowClusterPlatform, metadata: {name: a, creationTimestamp: "2025-01-01T00:00:00Z"}}`, ready[0]},
		},
		"CannotLook": {
			reason: "Under a Crossplane that looks nothing up, nothing is offered, and nothing is waited for.",
			old:    true,
		},

		"NotAskedYet": {
			reason: "Before Crossplane has looked the platform up, nothing is offered, but a Broker may be.",
			all:    ready, pending: true,
			want: sharing.Offer{BrokerPending: true},
		},
		"NotAskedYetOperator": {
			reason: "The operator never offers a Broker, so none is waited for.",
			all:    ready, pending: true, compatibility: v1beta1.CompatibilityOperator,
		},
		"Broker": {
			reason: "By the documentation, the platform's Broker is offered, with the namespace in which the platform looks for it.",
			self:   sharing.Platform{NamesServices: true}, all: ready, platforms: []string{behind(shared, "True")},
			want: withBroker("ns2", "shared"),
		},
		"BrokerElsewhere": {
			reason: "A Broker in a third namespace is offered as it is.",
			all:    ready, platforms: []string{behind(`{eventing: {broker: {ref: {kind: Broker, name: shared, namespace: brokers}}}}`, "True")},
			want: withBroker("brokers", "shared"),
		},
		"BrokerOperator": {
			reason: "The operator offers no Broker.",
			all:    ready, platforms: []string{behind(shared, "True")}, compatibility: v1beta1.CompatibilityOperator,
			want: offers("", ""),
		},
		"NoBroker": {
			reason: "A platform whose eventing names no Broker offers none.",
			all:    ready, platforms: []string{behind(`{eventing: {}}`, "True")},
			want: offers("", ""),
		},
		"BrokerIsAnAddress": {
			reason: "A destination that is an address isn't a Broker.",
			all:    ready, platforms: []string{behind(`{eventing: {broker: {uri: "http://events.example.com"}}}`, "True")},
			want: offers("", ""),
		},
		"BrokerToNamespaced": {
			reason: "A composite that lives in a namespace can't have Triggers in another one, so a Broker elsewhere isn't offered to it.",
			self:   sharing.Platform{Namespaced: true}, all: ready, platforms: []string{behind(shared, "True")},
			want: offers("", ""),
		},
		"BrokerNextToNamespaced": {
			reason: "A composite that lives in a namespace is offered a Broker of that namespace.",
			self:   sharing.Platform{Namespaced: true}, all: ready, platforms: []string{behind(`{eventing: {broker: {ref: {kind: Broker, name: shared, namespace: ns1}}}}`, "True")},
			want: withBroker("ns1", "shared"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compositiontest.Cluster{Old: tc.old}
			if !tc.old {
				c.Required = map[string][]string{"cluster-platforms": tc.all, "platform": tc.platforms}
			}
			if tc.pending {
				delete(c.Required, "platform")
			}
			req := compositiontest.Request(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p}}`, c)
			tc.self.NamespacedName = types.NamespacedName{Namespace: "ns1", Name: "plat"}
			if diff := cmp.Diff(tc.want, sharing.LookForOffer(req, tc.self, tc.compatibility)); diff != "" {
				t.Errorf("%s\nLookForOffer(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLookForOfferAsks shows which platforms are looked up, and that the platform behind
// the cluster platform needn't be looked up for itself.
func TestLookForOfferAsks(t *testing.T) {
	t.Parallel()
	all := composition.Query{Name: "cluster-platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowClusterPlatform}
	platform := composition.Query{Name: "platform", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowPlatform, Namespace: "ns2", ResourceName: "central"}
	type want struct {
		Asked   []composition.Query
		Offered bool
		Broker  bool
	}
	cases := map[string]struct {
		reason string
		self   types.NamespacedName
		all    []string
		want   want
	}{
		"NoClusterPlatform": {
			reason: "Without a cluster platform there is no platform to look for.",
			self:   types.NamespacedName{Namespace: "ns1", Name: "plat"},
			want:   want{Asked: []composition.Query{all}},
		},
		"InvalidClusterPlatform": {
			reason: "A cluster platform with an invalid spec refers to no platform.",
			self:   types.NamespacedName{Namespace: "ns1", Name: "plat"},
			all:    []string{`{kind: SonataFlowClusterPlatform, metadata: {name: a}}`},
			want:   want{Asked: []composition.Query{all}},
		},
		"ClusterPlatform": {
			reason: "The platform that a cluster platform refers to is looked up by its name.",
			self:   types.NamespacedName{Namespace: "ns1", Name: "plat"},
			all:    []string{clusterPlatform("cluster", "01", "", "True")},
			want:   want{Asked: []composition.Query{all, platform}},
		},
		"Self": {
			reason: "The platform behind the cluster platform is the composite itself. It is told the cluster platform, and no Broker: it has its own.",
			self:   types.NamespacedName{Namespace: "ns2", Name: "central"},
			all:    []string{clusterPlatform("cluster", "01", "", "True")},
			want:   want{Asked: []composition.Query{all}, Offered: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, behind(`{eventing: {broker: {ref: {kind: Broker, name: default}}}}`, "True"),
				compositiontest.Cluster{Required: map[string][]string{"cluster-platforms": tc.all}})
			offer := sharing.LookForOffer(req, sharing.Platform{NamespacedName: tc.self}, v1beta1.CompatibilityDocumentation)
			got := want{Offered: offer.Ref != nil, Broker: offer.Broker != nil}
			got.Asked, _ = req.Queries()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nLookForOffer(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
