// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")

	// testee is the function that all tests of this package talk to.
	testee renderer
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := testWithFunction(context.Background(), m)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func testWithFunction(ctx context.Context, m *testing.M) (int, error) {
	root, err := function.Root(ctx)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "render-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	binary, err := function.Build(ctx, root, dir)
	if err != nil {
		return 0, err
	}
	f, err := function.Start(ctx, binary)
	if err != nil {
		return 0, err
	}
	testee = renderer{root: root, bin: binFolder, dir: dir, cli: defaultCLI, address: f.Address}
	return m.Run(), f.Stop()
}

// TestGolden renders every example with the default CLI. What comes of it is
// in testdata, so that a change of what is composed shows in a review.
func TestGolden(t *testing.T) {
	for _, example := range examples(t) {
		for _, state := range []string{first, ready} {
			t.Run(example+"/"+state, func(t *testing.T) {
				t.Parallel()

				out, err := testee.render(t.Context(), example, state)
				if err != nil {
					t.Fatal(err)
				}
				got := normalize(out.yaml)

				file := golden(example, state)
				if *update {
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatalf("%v: `make golden` writes it", err)
				}
				if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("%s: -want, +got (`make golden` rewrites it):\n%s", file, diff)
				}
			})
		}
	}
}

// TestGoldenFiles finds golden files that no example is for.
func TestGoldenFiles(t *testing.T) {
	dirs, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(testee.root, "example", d.Name(), "composite.yaml")); err != nil {
			t.Errorf("testdata/%s belongs to no example: remove it", d.Name())
		}
	}
}

// TestCLIs renders every example with the other CLIs that the README names:
// users get the same objects, whichever they have.
func TestCLIs(t *testing.T) {
	for _, cli := range []string{"v1.16", "v1.20", "v2.2"} {
		for _, example := range examples(t) {
			for _, state := range []string{first, ready} {
				t.Run(cli+"/"+example+"/"+state, func(t *testing.T) {
					t.Parallel()

					r := testee
					r.cli = cli
					out, err := r.render(t.Context(), example, state)
					if err != nil {
						t.Fatal(err)
					}
					var want []unstructured.Unstructured
					docs, err := load(golden(example, state))
					if err != nil {
						t.Fatalf("%v: `make golden` writes it", err)
					}
					for _, d := range docs {
						if d.GetAnnotations()[nameAnnotation] != "" {
							want = append(want, d)
						}
					}
					if diff := cmp.Diff(byName(want), byName(out.composed)); diff != "" {
						t.Errorf("-golden, +%s:\n%s", cli, diff)
					}
				})
			}
		}
	}
}

// TestClaims holds the two documents of an example against each other: the
// composite must be what Crossplane makes of the claim.
func TestClaims(t *testing.T) {
	for _, example := range examples(t) {
		t.Run(example, func(t *testing.T) {
			xr := one(t, example, "composite.yaml")
			ref, claimed, _ := unstructured.NestedStringMap(xr.Object, "spec", "claimRef")
			if !claimed {
				return // It is applied as it is.
			}

			claim := one(t, example, "claim.yaml")
			if want := map[string]string{
				"apiVersion": claim.GetAPIVersion(), "kind": claim.GetKind(),
				"namespace": claim.GetNamespace(), "name": claim.GetName(),
			}; !cmp.Equal(want, ref) {
				t.Errorf("spec.claimRef: -claim, +composite:\n%s", cmp.Diff(want, ref))
			}
			unstructured.RemoveNestedField(xr.Object, "spec", "claimRef")
			if diff := cmp.Diff(spec(claim), spec(xr)); diff != "" {
				t.Errorf("spec: -claim, +composite:\n%s", diff)
			}
		})
	}
}

// examples lists the folders of example/ that can be rendered.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testee.root, "example", "*", "composite.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no example: %v", err)
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return names
}

func golden(example, state string) string {
	return filepath.Join("testdata", example, state+".yaml")
}

// normalize hides what depends on how and where the function was built.
func normalize(yaml []byte) string {
	return regexp.MustCompile(`(?m)^( *go(OS|Version): ).*$`).ReplaceAllString(string(yaml), "${1}any")
}

// byName maps objects by their names, without what a CLI itself adds.
func byName(objects []unstructured.Unstructured) map[string]any {
	m := map[string]any{}
	for _, o := range objects {
		o = *o.DeepCopy()
		o.SetGenerateName("")
		o.SetOwnerReferences(nil)
		labels := o.GetLabels()
		maps.DeleteFunc(labels, func(k, _ string) bool { return strings.HasPrefix(k, "crossplane.io/") })
		o.SetLabels(labels)
		m[o.GetAnnotations()[nameAnnotation]] = o.Object
	}
	return m
}

func one(t *testing.T, example, file string) unstructured.Unstructured {
	t.Helper()
	docs, err := load(filepath.Join(testee.root, "example", example, file))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 {
		t.Fatalf("%s/%s has %d documents, want one", example, file, len(docs))
	}
	return docs[0]
}

func spec(o unstructured.Unstructured) any {
	if o.Object["spec"] == nil {
		return map[string]any{}
	}
	return o.Object["spec"]
}
