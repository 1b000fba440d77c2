// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
)

// clusterPlatform is one that refers to platform central in namespace ns2.
func clusterPlatform(name, created, succeed, spec string) string {
	return fmt.Sprintf(`{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowClusterPlatform, metadata: {name: %s, creationTimestamp: "%s"},
spec: {platformRef: {name: central, namespace: ns2}%s}, status: {conditions: [%s]}}`, name, created, spec, succeed)
}

// behind is the platform behind the cluster platform.
func behind(spec string) string { return behindWith(spec, "True") }

func behindWith(spec, succeed string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: central, namespace: ns2}, spec: ` + spec + `, status: {conditions: [{type: Succeed, status: "` + succeed + `"}]}}`
}

// What a cluster platform says of itself.
const (
	isReady    = `{type: Succeed, status: "True"}`
	isUnready  = `{type: Succeed, status: "False", reason: Failure}`
	isDangling = `{type: Succeed, status: "False", reason: PlatformNotFound}`
)

// TestClusterPlatformRef holds what a platform says of the cluster platform.
func TestClusterPlatformRef(t *testing.T) {
	t.Parallel()
	const (
		then    = "2026-01-01T00:00:00Z"
		offered = `{services: {dataIndex: {enabled: true}, jobService: {enabled: true}}}`
		using   = `{clusterPlatformRef: {name: cluster, platformRef: {name: central, namespace: ns2}}}`
	)
	ref := func(dataIndex, jobService string) *v1alpha08.SonataFlowClusterPlatformRefStatus {
		out := &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: "cluster", PlatformRef: v1alpha08.SonataFlowPlatformRef{Name: "central", Namespace: "ns2"}}
		if dataIndex+jobService == "" {
			return out
		}
		out.Services = &v1alpha08.ClusterServicesStatus{}
		if dataIndex != "" {
			out.Services.DataIndexRef = &v1alpha08.ClusterServiceRefStatus{URL: dataIndex}
		}
		if jobService != "" {
			out.Services.JobServiceRef = &v1alpha08.ClusterServiceRefStatus{URL: jobService}
		}
		return out
	}
	const dataIndex, jobService = "http://central-data-index-service.ns2", "http://central-jobs-service.ns2"
	ready := func(extra string) []string { return []string{clusterPlatform("cluster", then, isReady, extra)} }
	cases := map[string]struct {
		reason         string
		spec, status   string
		input          string
		all, platforms []string
		pending, old   bool
		want           *v1alpha08.SonataFlowClusterPlatformRefStatus
	}{
		"None": {
			reason: "Without cluster platform there is nothing to say.",
			spec:   `{}`,
		},
		"Consumer": {
			reason: "A platform without services uses those of the cluster.",
			spec:   `{}`, all: ready(""), platforms: []string{behind(offered)},
			want: ref(dataIndex, jobService),
		},
		"Override": {
			reason: "One that names services, even none, uses its own.",
			spec:   `{services: {}}`, all: ready(""), platforms: []string{behind(offered)},
			want: ref("", ""),
		},
		"OverrideDisabled": {
			reason: "Also one that has none enabled.",
			spec:   `{services: {dataIndex: {enabled: false}}}`, all: ready(""), platforms: []string{behind(offered)},
			want: ref("", ""),
		},
		"OneOffered": {
			reason: "Only what is enabled is offered.",
			spec:   `{}`, all: ready(""), platforms: []string{behind(`{services: {dataIndex: {enabled: true}, jobService: {enabled: false}}}`)},
			want: ref(dataIndex, ""),
		},
		"NotSaid": {
			reason: "By the documentation a service that doesn't say isn't enabled.",
			spec:   `{}`, all: ready(""), platforms: []string{behind(`{services: {dataIndex: {}, jobService: {}}}`)},
			want: ref("", ""),
		},
		"NotSaidOperator": {
			reason: "To the operator it is.",
			spec:   `{}`, input: input("compatibility: Operator"), all: ready(""), platforms: []string{behind(`{services: {dataIndex: {}, jobService: {}}}`)},
			want: ref(dataIndex, jobService),
		},
		"NoServices": {
			reason: "A platform that has none offers none.",
			spec:   `{}`, all: ready(""), platforms: []string{behind(`{}`)},
			want: ref("", ""),
		},
		"Capability": {
			reason: "What the capabilities name is offered.",
			spec:   `{}`, all: ready(", capabilities: {workflows: [services]}"), platforms: []string{behind(offered)},
			want: ref(dataIndex, jobService),
		},
		"NoCapability": {
			reason: "Empty capabilities offer nothing.",
			spec:   `{}`, all: ready(", capabilities: {}"), platforms: []string{behind(offered)},
			want: ref("", ""),
		},
		"NotReady": {
			reason: "A platform that was never ready isn't used, whatever the cluster platform says of the one that it referred to before.",
			spec:   `{}`, all: ready(""), platforms: []string{behindWith(offered, "False")},
		},
		"NoLongerReady": {
			reason: "One that is used and unready for a while goes on being used: workflows must not be reconfigured by every rollout.",
			spec:   `{}`, status: using, all: []string{clusterPlatform("cluster", then, isUnready, "")}, platforms: []string{behindWith(offered, "False")},
			want: ref(dataIndex, jobService),
		},
		"Dangling": {
			reason: "One whose platform is gone isn't.",
			spec:   `{}`, status: using, all: []string{clusterPlatform("cluster", then, isDangling, "")},
		},
		"Repointed": {
			reason: "Nor one that refers to another platform now, until that is ready.",
			spec:   `{}`, status: `{clusterPlatformRef: {name: cluster, platformRef: {name: other, namespace: ns2}}}`,
			all: ready(""), platforms: []string{behindWith(offered, "Unknown")},
		},
		"NotNoticed": {
			reason: "A platform that is ready needn't be told so by the cluster platform.",
			spec:   `{}`, all: []string{clusterPlatform("cluster", then, isDangling, "")}, platforms: []string{behind(offered)},
			want: ref(dataIndex, jobService),
		},
		"Gone": {
			reason: "What is said of a cluster platform goes with it.",
			spec:   `{}`, status: using,
		},
		"PlatformGone": {
			reason: "Also before the cluster platform has noticed it.",
			spec:   `{}`, status: using, all: ready(""),
		},
		"Oldest": {
			reason: "Of several, the oldest counts, ready or not.",
			spec:   `{}`, all: []string{clusterPlatform("a", "2026-01-02T00:00:00Z", isReady, ""), clusterPlatform("cluster", then, isReady, "")}, platforms: []string{behind(offered)},
			want: ref(dataIndex, jobService),
		},
		"NotAskedYet": {
			reason: "Before Crossplane was asked for the platform behind it, nothing is said.",
			spec:   `{}`, all: ready(""), pending: true,
		},
		"CannotLook": {
			reason: "A Crossplane that looks nothing up knows of no cluster platform.",
			spec:   `{}`, old: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compositiontest.Cluster{Input: tc.input, Old: tc.old}
			if !tc.old {
				c.Required = map[string][]string{"cluster-platforms": tc.all, "platform": tc.platforms, "platforms": nil}
			}
			if tc.pending {
				delete(c.Required, "platform")
			}
			composite := claimed(t, tc.spec)
			if tc.status != "" {
				composite += "status: " + tc.status + "\n"
			}
			r := platform.Compose(compositiontest.Request(t, composite, c))
			status, ok := r.Status.(*v1alpha08.SonataFlowPlatformStatus)
			if !ok {
				t.Fatalf("no status: %v", r.Fatal)
			}
			if diff := cmp.Diff(tc.want, status.ClusterPlatformRef); diff != "" {
				t.Errorf("%s\nCompose(...): -want clusterPlatformRef, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLend holds who uses the Broker of the platform behind the cluster platform.
func TestLend(t *testing.T) {
	t.Parallel()
	const (
		broker = `{eventing: {broker: {ref: {kind: Broker, name: shared}}}, services: {}}`
		mine   = `{eventing: {broker: {ref: {kind: Broker, name: mine}}}, services: {dataIndex: {}, jobService: {}}}`
	)
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		behind string
		want   []string
	}{
		"Services": {
			reason: "By the documentation, services without a Broker use the cluster's, where it is.",
			spec:   both, behind: broker,
			want: []string{"ns2/shared"},
		},
		"Operator": {
			reason: "The operator doesn't do it.",
			spec:   both, behind: broker, input: input("compatibility: Operator"),
		},
		"Own": {
			reason: "A Broker of the platform's own wins.",
			spec:   mine, behind: broker,
			want: []string{"ns1/mine"},
		},
		"OwnForSome": {
			reason: "So does one of a service's own, for that service.",
			spec:   `{services: {dataIndex: {source: {ref: {kind: Broker, name: mine}}}, jobService: {}}}`, behind: broker,
			want: []string{"ns1/mine", "ns2/shared"},
		},
		"NoBroker": {
			reason: "Without Broker there is none to lend, whatever that platform itself borrows.",
			spec:   both, behind: `{services: {}}`,
		},
		"NoServices": {
			reason: "Who has no services needs none.",
			spec:   `{}`, behind: broker,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			required := map[string][]string{
				"cluster-platforms": {clusterPlatform("cluster", "2026-01-01T00:00:00Z", isReady, "")},
				"platform":          {behind(tc.behind)},
				"broker-ns1/mine":   {brokerWith("True", "Kafka")},
				"broker-ns2/shared": {brokerWith("True", "Kafka")},
			}
			r := composeValid(t, tc.spec, compositiontest.Cluster{Input: tc.input, Required: required})
			var got []string
			for _, c := range r.Composed {
				if o, ok := c.Object.(*eventing.Trigger); ok {
					if from := o.Namespace + "/" + o.Spec.Broker; len(got) == 0 || got[len(got)-1] != from {
						got = append(got, from)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nTriggers: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLendToNamespaced holds that a namespaced composite, which could have no Triggers
// there, isn't refused for what somebody else lends.
func TestLendToNamespaced(t *testing.T) {
	t.Parallel()
	r := platform.Compose(compositiontest.Request(t,
		`{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {}}}}`,
		compositiontest.Cluster{Required: map[string][]string{
			"cluster-platforms": {clusterPlatform("cluster", "2026-01-01T00:00:00Z", isReady, "")},
			"platform":          {behind(`{eventing: {broker: {ref: {kind: Broker, name: shared}}}}`)},
		}}))
	if r.Fatal != nil {
		t.Fatal(r.Fatal)
	}
	if c := condition(r, v1alpha08.ConditionEventingReady); c.Type != "" {
		t.Errorf("got %+v", c)
	}
}
