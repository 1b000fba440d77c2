// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")

	// testee is the function that all tests of this package call.
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
	testee = renderer{root: root, bin: binFolder, dir: dir, cli: newestCLI, address: f.Address, printed: new(memory).printed}
	return m.Run(), f.Stop()
}

// A memory has what commands printed. States of an example begin alike: what they have in
// common is rendered once, which halves the renders of the tests.
type memory struct{ outputs sync.Map }

// printed returns what a command prints, which depends on its arguments and on the content
// of the YAML files among them.
func (m *memory) printed(ctx context.Context, args []string) ([]byte, error) {
	key := sha256.New()
	for _, arg := range args {
		content := []byte(arg)
		if file := arg[strings.LastIndex(arg, "=")+1:]; strings.HasSuffix(file, ".yaml") {
			var err error
			if content, err = os.ReadFile(file); err != nil {
				return nil, err
			}
		}
		_, _ = fmt.Fprintf(key, "%d %s", len(content), content)
	}
	once, _ := m.outputs.LoadOrStore(string(key.Sum(nil)), sync.OnceValues(func() ([]byte, error) { return execute(ctx, args) }))
	return once.(func() ([]byte, error))()
}

// TestGolden renders every example with the default CLI. The results are in testdata, so
// that a review shows every change of what is composed.
func TestGolden(t *testing.T) {
	for _, example := range examples(testee.root) {
		for _, state := range names(t, example) {
			t.Run(example+"/"+state, func(t *testing.T) {
				t.Parallel()

				out, err := testee.render(t.Context(), example, state)
				if err != nil {
					t.Fatal(err)
				}
				got := normalize(out.stream())

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

// TestGoldenFiles fails for golden files that belong to no state of an example.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob(golden("*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		example := filepath.Base(filepath.Dir(f))
		state := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if !slices.Contains(examples(testee.root), example) || !slices.Contains(names(t, example), state) {
			t.Errorf("%s belongs to no state of an example: remove it", f)
		}
	}
}

// TestUnknown asks for an unknown example or state: the error must list the known ones.
func TestUnknown(t *testing.T) {
	for want, ask := range map[string][2]string{
		"minimal, ": {"none", first},
		`no state "none": choose one of first, ready, migrating, failed, upgrade-scaling-down, upgrade-migrating, upgrade-done`: {"migration-job", "none"},
		`no state "failed": choose one of first, ready`: {"minimal", "failed"},
	} {
		_, err := testee.render(t.Context(), ask[0], ask[1])
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, state %s: got error %v, want one with %s", ask[0], ask[1], err, want)
		}
	}
}

// names lists the states of an example.
func names(t *testing.T, example string) []string {
	t.Helper()
	xr, err := testee.composite(example)
	if err != nil {
		t.Fatal(err)
	}
	return nameAll(statesOf(xr))
}

// clisVariable names the older CLIs that TestCLIs renders with. The default is the oldest
// one alone, because each CLI takes minutes to build on a new machine.
const clisVariable = "SONATAFLOW_RENDER_CLIS"

// TestCLIs renders every example with older CLIs: each of them must give the same objects.
// Workflows need a CLI that looks resources up.
func TestCLIs(t *testing.T) {
	asked := strings.Fields(os.Getenv(clisVariable))
	if len(asked) == 0 {
		asked = []string{oldestCLI}
	}
	for _, cli := range asked {
		for _, example := range examples(testee.root) {
			for _, state := range []string{first, ready} {
				t.Run(cli+"/"+example+"/"+state, func(t *testing.T) {
					t.Parallel()

					r := testee
					r.cli = cli
					out, err := r.render(t.Context(), example, state)
					if strings.HasPrefix(example, "workflow") && strings.HasPrefix(cli, "v1.") {
						if err == nil || !strings.Contains(err.Error(), "workflows need a Crossplane that looks resources up") {
							t.Errorf("got %v, want a refusal", err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					want, got := byName(composedIn(t, golden(example, state))), byName(out.composed)
					// An older CLI looks for no Broker, so that the Deployment that sends events
					// begins without pods; with a Broker, it waits for its SinkBinding.
					if _, made := want["jobs-service-deployment"]; !made && strings.HasPrefix(cli, "v1.") {
						delete(got, "jobs-service-deployment")
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("-golden, +%s:\n%s", cli, diff)
					}
				})
			}
		}
	}
}

// TestNamespaced renders every example in the form whose platforms are composites
// themselves: it must give the same objects. In this form, a platform with a Broker in
// another namespace is refused.
func TestNamespaced(t *testing.T) {
	elsewhere := map[string]bool{"kafka-broker": true, "service-brokers": true}
	for _, example := range examples(testee.root) {
		for _, state := range []string{first, ready} {
			t.Run(example+"/"+state, func(t *testing.T) {
				t.Parallel()

				r := testee
				r.namespaced = true
				out, err := r.render(t.Context(), example, state)
				if elsewhere[example] {
					if err == nil || !strings.Contains(err.Error(), "can't have Triggers in other namespaces: use a Broker in namespace sonataflow-"+example) {
						t.Errorf("got %v, want a refusal", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(byName(composedIn(t, golden(example, state))), byName(out.composed)); diff != "" {
					t.Errorf("-claimed, +namespaced:\n%s", diff)
				}
			})
		}
	}
}

// composedIn reads the composed objects of a golden file.
func composedIn(t *testing.T, file string) []unstructured.Unstructured {
	t.Helper()
	docs, err := load(file)
	if err != nil {
		t.Fatalf("%v: `make golden` writes it", err)
	}
	return slices.DeleteFunc(docs, func(d unstructured.Unstructured) bool { return d.GetAnnotations()[nameAnnotation] == "" })
}

func golden(example, state string) string {
	return filepath.Join("testdata", example, state+".yaml")
}

// normalize replaces the values that depend on how and where the function was built.
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
		// With a CLI that doesn't look Brokers up, the function can't recognize Kafka's
		// Brokers.
		annotations := o.GetAnnotations()
		delete(annotations, "kafka.eventing.knative.dev/delivery.order")
		o.SetAnnotations(annotations)
		m[o.GetAnnotations()[nameAnnotation]] = o.Object
	}
	return m
}
