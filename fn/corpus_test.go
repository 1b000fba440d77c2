// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// templates are documents with the placeholders of a template engine in them, by the first two
// characters of their names: no API server reads those.
var templates = []string{"19", "20", "21", "22", "29"}

// TestCorpus claims the workflows that users published, in an empty cluster. They aren't part
// of this repository: `make corpus` says where they are. The API server accepts each document;
// the function composes those that have an image, on Deployments or Knative Serving, or the profile
// dev, and says of the others what to do. In a namespace whose platform names a registry, the
// function has the images of those built.
func TestCorpus(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SONATAFLOW_CORPUS")
	if folder == "" {
		t.Skip("only `make corpus` runs this test, on machines that have the documents")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d documents in %s, error %v", len(files), folder, err)
	}
	validator, err := xrdschema.Load("../apis")
	if err != nil {
		t.Fatal(err)
	}
	composed := 0
	for _, file := range files {
		number := filepath.Base(file)[:2]
		if slices.Contains(templates, number) {
			continue
		}
		for _, doc := range documents(t, file) {
			if doc.GetKind() != v1alpha08.KindSonataFlow {
				continue
			}
			if _, specified := doc.Object["spec"]; !specified || number == "46" {
				continue // It isn't meant to be accepted.
			}
			for _, err := range validator.Validate(doc.Object) {
				t.Errorf("%s: the API server refuses it: %v", filepath.Base(file), err)
			}
			image, _, _ := unstructured.NestedString(doc.Object, "spec", "podTemplate", "container", "image")
			xr := claimed(doc)
			delete(xr.Object, "status")
			rsp := resolved(t, requestFor(t, xr), absent)
			switch problem := fatal(rsp); {
			case image == "" && doc.GetAnnotations()[v1alpha08.AnnotationProfile] != "dev":
				if !strings.Contains(problem, "build an image") {
					t.Errorf("%s: want a refusal with the way out, got %q", filepath.Base(file), problem)
				}
				builtOrRefused(t, filepath.Base(file), xr)
			case problem != "":
				t.Errorf("%s: the function refuses it: %s", filepath.Base(file), problem)
			default:
				composed++
				runs := []string{"workflow-deployment", "workflow-service"}
				if model, _, _ := unstructured.NestedString(doc.Object, "spec", "podTemplate", "deploymentModel"); model == "knative" {
					runs = []string{"workflow-knative-service"}
				}
				for _, key := range append(runs, "workflow-config", "workflow-config-user") {
					// The cluster has no files of workflows in the profile dev.
					waits := key == "workflow-deployment" && conditionOf(rsp, v1alpha08.ConditionRunning).GetReason() == v1alpha08.ReasonExternalResourcesNotFound
					if rsp.GetDesired().GetResources()[key] == nil && !waits {
						t.Errorf("%s: %s isn't composed", filepath.Base(file), key)
					}
				}
				t.Logf("%s: %s", filepath.Base(file), conditionOf(rsp, v1alpha08.ConditionSpecValid).GetMessage())
			}
		}
	}
	t.Logf("%d workflows are composed", composed)
}

// builtOrRefused composes a workflow without image in a namespace whose platform names a
// registry: there is a Job, or the workflow waits for its files, or the flow can't run.
func builtOrRefused(t *testing.T, file string, xr *unstructured.Unstructured) {
	t.Helper()
	platform := compositeOf(t, `build: {config: {registry: {address: r.example.com}}}`)
	namespace, _, _ := unstructured.NestedString(xr.Object, "spec", "claimRef", "namespace")
	platform.SetLabels(map[string]string{"crossplane.io/claim-namespace": namespace})
	answers := of(t, []*unstructured.Unstructured{platform})
	req := requestFor(t, xr)
	_ = resolved(t, req, answers)
	rsp := resolvedAgain(t, req, answers)
	if problem := fatal(rsp); problem != "" {
		if !strings.Contains(problem, "the flow can't run") {
			t.Errorf("%s: the function refuses to build it: %s", file, problem)
		}
		t.Logf("%s: refused: %s", file, problem)
		return
	}
	built := conditionOf(rsp, v1alpha08.ConditionBuilt)
	jobs := 0
	for key, r := range rsp.GetDesired().GetResources() {
		if r.GetResource().GetFields()["kind"].GetStringValue() == "Job" && strings.HasPrefix(key, "workflow-build-") {
			jobs++
		}
	}
	if waits := built.GetReason() == v1alpha08.ReasonExternalResourcesNotFound; waits == (jobs == 1) {
		t.Errorf("%s: want a Job or a wait for files, got %d Jobs and %v", file, jobs, built)
	}
	t.Logf("%s: built: %s", file, built.GetReason())
}
