// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// An eventingCase is a state of what carries events, and what the spec wants of it.
type eventingCase struct {
	spec, broker, triggers, binding, deployment string
}

// specs of the platform in an eventingCase. "changed" named Broker old before.
func specs() map[string]string {
	const services = "services: {dataIndex: {enabled: true}, jobService: {%s}}"
	ref := func(broker string) string {
		return "{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: " + broker + "}}"
	}
	return map[string]string{
		"none":    fmt.Sprintf(services, ""),
		"broker":  "eventing: {broker: " + ref("default") + "}\n" + fmt.Sprintf(services, ""),
		"sink":    fmt.Sprintf(services, "sink: "+ref("default")),
		"source":  fmt.Sprintf(services, "source: "+ref("default")),
		"changed": "eventing: {broker: " + ref("default") + "}\n" + fmt.Sprintf(services, ""),
	}
}

// TestEventingStates combines everything that may be observed of Brokers, Triggers,
// the SinkBinding and its Deployment, and holds the whole desired state of each
// combination against testdata/eventing-states.txt, a row each.
func TestEventingStates(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, spec := range []string{"none", "broker", "sink", "source", "changed"} {
		for _, broker := range []string{"absent", "unready", "ready"} {
			for _, triggers := range []string{"absent", "pending", "ready"} {
				for _, binding := range []string{"absent", "pending", "ready"} {
					for _, deployment := range []string{"absent", "idle", "running", "injected"} {
						c := eventingCase{spec: spec, broker: broker, triggers: triggers, binding: binding, deployment: deployment}
						if spec == "none" && (broker != "absent" || triggers != "absent") {
							continue // Neither is looked at.
						}
						rows = append(rows, c.row(t))
					}
				}
			}
		}
	}
	compareStates(t, "eventing-states.txt", "# spec | Broker | Triggers | SinkBinding | Deployment of the Jobs Service -> desired", rows)
}

// row runs the function in a state, holds the answer against the rules, and describes
// it.
func (c eventingCase) row(t *testing.T) string {
	t.Helper()
	observed := c.observed(t)
	req := requestFor(t, compositeOf(t, specs()[c.spec]))
	req.Observed.Resources = observed
	applied := resolved(t, req, c.find(t)).GetDesired().GetResources()
	for key, r := range observed {
		// Every Deployment is the one that is asked for.
		if annotations := applied[key].GetResource().GetFields()["metadata"].GetStructValue().GetFields()["annotations"]; strings.HasSuffix(key, "-deployment") {
			r.GetResource().GetFields()["metadata"].GetStructValue().Fields["annotations"] = annotations
		}
	}
	rsp := resolved(t, req, c.find(t))
	desired := rsp.GetDesired().GetResources()
	c.check(t, observed, desired)

	count := map[string]int{}
	var wants []string
	for _, key := range slices.Sorted(maps.Keys(desired)) {
		o := &unstructured.Unstructured{Object: desired[key].GetResource().AsMap()}
		switch {
		case o.GetKind() == "Trigger":
			from, _, _ := unstructured.NestedString(o.Object, "spec", "broker")
			count[from]++
		case o.GetKind() == "SinkBinding":
			to, _, _ := unstructured.NestedString(o.Object, "spec", "sink", "ref", "name")
			wants = append(wants, "sink("+to+")")
		case key == "jobs-service-deployment":
			n, _, _ := unstructured.NestedFloat64(o.Object, "spec", "replicas")
			wants = append(wants, fmt.Sprintf("jobs-service(%v %s)", n, transport(desired)))
		}
	}
	for _, from := range slices.Sorted(maps.Keys(count)) {
		wants = append(wants, fmt.Sprintf("triggers(%s %d)", from, count[from]))
	}
	return fmt.Sprintf("%-7s | %-7s | %-7s | %-7s | %-8s -> %s; %s, %s, %s, %s, status.triggers %d",
		c.spec, c.broker, c.triggers, c.binding, c.deployment, strings.Join(wants, " "),
		short(rsp, v1alpha08.ConditionSucceed), short(rsp, v1alpha08.ConditionEventingReady), short(rsp, v1alpha08.ConditionJobServiceReady),
		rsp.GetDesired().GetComposite().GetReady(), len(statusOf(rsp).GetFields()["triggers"].GetListValue().GetValues()))
}

