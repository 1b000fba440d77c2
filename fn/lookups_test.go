// SPDX-License-Identifier: Apache-2.0

package main

import (
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

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestLookups holds the kinds that all composites ask for, before anything exists and at
// rest, against the table in example/install/README.md: Crossplane keeps all objects of a kind
// that is asked for in its memory, so that a kind that isn't in the table, with its cost,
// must not be asked for. A kind of the table that nothing asks for doesn't belong there.
func TestLookups(t *testing.T) {
	t.Parallel()
	table := lookupTable(t)
	properties := documents(t, "../example/workflow-discovery/required.yaml")[0]
	const uris = `a = ${kubernetes:statefulsets.v1.apps/n1/a}
b = ${kubernetes:ingresses.v1.networking.k8s.io/n1/b}
c = ${knative:n1/c}
d = ${knative:brokers.v1.eventing.knative.dev/n1/d}
e = ${kubernetes:pods.v1/n1/e}
`
	if err := unstructured.SetNestedField(properties.Object, uris, "data", "application.properties"); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		input  string
		// never are kinds of the table that aren't asked for with this input.
		never []string
	}{
		"Default": {reason: "Pods are a choice.", input: "secrets: Check", never: []string{"Pod", "Route"}},
		"Least":   {reason: "Secrets are a choice, too.", input: "secrets: Ignore", never: []string{"Pod", "Route", "Secret"}},
		"Off": {
			reason: "Service discovery is a choice.", input: "workflows: {discovery: 'Off'}",
			never: []string{"Pod", "Route", "Ingress", "StatefulSet"},
		},
		"Most": {reason: "With every choice, all kinds of the table are asked for.", input: "secrets: Check\nmigration: {pods: LookUp}\ncluster: OpenShift"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := struct {
				sync.Mutex

				kinds map[string]bool
			}{kinds: map[string]bool{}}
			t.Run("Composites", func(t *testing.T) {
				forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
					fresh, resting := withInput(t, requestFor(t, xr), tc.input), withInput(t, requestFor(t, xr), tc.input)
					resting.Observed.Resources = apply(t, wholeOf(t, xr), compositiontest.Ready)
					for _, rsp := range []*fnv1.RunFunctionResponse{
						run(t, withInput(t, requestFor(t, xr), tc.input)), resolved(t, fresh, absent), resolved(t, fresh, present(t)), resolved(t, resting, present(t)),
					} {
						for _, kind := range askedBy(rsp) {
							asked.Lock()
							asked.kinds[kind] = true
							asked.Unlock()
						}
					}
				})
			})
			// What a workflow's platform asks for it.
			monitored := requestFor(t, documents(t, "../example/workflow-monitoring/composite.yaml")[0])
			for _, kind := range askedBy(resolved(t, monitored, of(t, documents(t, "../example/workflow-monitoring/required.yaml")))) {
				asked.kinds[kind] = true
			}
			// What a workflow's properties ask for, with one of each kind.
			discovering := withInput(t, requestFor(t, documents(t, "../example/workflow-discovery/composite.yaml")[0]), tc.input)
			for _, kind := range askedBy(resolved(t, discovering, of(t, []*unstructured.Unstructured{properties}))) {
				asked.kinds[kind] = true
			}
			want := slices.DeleteFunc(slices.Clone(table), func(kind string) bool { return slices.Contains(tc.never, kind) })
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(asked.kinds))); diff != "" {
				t.Errorf("%s\nkinds: -in the table, +asked for:\n%s", tc.reason, diff)
			}
		})
	}
}

// askedBy lists the kinds that a response asks for, as the table names them.
func askedBy(rsp *fnv1.RunFunctionResponse) []string {
	var out []string
	for _, q := range rsp.GetRequirements().GetResources() {
		kind := q.GetKind()
		if strings.HasPrefix(q.GetApiVersion(), "serving.knative.dev/") {
			kind = "Knative " + kind
		}
		out = append(out, kind)
	}
	return out
}

// lookupTable returns the kinds of the table in the installation's page, sorted.
func lookupTable(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "example", "install", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## What Crossplane is asked for\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var out []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z][A-Za-z, ]+) \|`).FindAllStringSubmatch(section, -1) {
		out = append(out, strings.Split(row[1], ", ")...)
	}
	if len(out) == 0 {
		t.Fatal("the page has no table of kinds")
	}
	slices.Sort(out)
	return out
}
