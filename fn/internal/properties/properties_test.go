// SPDX-License-Identifier: Apache-2.0

package properties_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	decoder "github.com/magiconair/properties"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// TestFiles compares with what the operator writes for a platform plat in ns1.
func TestFiles(t *testing.T) {
	t.Parallel()
	const (
		dataIndex   = "http://plat-data-index-service.ns1"
		jobsService = "http://plat-jobs-service.ns1"
	)
	cases := map[string]struct {
		reason string
		in     map[string]string
		file   string
	}{
		"DataIndex": {
			reason: "The Data Index has one file, whatever else there is.",
			in:     service.DataIndexProperties(dataIndex),
			file:   "data-index.properties",
		},
		"JobsServiceAlone": {
			reason: "Without a Data Index nobody wants to know about the changes of jobs.",
			in:     service.JobsServiceProperties(jobsService, "", false),
			file:   "jobs-service.properties",
		},
		"JobsServiceWithDataIndex": {
			reason: "With one, they are reported to it.",
			in:     service.JobsServiceProperties(jobsService, dataIndex, false),
			file:   "jobs-service-wired.properties",
		},
		"JobsServiceWithSink": {
			reason: "With a sink, they are sent there.",
			in:     service.JobsServiceProperties(jobsService, dataIndex, true),
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
			reason: "No properties make an empty file.",
		},
		"Order": {
			reason: "Keys are sorted, so that the same properties are always the same text.",
			in:     map[string]string{"b": "1", "a.b": "2", "a": "3", "B": "4"},
			want:   "B = 4\na = 3\na.b = 2\nb = 1\n",
		},
		"Placeholder": {
			reason: "The application resolves placeholders, even one that refers to itself.",
			in:     map[string]string{"url": "${K_SINK}/${url}"},
			want:   "url = ${K_SINK}/${url}\n",
		},
		"Quotes": {
			reason: "Quotes within a key are part of it.",
			in:     map[string]string{`check."a.B".enabled`: "true"},
			want:   "check.\"a.B\".enabled = true\n",
		},
		"EmptyValue": {
			reason: "An empty value is a value.",
			in:     map[string]string{"a": ""},
			want:   "a = \n",
		},
		"Key": {
			reason: "What would end a key or make a comment of it is escaped.",
			in:     map[string]string{"#a b:c=d!": "v"},
			want:   `\#a\ b\:c\=d\! = v` + "\n",
		},
		"Value": {
			reason: "In a value only what would end it is escaped, and a space that would be taken for the separator's.",
			in:     map[string]string{"a": "  x = #1: \\\t\r\n"},
			want:   `a = \  x = #1: \\\t\r\n` + "\n",
		},
		"Unicode": {
			reason: "Quarkus reads UTF-8.",
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
