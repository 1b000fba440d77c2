// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
// all run, and how often the function is called for workflows because their platform is rolled
// out, which changes nothing for them. It asserts only that all workflows run.
func TestScaleWorkflows(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(scaleWorkflowsVariable))
	if err != nil || n < 1 {
		t.Skip("only `make e2e-scale` runs this test")
	}
	needs(t, watching, "workflows at rest cause no calls")
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
	begin, counted := time.Now(), w.answers()
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
	first := w.answers() - counted

	counted = w.answers()
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
	w.Logf("%d workflows beside %s: all run after %.1f s, %.1f calls of the function for each; one rollout of the platform: %.1f calls for each workflow",
		n, beside, running.Seconds(), float64(first)/float64(n), float64(w.answers()-counted)/float64(n))
	w.kubectl("delete", "sonataflows", "--all", "--cascade=foreground", "--timeout=5m")
}

// awaitSilence waits until the function isn't called for workflows any more.
func (w *world) awaitSilence() {
	w.Helper()
	window, calls := time.Now(), w.answers()
	w.await("calls for workflows to end", 10*time.Minute, func(context.Context) error {
		if now := w.answers(); now != calls { //nolint:contextcheck // It uses the test's context.
			window, calls = time.Now(), now
		}
		if passed := time.Since(window); passed < settled {
			return fmt.Errorf("there was one %s ago", passed)
		}
		return nil
	})
}

// answers counts in the function's log how often the function has answered for workflows.
func (w *world) answers() int {
	w.Helper()
	log, err := os.Open(filepath.Join(layout.Logs(), "function.log"))
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	kind, out := fmt.Sprintf(`"xr-kind": %q`, api.workflowKind), 0
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "\tAnswered\t") && strings.Contains(lines.Text(), kind) {
			out++
		}
	}
	if err := lines.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}
