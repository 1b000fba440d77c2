// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"context"
	"testing"

	"knative.dev/pkg/apis"
)

// TestWebhook gives what is composed to the code of Knative's webhook.
func TestWebhook(t *testing.T) {
	t.Parallel()

	for _, k := range composed() {
		t.Run(k.Kind, func(t *testing.T) {
			t.Parallel()
			for _, d := range documents(t, renders, k.GroupKind) {
				if err := admits(t.Context(), d, k.empty()); err != nil {
					t.Errorf("%s: %v", d.where, err)
				}
			}
		})
	}
}

// TestAdmits holds the check to documents of which it is known what the webhook
// says to them.
func TestAdmits(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		kind     string
		from, to string
		want     string
	}{
		"Trigger": {
			reason: "A subscriber in another namespace than the Trigger is fine.",
			kind:   "Trigger",
		},
		"SinkBinding": {
			reason: "A sink in another namespace than the SinkBinding is fine.",
			kind:   "SinkBinding",
		},
		"TriggerWithoutBroker": {
			reason: "Without a broker there are no events.",
			kind:   "Trigger",
			from:   "broker: default",
			to:     `broker: ""`,
			want:   "missing field(s): spec.broker",
		},
		"TriggerAttribute": {
			reason: "Names of attributes are lower case letters and digits.",
			kind:   "Trigger",
			from:   "type: job.create",
			to:     "kogito-type: job.create",
			want:   "invalid key name",
		},
		"TriggerSubscriberReference": {
			reason: "A reference has a name. The webhook only looks at one that comes without a URI.",
			kind:   "Trigger",
			from:   "name: sonataflow-platform-jobs-service\n      namespace: workflows\n    uri: /v2/jobs/events",
			to:     "namespace: workflows",
			want:   "missing field(s): spec.subscriber.ref.name",
		},
		"TriggerSubscriberURI": {
			reason: "A URI is relative to what is referred to.",
			kind:   "Trigger",
			from:   "uri: /v2/jobs/events",
			to:     "uri: http://example.org/v2/jobs/events",
			want:   "Absolute URI is not allowed when Ref",
		},
		"SinkBindingDefault": {
			reason: "The webhook itself fills in the namespace of what is bound.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow-platform-jobs-service",
		},
		"SinkBindingSubjectElsewhere": {
			reason: "Only what is in the SinkBinding's namespace is bound.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow-platform-jobs-service\n    namespace: brokers",
			want:   "invalid value: brokers: spec.subject.namespace",
		},
		"SinkBindingSubjectName": {
			reason: "The name of what is bound is a label, though a Deployment may have more than that.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow.platform\n    namespace: workflows",
			want:   "spec.subject.name",
		},
		"SinkBindingWithoutSink": {
			reason: "Events must go somewhere.",
			kind:   "SinkBinding",
			from:   "sink:\n    ref:",
			to:     "sink: {}\n  ceOverrides:\n    extensions:",
			want:   "expected at least one, got none: spec.sink.ref, spec.sink.uri",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := named(t, tc.kind)
			matches(t, tc.reason, tc.want, admits(t.Context(), changed(t, k.sample, tc.from, tc.to), k.empty()))
		})
	}
}

// admits tells what Knative's webhook has against the creation of an object. It sees
// the object after its own defaults, and with all optional features turned off.
func admits(ctx context.Context, d document, o object) error {
	if err := decode(d, o); err != nil {
		return err
	}
	ctx = apis.WithinCreate(ctx)
	o.SetDefaults(ctx)
	// Through a variable: a nil *FieldError in an error is not nil.
	if err := o.Validate(ctx); err != nil {
		return err
	}
	return nil
}
