// SPDX-License-Identifier: Apache-2.0

// Package seeds_test validates manifests that were written for the operator. testdata has
// every manifest of a platform and of a cluster platform in the documents that this
// product must support. The first lines of a file name its document. Manifests of
// workflows are left out until this repository has a definition of their kind.
package seeds_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

func TestSeeds(t *testing.T) {
	t.Parallel()

	v, err := xrdschema.Load("../../apis")
	if err != nil {
		t.Fatalf("Load(apis): %v", err)
	}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d documents, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("cannot read: %v", err)
			}
			if !strings.HasPrefix(string(b), "# ") {
				t.Error("want the document to say where it comes from")
			}
			var obj map[string]any
			if err := yaml.UnmarshalStrict(b, &obj); err != nil {
				t.Fatalf("cannot parse: %v", err)
			}
			for _, err := range v.Validate(obj) {
				t.Errorf("want the definition to accept the document, got %v", err)
			}
			into := map[any]any{
				v1alpha08.KindSonataFlowPlatform:        &v1alpha08.SonataFlowPlatform{},
				v1alpha08.KindSonataFlowClusterPlatform: &v1alpha08.SonataFlowClusterPlatform{},
			}[obj["kind"]]
			if into == nil {
				t.Fatalf("want a platform or a cluster platform, got %v", obj["kind"])
			}
			if err := yaml.UnmarshalStrict(b, into); err != nil {
				t.Errorf("want the Go type to take the document: %v", err)
			}
		})
	}
}
