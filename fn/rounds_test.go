// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestRounds plays Crossplane's rounds: it calls again until the function asks for
// nothing that it wasn't told. What the function asked for in the reconcile before, a
// Crossplane from v2.4 on tells it at once.
func TestRounds(t *testing.T) {
	t.Parallel()
	const eventing = "eventing: {broker: {ref: {kind: Broker, name: default}}}"
	cases := map[string]struct {
		reason string
		spec   string
		// cluster tells whether there is a cluster platform.
		cluster bool
		// first and later are the rounds of the first reconcile and of those at rest, and
		// unseeded those at rest before v2.4.
		first, later, unseeded int
	}{
		"Minimal": {
			reason: "Cluster platforms, the siblings in the namespace and the names of all objects are asked for by the first call.",
			spec:   "services: {dataIndex: {enabled: true}, jobService: {}}",
			first:  2, later: 1, unseeded: 2,
		},
		"Secrets": {
			reason: "A Secret makes no more calls.",
			spec:   "services: {dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}",
			first:  2, later: 1, unseeded: 2,
		},
		"References": {
			reason: "What podTemplates refer to makes no more calls either.",
			spec:   "services: {dataIndex: {podTemplate: {volumes: [{name: v, configMap: {name: settings}}]}}}",
			first:  2, later: 1, unseeded: 2,
		},
		"Budget": {
			reason: "The name of a budget is asked for along with the autoscalers that decide about it.",
			spec:   "services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1}}}}",
			first:  2, later: 1, unseeded: 2,
		},
		"Migration": {
			reason: "The name of a Job is asked for along with the pods that it may have to wait for.",
			spec:   "services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}",
			first:  2, later: 1, unseeded: 2,
		},
		"Consumer": {
			reason: "The platform behind the cluster platform makes one more call: the first call doesn't know its name.",
			spec:   "", cluster: true,
			first: 3, later: 1, unseeded: 3,
		},
		"Broker": {
			reason: "A Broker is asked for when Knative is known to be there, which is evident later on; so are the names of Triggers, by the same call.",
			spec:   eventing + "\nservices: {dataIndex: {}, jobService: {}}",
			first:  3, later: 1, unseeded: 3,
		},
		"BorrowedBroker": {
			reason: "A Broker that is lent takes no more calls: whether Knative is there is asked along with the platform that lends it.",
			spec:   "services: {dataIndex: {}, jobService: {}}", cluster: true,
			first: 4, later: 1, unseeded: 4,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := roundsWorld{t: t, cluster: tc.cluster, spec: tc.spec}
			if got := w.reconcile(nil); got != tc.first {
				t.Errorf("%s\nfirst reconcile: %d calls, want %d", tc.reason, got, tc.first)
			}
			for range 3 { // Until all is there.
				w.reconcile(w.seeds)
			}
			if got := w.reconcile(w.seeds); got != tc.later {
				t.Errorf("%s\nat rest: %d calls, want %d", tc.reason, got, tc.later)
			}
			if got := w.reconcile(nil); got != tc.unseeded {
				t.Errorf("%s\nat rest, before v2.4: %d calls, want %d", tc.reason, got, tc.unseeded)
			}
		})
	}
}

// TestWorkflowRounds plays the same for workflows.
func TestWorkflowRounds(t *testing.T) {
	t.Parallel()
	const (
		plain  = "flow: {states: [{name: a, type: inject}]}\npodTemplate: {container: {image: i}}"
		events = "flow: {events: [{name: e, type: t}], states: [{name: a, type: inject}]}\npodTemplate: {container: {image: i}}"
	)
	broker := map[string]any{"eventing": map[string]any{"broker": map[string]any{"ref": map[string]any{"kind": "Broker", "name": "default"}}}}
	cases := map[string]struct {
		reason   string
		spec     string
		platform map[string]any
		cluster  bool
		// first and later are the rounds of the first reconcile and of those at rest.
		first, later int
	}{
		"Alone":    {reason: "The platform, the user's properties and all names are asked for by the first call; Knative isn't, once there is no Broker.", spec: plain, first: 3, later: 1},
		"Broker":   {reason: "The platform's Broker is known by the second call; Knative is asked for by the first.", spec: events, platform: broker, first: 3, later: 1},
		"Borrowed": {reason: "A Broker that is lent takes one more call, for the platform that lends it.", spec: events, cluster: true, first: 4, later: 1},
		"Monitored": {
			reason: "Whether the Prometheus operator is there is asked once the platform is known.", spec: plain,
			platform: map[string]any{"monitoring": map[string]any{"enabled": true}}, first: 4, later: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := roundsWorld{t: t, workflow: true, cluster: tc.cluster, spec: tc.spec, platform: tc.platform}
			if got := w.reconcile(nil); got != tc.first {
				t.Errorf("%s\nfirst reconcile: %d calls, want %d", tc.reason, got, tc.first)
			}
			for range 3 { // Until all is at rest.
				w.reconcile(w.seeds)
			}
			if got := w.reconcile(w.seeds); got != tc.later {
				t.Errorf("%s\nat rest: %d calls, want %d", tc.reason, got, tc.later)
			}
		})
	}
}

