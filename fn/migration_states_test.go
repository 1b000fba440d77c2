// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// States of Jobs that aren't one of a single Job.
const (
	// none means that there is no Job.
	none compositiontest.State = "none"
	// failedAndComplete means that the Job has both conditions.
	failedAndComplete compositiontest.State = "failed+complete"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestMigrationStates combines everything that may be observed of a service with a
// migration, and holds the whole desired state of each combination against
// testdata/migration-states.txt, a row each.
func TestMigrationStates(t *testing.T) {
	t.Parallel()
	jobs := []compositiontest.State{none, compositiontest.Created, compositiontest.Running, compositiontest.Complete, compositiontest.Failed, failedAndComplete}
	others := []compositiontest.State{none, compositiontest.Running, compositiontest.Suspending, compositiontest.Suspended, compositiontest.Complete}
	deployments := []string{"none", "running-old", "running-new", "running-unmarked", "scaling", "stopped", "stopped-by-hand", "lagging"}

	strategies := []string{"job", "service", "none"}
	rows := make([]string, 0, len(strategies)*len(deployments)*len(jobs)*len(others))
	for _, strategy := range strategies {
		for _, deployment := range deployments {
			for _, job := range jobs {
				for _, other := range others {
					rows = append(rows, stateRow(t, strategy, deployment, job, other))
				}
			}
		}
	}
	compareStates(t, "migration-states.txt", "# strategy | observed Deployment | observed Job | observed Job of another target -> desired", rows)
}

// stateRow runs the function in one state, and describes what it wants.
func stateRow(t *testing.T, strategy, deployment string, job, other compositiontest.State) string {
	t.Helper()
	xr := compositeOf(t, fmt.Sprintf("services: {dataIndex: {podTemplate: {replicas: 2}, persistence: {dbMigrationStrategy: %s, postgresql: {secretRef: {name: pg}, serviceRef: {name: pg}}}}}", strategy))
	// What the Job of the current target looks like is the function's to say.
	byJob := compositeOf(t, "services: {dataIndex: {podTemplate: {replicas: 2}, persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: pg}, serviceRef: {name: pg}}}}}")
	const input = "secrets: Ignore"
	first := resolved(t, withInput(t, requestFor(t, byJob), input), absent).GetDesired().GetResources()
	key := slices.Collect(func(yield func(string) bool) {
		for k := range first {
			if strings.HasPrefix(k, "data-index-migration-") && !yield(k) {
				return
			}
		}
	})[0]
	hash := strings.TrimPrefix(key, "data-index-migration-")

	req := withInput(t, requestFor(t, xr), input)
	req.Observed.Resources = map[string]*fnv1.Resource{}
	if job != none {
		req.Observed.Resources[key] = jobIn(t, first[key], job)
	}
	if other != none {
		req.Observed.Resources["data-index-migration-0ld"] = jobIn(t, first[key], other)
	}
	if deployment != "none" {
		// What a Deployment says of itself at rest is the function's to say, too.
		rest := withInput(t, requestFor(t, byJob), input)
		rest.Observed.Resources = map[string]*fnv1.Resource{key: jobIn(t, first[key], compositiontest.Complete)}
		open := run(t, rest).GetDesired().GetResources()["data-index-deployment"]
		req.Observed.Resources["data-index-deployment"] = deploymentIn(t, deployment, hash, open)
	}

	rsp := resolved(t, req, absent)
	var wants []string
	desired := rsp.GetDesired().GetResources()
	for _, k := range slices.Sorted(maps.Keys(desired)) {
		o := &unstructured.Unstructured{Object: desired[k].GetResource().AsMap()}
		switch o.GetKind() {
		case "Job":
			text := strings.Replace(k, hash, "new", 1)
			if suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend"); suspended {
				text += "(suspended)"
			}
			wants = append(wants, text)
		case "Deployment":
			n, _, _ := unstructured.NestedFloat64(o.Object, "spec", "replicas")
			var mark strings.Builder
			for name, value := range o.GetAnnotations() {
				if !strings.HasPrefix(name, "sonataflow.org/migration-") {
					continue
				}
				mark.WriteString(" " + strings.TrimPrefix(name, "sonataflow.org/migration-") + "=" + strings.Replace(value, hash, "new", 1))
			}
			wants = append(wants, fmt.Sprintf("deployment(%v%s)", n, mark.String()))
		default:
			wants = append(wants, strings.TrimPrefix(k, "data-index-"))
		}
	}
	phase := statusOf(rsp).GetFields()["sonataFlowPlatformDBMigrationPhase"].GetStructValue().GetFields()["dbMigrationStatus"].GetStringValue()
	return fmt.Sprintf("%-7s | %-16s | %-15s | %-10s -> %s; %s %s, %s, %s, phase %q",
		strategy, deployment, job, other, strings.Join(wants, " "),
		short(rsp, v1alpha08.ConditionSucceed), short(rsp, v1alpha08.ConditionDatabaseMigrated), short(rsp, v1alpha08.ConditionDataIndexReady),
		rsp.GetDesired().GetComposite().GetReady(), phase)
}

