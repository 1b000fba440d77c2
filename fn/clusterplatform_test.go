// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestClusterPlatformDocuments composes for the manifests with which cluster platforms
// were introduced, and holds their status against what was printed beside them.
func TestClusterPlatformDocuments(t *testing.T) {
	t.Parallel()
	const folder = "../test/seeds/testdata/pull-request-"
	central := compositeOf(t, "services: {dataIndex: {enabled: true}, jobService: {enabled: true}}")
	central.SetKind(v1alpha08.KindSonataFlowPlatform)
	central.SetName("sonataflow-platform")
	central.SetNamespace("central-platform-ns")
	central.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": v1alpha08.ConditionSucceed, "status": "True"}}}
	cluster := documents(t, folder+"cluster-platform.yaml")[0]

	find := func(q *fnv1.ResourceSelector) *fnv1.Resources {
		switch {
		case q.GetKind() == v1alpha08.KindSonataFlowClusterPlatform:
			return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, cluster.Object)}}}
		case q.GetKind() == v1alpha08.KindSonataFlowPlatform && q.GetMatchName() == central.GetName() && q.GetNamespace() == central.GetNamespace():
			return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, central.Object)}}}
		}
		return nil
	}
	compose := func(xr *unstructured.Unstructured) *fnv1.RunFunctionResponse {
		req := withInput(t, requestFor(t, xr), "cluster: OpenShift")
		resolved(t, req, find)
		return resolvedAgain(t, req, find)
	}

	rsp := compose(cluster)
	got := conditionOf(rsp, v1alpha08.ConditionSucceed)
	if got.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || got.GetMessage() != "Referenced SonataFlowPlatform 'central-platform-ns/sonataflow-platform' is ready" {
		t.Errorf("cluster platform: got %v", got)
	}
	if version := statusOf(rsp).GetFields()["version"].GetStringValue(); version != "0.8" {
		t.Errorf("cluster platform: version %q", version)
	}
	cluster.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": v1alpha08.ConditionSucceed, "status": "True"}}}

	ref := map[string]any{"name": "cluster-platform", "platformRef": map[string]any{"name": "sonataflow-platform", "namespace": "central-platform-ns"}}
	withServices := map[string]any{
		"name": "cluster-platform", "platformRef": ref["platformRef"],
		"services": map[string]any{
			"dataIndexRef":  map[string]any{"url": "http://sonataflow-platform-data-index-service.central-platform-ns"},
			"jobServiceRef": map[string]any{"url": "http://sonataflow-platform-jobs-service.central-platform-ns"},
		},
	}
	for file, want := range map[string]map[string]any{"platform-consumer.yaml": withServices, "platform-override.yaml": ref} {
		rsp := compose(claimed(documents(t, folder+file)[0]))
		if c := conditionOf(rsp, v1alpha08.ConditionSucceed); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
			t.Errorf("%s: got %v", file, c)
		}
		status := statusOf(rsp).AsMap()
		printed := map[string]any{"cluster": "openshift", "version": "0.8", "clusterPlatformRef": want}
		for field, want := range printed {
			if diff := cmp.Diff(want, status[field]); diff != "" {
				t.Errorf("%s: status.%s: -want, +got:\n%s", file, field, diff)
			}
		}
	}
}

// resolvedAgain answers what a request requires now that some of it is answered.
func resolvedAgain(t testing.TB, req *fnv1.RunFunctionRequest, find found) *fnv1.RunFunctionResponse {
	t.Helper()
	for name, q := range run(t, req).GetRequirements().GetResources() {
		req.RequiredResources[name] = find(q)
	}
	return run(t, req)
}
