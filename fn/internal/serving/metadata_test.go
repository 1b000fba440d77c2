// SPDX-License-Identifier: Apache-2.0

package serving_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/serving"
)

func TestValidateAnnotations(t *testing.T) {
	t.Parallel()
	type values struct {
		Reason, Annotation string
		Taken, Refused     []string
	}
	for name, tc := range cases[values](t, "testdata/annotations.yaml") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := field.NewPath("a")
			for _, v := range tc.Taken {
				if errs := serving.ValidateAnnotations(map[string]string{tc.Annotation: v}, nil, path); len(errs) > 0 {
					t.Errorf("%s\n%s=%q: %v", tc.Reason, tc.Annotation, v, errs)
				}
			}
			for _, v := range tc.Refused {
				if errs := serving.ValidateAnnotations(map[string]string{tc.Annotation: v}, nil, path); len(errs) == 0 {
					t.Errorf("%s\n%s=%q is taken", tc.Reason, tc.Annotation, v)
				}
			}
		})
	}
}

// TestValidateAnnotationsTogether holds what annotations say together.
func TestValidateAnnotationsTogether(t *testing.T) {
	t.Parallel()
	const group = "autoscaling.knative.dev/"
	cases := map[string]struct {
		reason   string
		in       map[string]string
		features []string
		want     []string
	}{
		"Between":        {reason: "At least as many as at most.", in: map[string]string{group + "min-scale": "2", group + "max-scale": "2", group + "activation-scale": "2"}},
		"Unlimited":      {reason: "At most 0 is no bound.", in: map[string]string{group + "min-scale": "2", group + "max-scale": "0", group + "activation-scale": "5"}},
		"Reversed":       {reason: "At least more than at most.", in: map[string]string{group + "min-scale": "2", group + "max-scale": "1"}, want: []string{"a[autoscaling.knative.dev/max-scale]"}},
		"ReversedOlder":  {reason: "The older spelling counts, too.", in: map[string]string{group + "minScale": "2", group + "max-scale": "1"}, want: []string{"a[autoscaling.knative.dev/max-scale]"}},
		"BothSpellings":  {reason: "The newer spelling wins.", in: map[string]string{group + "minScale": "5", group + "min-scale": "1", group + "max-scale": "1"}},
		"ActivationLow":  {reason: "Fewer than at least.", in: map[string]string{group + "min-scale": "3", group + "activation-scale": "2"}, want: []string{"a[autoscaling.knative.dev/activation-scale]"}},
		"ActivationHigh": {reason: "More than at most.", in: map[string]string{group + "max-scale": "3", group + "activation-scale": "4"}, want: []string{"a[autoscaling.knative.dev/activation-scale]"}},
		"ZeroEnabled":    {reason: "None at first, where that is enabled.", in: map[string]string{group + "initial-scale": "0"}, features: []string{"allow-zero-initial-scale"}},
		"HPAMetric":      {reason: "Kubernetes' autoscaler measures anything.", in: map[string]string{group + "class": "hpa.autoscaling.knative.dev", group + "metric": "cpu"}},
		"HPANoMetric":    {reason: "But something.", in: map[string]string{group + "class": "hpa.autoscaling.knative.dev", group + "metric": ""}, want: []string{"a[autoscaling.knative.dev/metric]"}},
		"OtherMetric":    {reason: "Another autoscaler measures what it knows.", in: map[string]string{group + "class": "keda.example.com", group + "metric": "kafka"}},
		"Algorithm":      {reason: "There are two.", in: map[string]string{group + "class": "kpa.autoscaling.knative.dev", group + "metric-aggregation-algorithm": "cubic"}, want: []string{"a[autoscaling.knative.dev/metric-aggregation-algorithm]"}},
		"AlgorithmOlder": {reason: "One of them has an older spelling.", in: map[string]string{group + "class": "kpa.autoscaling.knative.dev", group + "metric-aggregation-algorithm": "weightedExponential"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range serving.ValidateAnnotations(tc.in, tc.features, field.NewPath("a")) {
				got = append(got, err.Field)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidateAnnotations(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOfPods(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"autoscaling.knative.dev/min-scale": "1", "queue.sidecar.serving.knative.dev/cpu-resource-limit": "1", "serving.knative.dev/creator": "me",
		"sonataflow.org/version": "1", "autoscaling.knative.devil/x": "y",
	}
	want := map[string]string{"autoscaling.knative.dev/min-scale": "1", "queue.sidecar.serving.knative.dev/cpu-resource-limit": "1"}
	if diff := cmp.Diff(want, serving.OfPods(all)); diff != "" {
		t.Errorf("OfPods(...): -want, +got:\n%s", diff)
	}
	for value, keeps := range map[string]bool{"": false, "0": false, "1": true, "x": false} {
		if got := serving.KeepsPod(map[string]string{"autoscaling.knative.dev/minScale": value}); got != keeps {
			t.Errorf("KeepsPod(min-scale %q): got %t", value, got)
		}
	}
}

func TestValidateLabels(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{"cluster-local": true, "local": false, "": false} {
		if errs := serving.ValidateLabels(map[string]string{"networking.knative.dev/visibility": value}, field.NewPath("l")); (len(errs) == 0) != good {
			t.Errorf("%q: %v", value, errs)
		}
	}
	if errs := serving.ValidateLabels(map[string]string{"app": "x"}, field.NewPath("l")); len(errs) > 0 {
		t.Error(errs)
	}
}
