// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// vet is the workflow of the scenarios here, and what runs it.
const vet = "vet"

// servingWorkflow returns a workflow on Knative Serving that takes events from a Broker, and sends
// its own there.
func (w *world) servingWorkflow(b broker) *unstructured.Unstructured {
	w.Helper()
	o := w.moved(w.documents("example", "workflow-events", "claim.yaml"))[0]
	sources := []any{}
	for _, eventType := range []string{"events.vet.appointments.request", "events.vet.appointments.info"} {
		source := b.ref()
		source["eventType"] = eventType
		sources = append(sources, source)
	}
	for _, f := range []struct {
		value any
		path  []string
	}{
		{"knative", []string{"spec", "podTemplate", "deploymentModel"}}, {b.ref(), []string{"spec", "sink"}}, {sources, []string{"spec", "sources"}},
	} {
		if err := unstructured.SetNestedField(o.Object, f.value, f.path...); err != nil {
			w.Fatal(err)
		}
	}
	return o
}

// awaitRevisions waits until the workflow's Revisions are as many as wanted and the latest one is
// ready, and checks that each knows the sink.
func (w *world) awaitRevisions(want int, sink string) {
	w.Helper()
	latest := fmt.Sprintf("%s-%05d", vet, want)
	w.await("Revision "+latest+" to be ready", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.KnativeServices, w.namespace, vet)
		if err != nil {
			return err
		}
		if got, _, _ := unstructured.NestedString(o.Object, "status", "latestReadyRevisionName"); got != latest {
			return fmt.Errorf("the latest ready one is %q", got)
		}
		return nil
	})
	got := w.revisions()
	if len(got) != want {
		w.Errorf("there are %d Revisions, want %d: %v", len(got), want, got)
	}
	for name, env := range got {
		if env["K_SINK"] != sink {
			w.Errorf("Revision %s has the sink %q, want %q", name, env["K_SINK"], sink)
		}
	}
}

// awaitRuns waits until the workflow runs on objects of some kinds, and on none of others.
func (w *world) awaitRuns(on, gone kube.Resource) {
	w.Helper()
	w.await("the workflow to be on "+string(on), noticed, func(ctx context.Context) error {
		if _, err := cluster.Get(ctx, on, w.namespace, vet); err != nil {
			return err
		}
		if _, err := cluster.Get(ctx, gone, w.namespace, vet); err == nil {
			return fmt.Errorf("there still is one of %s", gone)
		}
		return nil
	})
	w.awaitReadyWorkflow(vet)
}

// absent is how long the workflow's object of a recorded kind was away since a time.
func (w *world) absent(r *recording, since time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out time.Duration
	for i, s := range r.states {
		until := time.Now()
		if i+1 < len(r.states) {
			until = r.states[i+1].since
		}
		if s.objects[types.NamespacedName{Namespace: w.namespace, Name: vet}] == nil && until.After(since) {
			out += until.Sub(later(s.since, since))
		}
	}
	return out
}

// later returns the later one of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// move gives the workflow another deployment model, and says how long that took, and how long its
// Service was away. At no time was there neither of what runs the workflow.
func (w *world) move(model string, from, to *recording, on, gone kube.Resource) {
	w.Helper()
	services := w.record(kube.Services, w.namespace)
	start := time.Now()
	w.kubectl("patch", "sonataflow", vet, "--type=merge", `--patch={"spec":{"podTemplate":{"deploymentModel":"`+model+`"}}}`)
	w.awaitRuns(on, gone)
	w.Logf("moved to %s in %s; the Service was away for %s", on, time.Since(start).Round(time.Second), w.absent(services, start).Round(10*time.Millisecond))
	name := types.NamespacedName{Namespace: w.namespace, Name: vet}
	left, came := from.last(name), to.first(name, start)
	if !came.Before(left) {
		w.Errorf("%s came at %s, and what ran the workflow before left at %s", on, came, left)
	}
}

// last returns when an object left.
func (r *recording) last(name types.NamespacedName) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out time.Time
	for i, s := range r.states {
		if i > 0 && s.objects[name] == nil && r.states[i-1].objects[name] != nil {
			out = s.since
		}
	}
	return out
}

// first returns when an object came, after a time.
func (r *recording) first(name types.NamespacedName, after time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.states, func(s state) bool { return s.since.After(after) && s.objects[name] != nil })
	if i < 0 {
		return time.Now()
	}
	return r.states[i].since
}

// controllerOf is the kind of the owner of the workflow's Service.
func (w *world) controllerOf(kind kube.Resource) string {
	w.Helper()
	o := w.get(kind, vet)
	controller := metav1.GetControllerOf(o)
	if controller == nil {
		return ""
	}
	return controller.Kind
}

