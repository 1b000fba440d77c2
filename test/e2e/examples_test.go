// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// examples lists the examples of platforms that have a claim, without those about the
// cluster platform. A cluster has only one active cluster platform, and TestClusterPlatform
// tests it.
func examples(t *testing.T) []string {
	t.Helper()
	claims, err := filepath.Glob(filepath.Join(layout.Root, "example", "*", "claim.yaml"))
	if err != nil || len(claims) == 0 {
		t.Fatalf("found %d examples: %v", len(claims), err)
	}
	out := make([]string, 0, len(claims))
	for _, claim := range claims {
		if example := filepath.Base(filepath.Dir(claim)); !strings.HasPrefix(example, "cluster-") && !strings.HasPrefix(example, "workflow") {
			out = append(out, example)
		}
	}
	return out
}

// workflowExamples lists the examples of workflows, without the one about the cluster
// platform.
func workflowExamples(t *testing.T) []string {
	t.Helper()
	claims, err := filepath.Glob(filepath.Join(layout.Root, "example", "workflow*", "claim.yaml"))
	if err != nil || len(claims) == 0 {
		t.Fatalf("found %d examples: %v", len(claims), err)
	}
	// A cluster has only one active cluster platform, and no controller here gives an Ingress
	// an address. Renders show both examples.
	elsewhere := []string{"workflow-cluster-services", "workflow-discovery"}
	out := make([]string, 0, len(claims))
	for _, claim := range claims {
		if example := filepath.Base(filepath.Dir(claim)); !slices.Contains(elsewhere, example) {
			out = append(out, example)
		}
	}
	return out
}

// required returns what an example needs, from its required.yaml.
func (w *world) required(example string) []*unstructured.Unstructured {
	w.Helper()
	if _, err := os.Stat(filepath.Join(layout.Root, "example", example, "required.yaml")); err != nil {
		return nil
	}
	return w.documents("example", example, "required.yaml")
}

// provide applies what an example needs. For Brokers, it also makes their namespaces and
// plays Knative.
func (w *world) provide(objects []*unstructured.Unstructured) {
	w.Helper()
	namespaces := map[string]bool{}
	for _, o := range objects {
		if o.GetKind() == "Broker" {
			namespaces[o.GetNamespace()] = true
		}
	}
	if len(namespaces) == 0 {
		w.apply(objects...)
		return
	}
	installKnative(w.T)
	// The platform's namespace exists. Knative is played there too, because the
	// SinkBinding is in it.
	delete(namespaces, w.namespace)
	for namespace := range namespaces {
		newWorld(w.T, namespace)
	}
	w.apply(objects...)
	w.knative(append(slices.Collect(maps.Keys(namespaces)), w.namespace)...)
}

// TestExamples claims every example as a user does: the cluster gets the objects of the
// offline render, the claim reports them, and its deletion leaves nothing behind. The
// namespaces enforce the restricted Pod Security Standard: a pod that isn't admitted keeps its
// platform from being ready.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, example := range examples(t) {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			// The documents name the namespace.
			claim := (&world{T: t}).documents("example", example, "claim.yaml")[0]
			w := newRestricted(t, claim.GetNamespace())
			w.provide(w.required(example))
			w.secret("bystander", "key", "value")
			w.await("the namespace to be furnished", soon, w.furnished)
			before := w.inventory()

			p := w.claim(claim)
			if elsewhere := brokersElsewhere(claim); len(elsewhere) > 0 && !api.elsewhere {
				p.awaitRefusedBroker()
				return
			}
			p.awaitReady()
			rendered := w.rendering(example)
			if diff := cmp.Diff(rendered.names(), p.composed()); diff != "" {
				t.Errorf("composed objects: -rendered, +cluster:\n%s", diff)
			}
			if diff := cmp.Diff(rendered.conditions(), p.reported()); diff != "" {
				t.Errorf("conditions: -rendered, +cluster:\n%s", diff)
			}
			w.compare(rendered, kube.Platforms, p.name, "cluster", "version", "services")
			p.checkColumns()
			p.checkEvents()
			w.checkAdmitted()

			w.kubectl("delete", "sonataflowplatform", p.name, "--timeout=90s")
			w.awaitDeleted(rendered, before)
		})
	}
}

// awaitDeleted waits until nothing of a rendering is left, and the namespace has what it had
// before. What a composed object owns itself, as a Knative Service does, goes a little later.
func (w *world) awaitDeleted(r rendering, before map[string]string) {
	w.Helper()
	for _, o := range r.composed {
		resource, _ := resourceOf(o)
		w.awaitGone(resource, o.GetNamespace(), o.GetName())
	}
	w.await("the namespace to be as before the claim", soon, func(context.Context) error {
		if diff := cmp.Diff(before, w.inventory()); diff != "" { //nolint:contextcheck // It uses the test's context.
			return fmt.Errorf("-before the claim, +after it:\n%s", diff)
		}
		return nil
	})
}

// newRestricted returns a world whose namespace enforces the restricted Pod Security Standard.
func newRestricted(t *testing.T, namespace string) *world {
	t.Helper()
	return newWorld(t, namespace, "pod-security.kubernetes.io/enforce", "restricted")
}