// A roundsWorld is a Crossplane, and a cluster in which all is well.
type roundsWorld struct {
	t       *testing.T
	spec    string
	cluster bool
	// workflow composes a workflow in place of a platform; platform is the spec of the platform
	// that the workflow belongs to.
	workflow bool
	platform map[string]any
	observed map[string]*fnv1.Resource
	// seeds are what was asked for in the last reconcile.
	seeds map[string]*fnv1.ResourceSelector
}

// reconcile calls the function until it comes to rest, applies what it wants, and
// returns the number of calls.
func (w *roundsWorld) reconcile(seeds map[string]*fnv1.ResourceSelector) int {
	w.t.Helper()
	xr := compositeOf(w.t, w.spec)
	if w.workflow {
		xr = workflowOf(w.t, "", w.spec)
	}
	req := requestFor(w.t, xr)
	req.Meta.Capabilities = append(req.Meta.Capabilities, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS)
	req.Observed.Resources = w.observed
	req.RequiredResources = map[string]*fnv1.Resources{}
	for name, q := range seeds {
		req.RequiredResources[name] = w.fetch(q)
	}
	var last *fnv1.Requirements
	for calls := 1; calls <= 5; calls++ {
		rsp := run(w.t, req)
		asked := rsp.GetRequirements()
		resources, schemas := map[string]*fnv1.Resources{}, map[string]*fnv1.Schema{}
		for name, q := range asked.GetResources() {
			resources[name] = w.fetch(q)
		}
		for name := range asked.GetSchemas() {
			schemas[name] = &fnv1.Schema{OpenapiV3: structOf(w.t, map[string]any{"type": "object"})}
		}
		told := maps.EqualFunc(resources, req.GetRequiredResources(), equal) && maps.EqualFunc(schemas, req.GetRequiredSchemas(), equalSchemas)
		if proto.Equal(asked, last) || calls == 1 && told {
			w.seeds = asked.GetResources()
			w.observed = map[string]*fnv1.Resource{}
			for key, r := range rsp.GetDesired().GetResources() {
				state := compositiontest.Ready
				if strings.Contains(key, "-migration-") {
					state = compositiontest.Complete
				}
				w.observed[key] = observe(w.t, r.GetResource(), state)
			}
			return calls
		}
		last, req.RequiredResources, req.RequiredSchemas = asked, resources, schemas
	}
	w.t.Fatal("the requirements aren't stable")
	return 0
}

func equal(a, b *fnv1.Resources) bool { return proto.Equal(a, b) }

func equalSchemas(a, b *fnv1.Schema) bool { return proto.Equal(a, b) }

// fetch finds what is asked for.
func (w *roundsWorld) fetch(q *fnv1.ResourceSelector) *fnv1.Resources {
	w.t.Helper()
	o := map[string]any{
		"apiVersion": q.GetApiVersion(), "kind": q.GetKind(), "metadata": map[string]any{"namespace": q.GetNamespace(), "name": q.GetMatchName()},
		"status": map[string]any{"conditions": []any{map[string]any{"type": v1alpha08.ConditionSucceed, "status": "True"}, map[string]any{"type": "Ready", "status": "True"}}},
	}
	switch q.GetKind() {
	case "SonataFlowClusterPlatform":
		if !w.cluster {
			return &fnv1.Resources{}
		}
		o["metadata"] = map[string]any{"name": "cluster"}
		o["spec"] = map[string]any{"platformRef": map[string]any{"name": "central", "namespace": "ns2"}}
	case "SonataFlowPlatform":
		o["spec"] = map[string]any{
			"eventing": map[string]any{"broker": map[string]any{"ref": map[string]any{"kind": "Broker", "name": "shared"}}},
			"services": map[string]any{"dataIndex": map[string]any{"enabled": true}},
		}
	case "XSonataFlowPlatform":
		if w.platform == nil {
			return &fnv1.Resources{}
		}
		o["metadata"] = map[string]any{"name": "plat-x7k2p"}
		o["spec"] = w.platform
	case "Pod":
		return &fnv1.Resources{}
	case "ConfigMap":
		if q.GetMatchName() != "settings" {
			return &fnv1.Resources{}
		}
	case "HorizontalPodAutoscaler":
		o["spec"] = map[string]any{"minReplicas": 2.0, "scaleTargetRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "plat-data-index-service"}}
	default:
		if slices.Contains(composedKinds(), q.GetKind()) {
			return &fnv1.Resources{}
		}
	}
	return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(w.t, o)}}}
}