// check holds an answer against what must be true in all states.
func (c eventingCase) check(t *testing.T, observed, desired map[string]*fnv1.Resource) {
	t.Helper()
	sink := c.spec != "none" && c.spec != "source"
	if got := desired["jobs-service-sinkbinding"] != nil; got != sink {
		t.Errorf("%+v: SinkBinding desired: %t", c, got)
	}
	deployment := desired["jobs-service-deployment"]
	replicas := deployment.GetResource().GetFields()["spec"].GetStructValue().GetFields()["replicas"].GetNumberValue()
	// The Deployment is made with its pods once Knative has taken the SinkBinding up.
	begins, takenUp := c.deployment == "absent" && c.broker == "ready", observed["jobs-service-sinkbinding"] != nil
	if got, want := deployment == nil, sink && begins && !takenUp; got != want {
		t.Errorf("%+v: Deployment of the Jobs Service withheld: got %t, want %t", c, got, want)
	}
	starts := c.deployment == "idle" || c.deployment == "absent" && (!begins || !takenUp)
	if want := map[bool]float64{true: 0, false: 1}[sink && starts]; replicas != want {
		t.Errorf("%+v: replicas of the Jobs Service: got %v, want %v", c, replicas, want)
	}
	if want := map[bool]string{true: "sink", false: "http"}[sink && c.deployment != "running"]; transport(desired) != want {
		t.Errorf("%+v: properties of the Jobs Service: got %s, want %s", c, transport(desired), want)
	}
	complete := c.triggers == "ready"
	for key := range observed {
		if strings.Contains(key, "-trigger-") && desired[key] == nil && !complete {
			t.Errorf("%+v: Trigger %s goes", c, key)
		}
	}
}

// transport tells how the Jobs Service reports the changes of jobs.
func transport(desired map[string]*fnv1.Resource) string {
	properties, _, _ := unstructured.NestedString(desired["jobs-service-config"].GetResource().AsMap(), "data", "application.properties")
	switch {
	case strings.Contains(properties, "job-status-events-http.url = ${K_SINK}\n"):
		return "sink"
	case strings.Contains(properties, "job-status-events-http.url = http://plat-data-index-service.ns1/jobs\n"):
		return "http"
	}
	return "?"
}

// observed is what exists. All of it is as the function wants it, but for how it does.
func (c eventingCase) observed(t *testing.T) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	brokers := map[string]string{"default": c.triggers}
	if c.spec == "changed" {
		brokers["old"] = "ready"
	}
	ready := c
	ready.broker = "ready"
	for broker, triggers := range brokers {
		spec := strings.ReplaceAll(specs()["broker"], "name: default", "name: "+broker)
		req := requestFor(t, compositeOf(t, spec))
		req.Observed.Resources = apply(t, resolved(t, req, ready.find(t)).GetDesired().GetResources(), compositiontest.Unready)
		full := resolved(t, req, ready.find(t)).GetDesired().GetResources()
		for key, r := range full {
			state := compositiontest.Ready
			switch {
			case strings.Contains(key, "-trigger-"):
				ours := c.spec == "broker" || c.spec == "changed" || c.spec == "source" && strings.HasPrefix(key, "jobs-service-")
				if triggers == "absent" || !ours {
					continue
				}
				state = knativeState(triggers)
			case key == "jobs-service-sinkbinding":
				// It is bound to the Broker that was there before.
				if c.binding == "absent" || broker == "default" && c.spec == "changed" || c.spec == "none" || c.spec == "source" {
					continue
				}
				state = knativeState(c.binding)
			case key == "jobs-service-deployment":
				if c.deployment == "absent" {
					continue
				}
				replicas := map[string]float64{"idle": 0, "running": 1, "injected": 1}[c.deployment]
				r.GetResource().GetFields()["spec"].GetStructValue().Fields["replicas"] = structpb.NewNumberValue(replicas)
				if c.deployment != "injected" {
					state = compositiontest.Unbound
				}
			}
			out[key] = observe(t, r.GetResource(), state)
		}
	}
	return out
}

// knativeState is the state of an object of Knative that an eventingCase calls ready, or
// something else.
func knativeState(word string) compositiontest.State {
	if word == "ready" {
		return compositiontest.Ready
	}
	return compositiontest.Unready
}

// find finds Brokers.
func (c eventingCase) find(t *testing.T) found {
	t.Helper()
	return func(q *fnv1.ResourceSelector) *fnv1.Resources {
		if q.GetKind() != "Broker" || c.broker == "absent" {
			return nil
		}
		return &fnv1.Resources{Items: []*fnv1.Resource{observe(t, map[string]any{
			"apiVersion": q.GetApiVersion(), "kind": q.GetKind(),
			"metadata": map[string]any{"namespace": q.GetNamespace(), "name": q.GetMatchName()},
		}, knativeState(c.broker))}}
	}
}
