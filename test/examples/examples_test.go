// SPDX-License-Identifier: Apache-2.0

// Package examples_test checks the examples, the manifests of an installation and the
// READMEs, which users read and apply, against the definitions and the function.
package examples_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// The folders that this package reads.
const (
	root    = "../.."
	folder  = root + "/example"
	install = folder + "/install"
)

// TestComposites checks that every composite is what Crossplane makes of its claim.
func TestComposites(t *testing.T) {
	t.Parallel()
	for _, name := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			composite := one(t, folder, name, "composite.yaml")
			if composite.GetKind() == v1alpha08.KindSonataFlowClusterPlatform {
				return // It has no claim.
			}
			if want := []string{"apiVersion", "kind", "metadata", "spec"}; !cmp.Equal(want, keys(composite.Object)) {
				t.Errorf("composite.yaml: -want, +got:\n%s", cmp.Diff(want, keys(composite.Object)))
			}
			if diff := cmp.Diff(converted(t, one(t, folder, name, "claim.yaml"), composite.GetName()), composite.Object); diff != "" {
				t.Errorf("composite.yaml isn't what the claim converts to: -want, +got:\n%s", diff)
			}
		})
	}
}

// converted returns the composite that Crossplane makes of a claim. Crossplane adds five
// random characters to the name, so the name is the composite's.
func converted(t *testing.T, claim *unstructured.Unstructured, name string) map[string]any {
	t.Helper()
	random, ok := strings.CutPrefix(name, claim.GetName()+"-")
	if !ok || len(random) != 5 {
		t.Errorf("the composite's name is %q, want %s-xxxxx", name, claim.GetName())
	}
	spec := map[string]any{}
	if given, ok := claim.Object["spec"].(map[string]any); ok {
		spec = given
	}
	spec["claimRef"] = map[string]any{
		"apiVersion": claim.GetAPIVersion(), "kind": claim.GetKind(),
		"name": claim.GetName(), "namespace": claim.GetNamespace(),
	}
	metadata := map[string]any{
		"name": name,
		"labels": map[string]any{
			"crossplane.io/claim-name":      claim.GetName(),
			"crossplane.io/claim-namespace": claim.GetNamespace(),
		},
	}
	if annotations, ok, _ := unstructured.NestedFieldNoCopy(claim.Object, "metadata", "annotations"); ok {
		metadata["annotations"] = annotations
	}
	return map[string]any{
		"apiVersion": claim.GetAPIVersion(),
		"kind":       "X" + claim.GetKind(),
		"metadata":   metadata,
		"spec":       spec,
	}
}

// TestSchemas validates every document of the API's group against the definitions, as
// strictly as `kubectl apply --validate=strict` does.
func TestSchemas(t *testing.T) {
	t.Parallel()
	validator, err := xrdschema.Load(root + "/apis")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range examples(t) {
		for _, file := range []string{"claim.yaml", "composite.yaml", "required.yaml"} {
			for _, doc := range documents(t, folder, name, file) {
				if doc.GroupVersionKind().Group != v1alpha08.Group {
					continue
				}
				for _, err := range validator.Validate(doc.Object) {
					t.Errorf("%s/%s: %s %s: %v", name, file, doc.GetKind(), doc.GetName(), err)
				}
			}
		}
	}
}

// TestNames fails for names that an API server would refuse, and for platforms that share a
// namespace.
func TestNames(t *testing.T) {
	t.Parallel()
	owners := map[string]string{}
	for _, name := range examples(t) {
		for _, file := range []string{"claim.yaml", "composite.yaml", "required.yaml"} {
			for _, doc := range documents(t, folder, name, file) {
				for _, problem := range validation.IsDNS1123Subdomain(doc.GetName()) {
					t.Errorf("%s/%s: name %q: %s", name, file, doc.GetName(), problem)
				}
				if doc.GetNamespace() == "" {
					continue
				}
				for _, problem := range validation.IsDNS1123Label(doc.GetNamespace()) {
					t.Errorf("%s/%s: namespace %q: %s", name, file, doc.GetNamespace(), problem)
				}
			}
		}
		for _, claim := range documents(t, folder, name, "claim.yaml") {
			if other, taken := owners[claim.GetNamespace()]; taken {
				t.Errorf("%s and %s share the namespace %s", name, other, claim.GetNamespace())
			}
			owners[claim.GetNamespace()] = name
		}
	}
}

// TestRequired fails for Secrets in a namespace where no pod of the example could read
// them.
func TestRequired(t *testing.T) {
	t.Parallel()
	for _, name := range examples(t) {
		for _, doc := range documents(t, folder, name, "required.yaml") {
			if doc.GetKind() != "Secret" {
				continue
			}
			if want := one(t, folder, name, "claim.yaml").GetNamespace(); doc.GetNamespace() != want {
				t.Errorf("%s: Secret %s is in namespace %s, want %s", name, doc.GetName(), doc.GetNamespace(), want)
			}
		}
	}
}

// TestIndex fails for examples that have no row in example/README.md, or no command in
// their own README.
func TestIndex(t *testing.T) {
	t.Parallel()
	index := text(t, folder, "README.md")
	for _, name := range append(examples(t), guides()...) {
		if !strings.Contains(index, "| ["+name+"]("+name+") |") {
			t.Errorf("example/README.md has no row for %s", name)
		}
		if slices.Contains(guides(), name) {
			continue
		}
		if want := "make render EXAMPLE=" + name + "\n"; !strings.Contains(text(t, folder, name, "README.md"), want) {
			t.Errorf("example/%s/README.md lacks the command %q", name, want)
		}
	}
}

// schemas is the folder with Knative's schemas for offline renders.
const schemas = "schemas"

// guides lists the folders that are no platforms, but show how to install, to take over the
// operator's platforms, and to work with Argo CD and Flux.
func guides() []string { return []string{filepath.Base(install), "gitops", "take-over"} }

// examples lists the folders that can be rendered: all but the guides and the schemas.
func examples(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(append(guides(), schemas), e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// one returns the only document of a file.
func one(t *testing.T, path ...string) *unstructured.Unstructured {
	t.Helper()
	docs := documents(t, path...)
	if len(docs) != 1 {
		t.Fatalf("%s has %d documents, want one", filepath.Join(path...), len(docs))
	}
	return docs[0]
}

// documents returns the objects in a YAML file: none if there is no such file.
func documents(t *testing.T, path ...string) []*unstructured.Unstructured {
	t.Helper()
	f, err := os.Open(filepath.Join(path...))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()

	var docs []*unstructured.Unstructured
	for d := yaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		doc := &unstructured.Unstructured{}
		switch err := d.Decode(&doc.Object); {
		case errors.Is(err, io.EOF):
			return docs
		case err != nil:
			t.Fatalf("%s: %v", filepath.Join(path...), err)
		case len(doc.Object) > 0:
			docs = append(docs, doc)
		}
	}
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func keys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
