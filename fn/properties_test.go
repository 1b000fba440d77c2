// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// forEach holds a property against every composite.
func forEach(t *testing.T, property func(t *testing.T, xr *unstructured.Unstructured)) {
	t.Helper()
	for name, xr := range composites(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			property(t, xr)
		})
	}
}

// leaveOutBuilds leaves out a workflow whose image is built: it is refused where no platform
// names a registry, as in the states here. TestBuildStates and TestBuildSimulation are about it.
func leaveOutBuilds(t *testing.T, xr *unstructured.Unstructured) {
	t.Helper()
	if xr.GetAnnotations()[v1alpha08.AnnotationProfile] == "preview" {
		t.Skip("no platform here names a registry for the image of a workflow in the profile preview")
	}
}

// states are the states of the world in which a composite may find itself.
func states(t *testing.T, xr *unstructured.Unstructured) map[string]*fnv1.RunFunctionRequest {
	t.Helper()
	desired := wholeOf(t, xr)
	out := map[string]*fnv1.RunFunctionRequest{}
	observed := map[string]map[string]*fnv1.Resource{
		"nothing": nil,
		"configs": apply(t, desired, compositiontest.Ready, "data-index-config", "jobs-service-config"),
	}
	for _, state := range []compositiontest.State{compositiontest.Ready, compositiontest.Unready, compositiontest.Stale, compositiontest.Stuck} {
		observed[string(state)] = apply(t, desired, state)
	}
	for name, resources := range observed {
		for _, answers := range []string{"unasked", "pending", "absent", "empty", "present"} {
			req := requestFor(t, xr)
			req.Observed.Resources = resources
			switch answers {
			case "unasked":
				if isWorkflow(xr) {
					continue // Workflows need a Crossplane that looks resources up.
				}
				req.Meta.Capabilities = nil
			case "absent":
				resolved(t, req, absent)
			case "empty":
				resolved(t, req, func(q *fnv1.ResourceSelector) *fnv1.Resources {
					if slices.Contains(composedKinds(), q.GetKind()) {
						return nil // A name that isn't free is for TestStrangers.
					}
					return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, map[string]any{"apiVersion": q.GetApiVersion(), "kind": q.GetKind()})}}}
				})
			case "present":
				resolved(t, req, present(t))
			}
			out[name+"/"+answers] = req
		}
	}
	return out
}

// wholeOf is what is desired for a composite once Knative has taken up its SinkBinding: the
// Deployment that the SinkBinding binds is made after it.
func wholeOf(t *testing.T, xr *unstructured.Unstructured) map[string]*fnv1.Resource {
	t.Helper()
	req := requestFor(t, xr)
	desired := resolved(t, req, present(t)).GetDesired().GetResources()
	req.Observed.Resources = map[string]*fnv1.Resource{}
	for key, r := range desired {
		if strings.HasSuffix(key, "-sinkbinding") {
			req.Observed.Resources[key] = observe(t, r.GetResource(), compositiontest.Unready)
		}
	}
	return resolved(t, req, present(t)).GetDesired().GetResources()
}

// TestDeterminism runs each request a hundred times: the bytes of the responses are
// equal.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		req := states(t, xr)[string(compositiontest.Ready)+"/present"]
		var first []byte
		for i := range 25 {
			b, err := proto.MarshalOptions{Deterministic: true}.Marshal(run(t, req))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b
			}
			if !bytes.Equal(first, b) {
				t.Fatalf("run %d differs from the first", i)
			}
		}
	})
}

// TestIdempotence feeds what is desired back as observed: nothing else is desired
// then. It does so twice, because a Deployment that is bound to a sink starts once it
// is seen to know it.
func TestIdempotence(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		req := requestFor(t, xr)
		req.Observed.Resources = apply(t, wholeOf(t, xr), compositiontest.Ready)
		resolved(t, req, present(t))
		first := run(t, req).GetDesired().GetResources()
		req.Observed.Resources = apply(t, first, compositiontest.Ready)
		second := run(t, req).GetDesired().GetResources()
		ignoreReady := protocmp.IgnoreFields(&fnv1.Resource{}, "ready")
		if diff := cmp.Diff(first, second, protocmp.Transform(), ignoreReady); diff != "" {
			t.Errorf("desired, once observed: -first, +second:\n%s", diff)
		}
	})
}

