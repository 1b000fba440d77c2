// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// Deepest is embedded in Embedded.
type Deepest struct {
	Labels map[string]string `json:"labels,omitempty"`
}

// Embedded is embedded in settings.
type Embedded struct {
	Deepest `json:",inline"`

	Enabled *bool `json:"enabled,omitempty"`
}

// settings are what the tests decode.
type settings struct {
	Embedded `json:",inline"`

	Replicas *int32             `json:"replicas,omitempty"`
	CACerts  string             `json:"CACerts,omitempty"`
	CPU      *resource.Quantity `json:"cpu,omitempty"`
	Child    *settings          `json:"child,omitempty"`
	List     []settings         `json:"list,omitempty"`
}

func TestDecodeField(t *testing.T) {
	t.Parallel()
	type want struct {
		// settings are what was read, if there is no error.
		settings settings
		// err is the text of the error, if there is one.
		err string
	}
	// before is what the value is before it is read into.
	before := func() settings { return settings{Replicas: new(int32(7))} }
	cases := map[string]struct {
		reason string
		raw    any
		want   want
	}{
		"Absent": {
			reason: "A field that isn't there leaves the value as it is.",
			want:   want{settings: before()},
		},
		"Object": {
			reason: "An object is read into the Go type.",
			raw:    map[string]any{"enabled": true, "labels": map[string]any{"a": "b"}, "replicas": int64(1), "list": []any{map[string]any{"CACerts": "c"}}},
			want: want{settings: settings{
				Embedded: Embedded{Enabled: new(true), Deepest: Deepest{Labels: map[string]string{"a": "b"}}}, Replicas: new(int32(1)), List: []settings{{CACerts: "c"}},
			}},
		},
		"UnknownField": {
			reason: "Fields that the type doesn't have are passed over: Crossplane writes such fields.",
			raw:    map[string]any{"replicas": int64(1), "crossplane": map[string]any{"a": "b"}},
			want:   want{settings: settings{Replicas: new(int32(1))}},
		},
		"OtherCase": {
			reason: "A name in another case is another name, as to the API server.",
			raw:    map[string]any{"Replicas": int64(1)},
			want:   want{settings: before()},
		},
		"WholeFraction": {
			reason: "One replica is one replica, also as 1.0.",
			raw:    map[string]any{"replicas": 1.0},
			want:   want{settings: settings{Replicas: new(int32(1))}},
		},
		"Text": {
			reason: "A text isn't an object.",
			raw:    "none",
			want:   want{err: `spec: Invalid value: "none": must be an object`},
		},
		"List": {
			reason: "A list isn't an object.",
			raw:    []any{},
			want:   want{err: `spec: Invalid value: []: must be an object`},
		},
		"WrongType": {
			reason: "The path leads to the field whose type is wrong.",
			raw:    map[string]any{"child": map[string]any{"list": "a"}},
			want:   want{err: "spec.child.list: Invalid value: must be of type []composition_test.settings, is a string"},
		},
		"Embedded": {
			reason: "Go's embedded structs aren't part of the path.",
			raw:    map[string]any{"enabled": "yes"},
			want:   want{err: "spec.enabled: Invalid value: must be of type bool, is a string"},
		},
		"EmbeddedTwice": {
			reason: "Structs that are embedded in embedded structs aren't part of the path either.",
			raw:    map[string]any{"child": map[string]any{"labels": map[string]any{"A": int64(1)}}},
			want:   want{err: "spec.child.labels: Invalid value: must be of type string, is a number"},
		},
		"Capital": {
			reason: "A field of the API that begins with a capital is part of the path.",
			raw:    map[string]any{"CACerts": int64(1)},
			want:   want{err: "spec.CACerts: Invalid value: must be of type string, is a number"},
		},
		"TooLarge": {
			reason: "A number that is too large isn't wrapped around.",
			raw:    map[string]any{"replicas": int64(1<<32 + 1)},
			want:   want{err: "spec.replicas: Invalid value: must be of type int32, is a number 4294967297"},
		},
		"Fraction": {
			reason: "There is no half replica.",
			raw:    map[string]any{"replicas": 1.5},
			want:   want{err: "spec.replicas: Invalid value: must be of type int32, is a number 1.5"},
		},
		"Quantity": {
			reason: "A type that reads its own JSON doesn't know the path, so the error is about the whole field.",
			raw:    map[string]any{"cpu": "much"},
			want:   want{err: "spec: Invalid value: cannot be read: " + resource.ErrFormatWrong.Error()},
		},
		"NotANumber": {
			reason: "What JSON doesn't have can't be read.",
			raw:    map[string]any{"replicas": math.NaN()},
			want:   want{err: "spec: Invalid value: cannot be read: json: unsupported value: NaN"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := before()
			errs := composition.DecodeField(tc.raw, &got, field.NewPath("spec"))
			message := ""
			if err := errs.ToAggregate(); err != nil {
				message = err.Error()
			}
			if diff := cmp.Diff(tc.want.err, message); diff != "" {
				t.Errorf("%s\nDecodeField(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.settings, got); message == "" && diff != "" {
				t.Errorf("%s\nDecodeField(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
