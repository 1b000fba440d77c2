// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// status is the composite's, in YAML.
		status string
		want   []metav1.Condition
	}{
		"NoStatus": {
			reason: "A new composite has no status.",
			status: "null",
		},
		"NoConditions": {
			reason: "A status needn't have conditions.",
			status: `{observedGeneration: 1}`,
		},
		"Conditions": {
			reason: "Conditions keep their order and all of their fields.",
			status: `{conditions: [
  {type: Ready, status: "True", reason: Available, lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 3},
  {type: A, status: "False", reason: Bad, message: "It is bad"}]}`,
			want: []metav1.Condition{
				{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Available", ObservedGeneration: 3, LastTransitionTime: metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))},
				{Type: "A", Status: metav1.ConditionFalse, Reason: "Bad", Message: "It is bad"},
			},
		},
		"OtherFields": {
			reason: "Other fields of the status don't matter, also when they have a wrong type.",
			status: `{observedGeneration: text, conditions: [{type: Ready, status: "True"}]}`,
			want:   []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue}},
		},
		"StatusOfWrongType": {
			reason: "A status that isn't an object has no conditions.",
			status: "fine",
		},
		"ConditionsOfWrongType": {
			reason: "Conditions that can't be read are passed over.",
			status: `{conditions: [fine]}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := composition.ParseRequest(observed(t, "{kind: XSonataFlowPlatform, status: "+tc.status+"}"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, composition.Conditions(req.Composite), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nConditions(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