// TestAccumulation puts what earlier functions want into the request: it is in the
// response.
func TestAccumulation(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		for name, req := range states(t, xr) {
			theirs := &fnv1.Resource{Resource: structOf(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}), Ready: fnv1.Ready_READY_TRUE}
			req.Desired = &fnv1.State{
				Composite: &fnv1.Resource{Resource: structOf(t, map[string]any{"status": map[string]any{"theirs": "kept"}})},
				Resources: map[string]*fnv1.Resource{"theirs": theirs},
			}
			req.Context = structOf(t, map[string]any{"theirs": "kept"})
			rsp := run(t, req)
			if diff := cmp.Diff(theirs, rsp.GetDesired().GetResources()["theirs"], protocmp.Transform()); diff != "" {
				t.Errorf("%s: their resource: -want, +got:\n%s", name, diff)
			}
			if got := rsp.GetContext().GetFields()["theirs"].GetStringValue(); got != "kept" {
				t.Errorf("%s: their field of the context: got %q", name, got)
			}
			if got := statusOf(rsp).GetFields()["theirs"].GetStringValue(); got != "kept" {
				t.Errorf("%s: their status: got %q", name, got)
			}
		}
	})
}

// TestNeverShrink holds the set of resources against every state of the world: as
// long as the spec is the same, none goes. A PodDisruptionBudget may, which depends
// on the number of pods; what a migration gates is for TestMigrationStates; a Trigger that
// isn't there yet waits for its Broker, and a Deployment for its SinkBinding or for what its
// pods read.
func TestNeverShrink(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		leaveOutBuilds(t, xr)
		whole := wholeOf(t, xr)
		all := slices.DeleteFunc(slices.Sorted(maps.Keys(whole)), gated)
		waits := func(key string) bool {
			component, isDeployment := strings.CutSuffix(key, "-deployment")
			// In the profile dev, a workflow waits for the ConfigMaps that it reads.
			held := whole[component+"-sinkbinding"] != nil || whole[component+"-flow"] != nil
			return isDeployment && held || strings.Contains(key, "-trigger-")
		}
		for name, req := range states(t, xr) {
			rsp := run(t, req)
			want := slices.DeleteFunc(slices.Clone(all), func(key string) bool {
				made := req.GetObserved().GetResources()[key] != nil || rsp.GetDesired().GetResources()[key] != nil
				return waits(key) && !made
			})
			if text := fatal(rsp); text != "" {
				t.Errorf("%s: %s", name, text)
			}
			if diff := cmp.Diff(want, slices.DeleteFunc(slices.Sorted(maps.Keys(rsp.GetDesired().GetResources())), gated)); diff != "" {
				t.Errorf("%s: resources: -want, +got:\n%s", name, diff)
			}
		}
	})
}

// gated tells whether a resource may come and go. The ConfigMap with a user's properties isn't
// composed where the user has one.
func gated(key string) bool {
	return strings.HasSuffix(key, "-pdb") || strings.Contains(key, "-migration-") || strings.HasSuffix(key, "-config-user")
}