// checkAdmitted fails the scenario unless each Deployment has the pods that it wants. Pods of
// Jobs aren't counted: without them, no owner would be ready.
func (w *world) checkAdmitted() {
	w.Helper()
	deployments, err := cluster.List(w.Context(), kube.Deployments, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	var wanted int64
	for _, d := range deployments {
		replicas, _, _ := unstructured.NestedInt64(d.Object, "spec", "replicas")
		wanted += replicas
	}
	pods, err := cluster.List(w.Context(), kube.Pods, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	pods = slices.DeleteFunc(pods, func(o unstructured.Unstructured) bool { return o.GetOwnerReferences()[0].Kind == "Job" })
	if wanted == 0 || int64(len(pods)) != wanted {
		w.Errorf("%d pods of Deployments were admitted, want %d", len(pods), wanted)
	}
}

// TestWorkflowExamples claims every example of a workflow as a user does, after the platform
// that it needs: the cluster gets the objects of the offline render, the claim reports them,
// and its deletion leaves nothing behind.
func TestWorkflowExamples(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	for _, example := range workflowExamples(t) {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			claim := (&world{T: t}).documents("example", example, "claim.yaml")[0]
			if model, _, _ := unstructured.NestedString(claim.Object, "spec", "podTemplate", "deploymentModel"); model == "knative" {
				installServing(t)
			}
			w := newRestricted(t, claim.GetNamespace())
			w.providePlatform(example)
			w.await("the namespace to be furnished", soon, w.furnished)
			before := w.inventory()

			w.apply(claim)
			w.awaitReadyWorkflow(claim.GetName())
			rendered := w.rendering(example)
			w.compare(rendered, kube.Workflows, claim.GetName(), workflowStatus...)

			w.kubectl("delete", "sonataflow", claim.GetName(), "--timeout=90s")
			w.awaitDeleted(rendered, before)
		})
	}
}

// workflowStatus are the fields of a workflow's status that are the same on each cluster.
var workflowStatus = []string{"address", "endpoint", "services", "wiring", "platform", "image", "definition", "selector", "replicas", "triggers"}

// providePlatform applies what an example of a workflow needs, and waits until its platform
// is ready.
func (w *world) providePlatform(example string) {
	w.Helper()
	needed, monitored := w.required(example), false
	needed = slices.DeleteFunc(needed, func(o *unstructured.Unstructured) bool {
		enabled, _, _ := unstructured.NestedBool(o.Object, "spec", "monitoring", "enabled")
		monitored = monitored || enabled
		// A user applies claims. Crossplane makes their composites.
		return o.GetKind() == "XSonataFlowPlatform"
	})
	if monitored {
		w.apply(w.documents("test", "e2e", "testdata", "servicemonitors.yaml")...)
		makeKnown(w.T, map[string][]string{"apis/monitoring.coreos.com/v1": {"ServiceMonitor"}}, "servicemonitors.monitoring.coreos.com")
	}
	w.provide(needed)
	for _, o := range needed {
		if o.GetKind() == "SonataFlowPlatform" {
			(&platform{world: w, name: o.GetName()}).awaitReady()
		}
	}
}

// brokersElsewhere lists the Brokers of other namespaces that a claim refers to.
func brokersElsewhere(claim *unstructured.Unstructured) []any {
	var out []any
	collectBrokers(claim.Object["spec"], func(ref map[string]any) {
		if namespace, said := ref["namespace"]; said && namespace != claim.GetNamespace() {
			out = append(out, ref["name"])
		}
	})
	return out
}

// checkColumns waits until kubectl prints that a platform is ready. In each reconcile,
// Crossplane first writes the conditions as its cache has them, which may lag behind, and then
// those that the function says. So a platform that was ready may show an earlier state for a
// moment.
func (p *platform) checkColumns() {
	p.Helper()
	want := map[string]string{"NAME": p.name, "CLUSTER": "kubernetes", "READY": "True", "REASON": "Succeeded", "SYNCED": "True"}
	services, _, _ := unstructured.NestedMap(p.claimed().Object, "status", "services")
	for field, column := range map[string]string{"dataIndex": "DATA-INDEX", "jobService": "JOBS-SERVICE"} {
		url, _, _ := unstructured.NestedString(services, field, "url")
		want[column] = url
	}
	p.await("what kubectl prints", soon, func(context.Context) error {
		columns := p.columns() //nolint:contextcheck // It uses the test's context.
		got := make(map[string]string, len(want))
		for column := range want {
			got[column] = columns[column]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("columns: -want, +got:\n%s", diff)
		}
		return nil
	})
}

// checkEvents checks the events of a platform that became ready: one event says that it
// succeeded, and the only warnings are those about the spec. If the platform is a
// composite itself, Crossplane's own events are about it too. Then there may be more
// events than are recorded at once, and the last one may be dropped.
func (p *platform) checkEvents() {
	p.Helper()
	var events []event
	// Events are written in the background, a limited number in a second.
	p.await("an event to say that the platform succeeded", soon, func(context.Context) error {
		events = p.events() //nolint:contextcheck // It uses the test's context.
		if len(events) > 0 && api.Form == stack.Namespaced {
			return nil
		}
		if !slices.ContainsFunc(events, func(e event) bool { return e.Reason == "Succeeded" && e.Type == "Normal" }) {
			return fmt.Errorf("there are only %v", events)
		}
		return nil
	})
	warned := kube.Conditions(p.claimed())["SpecValid"].Reason == "ValidWithWarnings"
	for _, e := range events {
		if e.Type == "Warning" && (!warned || e.Reason != "ValidWithWarnings") {
			p.Errorf("a warning without cause: %s %s", e.Reason, e.Message)
		}
	}
}
