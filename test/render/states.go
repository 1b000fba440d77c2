// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The states that every example has.
const (
	first = "first"
	ready = "ready"
)

// A state of an example is the result of all changes since the example was applied.
type state struct {
	name string
	// of tells which examples have the state; nil means all.
	of func(xr unstructured.Unstructured) bool
	// lacks is a kind of which the cluster has no objects. If uninstalled, the cluster
	// doesn't have the kind either.
	lacks       string
	uninstalled bool
	// steps follow each other. Before the first step, no composed object exists yet.
	steps []step
}

// A step is a change, and the cluster's reaction until nothing changes any more.
type step struct {
	// tag of all images, in the input of the Composition; "" leaves it as it is.
	tag string
	// cluster is the kind of cluster, in the same input; "" leaves it as it is.
	cluster string
	// jobs is the outcome of all Jobs.
	jobs outcome
	// sinkPending means that Knative hasn't taken up the SinkBinding yet, so that there is no
	// Deployment and no Knative Service.
	sinkPending bool
	// linger means that the pods of Deployments that are scaled to zero still run.
	linger bool
}

// An outcome is the state of a Job at the end of a step.
type outcome int

const (
	// complete is the outcome of a healthy cluster.
	complete outcome = iota
	running
	// failed means that the Data Index's Job, or that of a build, fails, and that the other Jobs
	// complete.
	failed
)

// newer is the tag that examples are upgraded to.
const newer = "10.3.0"

// states lists all states.
func states() []state {
	return []state{
		{name: first},
		{name: ready, steps: []step{{jobs: complete}}},
		{name: "migrating", of: migrates, steps: []step{{jobs: running}}},
		{name: "failed", of: migrates, steps: []step{{jobs: failed}}},
		{name: "upgrade-scaling-down", of: migrates, steps: []step{{jobs: complete}, {tag: newer, linger: true}}},
		{name: "upgrade-migrating", of: migrates, steps: []step{{jobs: complete}, {tag: newer, jobs: running}}},
		{name: "building", of: builds, steps: []step{{jobs: running}}},
		{name: "build-failed", of: builds, steps: []step{{jobs: failed}}},
		{name: "rebuilding", of: builds, steps: []step{{jobs: complete}, {tag: newer, jobs: running}}},
		{name: "rebuilt", of: builds, steps: []step{{jobs: complete}, {tag: newer, jobs: complete}}},
		{name: "knative-missing", of: connects, lacks: "Broker", uninstalled: true},
		{name: "broker-missing", of: connects, lacks: "Broker"},
		{name: "sink-pending", of: connects, steps: []step{{sinkPending: true}}},
		{name: "openshift", of: develops, steps: []step{{cluster: "OpenShift"}}},
		{name: "upgrade-done", of: migrates, steps: []step{{jobs: complete}, {tag: newer, jobs: complete}}},
	}
}

// statesOf lists the states that an example has.
func statesOf(xr unstructured.Unstructured) []state {
	var out []state
	for _, s := range states() {
		if s.of == nil || s.of(xr) {
			out = append(out, s)
		}
	}
	return out
}

// nameAll returns the names of states.
func nameAll(all []state) []string {
	out := make([]string, 0, len(all))
	for _, s := range all {
		out = append(out, s.name)
	}
	return out
}

// stateOf returns the state of an example that has a name.
func stateOf(xr unstructured.Unstructured, name string) (state, error) {
	known := statesOf(xr)
	for _, s := range known {
		if s.name == name {
			return s, nil
		}
	}
	return state{}, fmt.Errorf("this example has no state %q: choose one of %s", name, strings.Join(nameAll(known), ", "))
}

// connects tells whether the events of an example travel through Knative.
func connects(xr unstructured.Unstructured) bool {
	_, broker, _ := unstructured.NestedFieldNoCopy(xr.Object, "spec", "eventing", "broker")
	_, events, _ := unstructured.NestedFieldNoCopy(xr.Object, "spec", "flow", "events")
	return broker || events
}

// develops tells whether an example is a workflow in the profile dev, which differs on OpenShift.
func develops(xr unstructured.Unstructured) bool {
	return xr.GetAnnotations()["sonataflow.org/profile"] == "dev"
}

// builds tells whether an image of an example's workflow is built.
func builds(xr unstructured.Unstructured) bool {
	return xr.GetAnnotations()["sonataflow.org/profile"] == "preview"
}

// migrates tells whether an example has migration Jobs.
func migrates(xr unstructured.Unstructured) bool {
	services, _, _ := unstructured.NestedMap(xr.Object, "spec", "services")
	for name := range services {
		strategy, _, _ := unstructured.NestedString(services, name, "persistence", "dbMigrationStrategy")
		if strategy == "job" {
			return true
		}
	}
	return false
}
