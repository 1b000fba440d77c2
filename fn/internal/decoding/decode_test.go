// SPDX-License-Identifier: Apache-2.0

package decoding_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
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

	Replicas *int32     `json:"replicas,omitempty"`
	CACerts  string     `json:"CACerts,omitempty"`
	Child    *settings  `json:"child,omitempty"`
	List     []settings `json:"list,omitempty"`
}

func TestField(t *testing.T) {
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
		"EmbeddedTwice": {
			reason: "Go's embedded structs aren't part of the path, however deep.",
			raw:    map[string]any{"child": map[string]any{"labels": map[string]any{"A": int64(1)}}},
			want:   want{err: "spec.child.labels[A]: Invalid value: must be text, is the number 1: put it in quotes"},
		},
		"AllAtOnce": {
			reason: "All values of a wrong type are told, in the order of their names; fields that the type doesn't have aren't.",
			raw:    map[string]any{"replicas": "1", "list": []any{map[string]any{}, "a"}, "crossplane": int64(1)},
			want: want{err: "[spec.list[1]: Invalid value: must be an object, is text, " +
				`spec.replicas: Invalid value: must be a whole number, is the text "1": leave out the quotes]`},
		},
		"NotANumber": {
			reason: "What JSON doesn't have can't be read.",
			raw:    map[string]any{"replicas": math.NaN()},
			want:   want{err: "spec.replicas: Invalid value: must be a whole number, is the number NaN"},
		},
		"NotANumberElsewhere": {
			reason: "Such a value can't be read in a field that the type doesn't have either.",
			raw:    map[string]any{"crossplane": math.Inf(1)},
			want:   want{err: "spec: Invalid value: cannot be read: json: unsupported value: +Inf"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := before()
			errs := decoding.Field(tc.raw, &got, field.NewPath("spec"))
			message := ""
			if err := errs.ToAggregate(); err != nil {
				message = err.Error()
			}
			if diff := cmp.Diff(tc.want.err, message); diff != "" {
				t.Errorf("%s\nField(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.settings, got); message == "" && diff != "" {
				t.Errorf("%s\nField(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
