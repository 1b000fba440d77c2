// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// Each scenario about drift has a platform of its own: after many changes of a composite
// at once, Crossplane's watch circuit breaker opens, and Crossplane looks at the
// composite only once a minute. Controllers here are faster than those of any cluster.

const (
	dataIndex   = "platform-data-index-service"
	jobsService = "platform-jobs-service"
)

// withLogLevel returns a claim of both services. Another level is a change of the Data
// Index's Deployment.
func (w *world) withLogLevel(level string) *unstructured.Unstructured {
	return w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"podTemplate": map[string]any{"container": map[string]any{
			"env": []any{map[string]any{"name": "QUARKUS_LOG_LEVEL", "value": level}},
		}}},
		"jobService": map[string]any{},
	}})
}

// awaitLogLevel waits until a change of the claim has arrived in the Deployment.
func (w *world) awaitLogLevel(want string) {
	w.Helper()
	w.await("the log level "+want, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, dataIndex)
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		if level := environment(containers[0].(map[string]any))["QUARKUS_LOG_LEVEL"]; level != want {
			return fmt.Errorf("the level is %s", level)
		}
		return nil
	})
}

// TestDriftRestored changes fields that the function owns: they are restored.
func TestDriftRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "drift-restored")
	p := w.claim(w.withLogLevel("INFO"))
	p.awaitReady()

	w.kubectl("scale", "deployment", jobsService, "--replicas=3")
	w.awaitField(kube.Deployments, jobsService, "1", "spec", "replicas")
	w.kubectl("patch", "configmap", dataIndex+"-props", "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	w.await("the properties to be restored", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, dataIndex+"-props")
		if err != nil {
			return err
		}
		if text, _, _ := unstructured.NestedString(o.Object, "data", "application.properties"); !strings.Contains(text, "kogito.service.url") {
			return fmt.Errorf("they are %q", text)
		}
		return nil
	})
	w.kubectl("delete", "service", dataIndex)
	w.await("the Service to be made again", noticed, func(ctx context.Context) error {
		_, err := cluster.Get(ctx, kube.Services, w.namespace, dataIndex)
		if kerrors.IsNotFound(err) {
			return fmt.Errorf("it isn't there")
		}
		return err
	})
	p.awaitReady()
}

// TestDriftKept changes fields that the function doesn't own: they survive a change of
// the claim.
func TestDriftKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "drift-kept")
	p := w.claim(w.withLogLevel("INFO"))
	p.awaitReady()

	w.kubectl("scale", "deployment", dataIndex, "--replicas=3")
	w.kubectl("label", "deployment", dataIndex, "team=ours")
	w.kubectl("annotate", "deployment", dataIndex, "team.example.com/note=ours")
	w.kubectl("patch", "deployment", dataIndex, "--type=merge", `--patch={"spec":{"revisionHistoryLimit":3}}`)
	w.apply(w.withLogLevel("DEBUG"))
	w.awaitLogLevel("DEBUG")
	p.awaitReady()
	o := w.get(kube.Deployments, dataIndex)
	for _, field := range []string{"replicas", "revisionHistoryLimit"} {
		if n, _, _ := unstructured.NestedInt64(o.Object, "spec", field); n != 3 {
			t.Errorf("spec.%s was set to 3 by hand, and is %d", field, n)
		}
	}
	if o.GetLabels()["team"] != "ours" || o.GetAnnotations()["team.example.com/note"] != "ours" {
		t.Errorf("labels and annotations that the function doesn't own are gone: %v, %v", o.GetLabels(), o.GetAnnotations())
	}
}

// TestDriftPaused pauses a rollout: it stays paused while the claim changes, and the
// claim says that it waits.
func TestDriftPaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "drift-paused")
	p := w.claim(w.withLogLevel("INFO"))
	p.awaitReady()

	w.kubectl("rollout", "pause", "deployment/"+dataIndex)
	w.apply(w.withLogLevel("DEBUG"))
	w.awaitLogLevel("DEBUG")
	p.awaitCondition("DataIndexReady", "False", "Progressing")
	if paused, _, _ := unstructured.NestedBool(w.get(kube.Deployments, dataIndex).Object, "spec", "paused"); !paused {
		t.Error("the rollout was paused by hand, and isn't any more")
	}
	w.kubectl("rollout", "resume", "deployment/"+dataIndex)
	p.awaitReady()
}

