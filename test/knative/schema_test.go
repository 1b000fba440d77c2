// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"context"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// installed returns the validator of Knative's definitions. All tests share it.
var installed = sync.OnceValues(func() (validator, error) {
	ctx := context.Background() // The context of a test would end with the test.
	const eventing = "config/core/resources/"
	crds, err := definitions(ctx, "knative.dev/eventing", eventing+"broker.yaml", eventing+"trigger.yaml", eventing+"sinkbindings.yaml")
	if err != nil {
		return nil, err
	}
	services, err := definitions(ctx, "knative.dev/serving", "config/core/300-resources/service.yaml")
	if err != nil {
		return nil, err
	}
	return newValidator(append(crds, services...))
})

// TestSchemas validates the composed objects, and the Brokers of the examples, against
// the schemas that Knative installs.
func TestSchemas(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		files string
		kind  schema.GroupKind
	}{
		"Broker": {files: examples, kind: schema.GroupKind{Group: "eventing.knative.dev", Kind: "Broker"}},
	}
	for _, k := range composed() {
		cases[k.Kind] = struct {
			files string
			kind  schema.GroupKind
		}{files: renders, kind: k.GroupKind}
	}
	v, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, d := range documents(t, tc.files, tc.kind) {
				if err := v.validate(t.Context(), d); err != nil {
					t.Errorf("%s: %v", d.where, err)
				}
			}
		})
	}
}

// TestValidate checks the validator with documents for which the answer of an API server
// is known.
func TestValidate(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		sample   string
		from, to string
		want     string
	}{
		"Trigger": {
			reason: "The schema accepts a Trigger that Knative accepts.",
			sample: trigger,
		},
		"SinkBinding": {
			reason: "The schema accepts a SinkBinding that Knative accepts.",
			sample: sinkBinding,
		},
		"Broker": {
			reason: "The schema accepts a Broker with the status that Knative gives it.",
			sample: broker,
		},
		"TriggerUnknownField": {
			reason: "The schema lets unknown fields of a Trigger's spec pass; TestTypes finds them.",
			sample: trigger,
			from:   "broker: default",
			to:     "broker: default\n  brokr: default",
		},
		"TriggerUnknownFieldInside": {
			reason: "The schema refuses unknown fields of the objects in a Trigger's spec.",
			sample: trigger,
			from:   "uri:",
			to:     "url:",
			want:   "spec.subscriber.url: Forbidden: unknown field",
		},
		"TriggerWrongType": {
			reason: "The name of a broker is a string.",
			sample: trigger,
			from:   "broker: default",
			to:     "broker: 1",
			want:   "spec.broker: Invalid value",
		},
		"TriggerVersion": {
			reason: "Versions that Knative doesn't serve any more have no schema.",
			sample: trigger,
			from:   "eventing.knative.dev/v1",
			to:     "eventing.knative.dev/v1beta1",
			want:   "Knative doesn't serve eventing.knative.dev/v1beta1, Kind=Trigger",
		},
		"SinkBindingUnknownField": {
			reason: "The schema refuses unknown fields of a SinkBinding's spec.",
			sample: sinkBinding,
			from:   "subject:",
			to:     "subjects:",
			want:   "spec.subjects: Forbidden: unknown field",
		},
		"SinkBindingWrongType": {
			reason: "A reference is an object.",
			sample: sinkBinding,
			from:   "subject:",
			to:     "subject: sonataflow-platform-jobs-service\n  ceOverrides:",
			want:   "spec.subject: Invalid value",
		},
		"Service": {
			reason: "The schema accepts a Service that Knative accepts.",
			sample: service,
		},
		"ServiceUnknownField": {
			reason: "The schema refuses fields of a pod that Serving never takes.",
			sample: service,
			from:   "      containers:",
			to:     "      hostname: a\n      containers:",
			want:   "spec.template.spec.hostname: Forbidden: unknown field",
		},
		"BrokerRequired": {
			reason: "A condition has a status.",
			sample: broker,
			from:   `    status: "True"`,
			to:     "    reason: None",
			want:   "status.conditions[0].status: Required value",
		},
		"BrokerUnknownField": {
			reason: "The schema covers a Broker's status too.",
			sample: broker,
			from:   "url:",
			to:     "uri:",
			want:   "status.address.uri: Forbidden: unknown field",
		},
	}
	v, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			matches(t, tc.reason, tc.want, v.validate(t.Context(), changed(t, tc.sample, tc.from, tc.to)))
		})
	}
}
