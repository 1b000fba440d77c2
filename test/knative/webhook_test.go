// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"context"
	"testing"

	"knative.dev/pkg/apis"
)

// TestWebhook runs the code of Knative's webhook on the composed objects.
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

// TestAdmits checks admits with documents for which the webhook's answer is known.
func TestAdmits(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		kind     string
		from, to string
		want     string
	}{
		"Trigger": {
			reason: "A subscriber may be in another namespace than the Trigger.",
			kind:   "Trigger",
		},
		"SinkBinding": {
			reason: "A sink may be in another namespace than the SinkBinding.",
			kind:   "SinkBinding",
		},
		"Service": {
			reason: "Warnings about a pod's security refuse nothing.",
			kind:   "Service",
		},
		"ServiceField": {
			reason: "Serving takes only some fields of a pod.",
			kind:   "Service",
			from:   "      containers:",
			to:     "      hostname: a\n      containers:",
			want:   "must not set the field(s): spec.template.spec.hostname",
		},
		"TriggerWithoutBroker": {
			reason: "A Trigger needs a broker, because the broker delivers its events.",
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
			reason: "A reference needs a name. The webhook checks only a reference without a URI.",
			kind:   "Trigger",
			from:   "name: sonataflow-platform-jobs-service\n      namespace: workflows\n    uri: /v2/jobs/events",
			to:     "namespace: workflows",
			want:   "missing field(s): spec.subscriber.ref.name",
		},
		"TriggerSubscriberURI": {
			reason: "A URI beside a reference must be relative.",
			kind:   "Trigger",
			from:   "uri: /v2/jobs/events",
			to:     "uri: http://example.org/v2/jobs/events",
			want:   "Absolute URI is not allowed when Ref",
		},
		"SinkBindingDefault": {
			reason: "The webhook fills in the namespace of the subject.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow-platform-jobs-service",
		},
		"SinkBindingSubjectElsewhere": {
			reason: "The subject must be in the SinkBinding's namespace.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow-platform-jobs-service\n    namespace: brokers",
			want:   "invalid value: brokers: spec.subject.namespace",
		},
		"SinkBindingSubjectName": {
			reason: "The subject's name must be a DNS label, though a Deployment's name may have dots.",
			kind:   "SinkBinding",
			from:   "name: sonataflow-platform-jobs-service\n    namespace: workflows",
			to:     "name: sonataflow.platform\n    namespace: workflows",
			want:   "spec.subject.name",
		},
		"SinkBindingWithoutSink": {
			reason: "A SinkBinding needs a sink for its events.",
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

// admits returns the error of Knative's webhook for the creation of an object. The
// webhook sees the object after its own defaults, and with all optional features turned
// off.
func admits(ctx context.Context, d document, o object) error {
	if err := decode(d, o); err != nil {
		return err
	}
	ctx = apis.WithinCreate(ctx)
	o.SetDefaults(ctx)
	// The result isn't returned directly, because a nil *FieldError in an error isn't nil.
	// Warnings, which an API server passes on, refuse nothing.
	if err := o.Validate(ctx).Filter(apis.ErrorLevel); err != nil {
		return err
	}
	return nil
}
