// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestBuildStates combines everything that may be observed of a workflow whose image is built,
// and holds what the function wants of each combination against testdata/build-states.txt, a
// row each.
func TestBuildStates(t *testing.T) {
	t.Parallel()
	jobs := []compositiontest.State{none, compositiontest.Created, compositiontest.Running, compositiontest.Failed, compositiontest.Complete}
	earlier := []compositiontest.State{none, compositiontest.Running, compositiontest.Failed, compositiontest.Complete}
	var rows []string
	for _, deployment := range []string{"none", "old", "new", "dev", "waits"} {
		for _, job := range jobs {
			for _, other := range earlier {
				for _, told := range []string{"nothing", "old", "new"} {
					rows = append(rows, buildRow(t, deployment, job, other, told))
				}
			}
		}
	}
	compareStates(t, "build-states.txt", "# image of the observed Deployment | observed Job | observed Job of the old image | what the last status says was built -> desired", rows)
}

// buildRow runs the function in one state, and describes what it wants. The image that is asked
// for is new, the one before is old.
func buildRow(t *testing.T, deployment string, job, other compositiontest.State, told string) string {
	t.Helper()
	platform := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(buildPlatform), &platform.Object); err != nil {
		t.Fatal(err)
	}
	answers := of(t, []*unstructured.Unstructured{platform})
	respond := func(xr *unstructured.Unstructured, observed map[string]*fnv1.Resource) *fnv1.RunFunctionResponse {
		req := withInput(t, requestFor(t, xr), "secrets: Ignore")
		req.Observed.Resources = observed
		_ = resolved(t, req, answers)
		return resolvedAgain(t, req, answers)
	}
	xr := workflowOf(t, "", "flow: {states: [{name: a, type: inject, data: {}, end: true}]}")
	first := respond(xr, nil)
	build := statusOf(first).GetFields()["build"].GetStructValue().GetFields()
	image, hash := build["image"].GetStringValue(), build["hash"].GetStringValue()
	old := strings.Replace(image, hash, "0000000old", 1)
	key := "workflow-build-" + hash
	jobOf := func(pushes string, state compositiontest.State) *fnv1.Resource {
		o := first.GetDesired().GetResources()[key].GetResource().AsMap()
		return observe(t, structOf(t, with(t, o, pushes, "metadata", "annotations", "sonataflow.org/image")), state)
	}
	observed := map[string]*fnv1.Resource{}
	if job != none {
		observed[key] = jobOf(image, job)
	}
	if other != none {
		observed["workflow-build-0000000old"] = jobOf(old, other)
	}
	if deployment != "none" {
		open := respond(xr, map[string]*fnv1.Resource{key: jobOf(image, compositiontest.Complete)}).GetDesired().GetResources()[buildDeployment].GetResource().AsMap()
		runs := map[string]string{"old": old, "new": image, "dev": "devmode", "waits": "devmode"}[deployment]
		containers, _, _ := unstructured.NestedSlice(open, "spec", "template", "spec", "containers")
		containers[0].(map[string]any)["image"] = runs
		open = with(t, open, containers, "spec", "template", "spec", "containers")
		if deployment == "dev" {
			open = with(t, open, []any{map[string]any{"name": "resources"}}, "spec", "template", "spec", "volumes")
		}
		if deployment == "waits" { // As it is from the second call on after the profile dev.
			open = with(t, open, runs, "metadata", "annotations", "sonataflow.org/waits-for-build")
		}
		observed[buildDeployment] = observe(t, structOf(t, open), compositiontest.Ready)
	}
	if told != "nothing" {
		said := map[string]string{"old": old, "new": image}[told]
		xr.Object["status"] = map[string]any{"image": said, "build": map[string]any{"image": said, "phase": string(v1alpha08.BuildPhaseSucceeded)}}
	}

	rsp := respond(xr, observed)
	names := strings.NewReplacer(image, "new", old, "old", hash, "new", "0000000old", "old")
	var wants []string
	for _, k := range slices.Sorted(maps.Keys(rsp.GetDesired().GetResources())) {
		o := rsp.GetDesired().GetResources()[k].GetResource().AsMap()
		switch {
		case k == buildDeployment:
			text := "deployment(" + imageIn(o)
			if n, given, _ := unstructured.NestedFloat64(o, "spec", "replicas"); given {
				text += fmt.Sprintf(" ×%v", n)
			}
			wants = append(wants, text+")")
		case strings.HasPrefix(k, "workflow-build-"):
			wants = append(wants, strings.TrimPrefix(k, "workflow-"))
		}
	}
	status := statusOf(rsp).GetFields()
	return fmt.Sprintf("%-5s | %-8s | %-8s | %-7s -> %s; runs %q, phase %s, %s, %s, ready %t",
		deployment, job, other, told, names.Replace(strings.Join(wants, " ")), names.Replace(status["image"].GetStringValue()),
		status["build"].GetStructValue().GetFields()["phase"].GetStringValue(),
		short(rsp, v1alpha08.ConditionBuilt), short(rsp, v1alpha08.ConditionRunning), rsp.GetDesired().GetComposite().GetReady() != fnv1.Ready_READY_FALSE)
}
