// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestCorpus applies the workflows that users published, which aren't part of this
// repository, one after the other with strict validation: the API server takes each that has
// states, and the function accepts each that has an image, or needs none in the profile dev,
// and says of all others what to do.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("SONATAFLOW_CORPUS")
	if folder == "" {
		t.Skip("this machine has no workflows that users published: CORPUS of `make e2e` says where they are")
	}
	if testing.Short() {
		t.Skip("one document after the other takes minutes")
	}
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d documents in %s: %v", len(files), folder, err)
	}
	w := newWorld(t, "corpus")
	verdicts := map[string]int{}
	for _, file := range files {
		relative, err := filepath.Rel(layout.Root, file)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "{{") {
			continue // A template.
		}
		for _, o := range w.documents(relative) {
			if o.GetKind() != "SonataFlow" {
				continue
			}
			o.SetNamespace(w.namespace)
			verdict := w.judge(filepath.Base(file), o)
			verdicts[verdict]++
		}
	}
	t.Logf("%v", verdicts)
}

// judge applies a workflow, waits until the function has said whether it accepts it, and
// deletes it again.
func (w *world) judge(file string, o *unstructured.Unstructured) string {
	w.Helper()
	states, _, _ := unstructured.NestedSlice(o.Object, "spec", "flow", "states")
	err := cluster.Apply(w.Context(), manifests(w.T, o))
	if len(states) == 0 {
		if err == nil {
			w.Errorf("%s: the API server takes a flow without states", file)
		}
		return "refused by the API server"
	}
	if err != nil {
		w.Errorf("%s: %v", file, err)
		return "refused by the API server"
	}
	image, _, _ := unstructured.NestedString(o.Object, "spec", "podTemplate", "container", "image")
	served := o.GetAnnotations()["sonataflow.org/profile"] == "dev" || image != ""
	var said kube.Condition
	runs := true
	w.await(file+" to be judged", noticed, func(ctx context.Context) error {
		claim, err := cluster.Get(ctx, kube.Workflows, w.namespace, o.GetName())
		if err != nil {
			return err
		}
		if said = kube.Conditions(claim)["SpecValid"]; said.Status == "" {
			return fmt.Errorf("there is no condition SpecValid")
		}
		// Without an image of its own, a workflow whose flow can't run is refused for that first.
		runs = image != "" || kube.Conditions(claim)["FlowValid"].Status != "False"
		return nil
	})
	if accepted := said.Status == "True" && runs; accepted != served {
		w.Errorf("%s: accepted is %t, want %t: %s", file, accepted, served, said.Message)
	}
	w.kubectl("delete", "sonataflow", o.GetName(), "--cascade=foreground", "--timeout=90s")
	return said.Reason
}