// TestStableRequirements holds what a composite requires against every answer: it is
// the same, so that Crossplane comes to rest. What is observed may matter: pods are
// looked up only for a migration that begins or has failed.
func TestStableRequirements(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		leaveOutBuilds(t, xr)
		all := states(t, xr)
		for name, req := range all {
			if strings.HasSuffix(name, "/unasked") {
				// To a Crossplane that doesn't know requirements they are noise.
				if got := run(t, req).GetRequirements(); got != nil {
					t.Errorf("%s: requirements of a Crossplane that can't answer: %v", name, got)
				}
				continue
			}
			observed, _, _ := strings.Cut(name, "/")
			want := run(t, all[observed+"/pending"]).GetRequirements()
			if diff := cmp.Diff(want, run(t, req).GetRequirements(), protocmp.Transform()); diff != "" {
				t.Errorf("%s: requirements: -want, +got:\n%s", name, diff)
			}
		}
		broken := xr.DeepCopy()
		if err := unstructured.SetNestedField(broken.Object, int64(-1), "spec", "services", "dataIndex", "podTemplate", "replicas"); err != nil {
			t.Fatal(err)
		}
		rsp := run(t, requestFor(t, broken))
		for name, q := range run(t, requestFor(t, xr)).GetRequirements().GetResources() {
			// Crossplane doesn't call again after a fatal result, so what an invalid spec refers to
			// isn't asked for. What platforms share is: the spec is read beside it.
			shared := strings.Contains(q.GetKind(), "SonataFlow") && xr.GetKind() == v1alpha08.KindXSonataFlowPlatform
			if got := rsp.GetRequirements().GetResources()[name]; shared && !proto.Equal(q, got) {
				t.Errorf("requirement %q isn't made while the spec is invalid", name)
			}
		}
	})
}

// TestStrangers gives the name of each composed object to another owner's, one after the
// other: nothing is composed then, and the claim names the object. So no object is ever
// composed whose name wasn't looked at before.
func TestStrangers(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		free := func(q *fnv1.ResourceSelector) *fnv1.Resources {
			if slices.Contains(composedKinds(), q.GetKind()) {
				return nil
			}
			return present(t)(q)
		}
		req := requestFor(t, xr)
		rsp := resolved(t, req, free)
		asked := run(t, requestFor(t, xr)).GetRequirements().GetResources()
		for key, r := range rsp.GetDesired().GetResources() {
			if strings.HasSuffix(key, "-config-user") {
				continue // The user's own is left alone.
			}
			o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
			if strings.HasPrefix(o.GetAPIVersion(), "serving.knative.dev/") {
				continue // Its name is looked at once the cluster is known to have the kind.
			}
			query := strings.ToLower(o.GetKind()) + "-" + o.GetName()
			want := &fnv1.ResourceSelector{
				ApiVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: new(o.GetNamespace()), Match: &fnv1.ResourceSelector_MatchName{MatchName: o.GetName()},
			}
			if diff := cmp.Diff(want, asked[query], protocmp.Transform()); diff != "" {
				t.Errorf("%s: what the first call asks for: -want, +got:\n%s", key, diff)
			}
			stranger := &unstructured.Unstructured{Object: map[string]any{"apiVersion": o.GetAPIVersion(), "kind": o.GetKind()}}
			stranger.SetNamespace(o.GetNamespace())
			stranger.SetName(o.GetName())
			taken := proto.Clone(req).(*fnv1.RunFunctionRequest)
			taken.RequiredResources[query] = &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, stranger.Object)}}}
			rsp := run(t, taken)
			if got := conditionOf(rsp, v1alpha08.ConditionSpecValid); got.GetReason() != v1alpha08.ReasonNameTaken || !strings.HasPrefix(fatal(rsp), o.GetKind()+" "+o.GetName()+" ") {
				t.Errorf("%s: another owner's %s: got %v and the fatal result %q", key, o.GetKind(), got, fatal(rsp))
			}
			if got := rsp.GetDesired().GetResources(); len(got) > 0 {
				t.Errorf("%s: beside another owner's %s, the platform composes %d objects", key, o.GetKind(), len(got))
			}
		}
	})
}

// TestReadiness holds what is reported ready against what is observed.
func TestReadiness(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		leaveOutBuilds(t, xr)
		for name, req := range states(t, xr) {
			rsp := run(t, req)
			all := true
			for key, r := range rsp.GetDesired().GetResources() {
				switch r.GetReady() {
				case fnv1.Ready_READY_UNSPECIFIED:
					t.Errorf("%s: %s: readiness isn't explicit", name, key)
				case fnv1.Ready_READY_TRUE:
					if req.GetObserved().GetResources()[key] == nil {
						t.Errorf("%s: %s is ready, but isn't observed", name, key)
					}
				case fnv1.Ready_READY_FALSE:
					all = false
				}
			}
			typ := v1alpha08.ConditionSucceed
			if isWorkflow(xr) {
				typ = v1alpha08.ConditionRunning
			}
			succeed := conditionOf(rsp, typ).GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE && (all || !isWorkflow(xr))
			if succeed && !all {
				t.Errorf("%s: the platform succeeds with resources that aren't ready", name)
			}
			if unready := rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_FALSE; unready == succeed && (!isWorkflow(xr) || !unready) { // A workflow may run and wait for a Secret.
				t.Errorf("%s: succeeds: %t, but the composite is kept unready: %t", name, succeed, unready)
			}
			if rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_TRUE {
				t.Errorf("%s: the composite is made ready against the will of other functions", name)
			}
			if observed, _, _ := strings.Cut(name, "/"); succeed && len(rsp.GetDesired().GetResources()) > 0 && observed != string(compositiontest.Ready) {
				t.Errorf("%s: the platform succeeds", name)
			}
		}
	})
}

