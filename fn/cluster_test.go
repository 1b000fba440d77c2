// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
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
	if doc.GetKind() == v1alpha08.KindSonataFlowClusterPlatform {
		return doc
	}
	namespace := doc.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	xr := doc.DeepCopy()
	xr.SetKind("X" + doc.GetKind())
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

// apply makes desired resources observed ones, in a state of the cluster. Those that are
// not in only, if given, aren't there yet.
func apply(t testing.TB, desired map[string]*fnv1.Resource, state compositiontest.State, only ...string) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	for key, r := range desired {
		if len(only) == 0 || slices.Contains(only, key) {
			out[key] = observe(t, r.GetResource(), state)
		}
	}
	return out
}

// observe makes one object an observed resource, in a state of the cluster.
func observe(t testing.TB, object any, state compositiontest.State) *fnv1.Resource {
	t.Helper()
	return &fnv1.Resource{Resource: structOf(t, compositiontest.Observe(t, object, state))}
}

// found says what a requirement finds.
type found func(q *fnv1.ResourceSelector) *fnv1.Resources

// composedKinds are those of the objects that a platform or a workflow composes. Their names have to be
// free.
func composedKinds() []string {
	return []string{"ConfigMap", "Service", "Deployment", "PodDisruptionBudget", "Job", "Trigger", "SinkBinding", "ServiceMonitor", "Route"}
}

func absent(*fnv1.ResourceSelector) *fnv1.Resources { return nil }

// present finds Secrets with the usual keys, an autoscaler of another Deployment, no
// pods and no Deployments, and Brokers and platforms that are ready. All that it finds may
// be taken over, as what the operator made.
func present(t testing.TB) found {
	t.Helper()
	return func(q *fnv1.ResourceSelector) *fnv1.Resources {
		if q.GetKind() == "Pod" || q.GetKind() == "Deployment" {
			return nil
		}
		md := map[string]any{
			"namespace": q.GetNamespace(), "name": q.GetMatchName(), "uid": "u", "resourceVersion": "5",
			"labels": map[string]any{ownership.LabelHandOver: q.GetMatchName()},
		}
		o := map[string]any{"apiVersion": q.GetApiVersion(), "kind": q.GetKind(), "metadata": md}
		switch q.GetKind() {
		case "Secret":
			o["data"] = map[string]any{"POSTGRESQL_USER": "eA==", "POSTGRESQL_PASSWORD": "eA==", "POSTGRES_USER": "eA==", "POSTGRES_PASSWORD": "eA=="}
		default:
			o["status"] = map[string]any{"conditions": []any{map[string]any{"type": v1alpha08.ConditionSucceed, "status": "True"}, map[string]any{"type": "Ready", "status": "True"}}}
		}
		return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, o)}}}
	}
}

// of finds objects out of some documents.
func of(t testing.TB, docs []*unstructured.Unstructured) found {
	t.Helper()
	return func(q *fnv1.ResourceSelector) *fnv1.Resources {
		out := &fnv1.Resources{}
		for _, d := range docs {
			named := q.GetMatchName() == "" || q.GetMatchName() == d.GetName()
			labelled := labels.SelectorFromSet(q.GetMatchLabels().GetLabels()).Matches(labels.Set(d.GetLabels()))
			if q.GetKind() == d.GetKind() && q.GetNamespace() == d.GetNamespace() && named && labelled {
				out.Items = append(out.Items, &fnv1.Resource{Resource: structOf(t, d.Object)})
			}
		}
		return out
	}
}

// isWorkflow tells whether a composite is a workflow.
func isWorkflow(xr *unstructured.Unstructured) bool {
	return xr.GetKind() == v1alpha08.KindXSonataFlow || xr.GetKind() == v1alpha08.KindSonataFlow
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
