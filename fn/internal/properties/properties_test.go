// SPDX-License-Identifier: Apache-2.0

package properties_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	decoder "github.com/magiconair/properties"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
)

// TestFiles compares with what the operator writes for a platform plat in ns1.
func TestFiles(t *testing.T) {
	t.Parallel()
	dataIndex, jobsService := component.DataIndex(), component.JobsService()
	dataIndexURL, jobsServiceURL := dataIndex.URL("plat", "ns1"), jobsService.URL("plat", "ns1")
	cases := map[string]struct {
		reason string
		in     map[string]string
		file   string
	}{
		"DataIndex": {
			reason: "The properties of the Data Index depend on its own address alone.",
			in:     dataIndex.Properties(component.Surroundings{URL: dataIndexURL}),
			file:   "data-index.properties",
		},
		"JobsServiceAlone": {
			reason: "Without a Data Index the changes of jobs aren't reported.",
			in:     jobsService.Properties(component.Surroundings{URL: jobsServiceURL}),
			file:   "jobs-service.properties",
		},
		"JobsServiceWithDataIndex": {
			reason: "With a Data Index, the changes of jobs are reported to the Data Index.",
			in:     jobsService.Properties(component.Surroundings{URL: jobsServiceURL, DataIndexURL: dataIndexURL}),
			file:   "jobs-service-wired.properties",
		},
		"JobsServiceWithSink": {
			reason: "With a sink, the changes of jobs are sent to the sink.",
			in:     jobsService.Properties(component.Surroundings{URL: jobsServiceURL, DataIndexURL: dataIndexURL, Sink: true}),
			file:   "jobs-service-sink.properties",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(filepath.Join("testdata", tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), properties.Encode(tc.in)); diff != "" {
				t.Errorf("%s\nEncode(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     map[string]string
		want   string
	}{
		"Nothing": {
			reason: "Without properties the file is empty.",
		},
		"Order": {
			reason: "Keys are sorted, so that the same properties are always the same text.",
			in:     map[string]string{"b": "1", "a.b": "2", "a": "3", "B": "4"},
			want:   "B = 4\na = 3\na.b = 2\nb = 1\n",
		},
		"Placeholder": {
			reason: "The application resolves placeholders, so a placeholder isn't escaped, not even one that refers to its own key.",
			in:     map[string]string{"url": "${K_SINK}/${url}"},
			want:   "url = ${K_SINK}/${url}\n",
		},
		"Quotes": {
			reason: "Quotes within a key are part of the key.",
			in:     map[string]string{`check."a.B".enabled`: "true"},
			want:   "check.\"a.B\".enabled = true\n",
		},
		"EmptyValue": {
			reason: "An empty value is a value.",
			in:     map[string]string{"a": ""},
			want:   "a = \n",
		},
		"Key": {
			reason: "Characters that would end a key, or make a comment of the line, are escaped.",
			in:     map[string]string{"#a b:c=d!": "v"},
			want:   `\#a\ b\:c\=d\! = v` + "\n",
		},
		"Value": {
			reason: "In a value, the characters that would end the value are escaped, and a space at the start, which would belong to the separator.",
			in:     map[string]string{"a": "  x = #1: \\\t\r\n"},
			want:   `a = \  x = #1: \\\t\r\n` + "\n",
		},
		"Unicode": {
			reason: "Quarkus reads UTF-8, so letters beyond ASCII stay as they are.",
			in:     map[string]string{"größe": "∞"},
			want:   "größe = ∞\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, properties.Encode(tc.in)); diff != "" {
				t.Errorf("%s\nEncode(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// FuzzEncode reads back what was written.
func FuzzEncode(f *testing.F) {
	f.Add("a", "1", "b", "2")
	f.Add("a b", " 1", "a:b=c", "\\ \n")
	f.Add("#", "#", "!", "${a}")
	f.Add("\\", "\\", "\f\t", "\f")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		in := map[string]string{k1: v1, k2: v2}
		for _, s := range []string{k1, v1, k2, v2} {
			if !utf8.ValidString(s) {
				t.Skip("no text")
			}
		}
		if k1 == "" || k2 == "" {
			t.Skip("a property has a key")
		}
		text := properties.Encode(in)
		loader := &decoder.Loader{Encoding: decoder.UTF8, DisableExpansion: true}
		p, err := loader.LoadBytes([]byte(text))
		if err != nil {
			t.Fatalf("cannot read back: %v\n%s", err, text)
		}
		if diff := cmp.Diff(in, p.Map()); diff != "" {
			t.Errorf("read back: -want, +got:\n%s\n%s", diff, text)
		}
	})
}

func TestIn(t *testing.T) {
	t.Parallel()
	given := []properties.Property{{Key: "a", Value: "1"}, {Key: "%prod.b.c", Value: "2"}, {Key: "%test,prod.d", Value: "3"}, {Key: "%dev.e", Value: "4"}, {Key: "%", Value: "5"}}
	want := []properties.Property{{Key: "a", Value: "1"}, {Key: "b.c", Value: "2"}, {Key: "d", Value: "3"}}
	if diff := cmp.Diff(want, properties.In("prod", given)); diff != "" {
		t.Errorf("properties of one or more profiles count in these profiles alone\nIn(prod, ...): -want, +got:\n%s", diff)
	}
}
