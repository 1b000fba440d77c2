// SPDX-License-Identifier: Apache-2.0

package v1alpha08_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestFlow reads and writes flows: no field is lost, and whole numbers stay whole.
func TestFlow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		text   string
		want   v1alpha08.Flow
	}{
		"Fields": {
			reason: "Fields that no type has are kept as JSON has them.",
			text:   `{"retries":[{"maxAttempts":3,"multiplier":1.5}],"start":"a","states":[{"data":{"n":1},"end":true,"name":"a","type":"inject"}]}`,
			want: v1alpha08.Flow{
				Fields: map[string]any{"start": "a", "retries": []any{map[string]any{"maxAttempts": int64(3), "multiplier": 1.5}}},
				States: []v1alpha08.FlowState{{Name: "a", Type: "inject", Fields: map[string]any{"end": true, "data": map[string]any{"n": int64(1)}}}},
			},
		},
		"Empty": {
			reason: "What isn't there isn't made up.",
			text:   `{"states":null}`,
			want:   v1alpha08.Flow{Fields: map[string]any{}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got v1alpha08.Flow
			if err := json.Unmarshal([]byte(tc.text), &got); err != nil {
				t.Fatalf("%s\nUnmarshal: %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nUnmarshal: -want, +got:\n%s", tc.reason, diff)
			}
			text, err := json.Marshal(got)
			if err != nil || string(text) != tc.text {
				t.Errorf("%s\nMarshal: want %s, got %s, error %v", tc.reason, tc.text, text, err)
			}
		})
	}
}

// TestFlowDeepCopy changes a copy, which must not change the original.
func TestFlowDeepCopy(t *testing.T) {
	t.Parallel()
	flow := func() *v1alpha08.Flow {
		return &v1alpha08.Flow{
			Fields: map[string]any{"retries": []any{map[string]any{"maxAttempts": 3}}},
			States: []v1alpha08.FlowState{{Name: "a", Type: "inject", Fields: map[string]any{"data": map[string]any{"n": 1}}}},
		}
	}
	original := flow()
	clone := original.DeepCopy()
	if diff := cmp.Diff(original, clone); diff != "" {
		t.Errorf("DeepCopy: -want, +got:\n%s", diff)
	}
	clone.States[0].Name = "b"
	clone.States[0].Fields["data"].(map[string]any)["n"] = 2
	clone.Fields["retries"].([]any)[0].(map[string]any)["maxAttempts"] = 4
	if diff := cmp.Diff(flow(), original); diff != "" {
		t.Errorf("the original: -want, +got:\n%s", diff)
	}
}

// TestFlowErrors reads what isn't a flow.
func TestFlowErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"a"`, `{"states":"a"}`, `{"states":[1]}`, `{"states":[{"name":1}]}`} {
		if err := json.Unmarshal([]byte(text), &v1alpha08.Flow{}); err == nil {
			t.Errorf("Unmarshal(%s): want an error", text)
		}
	}
}
