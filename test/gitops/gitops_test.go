// SPDX-License-Identifier: Apache-2.0

// Package gitops_test checks the health checks of example/gitops: it runs Argo CD's script
// with the Lua interpreter that Argo CD has, and Flux's expressions with the CEL library
// that Flux has, over the states of all examples (test/render/testdata) and over documents
// of cases_test.go. For these two libraries this package is a module of its own: it reads files
// of the repository, and imports nothing of it.
package gitops_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const (
	renders  = "../render/testdata/*/*.yaml"
	examples = "../../example/gitops/"
)

// A document is an object as an API server returns it.
type document = map[string]any

// A health is what Argo CD calls it.
type health string

const (
	healthy     health = "Healthy"
	progressing health = "Progressing"
	degraded    health = "Degraded"
	suspended   health = "Suspended"
)

// The states of test/render by what a user expects to see. An example that deploys nothing
// is healthy at once.
func expected(example, state string) (health, bool) {
	switch state {
	case "ready", "openshift", "upgrade-done", "rebuilt":
		return healthy, true
	case "failed", "build-failed":
		return degraded, true
	case "building", "rebuilding", "migrating", "upgrade-scaling-down", "upgrade-migrating", "knative-missing", "broker-missing", "sink-pending":
		return progressing, true
	case "first":
		if slices.Contains([]string{"cluster-consumer", "cluster-override", "cluster-platform"}, example) {
			return healthy, true
		}
		return progressing, true
	}
	return "", false
}

// TestGoldenStates compares both tools' verdicts on every state of every example with what
// a user expects: on the composite, and on the object that a user holds in its place.
func TestGoldenStates(t *testing.T) {
	t.Parallel()
	argo, flux := newArgo(t), newFlux(t)
	files, err := filepath.Glob(renders)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[health]int{}
	for _, file := range files {
		example, state := filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".yaml")
		want, known := expected(example, state)
		if !known {
			t.Errorf("%s: say in expected what health the state %s is", file, state)
			continue
		}
		seen[want]++
		composite := load(t, file)[0]
		held := maps.Clone(composite)
		held["kind"] = strings.TrimPrefix(composite["kind"].(string), "X")
		if got := argo.health(t, composite); got.Status != want {
			t.Errorf("%s: Argo CD takes the composite for %s, want %s", file, got, want)
		}
		if got := argo.health(t, held); got.Status != want || want != healthy && got.Message == "" {
			t.Errorf("%s: Argo CD takes the claim for %s, want %s with a message", file, got, want)
		}
		if got := flux.health(t, held); got != want {
			t.Errorf("%s: Flux takes the claim for %s, want %s", file, got, want)
		}
	}
	for _, h := range []health{healthy, progressing, degraded} {
		if seen[h] == 0 {
			t.Errorf("no state is %s", h)
		}
	}
}

// TestKinds finds every kind of both forms in Argo CD's ConfigMap, and every kind that a
// user applies in Flux's Kustomization.
func TestKinds(t *testing.T) {
	t.Parallel()
	argo, flux := newArgo(t), newFlux(t)
	for _, pattern := range []string{"../../apis/*/definition.yaml", "../../apis/namespaced/*/definition.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no file: %v", pattern, err)
		}
		for _, file := range files {
			spec := load(t, file)[0]["spec"].(document)
			held := spec["names"]
			if claim, claimed := spec["claimNames"]; claimed {
				held = claim
			}
			if kind := spec["names"].(document)["kind"].(string); argo[kind] == "" {
				t.Errorf("argocd-cm.yaml lacks the kind %s of %s", kind, file)
			}
			if kind := held.(document)["kind"].(string); argo[kind] == "" || flux[kind] == nil {
				t.Errorf("argocd-cm.yaml or flux-kustomization.yaml lacks the kind %s of %s", kind, file)
			}
		}
	}
}

// TestApplication compares the fields that Argo CD's Application ignores with those that
// only Crossplane writes.
func TestApplication(t *testing.T) {
	t.Parallel()
	got := load(t, examples+"argocd-application.yaml")[0]["spec"].(document)["ignoreDifferences"]
	want := []any{document{"group": "sonataflow.org", "kind": "*", "jsonPointers": []any{
		"/spec/resourceRef", "/spec/resourceRefs", "/spec/crossplane/resourceRefs",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ignoreDifferences: -want, +got:\n%s", diff)
	}
}

// load returns the documents of a file.
func load(t *testing.T, file string) []document {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []document
	for text := range bytes.SplitSeq(b, []byte("\n---\n")) {
		if doc := parse(t, string(text)); doc != nil {
			out = append(out, doc)
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no document", file)
	}
	return out
}

// parse returns a document.
func parse(t *testing.T, text string) document {
	t.Helper()
	var out document
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(fmt.Errorf("%w in:\n%s", err, text))
	}
	return out
}
