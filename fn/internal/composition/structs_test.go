// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/randfill"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestStructOf holds what typed objects become against what encoding/json makes of
// them, for objects whose fields are filled at random.
func TestStructOf(t *testing.T) {
	t.Parallel()
	const seed, rounds = 1, 40
	fill := randfill.NewWithSeed(seed).NilChance(0.4).NumElements(0, 3).MaxDepth(12).Funcs(
		// Any text is fine to them, but not to encoding/json and back.
		func(m *metav1.FieldsV1, _ randfill.Continue) { m.Raw = []byte(`{"f:a":{}}`) },
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"a":1}`) },
		func(s *string, c randfill.Continue) { *s = string(rune('a' + c.Intn(26))) },
	)
	for range rounds {
		for _, o := range []any{
			&appsv1.Deployment{}, &batchv1.Job{}, &corev1.Service{}, &corev1.ConfigMap{}, &corev1.Secret{}, &policyv1.PodDisruptionBudget{},
			&v1alpha08.SonataFlowPlatform{}, &v1alpha08.SonataFlowClusterPlatform{},
		} {
			fill.Fill(o)
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any{}
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			withoutNulls(want)
			got, err := structOf(reflect.ValueOf(o).Elem())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.AsMap()); diff != "" {
				t.Fatalf("structOf(%T): -encoding/json, +got:\n%s", o, diff)
			}
		}
	}
}

func withoutNulls(m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case nil:
			delete(m, k)
		case map[string]any:
			withoutNulls(v)
		case []any:
			for _, e := range v {
				if o, ok := e.(map[string]any); ok {
					withoutNulls(o)
				}
			}
		}
	}
}
