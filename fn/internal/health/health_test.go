// SPDX-License-Identifier: Apache-2.0

package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// observed reads an object as it comes from Crossplane. There is none in an empty text.
func observed(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	return compositiontest.Request(t, "kind: XSonataFlowPlatform", compositiontest.Cluster{Observed: map[string]string{"o": text}}).Observed["o"]
}

// TestOf holds how objects do that have no rule of their own.
func TestOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		object string
		want   health.Verdict
	}{
		"Missing": {
			reason: "An object that isn't there yet is waited for.",
			want:   health.Verdict{Phase: health.Missing, Message: "Not created yet"},
		},
		"ConfigMap": {
			reason: "A ConfigMap does its work by being there.",
			object: `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Resource is always ready"},
		},
		"Service": {
			reason: "A Service does its work by being there.",
			object: `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ClusterIP, clusterIP: 10.0.0.1}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Service is ready"},
		},
		"PodDisruptionBudget": {
			reason: "A budget does its work once its controller has seen it.",
			object: `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, generation: 1}, status: {observedGeneration: 1}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "AllowedDisruptions has been computed."},
		},
		"PodDisruptionBudgetStale": {
			reason: "A budget doesn't do its work before its controller has seen it.",
			object: `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, generation: 2}, status: {observedGeneration: 1}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "PodDisruptionBudget generation is 2, but latest observed generation is 1"},
		},
		"KindOfAnotherGroup": {
			reason: "A rule is for a kind of one group, not for all kinds of that name.",
			object: `{apiVersion: example.org/v1, kind: Job, metadata: {name: j}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Resource is current"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, health.Of(observed(t, tc.object))); diff != "" {
				t.Errorf("%s\nOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOfComposed(t *testing.T) {
	t.Parallel()
	const configMap = `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {sonataflow.org/checksum-spec: `
	late := health.Verdict{Phase: health.Progressing, Message: "Its latest change hasn't been applied yet"}
	cases := map[string]struct {
		reason   string
		observed string
		// desired is the checksum of the desired object; empty for an object without one.
		desired string
		want    health.Verdict
	}{
		"Missing": {
			reason:  "An object that isn't there yet is waited for.",
			desired: "new",
			want:    health.Verdict{Phase: health.Missing, Message: "Not created yet"},
		},
		"Same": {
			reason:   "An object with the checksum of what is asked for is what is asked for.",
			observed: configMap + `new}}}`,
			desired:  "new",
			want:     health.Verdict{Phase: health.Ready, Message: "Resource is always ready"},
		},
		"WithoutChecksums": {
			reason:   "An object that is composed without a checksum has none.",
			observed: `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			want:     health.Verdict{Phase: health.Ready, Message: "Resource is always ready"},
		},
		"Other": {
			reason:   "An object with another checksum is still what was asked for before, and may look healthy as such.",
			observed: configMap + `old}}}`,
			desired:  "new",
			want:     late,
		},
		"Adopted": {
			reason:   "An object without a checksum was made by another program.",
			observed: `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			desired:  "new",
			want:     late,
		},
		"OtherUnready": {
			reason:   "An object that doesn't do its work says why, also when its checksum is another one.",
			observed: deployment(1, `observedGeneration: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: It took too long}]`),
			desired:  "new",
			want:     health.Verdict{Phase: health.Failed, Message: "It took too long"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired := &appsv1.Deployment{}
			if tc.desired != "" {
				desired.Annotations = map[string]string{health.AnnotationSpecChecksum: tc.desired}
			}
			if diff := cmp.Diff(tc.want, health.OfComposed(observed(t, tc.observed), desired)); diff != "" {
				t.Errorf("%s\nOfComposed(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