// TestServingWorkflow runs a workflow on Knative Serving: its first Revision knows the sink, what
// doesn't change makes no other Revision, a change makes one. Then it moves to a Deployment and
// back: each knows the sink from the beginning.
func TestServingWorkflow(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	installServing(t)
	installKnative(t)
	w := newWorld(t, "serving-workflow")
	b := w.broker(w.namespace, "default")
	b.create()
	sink := address(b.namespace, b.name)
	w.apply(w.servingWorkflow(b))
	w.awaitReadyWorkflow(vet)
	w.awaitRevisions(1, sink)
	o := w.get(kube.Workflows, vet)
	want := map[string]string{"endpoint": "http://vet." + w.namespace + ".example.com/vet", "address": "http://vet." + w.namespace + ".svc.cluster.local"}
	got := map[string]string{}
	got["endpoint"], _, _ = unstructured.NestedString(o.Object, "status", "endpoint")
	got["address"], _, _ = unstructured.NestedString(o.Object, "status", "address", "url")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("where the workflow is reached: -want, +got:\n%s", diff)
	}

	// What is applied again and again is the same.
	before := w.get(kube.KnativeServices, vet)
	for n := range 5 {
		w.kubectl("annotate", "sonataflow", vet, "--overwrite", "e2e/time="+strconv.Itoa(n))
		w.kubectl("delete", "configmap", vet+"-managed-props")
		w.await("the properties to be composed again", noticed, func(ctx context.Context) error {
			_, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, vet+"-managed-props")
			return err
		})
	}
	if after := w.get(kube.KnativeServices, vet); after.GetGeneration() != before.GetGeneration() {
		t.Errorf("the Knative Service has the generation %d, and had %d before it was applied again", after.GetGeneration(), before.GetGeneration())
	}
	w.awaitRevisions(1, sink)

	// One change makes one.
	w.kubectl("patch", "configmap", vet+"-props", "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	w.awaitRevisions(2, sink)
	w.kubectl("annotate", "sonataflow", vet, "autoscaling.knative.dev/max-scale=3")
	w.awaitRevisions(3, sink)
	w.awaitReadyWorkflow(vet)

	// What Serving would refuse stays with the function.
	w.kubectl("patch", "sonataflow", vet, "--type=merge", `--patch={"spec":{"podTemplate":{"nodeSelector":{"disk":"ssd"}}}}`)
	w.await("the field to be refused", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, w.namespace, vet)
		if err != nil {
			return err
		}
		return kube.Want(o, "SpecValid", "False", "Invalid")
	})
	w.kubectl("patch", "sonataflow", vet, "--type=merge", `--patch={"spec":{"podTemplate":{"nodeSelector":null}}}`)
	w.awaitReadyWorkflow(vet)
	w.awaitRevisions(3, sink)

	// To a Deployment, and back.
	deployments, knative := w.record(kube.Deployments, w.namespace), w.record(kube.KnativeServices, w.namespace)
	w.move("kubernetes", knative, deployments, kube.Deployments, kube.KnativeServices)
	ofRevision := func(name string) bool { return strings.Contains(name, "-deployment-") }
	if sets := slices.DeleteFunc(w.replicaSets(vet), ofRevision); len(sets) != 1 {
		t.Errorf("the Deployment has the ReplicaSets %v, want one", sets)
	}
	if owner := w.controllerOf(kube.Services); owner == "Route" || owner == "" {
		t.Errorf("the Service belongs to %q, want the composite", owner)
	}
	w.move("knative", deployments, knative, kube.KnativeServices, kube.Deployments)
	w.awaitRevisions(1, sink)
	if owner := w.controllerOf(kube.Services); owner != "Route" {
		t.Errorf("the Service belongs to %q, want Knative's Route", owner)
	}
}

// TestServingBack changes a workflow that runs on Knative Serving to a Deployment, and back before
// the Deployment has taken over: no Revision is without the sink, though Knative's SinkBinding was
// about the Deployment for a while.
func TestServingBack(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	if testing.Short() {
		t.Skip("the short run has TestServingWorkflow alone")
	}
	installServing(t)
	installKnative(t)
	w := newWorld(t, "serving-back")
	b := w.broker(w.namespace, "default")
	b.create()
	sink := address(b.namespace, b.name)
	w.apply(w.servingWorkflow(b))
	w.awaitReadyWorkflow(vet)
	w.awaitRevisions(1, sink)
	model := func(model string) {
		w.kubectl("patch", "sonataflow", vet, "--type=merge", `--patch={"spec":{"podTemplate":{"deploymentModel":"`+model+`"}}}`)
	}
	model("kubernetes")
	w.await("the Deployment", noticed, func(ctx context.Context) error {
		_, err := cluster.Get(ctx, kube.Deployments, w.namespace, vet)
		return err
	})
	model("knative")
	w.awaitRuns(kube.KnativeServices, kube.Deployments)
	w.await("the SinkBinding to be ready again", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.SinkBindings, w.namespace, vet+"-sb")
		if err != nil {
			return err
		}
		return kube.Want(o, "Ready", "True", "")
	})
	revisions := w.revisions()
	t.Logf("there are %d Revisions", len(revisions))
	for name, env := range revisions {
		if env["K_SINK"] != sink {
			t.Errorf("Revision %s has the sink %q, want %q", name, env["K_SINK"], sink)
		}
	}
}
