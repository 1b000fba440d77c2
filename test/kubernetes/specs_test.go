// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// A spec is a composite that the function is called for.
type spec struct {
	// name says which file it comes from.
	name      string
	composite map[string]any
	// required are the required resources that the cluster has.
	required []map[string]any
}

// specs returns the composites of the examples, and the manifests of test/seeds as
// composites of the namespaced form. Too few files are fatal, because a test without specs
// would pass.
func specs(t *testing.T) []spec {
	t.Helper()
	var out []spec
	for _, file := range glob(t, "../../example/*/composite.yaml") {
		s := spec{name: "example/" + filepath.Base(filepath.Dir(file)), composite: read(t, file)[0]}
		required := filepath.Join(filepath.Dir(file), "required.yaml")
		if _, err := os.Stat(required); err == nil {
			s.required = read(t, required)
		}
		out = append(out, s)
	}
	for _, file := range glob(t, "../seeds/testdata/*.yaml") {
		s := spec{name: "test/seeds/" + strings.TrimSuffix(filepath.Base(file), ".yaml"), composite: read(t, file)[0]}
		meta := s.composite["metadata"].(map[string]any)
		if s.composite["kind"] == "SonataFlowPlatform" && meta["namespace"] == nil {
			meta["namespace"] = "default" // As kubectl does.
		}
		out = append(out, s)
	}
	return out
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("want at least 10 files %s, found %d", pattern, len(files))
	}
	return files
}

// read returns the documents of a file.
func read(t *testing.T, file string) []map[string]any {
	t.Helper()
	stream := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text(t, file))))
	var out []map[string]any
	for {
		b, err := stream.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("cannot read %s: %v", file, err)
		}
		var o map[string]any
		if err := yaml.UnmarshalStrict(b, &o); err != nil {
			t.Fatalf("cannot parse %s: %v", file, err)
		}
		if o != nil {
			out = append(out, o)
		}
	}
}
