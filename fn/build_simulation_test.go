// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// buildPlatform names the registry of the workflows of these tests.
const buildPlatform = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p, labels: {crossplane.io/claim-namespace: ns1}},
spec: {claimRef: {namespace: ns1, name: plat}, build: {config: {registry: {address: r.example.com}}}}}`

// buildDeployment is the key of the workflow's Deployment.
const buildDeployment = "workflow-deployment"

// TestBuildSimulation walks random histories of a workflow whose image is built: its flow
// changes and changes back, Jobs end well or badly, objects are deleted by hand, and what the
// function sees lags behind. No pod ever has an image that no Job has built, nor one that is
// neither the spec's nor the one before; and once everything goes well, the workflow comes to
// rest and is ready.
func TestBuildSimulation(t *testing.T) {
	t.Parallel()
	const share = 20 // A history takes longer than one of a platform, and is simpler.
	n := *histories / share
	if testing.Short() {
		n /= 2
	}
	const shards = 4
	for shard := range shards {
		t.Run(fmt.Sprintf("Shard%d", shard), func(t *testing.T) {
			t.Parallel()
			texts := map[string]*structpb.Struct{}
			for i := shard; i < n; i += shards {
				w := &buildWorld{world: newWorld(t, uint64(i), texts), built: map[string]bool{}}
				for range 2 * steps {
					w.step()
				}
				w.rest()
				if t.Failed() {
					t.Fatalf("history %d:\n%s", i, strings.Join(w.history, "\n"))
				}
			}
		})
	}
}

// A buildWorld is one workflow in a cluster that is played by this test.
type buildWorld struct {
	*world

	flow   int
	status map[string]any
	// built are the images that a Job has pushed.
	built map[string]bool
}

// step lets one thing happen, and mostly the function is called then.
func (w *buildWorld) step() {
	switch w.r.IntN(10) {
	case 0, 1:
		w.flow = w.r.IntN(3)
		w.notef("flow %d", w.flow)
	case 2:
		w.attempt = w.r.IntN(2)
		w.notef("attempt %d", w.attempt)
	case 3:
		w.deleteByHand()
	case 4, 5, 6:
		w.stepJob(w.r.IntN(4) > 0)
	case 7, 8:
		w.rollOut()
	case 9:
		w.collect()
	}
	w.note()
	w.look(w.r.IntN(3) == 0)
	w.reconcile()
}

// note remembers which images Jobs have pushed.
func (w *buildWorld) note() {
	for _, key := range w.keysOf("Job") {
		o := &unstructured.Unstructured{Object: w.objects[key].fields}
		if n, _, _ := unstructured.NestedFloat64(o.Object, "status", "succeeded"); n > 0 {
			w.built[o.GetAnnotations()["sonataflow.org/image"]] = true
		}
	}
}

// imageIn is the image of a Deployment's container.
func imageIn(deployment map[string]any) string {
	containers, _, _ := unstructured.NestedSlice(deployment, "spec", "template", "spec", "containers")
	if len(containers) == 0 {
		return ""
	}
	image, _, _ := unstructured.NestedString(containers[0].(map[string]any), "image")
	return image
}

// rollOut lets the Deployment's controllers do their work.
func (w *buildWorld) rollOut() {
	o := w.objects[buildDeployment]
	if o == nil {
		return
	}
	o.version++
	n, _, _ := unstructured.NestedFloat64(o.fields, "spec", "replicas")
	generation, _, _ := unstructured.NestedFloat64(o.fields, "metadata", "generation")
	o.fields["status"] = map[string]any{
		"observedGeneration": generation, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
		"conditions": []any{map[string]any{"type": "Available", "status": "True"}, map[string]any{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}},
	}
}

// reconcile calls the function and applies what it wants, as Crossplane does.
func (w *buildWorld) reconcile() {
	composite := w.parsed(fmt.Sprintf(`{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlow, metadata: {name: wf-x7k2p, annotations: {sonataflow.org/build-attempt: "%d"}},
spec: {claimRef: {namespace: ns1, name: wf}, flow: {states: [{name: a, type: inject, data: {x: %d}, end: true}]}}}`, w.attempt, w.flow))
	xr := composite.AsMap()
	if w.status != nil {
		xr["status"] = w.status
	}
	platform := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(buildPlatform), &platform.Object); err != nil {
		w.t.Fatal(err)
	}
	req := requestFor(w.t, &unstructured.Unstructured{Object: xr})
	req = withInput(w.t, req, "secrets: Ignore")
	req.Observed.Resources = make(map[string]*fnv1.Resource, len(w.seen))
	for key, o := range w.seen {
		req.Observed.Resources[key] = &fnv1.Resource{Resource: structOf(w.t, o.fields)}
	}
	rsp := w.answered(req, of(w.t, []*unstructured.Unstructured{platform}))
	if text := fatal(rsp); text != "" {
		w.failf("fatal: %s", text)
		return
	}
	w.check(rsp)
	for key, r := range rsp.GetDesired().GetResources() {
		w.apply(key, r.GetResource().AsMap())
	}
	for key := range w.seen {
		if rsp.GetDesired().GetResources()[key] == nil && w.objects[key] != nil {
			w.notef("  deleted: %s", key)
			w.delete(key)
		}
	}
	w.status = statusOf(rsp).AsMap()
	w.last = rsp
}

// answered calls the function until it asks for nothing new, as Crossplane does.
func (w *buildWorld) answered(req *fnv1.RunFunctionRequest, find found) *fnv1.RunFunctionResponse {
	req.RequiredResources = map[string]*fnv1.Resources{}
	for {
		rsp, asked := run(w.t, req), len(req.GetRequiredResources())
		for name, q := range rsp.GetRequirements().GetResources() {
			if req.GetRequiredResources()[name] == nil {
				req.RequiredResources[name] = find(q)
			}
		}
		if len(req.GetRequiredResources()) == asked {
			return rsp
		}
	}
}

// check holds what the function wants against what there is.
func (w *buildWorld) check(rsp *fnv1.RunFunctionResponse) {
	desired := rsp.GetDesired().GetResources()
	d := desired[buildDeployment]
	image := imageIn(d.GetResource().AsMap())
	spec := statusOf(rsp).GetFields()["build"].GetStructValue().GetFields()["image"].GetStringValue()
	w.notef("  wants %s, the spec's is %s", image, spec)
	if w.seen[buildDeployment] != nil && d == nil {
		w.failf("the Deployment leaves desired state")
	}
	if d == nil {
		return
	}
	if !w.built[image] {
		w.failf("the Deployment gets the image %q, which no Job has built", image)
	}
	before := ""
	if o := w.objects[buildDeployment]; o != nil {
		before = imageIn(o.fields)
	}
	if before != "" && image != spec && image != before {
		w.failf("the Deployment goes from %s to %s, and the spec's is %s", before, image, spec)
	}
	others := 0
	for _, key := range slices.Sorted(maps.Keys(desired)) {
		o := &unstructured.Unstructured{Object: desired[key].GetResource().AsMap()}
		if o.GetKind() != "Job" {
			continue
		}
		if pushes := o.GetAnnotations()["sonataflow.org/image"]; pushes != spec {
			others++
			if pushes != image {
				w.failf("the Job of %s stays, and %s runs", pushes, image)
			}
		}
	}
	if others > 1 {
		w.failf("%d Jobs of earlier builds stay", others)
	}
}

// rest lets everything go well until nothing changes. Only a failed Job needs a user who
// deletes it.
func (w *buildWorld) rest() {
	w.notef("from now on everything goes well")
	const enough = 40
	for range enough {
		for _, key := range w.keysOf("Job") {
			if strings.Contains(fmt.Sprint(w.objects[key].fields["status"]), "Failed") && !w.objects[key].deleted() {
				w.delete(key)
				w.notef("%s is deleted by hand", key)
			}
		}
		for range 4 {
			w.stepJob(true)
		}
		w.note()
		w.rollOut()
		w.collect()
		w.look(false)
		before := w.last
		w.reconcile()
		built := conditionOf(w.last, v1alpha08.ConditionBuilt).GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE
		running := conditionOf(w.last, v1alpha08.ConditionRunning).GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE
		if before != nil && proto.Equal(before, w.last) && built && running && w.last.GetDesired().GetComposite().GetReady() != fnv1.Ready_READY_FALSE {
			return
		}
	}
	w.failf("not at rest: %v", w.last.GetConditions())
}
