// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// scaleWorkflowsVariable has the number of workflows to measure. Without it,
// TestScaleWorkflows is skipped, because it takes minutes and asserts little.
const scaleWorkflowsVariable = "SONATAFLOW_E2E_SCALE_WORKFLOWS"

// TestScaleWorkflows claims many workflows at once, beside a platform of their namespace and
// then beside a platform that a cluster platform offers. It measures how long it takes until
// all run, and how often Crossplane reconciles workflows because their platform is rolled out,
// which changes nothing for them. It asserts only that all workflows run.
func TestScaleWorkflows(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(scaleWorkflowsVariable))
	if err != nil || n < 1 {
		t.Skip("only `make e2e-scale` runs this test")
	}
	needs(t, watching, "workflows at rest aren't reconciled")
	central := newWorld(t, "scale-workflows")
	central.claim(central.newClaim("central", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true},
	}})).awaitReady()
	central.measureWorkflows(n, "the platform of their namespace", central)

	shared := object("sonataflow.org/v1alpha08", "SonataFlowClusterPlatform", "", "scale-workflows")
	shared.Object["spec"] = map[string]any{"platformRef": map[string]any{"name": "central", "namespace": central.namespace}}
	t.Cleanup(func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(t.Context()), "", "delete", "sonataflowclusterplatform", shared.GetName()); err != nil {
			t.Error(err)
		}
	})
	consumers := newWorld(t, "scale-consumers")
	consumers.apply(shared)
	consumers.measureWorkflows(n, "a platform behind a cluster platform", central)
}

// measureWorkflows claims n workflows, rolls out the platform of another part of the cluster,
// and deletes the workflows again.
func (w *world) measureWorkflows(n int, beside string, central *world) {
	w.Helper()
	client := newDynamic(w.T).Resource(served(kube.Workflows)).Namespace(w.namespace)
	begin := time.Now()
	counted, _ := w.reconciles()
	var all sync.WaitGroup
	for i := range n {
		o := w.workflow()
		o.SetName(fmt.Sprintf("greeting-%d", i))
		all.Go(func() {
			if _, err := client.Create(w.Context(), o, metav1.CreateOptions{FieldManager: "kubectl", FieldValidation: metav1.FieldValidationStrict}); err != nil {
				w.Error(err)
			}
		})
	}
	all.Wait()
	w.await(fmt.Sprintf("%d workflows to run", n), time.Minute+time.Duration(n)*2*time.Second, func(ctx context.Context) error {
		claims, err := cluster.List(ctx, kube.Workflows, w.namespace)
		if err != nil {
			return err
		}
		running := slices.DeleteFunc(claims, func(o unstructured.Unstructured) bool {
			return kube.Want(&o, "Running", "True", "") != nil || kube.Want(&o, "Ready", "True", "") != nil
		})
		if len(running) < n {
			return fmt.Errorf("%d do", len(running))
		}
		return nil
	})
	running := time.Since(begin)
	w.awaitSilence()
	first, _ := w.reconciles()

	central.kubectl("patch", "sonataflowplatform", "central", "--type=merge",
		`--patch={"spec":{"services":{"dataIndex":{"podTemplate":{"container":{"env":[{"name":"FOR","value":"`+w.namespace+`"}]}}}}}}`)
	central.await("the platform to be rolled out", noticed, func(ctx context.Context) error {
		d, err := cluster.Get(ctx, kube.Deployments, central.namespace, "central-data-index-service")
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
		if got := environment(containers[0].(map[string]any))["FOR"]; got != w.namespace {
			return fmt.Errorf("the variable is %q", got)
		}
		return nil
	})
	(&platform{world: central, name: "central"}).awaitReady()
	w.awaitSilence()
	after, opened := w.reconciles()
	w.Logf("%d workflows beside %s: all run after %.1f s; reconciles of each: %.1f until all are at rest, %.1f more for one rollout of the platform; circuit breakers opened: %.0f",
		n, beside, running.Seconds(), (first-counted)/float64(n), (after-first)/float64(n), opened)
	w.kubectl("delete", "sonataflows", "--all", "--cascade=foreground", "--timeout=5m")
}

// awaitSilence waits until Crossplane doesn't reconcile workflows any more.
func (w *world) awaitSilence() {
	w.Helper()
	window := time.Now()
	last, _ := w.reconciles()
	w.await("reconciles of workflows to end", 10*time.Minute, func(context.Context) error {
		if now, _ := w.reconciles(); now != last { //nolint:contextcheck // It uses the test's context.
			window, last = time.Now(), now
		}
		if passed := time.Since(window); passed < settled {
			return fmt.Errorf("the last one was %s ago", passed)
		}
		return nil
	})
}

// reconciles reads from Crossplane's metrics how often Crossplane has reconciled composites of
// workflows, and how often its circuit breaker has opened for one.
func (w *world) reconciles() (reconciled, opened float64) {
	w.Helper()
	controller := fmt.Sprintf(`controller="composite/%s.sonataflow.org"`, path.Base(string(api.workflowComposites)))
	core := (&scale{T: w.T}).scrape(coreMetrics)
	return core.sum("controller_runtime_reconcile_total", controller), core.sum("circuit_breaker_opens_total", controller)
}
