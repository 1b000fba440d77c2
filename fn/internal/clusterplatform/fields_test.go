// SPDX-License-Identifier: Apache-2.0

package clusterplatform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestSpecValid shows what is said of the spec of a cluster platform.
func TestSpecValid(t *testing.T) {
	t.Parallel()
	const ref = `platformRef: {name: plat, namespace: ns1}`
	cases := map[string]struct {
		reason string
		spec   string
		want   composition.Condition
	}{
		"Good": {
			reason: "Nothing is said of a good one, nor of Crossplane's fields.",
			spec:   ref + `, capabilities: {workflows: [services]}, compositionRef: {name: x}, resourceRefs: []`,
			want:   composition.Condition{Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid},
		},
		"UnknownFields": {
			reason: "Fields that the API doesn't have are without effect.",
			spec:   ref + `, capabillities: {workflows: []}, capabilities: {workflow: []}`,
			want: composition.Condition{
				Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValidWithWarnings, Alarm: true,
				Message: "spec.capabilities.workflow: the API has no such field, so it has no effect; was workflows meant?; " +
					"spec.capabillities: the API has no such field, so it has no effect; was capabilities meant?",
			},
		},
		"UnknownCapability": {
			reason: "A capability that the schema refuses is refused in a render, too.",
			spec:   ref + `, capabilities: {workflows: [services, builds]}`,
			want: composition.Condition{
				Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Alarm: true,
				Message: `spec.capabilities.workflows[1]: Unsupported value: "builds": supported values: "services"`,
			},
		},
		"AllAtOnce": {
			reason: "All mistakes are told.",
			spec:   `platformRef: {name: plat}, capabilities: {workflows: [builds]}`,
			want: composition.Condition{
				Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Alarm: true,
				Message: `spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform; ` +
					`spec.capabilities.workflows[0]: Unsupported value: "builds": supported values: "services"`,
			},
		},
		"WrongTypes": {
			reason: "So are all values of a wrong type.",
			spec:   `platformRef: plat, capabilities: {workflows: [1]}`,
			want: composition.Condition{
				Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Alarm: true,
				Message: `spec.capabilities.workflows[0]: Invalid value: must be text, is the number 1: put it in quotes; ` +
					`spec.platformRef: Invalid value: must be an object, is text`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, `{kind: SonataFlowClusterPlatform, metadata: {name: c}, spec: {`+tc.spec+`}}`, compositiontest.Cluster{})
			tc.want.Type = v1alpha08.ConditionSpecValid
			if diff := cmp.Diff(tc.want, clusterplatform.Compose(req, &v1beta1.Input{}).Conditions[0]); diff != "" {
				t.Errorf("%s\nCompose(...): condition: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
