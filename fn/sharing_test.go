// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// having is a cluster that has some objects, in YAML.
func having(t *testing.T, texts ...string) found {
	t.Helper()
	out := make([]*unstructured.Unstructured, len(texts))
	for i, text := range texts {
		out[i] = &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &out[i].Object); err != nil {
			t.Fatal(err)
		}
	}
	return of(t, out)
}

// settled calls the function as Crossplane does, until it asks for nothing else.
func settled(t *testing.T, req *fnv1.RunFunctionRequest, find found) *fnv1.RunFunctionResponse {
	t.Helper()
	const most = 5 // Crossplane gives up then.
	rsp := run(t, req)
	for range most {
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, q := range rsp.GetRequirements().GetResources() {
			req.RequiredResources[name] = find(q)
		}
		next := run(t, req)
		if proto.Equal(rsp.GetRequirements(), next.GetRequirements()) {
			return next
		}
		rsp = next
	}
	t.Fatalf("the function asks for something else after %d calls", most)
	return nil
}

// observeDesired are the desired objects of a response as they are observed when all goes well.
func observeDesired(t *testing.T, rsp *fnv1.RunFunctionResponse) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	for key, r := range rsp.GetDesired().GetResources() {
		state := compositiontest.Ready
		if r.GetResource().GetFields()["kind"].GetStringValue() == "Job" {
			state = compositiontest.Complete
		}
		out[key] = observe(t, r.GetResource(), state)
	}
	return out
}

// TestSharedPlatformInvalid makes the platform behind the cluster platform invalid: it runs on as
// before, and so does all that uses it. What never used it isn't stopped.
func TestSharedPlatformInvalid(t *testing.T) {
	t.Parallel()
	const (
		cluster = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns2}}}`
		broker  = `{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: old, namespace: ns2, uid: b}, status: {conditions: [{type: Ready, status: "True"}]}}`
		central = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: central, namespace: ns2}, `
	)
	good := having(t, cluster, broker, central+`spec: {eventing: {broker: {ref: {kind: Broker, name: old}}}, services: {dataIndex: {enabled: true}}}, status: {conditions: [{type: Succeed, status: "True"}, {type: SpecValid, status: "True"}]}}`)
	refused := having(t, cluster, broker, central+`spec: {services: {dataIndex: {enabled: false}}}, status: {conditions: [{type: Succeed, status: "False", reason: Failure}, {type: SpecValid, status: "False", reason: Invalid, message: mend it}]}}`)
	unreadable := having(t, cluster, broker, central+`spec: {services: many}, status: {conditions: [{type: Succeed, status: "False", reason: Failure}]}}`)
	composites := map[string]func() *unstructured.Unstructured{
		"workflow": func() *unstructured.Unstructured {
			return workflowOf(t, "", "flow: {events: [{name: e, type: t}], states: [{name: a, type: inject, data: {}, end: true}]}\npodTemplate: {container: {image: 'r.example.com/wf:1'}}")
		},
		"platform": func() *unstructured.Unstructured { return compositeOf(t, "") },
	}
	for name, composite := range composites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			xr := composite()
			if said := fatal(settled(t, requestFor(t, xr), refused)); said != "" {
				t.Errorf("it is stopped before it uses the platform: %s", said)
			}
			req := requestFor(t, xr)
			for range 3 {
				rsp := settled(t, req, good)
				xr.Object["status"] = statusOf(rsp).AsMap()
				req = requestFor(t, xr)
				req.Observed.Resources = observeDesired(t, rsp)
			}
			for _, find := range []found{refused, unreadable} {
				if said, want := fatal(settled(t, req, find)), "Platform central of namespace ns2, which cluster platform cluster shares, is invalid"; !strings.Contains(said, want) {
					t.Errorf("want the result to be fatal and to say %q, got %q", want, said)
				}
			}
			if said := fatal(settled(t, req, good)); said != "" {
				t.Errorf("it doesn't go on once the platform is mended: %s", said)
			}
		})
	}
}