// awaitField waits until a field of an object has a value.
func (w *world) awaitField(r kube.Resource, name, want string, path ...string) {
	w.Helper()
	w.await(fmt.Sprintf("%s of %s to be %s", strings.Join(path, "."), name, want), noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, r, w.namespace, name)
		if err != nil {
			return err
		}
		got, _, err := unstructured.NestedFieldNoCopy(o.Object, path...)
		if err != nil {
			return err
		}
		if fmt.Sprint(got) != want {
			return fmt.Errorf("it is %v", got)
		}
		return nil
	})
}

// TestOwnership compares the fields that Crossplane owns under server-side apply with the
// fields that the function means to own: no field that the API server defaults, and no
// field of a status.
func TestOwnership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "ownership")
	p := w.claim(w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex":  map[string]any{"podTemplate": map[string]any{"replicas": 2, "podDisruptionBudget": map[string]any{"minAvailable": 1}}},
		"jobService": map[string]any{},
	}}))
	p.awaitReady()
	p.checkOwned(p.composed())

	container := []string{"f:image", "f:livenessProbe", "f:name", "f:ports", "f:readinessProbe", "f:resources", "f:securityContext", "f:volumeMounts", "."}
	pod := []string{"f:automountServiceAccountToken", "f:containers", "f:volumes"}
	for _, tc := range []struct {
		resource kube.Resource
		name     string
		path     []string
		want     []string
	}{
		{kube.Deployments, "platform-data-index-service", []string{"f:spec"}, []string{"f:replicas", "f:selector", "f:template"}},
		{kube.Deployments, "platform-data-index-service", []string{"f:spec", "f:template", "f:spec"}, pod},
		{kube.Deployments, "platform-data-index-service", []string{"f:spec", "f:template", "f:spec", "f:containers", `k:{"name":"data-index-service"}`}, append(container, "f:env")},
		{kube.Deployments, "platform-jobs-service", []string{"f:spec"}, []string{"f:replicas", "f:selector", "f:strategy", "f:template"}},
		{kube.Deployments, "platform-jobs-service", []string{"f:spec", "f:template", "f:spec", "f:containers", `k:{"name":"jobs-service"}`}, container},
		{kube.Services, "platform-jobs-service", []string{"f:spec"}, []string{"f:ports", "f:selector"}},
		{kube.ConfigMaps, "platform-jobs-service-props", []string{"f:data"}, []string{"f:application.properties"}},
		{kube.Budgets, "platform-data-index-service", []string{"f:spec"}, []string{"f:minAvailable", "f:selector"}},
	} {
		got := appliedFields(t, w.get(tc.resource, tc.name), tc.path)
		slices.Sort(tc.want)
		if !slices.Equal(tc.want, got) {
			t.Errorf("%s %s: owns %v of %v, want %v", tc.resource, tc.name, got, tc.path, tc.want)
		}
		if status := appliedFields(t, w.get(tc.resource, tc.name), []string{"f:status"}); len(status) > 0 {
			t.Errorf("%s %s: owns %v of its status", tc.resource, tc.name, status)
		}
	}
}

// checkOwned fails the scenario unless the platform's composite is the only owner of each
// object. Objects are given as kind/name.
func (p *platform) checkOwned(objects []string) {
	p.Helper()
	want := p.composite()
	for _, o := range objects {
		kind, name, _ := strings.Cut(o, "/")
		if refs := p.get(resources[kind], name).GetOwnerReferences(); len(refs) != 1 || refs[0].Kind != api.kind || refs[0].UID != want.GetUID() {
			p.Errorf("the owners of %s are %v, want %s %s", o, refs, api.kind, want.GetName())
		}
	}
}

// appliedFields lists the fields below a path that server-side apply gave to Crossplane.
func appliedFields(t *testing.T, o *unstructured.Unstructured, path []string) []string {
	t.Helper()
	managed, _, _ := unstructured.NestedSlice(o.Object, "metadata", "managedFields")
	var out []string
	for _, m := range managed {
		entry := m.(map[string]any)
		if entry["operation"] != "Apply" || !strings.HasPrefix(fmt.Sprint(entry["manager"]), "apiextensions.crossplane.io/composed") {
			continue
		}
		fields, _, err := unstructured.NestedMap(entry, append([]string{"fieldsV1"}, path...)...)
		if err != nil {
			t.Fatal(err)
		}
		for f := range fields {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}
