// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestStrangers claims a platform while another application has an object with the name of
// one of the platform's, once for each kind that is composed. The claim names the object and
// composes nothing; nothing of the application's object changes, before, during and after
// the claim.
func TestStrangers(t *testing.T) {
	if testing.Short() {
		t.Skip("one kind after the other")
	}
	needs(t, lookups, "names are looked at before something is composed")
	installKnative(t)
	w := newWorld(t, "strangers")
	w.databaseSecret()
	b := w.broker(w.namespace, "default")
	b.create()

	// What a platform composes tells the names. It isn't ready before Knative has answered,
	// and needn't be.
	claim := w.migrated("platform", "strangers", "job")
	for path, value := range map[string]any{
		"eventing":                       map[string]any{"broker": b.ref()},
		"services.dataIndex.podTemplate": map[string]any{"replicas": int64(2), "podDisruptionBudget": map[string]any{"minAvailable": int64(1)}},
	} {
		if err := unstructured.SetNestedField(claim.Object, value, append([]string{"spec"}, strings.Split(path, ".")...)...); err != nil {
			t.Fatal(err)
		}
	}
	p := w.claim(claim)
	p.awaitReady()
	kinds := []kube.Resource{kube.ConfigMaps, kube.Services, kube.Deployments, kube.Budgets, kube.Jobs, kube.Triggers, kube.SinkBindings}
	strangers := map[kube.Resource]*unstructured.Unstructured{}
	for _, kind := range kinds {
		strangers[kind] = w.stranger(kind)
	}
	w.deleteClaim()

	for _, kind := range kinds {
		stranger := strangers[kind]
		name := stranger.GetKind() + " " + stranger.GetName()
		w.awaitGone(kind, w.namespace, stranger.GetName())
		w.apply(stranger)
		before := theirs(w.get(kind, stranger.GetName()))
		unchanged := func(when string) {
			t.Helper()
			if diff := cmp.Diff(before, theirs(w.get(kind, stranger.GetName()))); diff != "" {
				t.Errorf("%s %s: -before, +now:\n%s", name, when, diff)
			}
		}
		p := w.claim(claim)
		if said := p.awaitCondition("SpecValid", "False", "NameTaken"); !strings.Contains(said.Message, name) {
			t.Errorf("the claim doesn't name %s: %s", name, said.Message)
		}
		if composed := p.composed(); len(composed) > 0 {
			t.Errorf("beside %s, the claim composes %v", name, composed)
		}
		unchanged("while the claim waits")
		w.deleteClaim()
		unchanged("after the claim")
		w.kubectl("delete", string(kind[strings.LastIndex(string(kind), "/")+1:]), stranger.GetName())
	}
}

// deleteClaim deletes the claim and all that it is composed of.
func (w *world) deleteClaim() {
	w.Helper()
	w.kubectl("delete", "sonataflowplatform", "platform", "--cascade=foreground", "--timeout=90s")
}

// stranger returns another application's object with the name of one that a platform
// composes: a copy without anything that tells of SonataFlow, Crossplane or the API server.
func (w *world) stranger(kind kube.Resource) *unstructured.Unstructured {
	w.Helper()
	all, err := cluster.List(w.Context(), kind, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	for _, o := range all {
		if o.GetLabels()["sonataflow.org/service"] == "" {
			continue
		}
		out := object(o.GetAPIVersion(), o.GetKind(), w.namespace, o.GetName())
		out.SetLabels(map[string]string{"app": "theirs"})
		for _, field := range []string{"data", "spec"} {
			if value, found := o.Object[field]; found {
				out.Object[field] = value
			}
		}
		for _, path := range [][]string{
			{"spec", "clusterIP"}, {"spec", "clusterIPs"}, // Of the Service.
		} {
			unstructured.RemoveNestedField(out.Object, path...)
		}
		if kind == kube.Jobs {
			unstructured.RemoveNestedField(out.Object, "spec", "selector")
			unstructured.RemoveNestedField(out.Object, "spec", "template", "metadata", "labels")
		}
		return out
	}
	w.Fatalf("the platform composes none of %s", kind)
	return nil
}

// theirs is all of an object that its owner cares about.
func theirs(o *unstructured.Unstructured) map[string]any {
	out := o.DeepCopy()
	delete(out.Object, "status")
	// Knative's controllers write finalizers a little after an object is made.
	for _, field := range []string{"managedFields", "resourceVersion", "generation", "finalizers"} {
		unstructured.RemoveNestedField(out.Object, "metadata", field)
	}
	// Kubernetes' own controller counts revisions of a Deployment.
	annotations := out.GetAnnotations()
	if delete(annotations, "deployment.kubernetes.io/revision"); len(annotations) == 0 {
		annotations = nil
	}
	out.SetAnnotations(annotations)
	return out.Object
}
