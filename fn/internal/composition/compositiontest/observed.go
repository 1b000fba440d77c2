// SPDX-License-Identifier: Apache-2.0

package compositiontest

import (
	"encoding/json"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A State is one in which the cluster may have an object that was applied.
type State string

// States of objects. Those of Jobs are below.
const (
	// Ready means that the object does its work. A Deployment or Knative Service that Knative
	// binds to a sink knows the sink.
	Ready State = "ready"
	// Unbound means that the object does its work, but that Knative hasn't told a Deployment
	// its sink yet.
	Unbound State = "unbound"
	// Unready means that the object is on its way.
	Unready State = "unready"
	// Stale means that the status is that of an earlier generation.
	Stale State = "stale"
	// Stuck means that the object doesn't get on by itself.
	Stuck State = "stuck"
)

// States of Jobs.
const (
	// Created means that the Job has no pod yet.
	Created State = "created"
	// Running means that a pod of the Job runs.
	Running State = "running"
	// Complete means that the Job has succeeded.
	Complete State = "complete"
	// Failed means that the Job gave up.
	Failed State = "failed"
	// Suspending means that the Job is suspended and a pod of the Job is ending.
	Suspending State = "suspending"
	// Suspended means that the Job is suspended and has no pod.
	Suspended State = "suspended"
)

const (
	// generation is that of every observed object.
	generation = 2
	// fieldConditions is the field of a status that has the object's conditions.
	fieldConditions = "conditions"
)

// SinkURI is the address that Knative resolves every sink to.
const SinkURI = "http://broker-ingress.knative-eventing.svc/ns1/default"

// Observe returns an applied object as the cluster has it in a state. Kinds without a
// status of their own get none.
func Observe(t testing.TB, applied any, state State) map[string]any {
	t.Helper()
	o := fieldsOf(t, applied)
	metadata, _ := o["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		o["metadata"] = metadata
	}
	metadata["uid"], metadata["resourceVersion"], metadata["generation"] = "uid", "7", float64(generation)
	metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
	delete(o, "status")
	switch o["kind"] {
	case "Deployment":
		o["status"] = deploymentStatus(o, state)
		if state == Ready {
			injectSink(o)
		}
	case "Job":
		if status := jobStatus(state); status != nil {
			o["status"] = status
		}
	case "Service":
		if o["apiVersion"] == "serving.knative.dev/v1" {
			o["status"] = knativeServiceStatus(metadata, state)
			if state == Ready {
				injectSink(o)
			}
		}
	case "Broker", "Trigger", "SinkBinding":
		if state != Stale {
			status := map[string]any{"observedGeneration": float64(generation), fieldConditions: []any{condition("Ready", state == Ready || state == Unbound, "", "not yet")}}
			if o["kind"] == "SinkBinding" {
				status["sinkUri"] = SinkURI
			}
			o["status"] = status
		}
	}
	return o
}

// Text returns an object in JSON, as Cluster takes it.
func Text(t testing.TB, o any) string {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fieldsOf returns a copy of an object, with numbers as protobuf has them.
func fieldsOf(t testing.TB, o any) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(Text(t, o)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func deploymentStatus(deployment map[string]any, state State) map[string]any {
	spec, _ := deployment["spec"].(map[string]any)
	wanted, given := spec["replicas"].(float64)
	if !given && spec != nil {
		wanted = 1
		spec["replicas"] = wanted // As the API server defaults it.
	}
	if spec != nil {
		spec["progressDeadlineSeconds"] = 600.0
	}
	status := map[string]any{
		"observedGeneration": float64(generation), "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": wanted, "availableReplicas": wanted,
		fieldConditions: []any{condition("Available", true, "MinimumReplicasAvailable", ""), condition("Progressing", true, "NewReplicaSetAvailable", "")},
	}
	unavailable := func(progressing any) {
		status["readyReplicas"], status["availableReplicas"] = 0.0, 0.0
		status[fieldConditions] = []any{condition("Available", false, "MinimumReplicasUnavailable", ""), progressing}
	}
	switch state {
	case Stale:
		status["observedGeneration"] = float64(generation - 1)
	case Unready:
		unavailable(condition("Progressing", true, "ReplicaSetUpdated", ""))
	case Stuck:
		unavailable(condition("Progressing", false, "ProgressDeadlineExceeded", "ReplicaSet has timed out progressing"))
	case Ready, Unbound, Created, Running, Complete, Failed, Suspending, Suspended:
	}
	return status
}

func knativeServiceStatus(metadata map[string]any, state State) map[string]any {
	host := fmt.Sprintf("%s.%s", metadata["name"], metadata["namespace"])
	status := map[string]any{
		"observedGeneration": float64(generation), "url": "http://" + host + ".example.com", "address": map[string]any{"url": "http://" + host + ".svc.cluster.local"},
		"latestReadyRevisionName": fmt.Sprintf("%s-00001", metadata["name"]),
		fieldConditions:           []any{condition("ConfigurationsReady", true, "", ""), condition("Ready", true, "", ""), condition("RoutesReady", true, "", "")},
	}
	switch state {
	case Stale:
		status["observedGeneration"] = float64(generation - 1)
	case Unready:
		delete(status, "latestReadyRevisionName")
		unknown := map[string]any{"type": "Ready", "status": "Unknown", "reason": "RevisionMissing", "message": "Configuration is waiting for a Revision to become ready."}
		status[fieldConditions] = []any{unknown}
	case Stuck:
		delete(status, "latestReadyRevisionName")
		status[fieldConditions] = []any{condition("ConfigurationsReady", false, "RevisionFailed", "Unable to fetch image"), condition("Ready", false, "RevisionFailed", "Unable to fetch image")}
	case Ready, Unbound, Created, Running, Complete, Failed, Suspending, Suspended:
	}
	return status
}

func jobStatus(state State) map[string]any {
	switch state {
	case Running:
		return map[string]any{"startTime": "2026-01-01T00:00:00Z", "active": 1.0}
	case Complete:
		return map[string]any{"succeeded": 1.0, fieldConditions: []any{condition("SuccessCriteriaMet", true, "", ""), condition("Complete", true, "", "")}}
	case Failed:
		return map[string]any{"failed": 7.0, fieldConditions: []any{condition("Failed", true, "BackoffLimitExceeded", "Job has reached the specified backoff limit")}}
	case Suspending:
		return map[string]any{"terminating": 1.0, fieldConditions: []any{condition("Suspended", true, "JobSuspended", "")}}
	case Suspended:
		return map[string]any{"terminating": 0.0, fieldConditions: []any{condition("Suspended", true, "JobSuspended", "")}}
	case Ready, Unbound, Unready, Stale, Stuck, Created:
	}
	return nil
}

func condition(typ string, yes bool, reason, message string) map[string]any {
	out := map[string]any{"type": typ, "status": "False"}
	if yes {
		out["status"] = "True"
	}
	if reason != "" {
		out["reason"] = reason
	}
	if message != "" && yes == (typ == "Failed") {
		out["message"] = message
	}
	return out
}

// injectSink does what Knative does with a workload that is bound to a sink.
func injectSink(deployment map[string]any) {
	if bound, _, _ := unstructured.NestedString(deployment, "metadata", "labels", "bindings.knative.dev/include"); bound == "" {
		return
	}
	containers, _, _ := unstructured.NestedSlice(deployment, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			env, _ := c["env"].([]any)
			c["env"] = append(env, map[string]any{"name": "K_SINK", "value": SinkURI})
		}
	}
	_ = unstructured.SetNestedSlice(deployment, containers, "spec", "template", "spec", "containers") // Its parents are objects.
}