// TestEncoding holds every composed object against the rules of server-side apply:
// nothing is claimed that we don't mean to own.
func TestEncoding(t *testing.T) {
	t.Parallel()
	// Objects that mean something while they are empty.
	meaningful := []string{"emptyDir"}
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		for key, r := range wholeOf(t, xr) {
			o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
			if o.GetAPIVersion() == "" || o.GetKind() == "" || o.GetName() == "" || o.GetNamespace() == "" {
				t.Errorf("%s: an object without apiVersion, kind, name or namespace: %v", key, o.Object)
			}
			if len(o.GetName()) > 63 {
				t.Errorf("%s: name %q is too long", key, o.GetName())
			}
			for _, field := range []string{"status"} {
				if _, ok := o.Object[field]; ok {
					t.Errorf("%s: has %s", key, field)
				}
			}
			for _, field := range []string{"uid", "resourceVersion", "ownerReferences", "managedFields", "generation", "creationTimestamp", "generateName"} {
				if _, ok, _ := unstructured.NestedFieldNoCopy(o.Object, "metadata", field); ok {
					t.Errorf("%s: has metadata.%s", key, field)
				}
			}
			walk(r.GetResource(), key, func(path string, v *structpb.Value) {
				name := path[strings.LastIndex(path, ".")+1:]
				switch k := v.GetKind().(type) {
				case *structpb.Value_NullValue:
					t.Errorf("%s is null", path)
				case *structpb.Value_StructValue:
					if len(k.StructValue.GetFields()) == 0 && !slices.Contains(meaningful, name) {
						t.Errorf("%s is empty", path)
					}
				case *structpb.Value_StringValue:
					if k.StringValue == "" && (strings.Contains(path, ".labels.") || strings.Contains(path, ".annotations.")) {
						t.Errorf("%s is empty", path)
					}
				}
			})
		}
	})
}

func walk(s *structpb.Struct, path string, visit func(path string, v *structpb.Value)) {
	for name, v := range s.GetFields() {
		visitValue(v, path+"."+name, visit)
	}
}

func visitValue(v *structpb.Value, path string, visit func(path string, v *structpb.Value)) {
	visit(path, v)
	walk(v.GetStructValue(), path, visit)
	for i, e := range v.GetListValue().GetValues() {
		visitValue(e, fmt.Sprintf("%s[%d]", path, i), visit)
	}
}

// TestTransitions holds events to changes: a world at rest has none.
func TestTransitions(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		leaveOutBuilds(t, xr)
		for name, req := range states(t, xr) {
			rsp := run(t, req)
			if len(rsp.GetResults()) == 0 {
				t.Errorf("%s: no event about the first conditions", name)
			}
			told := xr.DeepCopy()
			var conditions []any
			for _, c := range rsp.GetConditions() {
				status := strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_")
				conditions = append(conditions, map[string]any{"type": c.GetType(), "status": status[:1] + strings.ToLower(status[1:]), "reason": c.GetReason(), "message": c.GetMessage()})
			}
			told.Object["status"] = map[string]any{"conditions": conditions}
			req.Observed.Composite.Resource = structOf(t, told.Object)
			if results := run(t, req).GetResults(); len(results) > 0 {
				t.Errorf("%s: events though nothing changed: %v", name, results)
			}
		}
	})
}
