// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestChange changes one service of a claim: only the pods of this service are rolled.
func TestChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "change")
	spec := func(level string) map[string]any {
		return map[string]any{"services": map[string]any{
			"dataIndex": map[string]any{"enabled": true, "podTemplate": map[string]any{"container": map[string]any{
				"env": []any{map[string]any{"name": "QUARKUS_LOG_LEVEL", "value": level}},
			}}},
			"jobService": map[string]any{"enabled": true},
		}}
	}
	p := w.claim(w.newClaim("changing", spec("INFO")))
	p.awaitReady()
	before, other := w.inventory(), w.get(kube.Deployments, "changing-jobs-service").GetGeneration()

	w.apply(w.newClaim("changing", spec("DEBUG")))
	w.await("pods with the new environment", soon, func(ctx context.Context) error {
		pods, err := cluster.List(ctx, kube.Pods, w.namespace)
		if err != nil {
			return err
		}
		var levels []string
		for _, pod := range pods {
			containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
			if level := environment(containers[0].(map[string]any))["QUARKUS_LOG_LEVEL"]; level != "" {
				levels = append(levels, level)
			}
		}
		if !slices.Equal(levels, []string{"DEBUG"}) {
			return fmt.Errorf("the pods of the Data Index have the levels %v", levels)
		}
		return nil
	})
	p.awaitReady()
	if got := w.get(kube.Deployments, "changing-data-index-service").GetAnnotations()["deployment.kubernetes.io/revision"]; got != "2" {
		t.Errorf("the Data Index is at revision %s, want 2: one change, one rollout", got)
	}
	if got := w.get(kube.Deployments, "changing-jobs-service").GetGeneration(); got != other {
		t.Errorf("the Deployment of the Jobs Service changed: generation %d, was %d", got, other)
	}
	if diff := cmp.Diff(before, w.inventory()); diff != "" {
		t.Errorf("objects were replaced: -before, +after:\n%s", diff)
	}
}

// environment returns a container's variables.
func environment(container map[string]any) map[string]string {
	out := map[string]string{}
	list, _, _ := unstructured.NestedSlice(container, "env")
	for _, item := range list {
		v := item.(map[string]any)
		out[fmt.Sprint(v["name"])] = fmt.Sprint(v["value"])
	}
	return out
}

// TestRemoval removes a service from a claim: only the objects of this service are
// deleted.
func TestRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "removal")
	services := map[string]any{"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true}}
	p := w.claim(w.newClaim("shrinking", map[string]any{"services": services}))
	p.awaitReady()
	before := w.inventory()

	delete(services, "jobService")
	w.apply(w.newClaim("shrinking", map[string]any{"services": services}))
	own := map[string]kube.Resource{
		"Deployment/shrinking-jobs-service": kube.Deployments, "Service/shrinking-jobs-service": kube.Services,
		"ConfigMap/shrinking-jobs-service-props": kube.ConfigMaps,
	}
	w.awaitGone(kube.Deployments, w.namespace, "shrinking-jobs-service")
	w.awaitGone(kube.Services, w.namespace, "shrinking-jobs-service")
	w.awaitGone(kube.ConfigMaps, w.namespace, "shrinking-jobs-service-props")
	p.awaitReady()

	maps.DeleteFunc(before, func(name, _ string) bool { return own[name] != "" })
	if diff := cmp.Diff(before, w.inventory()); diff != "" {
		t.Errorf("the objects of the other service: -want, +got:\n%s", diff)
	}
	// Crossplane never removes a condition.
	p.awaitCondition("JobServiceReady", "Unknown", "NotAskedFor")
	if url := p.columns()["JOBS-SERVICE"]; url != "" {
		t.Errorf("kubectl prints the URL of a service that isn't there: %q", url)
	}
}
