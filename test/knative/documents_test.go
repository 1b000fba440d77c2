// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// TestRead reads streams of documents: an error must name its document.
func TestRead(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason  string
		content string
		want    []string
		err     string
	}{
		"Stream": {
			reason:  "All documents of a stream are read, also those after a document without an object.",
			content: "---\n# Only a comment.\n---" + trigger + "---" + sinkBinding,
			want: []string{
				"document 2, Trigger brokers/jobs-service-create-job",
				"document 3, SinkBinding workflows/sonataflow-platform-jobs-service-sb",
			},
		},
		"TwiceTheSameKey": {
			reason:  "A key with two values is an error, because readers disagree which value counts.",
			content: broker + "---" + broker + "kind: Trigger\n",
			err:     "first.yaml, document 2: cannot parse it",
		},
		"NoObject": {
			reason:  "A document that isn't an object is a mistake in the file.",
			content: "- kind: Trigger\n",
			err:     "document 1: cannot decode it",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "first.yaml")
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			all, err := read(file)
			matches(t, tc.reason, tc.err, err)
			var got []string
			for _, d := range all {
				if d.GetKind() != "" {
					got = append(got, strings.TrimPrefix(d.where, file+", "))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// A document is an object of a YAML stream.
type document struct {
	unstructured.Unstructured

	// where says which document of which file it is.
	where string
	json  []byte
}

func newDocument(b []byte) (document, error) {
	d := document{json: b}
	// As an API server reads it: whole numbers stay whole.
	if err := utiljson.Unmarshal(b, &d.Object); err != nil {
		return document{}, fmt.Errorf("cannot decode it: %w", err)
	}
	return d, nil
}

// documents returns the objects of a kind, in any version, in the files that match a
// pattern. No object is fatal, because a test without objects would pass.
func documents(t *testing.T, pattern string, kind schema.GroupKind) []document {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatalf("cannot list %s: %v", pattern, err)
	}
	var found []document
	for _, file := range files {
		all, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.GroupVersionKind().GroupKind() == kind {
				found = append(found, d)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("want a %s in at least one of the %d files %s, found none", kind, len(files), pattern)
	}
	return found
}

// read returns all documents of a file.
func read(file string) ([]document, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the documents: %w", err)
	}
	stream := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var all []document
	for i := 1; ; i++ {
		b, err := stream.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		where := fmt.Sprintf("%s, document %d", file, i)
		if err != nil {
			return nil, fmt.Errorf("%s: cannot read it: %w", where, err)
		}
		// Strict: otherwise the first of two values of a key would be lost.
		if b, err = yaml.YAMLToJSONStrict(b); err != nil {
			return nil, fmt.Errorf("%s: cannot parse it: %w", where, err)
		}
		d, err := newDocument(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		d.where = fmt.Sprintf("%s, %s %s/%s", where, d.GetKind(), d.GetNamespace(), d.GetName())
		all = append(all, d)
	}
}
