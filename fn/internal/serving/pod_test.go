// SPDX-License-Identifier: Apache-2.0

package serving_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/serving"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestValidatePod holds by which paths what Knative Serving refuses is refused.
func TestValidatePod(t *testing.T) {
	t.Parallel()
	for name, tc := range pods(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.Refused, refused(t, &tc.Pod, tc.Features)); diff != "" {
				t.Errorf("%s\nValidatePod(...): -want, +got:\n%s", tc.Reason, diff)
			}
			if len(tc.Refused) > 0 {
				return
			}
			for i, needed := range tc.Features {
				if len(refused(t, &tc.Pod, slices.Delete(slices.Clone(tc.Features), i, i+1))) == 0 {
					t.Errorf("%s\nthe pod is taken without %s", tc.Reason, needed)
				}
			}
		})
	}
}

// refused returns the paths within a pod that are refused, and fails the test of a message that
// doesn't say who refuses.
func refused(t *testing.T, pod *corev1.PodSpec, features []string) []string {
	t.Helper()
	var got []string
	for _, err := range serving.ValidatePod(pod, "workflow", features, field.NewPath("p")) {
		got = append(got, strings.TrimPrefix(err.Field, "p."))
		if !strings.Contains(err.Detail, "Knative Serving") {
			t.Errorf("the message doesn't say who refuses: %s", err)
		}
	}
	slices.Sort(got)
	return got
}

// A podCase is a pod of testdata/pods.yaml.
type podCase struct {
	Reason            string
	Pod               corev1.PodSpec
	Features, Refused []string
}

func pods(t *testing.T) map[string]podCase {
	t.Helper()
	return cases[podCase](t, "testdata/pods.yaml")
}

// cases reads a file of cases, which test/knative reads, too.
func cases[T any](t *testing.T, file string) map[string]T {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]T
	if err := yaml.UnmarshalStrict(b, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return out
}

// TestFeaturesOfPods holds that for each feature of pods there is a pod that is taken with it.
func TestFeaturesOfPods(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{"allow-zero-initial-scale": true} // A feature of annotations.
	for _, tc := range pods(t) {
		for _, f := range tc.Features {
			shown[f] = shown[f] || len(tc.Refused) == 0
		}
	}
	for _, f := range serving.Features() {
		if !shown[f] {
			t.Errorf("testdata/pods.yaml has no pod that is taken with %s", f)
		}
	}
}

// TestFeatures holds that the input takes each feature that a message asks for.
func TestFeatures(t *testing.T) {
	t.Parallel()
	for _, name := range serving.Features() {
		in := v1beta1.Input{Workflows: v1beta1.Workflows{ServingFeatures: []string{name}}}
		if errs := in.Validate(); len(errs) > 0 {
			t.Error(errs)
		}
	}
	if got, want := len(serving.Features()), len(v1beta1.ServingFeatures()); got != want {
		t.Errorf("the rules need %d features, and the input knows %d", got, want)
	}
}
