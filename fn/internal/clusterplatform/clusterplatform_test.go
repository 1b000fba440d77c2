// SPDX-License-Identifier: Apache-2.0

package clusterplatform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

const cluster = `{kind: SonataFlowClusterPlatform, metadata: {name: c, generation: 3}, spec: {platformRef: {name: plat, namespace: ns1}}}`

func TestCompose(t *testing.T) {
	t.Parallel()
	all := composition.Requirement{Name: "cluster-platforms", APIVersion: "sonataflow.org/v1alpha08", Kind: "SonataFlowClusterPlatform"}
	asked := []composition.Requirement{all, {
		Name: "platform", APIVersion: "sonataflow.org/v1alpha08", Kind: "SonataFlowPlatform", Namespace: "ns1", ResourceName: "plat",
	}}
	valid := composition.Condition{Type: "SpecValid", Status: metav1.ConditionTrue, Reason: "Valid"}
	succeed := func(s metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{Type: "Succeed", Status: s, Reason: reason, Message: message}
	}
	result := func(c composition.Condition) *composition.Result {
		return &composition.Result{
			Requirements: asked,
			Status: &v1alpha08.SonataFlowClusterPlatformStatus{
				ObservedGeneration: 3, Version: "0.8",
				Capabilities: &v1alpha08.SonataFlowClusterPlatformCapStatus{Workflows: []v1alpha08.WorkFlowCapability{"services"}},
			},
			Conditions: []composition.Condition{valid, c},
			Incomplete: c.Status != metav1.ConditionTrue,
		}
	}
	refused := func(message string) *composition.Result {
		return &composition.Result{
			Requirements: []composition.Requirement{all},
			Conditions: []composition.Condition{
				{Type: "SpecValid", Status: metav1.ConditionFalse, Reason: "Invalid", Message: message, Alarm: true},
				{Type: "Succeed", Status: metav1.ConditionFalse, Reason: "Failure", Message: "The spec is invalid"},
			},
			Fatal: cmpopts.AnyError,
		}
	}
	platform := func(status string) map[string][]string {
		return map[string][]string{"platform": {`{kind: SonataFlowPlatform, metadata: {name: plat}, status: ` + status + `}`}}
	}
	nothing := result(succeed(metav1.ConditionUnknown, "Warming", "Looking for the referenced SonataFlowPlatform 'ns1/plat'"))
	nothing.Status.(*v1alpha08.SonataFlowClusterPlatformStatus).Capabilities.Workflows = []v1alpha08.WorkFlowCapability{}
	duplicate := succeed(metav1.ConditionFalse, "Duplicated", `Cluster platform first is older, and there is one for a cluster: delete one of the two, or give one the annotation sonataflow.org/secondary.platform: "true"`)
	duplicate.Alarm = true
	others := func(objects ...string) map[string][]string {
		return map[string][]string{"cluster-platforms": objects, "platform": {`{kind: SonataFlowPlatform, metadata: {name: plat}, status: {conditions: [{type: Succeed, status: "True"}]}}`}}
	}
	const (
		self = `{kind: SonataFlowClusterPlatform, metadata: {name: self, generation: 3, creationTimestamp: "2026-01-02T00:00:00Z"}, spec: {platformRef: {name: plat, namespace: ns1}}}`
		spec = `spec: {platformRef: {name: other, namespace: ns1}}`
	)
	ready := result(succeed(metav1.ConditionTrue, "Succeeded", "Referenced SonataFlowPlatform 'ns1/plat' is ready"))
	waiting := result(succeed(metav1.ConditionUnknown, "Warming", "Waiting for referenced SonataFlowPlatform 'ns1/plat' to be ready"))
	cases := map[string]struct {
		reason    string
		composite string
		cluster   compositiontest.Cluster
		want      *composition.Result
	}{
		"Pending": {
			reason:    "Before Crossplane looked, nothing is known.",
			composite: cluster,
			want:      result(succeed(metav1.ConditionUnknown, "Warming", "Looking for the referenced SonataFlowPlatform 'ns1/plat'")),
		},
		"Unknown": {
			reason:    "A Crossplane that doesn't look isn't waited for.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Old: true},
			want: result(succeed(metav1.ConditionUnknown, "Warming",
				"Whether the referenced SonataFlowPlatform 'ns1/plat' is ready isn't known: this Crossplane doesn't look resources up for functions (v2.2 and later do)")),
		},
		"Absent": {
			reason:    "A platform that isn't there is reported in the operator's words.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: map[string][]string{"platform": nil}},
			want:      result(succeed(metav1.ConditionFalse, "PlatformNotFound", "plat platform does not exist in ns1 namespace")),
		},
		"Ready": {
			reason:    "A platform that succeeded makes the cluster platform succeed.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: platform(`{conditions: [{type: Ready, status: "False"}, {type: Succeed, status: "True"}]}`)},
			want:      result(succeed(metav1.ConditionTrue, "Succeeded", "Referenced SonataFlowPlatform 'ns1/plat' is ready")),
		},
		"NotReady": {
			reason:    "One that didn't makes it fail.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: platform(`{conditions: [{type: Succeed, status: "False"}]}`)},
			want:      result(succeed(metav1.ConditionFalse, "Failure", "Referenced SonataFlowPlatform 'ns1/plat' not ready")),
		},
		"NotKnown": {
			reason:    "One that doesn't know is waited for.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: platform(`{conditions: [{type: Succeed, status: Unknown}]}`)},
			want:      waiting,
		},
		"NoConditions": {
			reason:    "So is one that nobody has looked at yet.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: platform(`{}`)},
			want:      waiting,
		},
		"StrangeConditions": {
			reason:    "And one whose status isn't as we know it.",
			composite: cluster,
			cluster:   compositiontest.Cluster{Required: platform(`{conditions: none}`)},
			want:      waiting,
		},
		"LiveFields": {
			reason:    "What Crossplane writes into the spec is passed over.",
			composite: `{kind: SonataFlowClusterPlatform, metadata: {generation: 3}, spec: {crossplane: {a: b}, capabilities: {workflows: []}, platformRef: {name: plat, namespace: ns1}}}`,
			want:      nothing,
		},
		"Older": {
			reason:    "There is one for a cluster: the oldest.",
			composite: self,
			cluster:   compositiontest.Cluster{Required: others(`{kind: SonataFlowClusterPlatform, metadata: {name: first, creationTimestamp: "2026-01-01T00:00:00Z"}, `+spec+`}`, self)},
			want:      result(duplicate),
		},
		"Younger": {
			reason:    "A younger one is nothing to it.",
			composite: self,
			cluster:   compositiontest.Cluster{Required: others(`{kind: SonataFlowClusterPlatform, metadata: {name: first, creationTimestamp: "2026-01-03T00:00:00Z"}, `+spec+`}`, self)},
			want:      ready,
		},
		"OlderSecondary": {
			reason:    "Nor is an older one that is secondary.",
			composite: self,
			cluster: compositiontest.Cluster{Required: others(
				`{kind: SonataFlowClusterPlatform, metadata: {name: first, creationTimestamp: "2026-01-01T00:00:00Z", annotations: {sonataflow.org/secondary.platform: "true"}}, ` + spec + `}`)},
			want: ready,
		},
		"Secondary": {
			reason:    "A secondary one is no duplicate, whoever is older.",
			composite: strings.Replace(self, "generation: 3", `generation: 3, annotations: {sonataflow.org/secondary.platform: "true"}`, 1),
			cluster:   compositiontest.Cluster{Required: others(`{kind: SonataFlowClusterPlatform, metadata: {name: first, creationTimestamp: "2026-01-01T00:00:00Z"}, `+spec+`}`, self)},
			want:      ready,
		},
		"NoSpec": {
			reason:    "A cluster platform that refers to nothing is refused, with all that is missing.",
			composite: `{kind: SonataFlowClusterPlatform}`,
			want: refused("[spec.platformRef.name: Required value: name the SonataFlowPlatform whose services the cluster shares, " +
				"spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform]"),
		},
		"NoNamespace": {
			reason:    "A name alone isn't enough.",
			composite: `{kind: SonataFlowClusterPlatform, spec: {platformRef: {name: plat}}}`,
			want:      refused("spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform"),
		},
		"UnreadableSpec": {
			reason:    "What isn't a spec is refused.",
			composite: `{kind: SonataFlowClusterPlatform, spec: {platformRef: plat}}`,
			want:      refused("cannot read spec: cannot restore struct from: string"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := clusterplatform.Compose(compositiontest.Request(t, tc.composite, tc.cluster))
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
