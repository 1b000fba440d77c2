// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	kjson "sigs.k8s.io/json"
)

// TestTypes decodes the composed objects into Knative's own types and encodes them again:
// a misspelt field, or a field of another version, doesn't survive this.
func TestTypes(t *testing.T) {
	t.Parallel()

	for _, k := range composed() {
		t.Run(k.Kind, func(t *testing.T) {
			t.Parallel()
			for _, d := range documents(t, renders, k.GroupKind) {
				if err := survives(d, k.empty()); err != nil {
					t.Errorf("%s: %v", d.where, err)
				}
			}
		})
	}
}

// TestSurvives checks survives with documents for which the result of Knative's types is
// known.
func TestSurvives(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		kind     string
		from, to string
		want     string
	}{
		"Trigger": {
			reason: "The fields that the type has are kept.",
			kind:   "Trigger",
		},
		"SinkBinding": {
			reason: "The type always encodes a status. An added empty status is no loss.",
			kind:   "SinkBinding",
		},
		"TriggerMisspelt": {
			reason: "The schema lets unknown fields of the spec pass, the type doesn't.",
			kind:   "Trigger",
			from:   "broker: default",
			to:     "brokr: default",
			want:   `unknown field "spec.brokr"`,
		},
		"TriggerCase": {
			reason: "Names of fields are case sensitive, as on an API server.",
			kind:   "Trigger",
			from:   "subscriber:",
			to:     "Subscriber:",
			want:   `unknown field "spec.Subscriber"`,
		},
		"TriggerMetadataMisspelt": {
			reason: "An unknown field of the metadata is refused, too.",
			kind:   "Trigger",
			from:   "labels:",
			to:     "label:",
			want:   `unknown field "metadata.label"`,
		},
		"TriggerWrongType": {
			reason: "An attribute is a string.",
			kind:   "Trigger",
			from:   "type: job.create",
			to:     "type: 1",
			want:   "cannot unmarshal number into Go struct field TriggerFilter.spec.filter.attributes of type string",
		},
		"TriggerLoss": {
			reason: "An empty map has no meaning, so it is no loss that the type leaves the map out.",
			kind:   "Trigger",
			from:   "attributes:\n      type: job.create",
			to:     "attributes: {}",
			want:   `"attributes": map[string]any{}`,
		},
		"TriggerChange": {
			reason: "A value that the type encodes differently isn't the composed value.",
			kind:   "Trigger",
			from:   "uri: /v2/jobs/events",
			to:     "uri: /v2/jobs/{id}",
			want:   `"/v2/jobs/%7Bid%7D"`,
		},
		"SinkBindingMisspelt": {
			reason: "An unknown field of a spec with an inlined struct is refused.",
			kind:   "SinkBinding",
			from:   "subject:",
			to:     "subjects:",
			want:   `unknown field "spec.subjects"`,
		},
		"SinkBindingWrongType": {
			reason: "A reference is an object.",
			kind:   "SinkBinding",
			from:   "subject:",
			to:     "subject: sonataflow-platform-jobs-service\n  ceOverrides:",
			want:   "cannot unmarshal string into Go struct field SinkBindingSpec.spec.BindingSpec.subject",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := named(t, tc.kind)
			matches(t, tc.reason, tc.want, survives(changed(t, k.sample, tc.from, tc.to), k.empty()))
		})
	}
}

// survives returns an error if a type of Knative loses or changes a field of an object.
func survives(d document, into object) error {
	if err := decode(d, into); err != nil {
		return err
	}
	b, err := json.Marshal(into)
	if err != nil {
		return fmt.Errorf("cannot encode it: %w", err)
	}
	var encoded map[string]any
	if err := utiljson.Unmarshal(b, &encoded); err != nil {
		return fmt.Errorf("cannot decode what was encoded: %w", err)
	}
	dropZeros(encoded, d.Object)
	if diff := cmp.Diff(d.Object, encoded); diff != "" {
		return fmt.Errorf("-composed, +encoded by Knative's type:\n%s", diff)
	}
	return nil
}

// decode reads an object into a type of Knative. Unlike with encoding/json, names of fields
// are case sensitive, as on an API server.
func decode(d document, into object) error {
	strict, err := kjson.UnmarshalStrict(d.json, into)
	return errors.Join(append(strict, err)...)
}

// dropZeros removes from what was encoded the fields that are only there because
// Go's encoder can't omit them.
func dropZeros(encoded, source map[string]any) {
	for name, value := range encoded {
		original, ok := source[name]
		switch {
		case !ok && zero(value):
			delete(encoded, name)
		case ok:
			dropZerosIn(value, original)
		}
	}
}

// dropZerosIn does so with the objects that a value is or has.
func dropZerosIn(encoded, source any) {
	switch encoded := encoded.(type) {
	case map[string]any:
		source, _ := source.(map[string]any)
		dropZeros(encoded, source)
	case []any:
		source, _ := source.([]any)
		for i := range min(len(encoded), len(source)) {
			dropZerosIn(encoded[i], source[i])
		}
	}
}

// zero tells whether a value is null, or an object that has only such values.
func zero(value any) bool {
	fields, ok := value.(map[string]any)
	if !ok {
		return value == nil
	}
	for _, f := range fields {
		if !zero(f) {
			return false
		}
	}
	return true
}
