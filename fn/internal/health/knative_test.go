// SPDX-License-Identifier: Apache-2.0

package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

func TestOfKnative(t *testing.T) {
	t.Parallel()
	const serving = "serving.knative.dev/v1"
	in := func(state compositiontest.State, apiVersion, kind string) string {
		return compositiontest.Text(t, compositiontest.Observe(t, metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, state))
	}
	cases := map[string]struct {
		reason string
		object string
		want   health.Verdict
	}{
		"BrokerUnseen": {
			reason: "Knative hasn't seen a Broker without conditions.",
			object: in(compositiontest.Stale, "eventing.knative.dev/v1", "Broker"),
			want:   health.Verdict{Phase: health.Progressing, Message: "Knative hasn't seen it yet"},
		},
		"BrokerStale": {
			reason: "What Knative said about an earlier generation doesn't count.",
			object: `{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Ready, status: "True"}]}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Broker generation is 2, but latest observed generation is 1"},
		},
		"BrokerUnready": {
			reason: "A Broker that isn't ready says why.",
			object: in(compositiontest.Unready, "eventing.knative.dev/v1", "Broker"),
			want:   health.Verdict{Phase: health.Progressing, Message: "not yet"},
		},
		"BrokerReady": {
			reason: "A Broker that is ready does its work.",
			object: in(compositiontest.Ready, "eventing.knative.dev/v1", "Broker"),
			want:   health.Verdict{Phase: health.Ready, Message: "Resource is Ready"},
		},
		"TriggerUnseen": {
			reason: "Knative hasn't seen a Trigger without conditions.",
			object: in(compositiontest.Stale, "eventing.knative.dev/v1", "Trigger"),
			want:   health.Verdict{Phase: health.Progressing, Message: "Knative hasn't seen it yet"},
		},
		"SinkBindingUnseen": {
			reason: "Knative hasn't seen a SinkBinding without conditions.",
			object: in(compositiontest.Stale, "sources.knative.dev/v1", "SinkBinding"),
			want:   health.Verdict{Phase: health.Progressing, Message: "Knative hasn't seen it yet"},
		},
		"ServiceUnseen": {
			reason: "Knative hasn't seen a Service without conditions.",
			object: `{apiVersion: serving.knative.dev/v1, kind: Service}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Knative hasn't seen it yet"},
		},
		"ServiceUnready": {
			reason: "A Service is on its way while its condition is Unknown.",
			object: in(compositiontest.Unready, serving, "Service"),
			want:   health.Verdict{Phase: health.Progressing, Message: "Configuration is waiting for a Revision to become ready."},
		},
		"ServiceStuck": {
			reason: "To Knative, False means that the Service doesn't get on by itself.",
			object: in(compositiontest.Stuck, serving, "Service"),
			want:   health.Verdict{Phase: health.Failed, Message: "Unable to fetch image"},
		},
		"ServiceStuckBefore": {
			reason: "What Knative said about an earlier generation doesn't count.",
			object: `{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Ready, status: "False", message: before}]}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Service generation is 2, but latest observed generation is 1"},
		},
		"ServiceNotOwned": {
			reason: "Knative waits until another Service of the name is gone.",
			object: `{apiVersion: serving.knative.dev/v1, kind: Service, status: {conditions: [{type: Ready, status: "False", reason: NotOwned, message: There is another}]}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "There is another"},
		},
		"ServiceSilent": {
			reason: "A Service that says no more than a reason says that.",
			object: `{apiVersion: serving.knative.dev/v1, kind: Service, status: {conditions: [{type: Ready, status: "False", reason: RevisionFailed}]}}`,
			want:   health.Verdict{Phase: health.Failed, Message: "RevisionFailed"},
		},
		"ServiceReady": {
			reason: "A Service that is ready does its work, also without pods.",
			object: in(compositiontest.Ready, serving, "Service"),
			want:   health.Verdict{Phase: health.Ready, Message: "Resource is Ready"},
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