// olderPlatform is one of the same namespace that counts.
const olderPlatform = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: first-x, creationTimestamp: "2025-01-01T00:00:00Z", labels: {crossplane.io/claim-namespace: ns1}}, spec: {claimRef: {name: first, namespace: ns1}}}`

// TestDuplicateMended lets a duplicate be refused, and mends it: it still gets nothing new.
func TestDuplicateMended(t *testing.T) {
	t.Parallel()
	younger := func(spec, reason string) *fnv1.RunFunctionRequest {
		xr := compositeOf(t, spec)
		xr.SetName("second-x")
		if err := unstructured.SetNestedField(xr.Object, "2026-01-01T00:00:00Z", "metadata", "creationTimestamp"); err != nil {
			t.Fatal(err)
		}
		if reason != "" {
			xr.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Succeed", "status": "False", "reason": reason}}}
		}
		return requestFor(t, xr)
	}
	observed := observeDesired(t, settled(t, younger("services: {dataIndex: {}}", ""), absent))
	want := slices.Sorted(maps.Keys(observed))
	for _, reason := range []string{v1alpha08.ReasonDuplicated, v1alpha08.ReasonFailure, "DeploymentFailure"} {
		req := younger("services: {dataIndex: {}, jobService: {}}", reason)
		req.Observed.Resources = observed
		got := slices.Sorted(maps.Keys(settled(t, req, having(t, olderPlatform)).GetDesired().GetResources()))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %s: -had, +gets:\n%s", reason, diff)
		}
	}
}

// TestDuplicateMigration gives a duplicate with objects another migration, as an upgrade of the
// function does: its service gets the Job that it waits for.
func TestDuplicateMigration(t *testing.T) {
	t.Parallel()
	const secret = `{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: ns1, uid: u, resourceVersion: "5"}, data: {POSTGRESQL_USER: eA==, POSTGRESQL_PASSWORD: eA==}}`
	xr := compositeOf(t, "services: {dataIndex: {enabled: true, persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}")
	req := requestFor(t, xr)
	for range 3 {
		rsp := settled(t, req, having(t, secret))
		req = requestFor(t, xr)
		req.Observed.Resources = observeDesired(t, rsp)
	}
	observed := req.GetObserved().GetResources()
	xr.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Succeed", "status": "False", "reason": "Duplicated"}}}
	var replicas any
	for range 4 {
		req := withInput(t, requestFor(t, xr), "images: {tag: 10.3.0}")
		req.Observed.Resources = observed
		rsp := settled(t, req, having(t, secret, olderPlatform))
		observed = observeDesired(t, rsp)
		replicas, _, _ = unstructured.NestedFieldNoCopy(rsp.GetDesired().GetResources()["data-index-deployment"].GetResource().AsMap(), "spec", "replicas")
	}
	if replicas != nil {
		t.Errorf("the service has %v replicas after its migration", replicas)
	}
}

// TestFlowNulls holds that what is null in a flow reaches the runtime: a call may clear a field
// with it.
func TestFlowNulls(t *testing.T) {
	t.Parallel()
	xr := workflowOf(t, "dev", `
flow:
  functions: [{name: patch, type: custom, operation: "rest:patch:/tickets/1"}]
  start: null
  states: [{name: a, type: operation, actions: [{functionRef: {refName: patch, arguments: {assignee: null, tags: [null], state: open}}}], end: true}]`)
	rsp := settled(t, requestFor(t, xr), absent)
	flow, _, _ := unstructured.NestedString(rsp.GetDesired().GetResources()["workflow-flow"].GetResource().AsMap(), "data", "wf.sw.json")
	if want := `"arguments":{"assignee":null,"state":"open","tags":[null]}`; !strings.Contains(flow, want) {
		t.Errorf("want %s in the flow, got %s", want, flow)
	}
}
