// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// composites returns the composites that the properties below are held against: those
// of all examples, and of all documents that users read.
func composites(t testing.TB) map[string]*unstructured.Unstructured {
	t.Helper()
	out := map[string]*unstructured.Unstructured{}
	examples, err := filepath.Glob("../example/*/composite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range examples {
		out[filepath.Base(filepath.Dir(file))] = documents(t, file)[0]
	}
	seeds, err := filepath.Glob("../test/seeds/testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range seeds {
		for _, doc := range documents(t, file) {
			out[filepath.Base(file)+" "+doc.GetKind()+" "+doc.GetName()] = claimed(doc)
		}
	}
	if len(examples) == 0 || len(seeds) == 0 {
		t.Fatalf("found %d examples and %d documents", len(examples), len(seeds))
	}
	return out
}

// claimed returns what Crossplane makes of a claim. What isn't a claim stays as it
// is.
func claimed(doc *unstructured.Unstructured) *unstructured.Unstructured {
	if doc.GetKind() != v1alpha08.KindSonataFlowPlatform {
		return doc
	}
	namespace := doc.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	xr := doc.DeepCopy()
	xr.SetKind(v1alpha08.KindXSonataFlowPlatform)
	xr.SetNamespace("")
	xr.SetName(doc.GetName() + "-x7k2p")
	spec, _, _ := unstructured.NestedMap(xr.Object, "spec") // A document without spec gets one.
	if spec == nil {
		spec = map[string]any{}
	}
	spec["claimRef"] = map[string]any{"apiVersion": doc.GetAPIVersion(), "kind": doc.GetKind(), "namespace": namespace, "name": doc.GetName()}
	xr.Object["spec"] = spec
	return xr
}

// condition is how objects in a cluster do.
type condition string

const (
	healthy   condition = "healthy"
	unhealthy condition = "unhealthy"
	stale     condition = "stale"
	broken    condition = "broken"
)

// apply makes desired resources observed ones, as a cluster in a condition would
// show them. Those that are not in only, if given, aren't there yet.
func apply(t testing.TB, desired map[string]*fnv1.Resource, c condition, only ...string) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	for key, r := range desired {
		if len(only) > 0 && !strings.Contains(strings.Join(only, " "), key) {
			continue
		}
		o := r.GetResource().AsMap()
		md, _ := o["metadata"].(map[string]any)
		maps.Copy(md, map[string]any{"uid": "uid-" + key, "resourceVersion": "7", "generation": 2.0, "creationTimestamp": "2026-01-01T00:00:00Z"})
		switch o["kind"] {
		case "Deployment":
			o["status"] = deploymentStatus(o, c)
			if c == healthy {
				injectSink(o)
			}
		case "Trigger", "SinkBinding":
			if c != stale {
				o["status"] = map[string]any{"observedGeneration": 2.0, "conditions": []any{map[string]any{"type": "Ready", "status": ready(c == healthy)}}}
			}
		}
		out[key] = &fnv1.Resource{Resource: structOf(t, o)}
	}
	return out
}

func deploymentStatus(o map[string]any, c condition) map[string]any {
	spec, _ := o["spec"].(map[string]any)
	n, ok := spec["replicas"].(float64)
	if !ok {
		n = 1
		spec["replicas"] = n // As the API server defaults it.
	}
	cond := func(typ, status, reason, message string) any {
		return map[string]any{"type": typ, "status": status, "reason": reason, "message": message}
	}
	s := map[string]any{
		"observedGeneration": 2.0, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
		"conditions": []any{cond("Available", "True", "MinimumReplicasAvailable", ""), cond("Progressing", "True", "NewReplicaSetAvailable", "")},
	}
	switch c {
	case healthy:
	case stale:
		s["observedGeneration"] = 1.0
	case unhealthy:
		s["readyReplicas"], s["availableReplicas"] = 0.0, 0.0
		s["conditions"] = []any{cond("Available", "False", "MinimumReplicasUnavailable", ""), cond("Progressing", "True", "ReplicaSetUpdated", "")}
	case broken:
		s["readyReplicas"], s["availableReplicas"] = 0.0, 0.0
		s["conditions"] = []any{cond("Available", "False", "MinimumReplicasUnavailable", ""), cond("Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet has timed out progressing")}
	}
	return s
}

// injectSink does what Knative does with a Deployment that is bound to a sink.
func injectSink(deployment map[string]any) {
	if bound, _, _ := unstructured.NestedString(deployment, "metadata", "labels", "bindings.knative.dev/include"); bound == "" {
		return
	}
	containers, _, _ := unstructured.NestedSlice(deployment, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			env, _ := c["env"].([]any)
			c["env"] = append(env, map[string]any{"name": "K_SINK", "value": "http://broker-ingress.knative-eventing.svc/ns1/default"})
		}
	}
	_ = unstructured.SetNestedSlice(deployment, containers, "spec", "template", "spec", "containers") // Its parents are objects.
}

func ready(yes bool) string {
	if yes {
		return "True"
	}
	return "False"
}

// found says what a requirement finds.
type found func(q *fnv1.ResourceSelector) *fnv1.Resources

func absent(*fnv1.ResourceSelector) *fnv1.Resources { return nil }

// present finds Secrets with the usual keys, an autoscaler of another Deployment, no
// pods and no Deployments, and Brokers and platforms that are ready.
func present(t testing.TB) found {
	t.Helper()
	return func(q *fnv1.ResourceSelector) *fnv1.Resources {
		if q.GetKind() == "Pod" || q.GetKind() == "Deployment" {
			return nil
		}
		md := map[string]any{"namespace": q.GetNamespace(), "name": q.GetMatchName(), "uid": "u", "resourceVersion": "5"}
		o := map[string]any{"apiVersion": q.GetApiVersion(), "kind": q.GetKind(), "metadata": md}
		switch q.GetKind() {
		case "Secret":
			o["data"] = map[string]any{"POSTGRESQL_USER": "eA==", "POSTGRESQL_PASSWORD": "eA==", "POSTGRES_USER": "eA==", "POSTGRES_PASSWORD": "eA=="}
		case "HorizontalPodAutoscaler":
			o["spec"] = map[string]any{"minReplicas": 1.0, "maxReplicas": 9.0, "scaleTargetRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}}
		default:
			o["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Succeed", "status": "True"}, map[string]any{"type": "Ready", "status": "True"}}}
		}
		return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, o)}}}
	}
}

// resolved answers what a request requires, and returns the last response.
func resolved(t testing.TB, req *fnv1.RunFunctionRequest, find found) *fnv1.RunFunctionResponse {
	t.Helper()
	rsp := run(t, req)
	req.RequiredResources = map[string]*fnv1.Resources{}
	for name, q := range rsp.GetRequirements().GetResources() {
		req.RequiredResources[name] = find(q)
	}
	return run(t, req)
}

// statusOf returns the status that a response gives its composite.
func statusOf(rsp *fnv1.RunFunctionResponse) *structpb.Struct {
	return rsp.GetDesired().GetComposite().GetResource().GetFields()["status"].GetStructValue()
}
