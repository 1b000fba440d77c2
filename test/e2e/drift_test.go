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

// TestDrift lets a user change what was composed: what is the function's is restored,
// what isn't survives the reconciles after it.
func TestDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "drift")
	services := func(level string) map[string]any {
		return map[string]any{"services": map[string]any{
			"dataIndex": map[string]any{"podTemplate": map[string]any{"container": map[string]any{
				"env": []any{map[string]any{"name": "QUARKUS_LOG_LEVEL", "value": level}},
			}}},
			"jobService": map[string]any{},
		}}
	}
	p := w.claim(w.newClaim("platform", services("INFO")))
	p.awaitReady()
	const dataIndex, jobsService = "platform-data-index-service", "platform-jobs-service"

	// What isn't the function's.
	w.kubectl("scale", "deployment", dataIndex, "--replicas=3")
	w.kubectl("label", "deployment", dataIndex, "team=ours")
	w.kubectl("annotate", "deployment", dataIndex, "team.example.com/note=ours")
	w.kubectl("patch", "deployment", dataIndex, "--type=merge", `--patch={"spec":{"revisionHistoryLimit":3}}`)

	// What is.
	w.kubectl("scale", "deployment", jobsService, "--replicas=3")
	w.awaitField(kube.Deployments, jobsService, "1", "spec", "replicas")
	w.kubectl("patch", "configmap", dataIndex+"-props", "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	w.await("the properties to be restored", soon, func(ctx context.Context) error {
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
	w.await("the Service to be made again", soon, func(ctx context.Context) error {
		_, err := cluster.Get(ctx, kube.Services, w.namespace, dataIndex)
		if kerrors.IsNotFound(err) {
			return fmt.Errorf("it isn't there")
		}
		return err
	})

	// A change of the spec is applied to what was changed.
	w.apply(w.newClaim("platform", services("DEBUG")))
	w.await("the change to be applied", soon, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, dataIndex)
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		if level := environment(containers[0].(map[string]any))["QUARKUS_LOG_LEVEL"]; level != "DEBUG" {
			return fmt.Errorf("the level is %s", level)
		}
		return nil
	})
	p.awaitReady()
	o := w.get(kube.Deployments, dataIndex)
	if n, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas"); n != 3 {
		t.Errorf("the Data Index was scaled to 3 by hand, and has %d replicas", n)
	}
	if n, _, _ := unstructured.NestedInt64(o.Object, "spec", "revisionHistoryLimit"); n != 3 {
		t.Errorf("revisionHistoryLimit was set to 3 by hand, and is %d", n)
	}
	if o.GetLabels()["team"] != "ours" || o.GetAnnotations()["team.example.com/note"] != "ours" {
		t.Errorf("labels and annotations of others are gone: %v, %v", o.GetLabels(), o.GetAnnotations())
	}

	// A paused rollout stays paused, through a reconcile that changes something.
	w.kubectl("rollout", "pause", "deployment/"+dataIndex)
	w.apply(w.newClaim("platform", services("WARN")))
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
	w.await(fmt.Sprintf("%s of %s to be %s", strings.Join(path, "."), name, want), soon, func(ctx context.Context) error {
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

// TestOwnership holds what Crossplane owns of each object under server-side apply
// against what the function means to own: nothing that the API server defaults, and
// nothing of a status.
func TestOwnership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "ownership")
	p := w.claim(w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex":  map[string]any{"podTemplate": map[string]any{"replicas": 2, "podDisruptionBudget": map[string]any{"minAvailable": 1}}},
		"jobService": map[string]any{},
	}}))
	p.awaitReady()

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
