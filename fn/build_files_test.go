// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// The files of a workflow whose image is built, in two ConfigMaps.
const (
	fileA = `{apiVersion: v1, kind: ConfigMap, metadata: {name: aa, namespace: ns1}, data: {a.yaml: x}}`
	fileB = `{apiVersion: v1, kind: ConfigMap, metadata: {name: bb, namespace: ns1}, data: {b.yaml: other}}`
)

// builtOf calls the function for a workflow whose image is built from files in these ConfigMaps,
// in a cluster that has some objects. It returns the desired objects by their keys, the status,
// and what SecretsReady says.
func builtOf(t *testing.T, configMaps []string, status map[string]any, observed map[string]*fnv1.Resource, cluster ...string) (desired map[string]map[string]any, next map[string]any, secrets string) {
	t.Helper()
	list := make([]string, 0, len(configMaps))
	for _, name := range configMaps {
		list = append(list, "{configMap: {name: "+name+"}}")
	}
	xr := workflowOf(t, "", "flow: {states: [{name: a, type: inject, data: {}, end: true}]}\nresources: {configMaps: ["+strings.Join(list, ", ")+"]}")
	if status != nil {
		xr.Object["status"] = status
	}
	req := withInput(t, requestFor(t, xr), "secrets: Check")
	req.Observed.Resources = observed
	rsp := settled(t, req, having(t, cluster...))
	desired = map[string]map[string]any{}
	for key, r := range rsp.GetDesired().GetResources() {
		desired[key] = r.GetResource().AsMap()
	}
	for _, c := range rsp.GetConditions() {
		if c.GetType() == v1alpha08.ConditionSecretsReady {
			secrets = c.GetMessage()
		}
	}
	return desired, statusOf(rsp).AsMap(), secrets
}

// observeAll are desired objects as they are observed, all ready but for Jobs.
func observeAll(t *testing.T, desired map[string]map[string]any, job compositiontest.State) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	for key, o := range desired {
		state := compositiontest.Ready
		if o["kind"] == "Job" {
			state = job
		}
		out[key] = observe(t, o, state)
	}
	return out
}

// buildKeys are the keys of what belongs to a build.
func buildKeys(desired map[string]map[string]any) []string {
	keys := slices.Sorted(maps.Keys(desired))
	return slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, "workflow-build-") })
}

// TestBuildFilesMissing takes a ConfigMap away for a moment: all that there is of a build stays,
// and so does what the status says about the build.
func TestBuildFilesMissing(t *testing.T) {
	t.Parallel()
	for _, job := range []compositiontest.State{compositiontest.Created, compositiontest.Running, compositiontest.Failed, compositiontest.Complete} {
		first, status, _ := builtOf(t, []string{"aa", "bb"}, nil, nil, buildPlatform, fileA, fileB)
		want := buildKeys(first)
		if len(want) != 4 {
			t.Fatalf("want a Job, the flow and two files, got %v", want)
		}
		observed := observeAll(t, first, job)
		missing, after, _ := builtOf(t, []string{"aa", "bb"}, status, observed, buildPlatform, fileA)
		if diff := cmp.Diff(want, buildKeys(missing)); diff != "" {
			t.Errorf("Job %s, file missing: -want, +got:\n%s", job, diff)
		}
		if diff := cmp.Diff(status["build"], after["build"]); diff != "" {
			t.Errorf("Job %s, file missing: what the status says about the build: -want, +got:\n%s", job, diff)
		}
		for _, key := range want {
			for _, path := range [][]string{{"data"}, {"spec", "template"}, {"metadata", "name"}} {
				was, _, _ := unstructured.NestedFieldNoCopy(first[key], path...)
				is, _, _ := unstructured.NestedFieldNoCopy(missing[key], path...)
				if diff := cmp.Diff(was, is); diff != "" {
					t.Errorf("Job %s, file missing: %s of %s: -was, +is:\n%s", job, strings.Join(path, "."), key, diff)
				}
			}
		}
	}
}

// TestBuildFilesReordered puts the ConfigMaps into another order, which builds the same: the
// copies, which can't change, stay as they are, also for a Job that is made again.
func TestBuildFilesReordered(t *testing.T) {
	t.Parallel()
	first, status, _ := builtOf(t, []string{"aa", "bb"}, nil, nil, buildPlatform, fileA, fileB)
	observed := observeAll(t, first, compositiontest.Failed)
	maps.DeleteFunc(observed, func(key string, _ *fnv1.Resource) bool { return first[key]["kind"] == "Job" })
	again, _, _ := builtOf(t, []string{"bb", "aa"}, status, observed, buildPlatform, fileA, fileB)
	for _, key := range buildKeys(first) {
		if diff := cmp.Diff(first[key]["data"], again[key]["data"]); diff != "" {
			t.Errorf("%s: -before, +after:\n%s", key, diff)
		}
		if diff := cmp.Diff(first[key]["spec"], again[key]["spec"]); diff != "" {
			t.Errorf("%s: -before, +after:\n%s", key, diff)
		}
	}
	if diff := cmp.Diff(buildKeys(first), buildKeys(again)); diff != "" {
		t.Errorf("what belongs to the build: -before, +after:\n%s", diff)
	}
}

// TestBuildFilesElsewhere moves a file into another ConfigMap while a Job builds, which builds
// the same: the pods of the Job still find the copies that they mount.
func TestBuildFilesElsewhere(t *testing.T) {
	t.Parallel()
	first, status, _ := builtOf(t, []string{"aa", "bb"}, nil, nil, buildPlatform, fileA, fileB)
	moved := strings.Replace(fileA, "a.yaml: x", "a.yaml: x, b.yaml: other", 1)
	again, _, _ := builtOf(t, []string{"aa"}, status, observeAll(t, first, compositiontest.Running), buildPlatform, moved)
	for _, key := range buildKeys(first) {
		if again[key] == nil {
			t.Errorf("%s is gone, though the pods of the Job mount it", key)
		}
	}
}

// TestBuildSecrets names what a build needs and doesn't find: its pod waits for that without a
// word. Once the image is there, nothing of it is needed.
func TestBuildSecrets(t *testing.T) {
	t.Parallel()
	platform := strings.Replace(buildPlatform, "{config: {registry: {address: r.example.com}}}",
		"{config: {registry: {address: r.example.com, secret: push, ca: authority}}, template: {envs: [{name: A, valueFrom: {secretKeyRef: {name: maven, key: token}}}]}}", 1)
	first, status, said := builtOf(t, nil, nil, nil, platform)
	const missing = " doesn't exist in namespace ns1, where the pods of the workflow look for it"
	if want := strings.Join([]string{"Secret push" + missing, "ConfigMap authority" + missing, "Secret maven" + missing}, "; "); said != want {
		t.Errorf("before the build: want SecretsReady to say %q, got %q", want, said)
	}
	complete := observeAll(t, first, compositiontest.Complete)
	_, status, _ = builtOf(t, nil, status, complete, platform)
	_, _, said = builtOf(t, nil, status, complete, platform)
	if want := "Secret push doesn't exist in namespace ns1, so that images of the workflow are pulled without it; create it if the registry asks for credentials"; said != want {
		t.Errorf("after the build: want SecretsReady to say %q, got %q", want, said)
	}
}
