// SPDX-License-Identifier: Apache-2.0

package clusterplatform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// named is a cluster platform that refers to platform plat in namespace ns1, and that was
// created on a day of January.
func named(name, day, annotations string) string {
	return `{kind: SonataFlowClusterPlatform, metadata: {name: ` + name + `, generation: 3, creationTimestamp: "2026-01-` + day + `T00:00:00Z", annotations: {` + annotations + `}},
spec: {platformRef: {name: plat, namespace: ns1}}}`
}

func TestCompose(t *testing.T) {
	t.Parallel()
	const (
		cluster   = `{kind: SonataFlowClusterPlatform, metadata: {name: c, generation: 3}, spec: {platformRef: {name: plat, namespace: ns1}}}`
		ready     = `{conditions: [{type: Ready, status: "False"}, {type: Succeed, status: "True"}]}`
		secondary = `sonataflow.org/secondary.platform: "true"`
	)
	all := composition.Query{Name: "cluster-platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowClusterPlatform}
	behind := composition.Query{Name: "platform", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowPlatform, Namespace: "ns1", ResourceName: "plat"}
	// found is a cluster with the platform in a status, and with cluster platforms.
	found := func(status string, clusterPlatforms ...string) compositiontest.Cluster {
		return compositiontest.Cluster{Required: map[string][]string{
			"cluster-platforms": clusterPlatforms,
			"platform":          {`{kind: SonataFlowPlatform, metadata: {name: plat}, status: ` + status + `}`},
		}}
	}
	type want struct {
		Result *composition.Result
		Asked  []composition.Query
	}
	valid := func(succeed composition.Condition, capabilities ...v1alpha08.WorkFlowCapability) want {
		succeed.Type = v1alpha08.ConditionSucceed
		return want{
			Result: &composition.Result{
				Status: &v1alpha08.SonataFlowClusterPlatformStatus{
					ObservedGeneration: 3, Version: "0.8",
					Capabilities: &v1alpha08.SonataFlowClusterPlatformCapStatus{Workflows: capabilities},
				},
				Conditions: []composition.Condition{{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid}, succeed},
				Incomplete: succeed.Status != metav1.ConditionTrue,
			},
			Asked: []composition.Query{all, behind},
		}
	}
	succeed := func(s metav1.ConditionStatus, reason, message string) want {
		return valid(composition.Condition{Status: s, Reason: reason, Message: message}, v1alpha08.WorkFlowCapabilityServices)
	}
	succeeded := succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, "Referenced SonataFlowPlatform 'ns1/plat' is ready")
	const missing = "spec.platformRef.name: Required value: name the SonataFlowPlatform whose services the cluster shares; " +
		"spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform"

	cases := map[string]struct {
		reason    string
		composite string
		cluster   compositiontest.Cluster
		want      want
	}{
		"Pending": {
			reason:    "Before Crossplane has looked the platform up, the cluster platform says that it looks for the platform.",
			composite: cluster,
			want:      succeed(metav1.ConditionUnknown, v1alpha08.ReasonWarming, "Looking for the referenced SonataFlowPlatform 'ns1/plat'"),
		},
		"Unknown": {
			reason:    "Under a Crossplane that doesn't look resources up, the cluster platform says that the state of the platform isn't known.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Old: true},
			want: succeed(metav1.ConditionUnknown, v1alpha08.ReasonWarming,
				"Whether the referenced SonataFlowPlatform 'ns1/plat' is ready isn't known: this Crossplane doesn't look resources up for functions (v2.2 and later do)"),
		},
		"Absent": {
			reason:    "A platform that doesn't exist is reported in the operator's words.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: map[string][]string{"platform": nil}},
			want:      succeed(metav1.ConditionFalse, v1alpha08.ReasonPlatformNotFound, "plat platform does not exist in ns1 namespace"),
		},
		"Ready": {
			reason:    "A platform that succeeded makes the cluster platform succeed.",
			composite: cluster,
			cluster:   found(ready),
			want:      succeeded,
		},
		"NotReady": {
			reason:    "A platform that didn't succeed makes the cluster platform fail. It is no alarm: the platform's own conditions are one.",
			composite: cluster,
			cluster:   found(`{conditions: [{type: Succeed, status: "False"}]}`),
			want:      succeed(metav1.ConditionFalse, v1alpha08.ReasonFailure, "Referenced SonataFlowPlatform 'ns1/plat' not ready"),
		},
		"NotKnown": {
			reason:    "A platform that doesn't know whether it succeeded is waited for.",
			composite: cluster,
			cluster:   found(`{conditions: [{type: Succeed, status: Unknown}]}`),
			want:      succeed(metav1.ConditionUnknown, v1alpha08.ReasonWarming, "Waiting for referenced SonataFlowPlatform 'ns1/plat' to be ready"),
		},
		"LiveFields": {
			reason:    "What Crossplane writes into a spec is passed over, and the status repeats which capabilities the spec gives, even none.",
			composite: `{kind: SonataFlowClusterPlatform, metadata: {generation: 3}, spec: {crossplane: {a: b}, capabilities: {workflows: []}, platformRef: {name: plat, namespace: ns1}}}`,
			want: valid(composition.Condition{
				Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonWarming, Message: "Looking for the referenced SonataFlowPlatform 'ns1/plat'",
			}, []v1alpha08.WorkFlowCapability{}...),
		},
		"Older": {
			reason:    "A cluster has one cluster platform, the oldest: a younger one says that it is a duplicate.",
			composite: named("self", "02", ""),
			cluster:   found(ready, named("first", "01", ""), named("self", "02", "")),
			want: valid(composition.Condition{
				Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonDuplicated, Alarm: true,
				Message: `Cluster platform first is older, and there is one for a cluster: delete one of the two, or give one the annotation sonataflow.org/secondary.platform: "true"`,
			}, v1alpha08.WorkFlowCapabilityServices),
		},
		"Younger": {
			reason:    "A younger cluster platform doesn't matter to an older one.",
			composite: named("self", "02", ""),
			cluster:   found(ready, named("second", "03", ""), named("self", "02", "")),
			want:      succeeded,
		},
		"OlderSecondary": {
			reason:    "An older cluster platform that is secondary doesn't make a younger one a duplicate.",
			composite: named("self", "02", ""),
			cluster:   found(ready, named("first", "01", secondary)),
			want:      succeeded,
		},
		"Secondary": {
			reason:    "A secondary cluster platform is never a duplicate.",
			composite: named("self", "02", secondary),
			cluster:   found(ready, named("first", "01", ""), named("self", "02", secondary)),
			want:      succeeded,
		},
		"Invalid": {
			reason:    "A cluster platform that refers to nothing is refused, with all that is missing. It asks for the cluster platforms all the same.",
			composite: `{kind: SonataFlowClusterPlatform}`,
			want: want{
				Result: &composition.Result{
					Conditions: []composition.Condition{
						{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Message: missing, Alarm: true},
						{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: "The spec is invalid"},
					},
					Fatal: cmpopts.AnyError,
				},
				Asked: []composition.Query{all},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, tc.composite, tc.cluster)
			got := want{Result: clusterplatform.Compose(req, &v1beta1.Input{})}
			got.Asked, _ = req.Queries()
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