func short(rsp *fnv1.RunFunctionResponse, condition string) string {
	c := conditionOf(rsp, condition)
	if c == nil {
		return condition + "=absent"
	}
	return condition + "=" + c.GetReason()
}

// jobIn returns a Job in a state.
func jobIn(t *testing.T, job *fnv1.Resource, state compositiontest.State) *fnv1.Resource {
	t.Helper()
	if state != failedAndComplete {
		return observe(t, job.GetResource(), state)
	}
	out := compositiontest.Observe(t, job.GetResource(), compositiontest.Complete)
	gaveUp := compositiontest.Observe(t, job.GetResource(), compositiontest.Failed)
	var conditions []any
	for _, o := range []map[string]any{gaveUp, out} {
		its, _, _ := unstructured.NestedSlice(o, "status", "conditions") // A Job that has ended has some.
		conditions = append(conditions, its...)
	}
	return &fnv1.Resource{Resource: structOf(t, with(t, out, conditions, "status", "conditions"))}
}

// deploymentIn returns the Data Index's Deployment in a state, given the one that the
// function lets run.
func deploymentIn(t *testing.T, state, hash string, open *fnv1.Resource) *fnv1.Resource {
	t.Helper()
	stoppedFor := map[string]any{"sonataflow.org/migration-stopped-for": hash}
	annotations, pods, wanted, status := map[string]any{}, 2.0, 2.0, compositiontest.Ready
	switch state {
	case "running-old":
		annotations["sonataflow.org/migration-target"] = "0ld"
	case "running-new":
		annotations, _, _ = unstructured.NestedMap(open.GetResource().AsMap(), "metadata", "annotations")
	case "scaling":
		annotations, wanted = stoppedFor, 0
	case "stopped":
		annotations, pods, wanted = stoppedFor, 0, 0
	case "stopped-by-hand":
		pods, wanted = 0, 0
	case "lagging":
		annotations, pods, wanted, status = stoppedFor, 0, 0, compositiontest.Stale
	}
	applied := with(t, open.GetResource().AsMap(), annotations, "metadata", "annotations")
	out := compositiontest.Observe(t, with(t, applied, pods, "spec", "replicas"), status)
	return &fnv1.Resource{Resource: structOf(t, with(t, out, wanted, "spec", "replicas"))}
}

// with sets a field of an object.
func with(t *testing.T, object map[string]any, value any, path ...string) map[string]any {
	t.Helper()
	if err := unstructured.SetNestedField(object, value, path...); err != nil {
		t.Fatal(err)
	}
	return object
}

// compareStates compares what the function wants in each state, a row each, with a golden file
// of testdata, which begins with what the rows say.
func compareStates(t *testing.T, file, head string, rows []string) {
	t.Helper()
	got := head + "\n" + strings.Join(rows, "\n") + "\n"
	golden := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("desired states: -want, +got (`make golden` rewrites them):\n%s", diff)
	}
}
