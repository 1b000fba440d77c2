// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// scaled returns a claim of both services, with two pods of the Data Index and a budget.
func (w *world) scaled(level string) *unstructured.Unstructured {
	w.Helper()
	o := w.withLogLevel(level)
	for field, value := range map[string]any{"replicas": int64(2), "podDisruptionBudget": map[string]any{"minAvailable": int64(1)}} {
		if err := unstructured.SetNestedField(o.Object, value, "spec", "services", "dataIndex", "podTemplate", field); err != nil {
			w.Fatal(err)
		}
	}
	return o
}

// TestAutoscaler gives the number of pods to Kubernetes' own autoscaler. The control plane
// has no metrics, so the autoscaler keeps to its minimum and its maximum. The claim's number
// has no effect from the autoscaler's first change on, and has an effect again when a person
// scales the Deployment after the autoscaler is gone.
func TestAutoscaler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "autoscaler")
	p := w.claim(w.scaled("INFO"))
	p.awaitReady()
	w.awaitField(kube.Deployments, dataIndex, "2", "spec", "replicas")

	w.kubectl("autoscale", "deployment", dataIndex, "--min=3", "--max=5", "--cpu=80%")
	w.awaitField(kube.Deployments, dataIndex, "3", "spec", "replicas")
	w.apply(w.scaled("DEBUG"))
	w.awaitLogLevel("DEBUG")
	p.awaitReady()
	w.awaitField(kube.Deployments, dataIndex, "3", "spec", "replicas")

	w.kubectl("patch", "hpa", dataIndex, "--type=merge", `--patch={"spec":{"minReplicas":1,"maxReplicas":1}}`)
	w.awaitField(kube.Deployments, dataIndex, "1", "spec", "replicas")
	w.awaitGone(kube.Budgets, w.namespace, dataIndex)

	w.kubectl("delete", "hpa", dataIndex)
	w.kubectl("scale", "deployment", dataIndex, "--replicas=4")
	w.awaitField(kube.Deployments, dataIndex, "2", "spec", "replicas")
	p.awaitReady()
	w.get(kube.Budgets, dataIndex)
}

// autoscalers is how many autoscalers change their status beside a platform, and
// autoscaling is for how long they do.
const (
	autoscalers = 20
	autoscaling = 30 * time.Second
)

// TestAutoscalersNearby changes the status of many autoscalers in the platform's namespace
// once a second. The changes must not reconcile the platform, or else Crossplane's breaker
// opens and Crossplane looks at the platform only once in a while.
func TestAutoscalersNearby(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute of changes")
	}
	t.Parallel()
	w := newWorld(t, "autoscalers-nearby")
	for i := range autoscalers {
		name := fmt.Sprintf("busy-%d", i)
		w.kubectl("create", "deployment", name, "--image=registry.example.com/busy:1", "--replicas=0")
		w.kubectl("autoscale", "deployment", name, "--name="+name, "--min=1", "--max=2", "--cpu=80%")
	}
	p := w.claim(w.scaled("INFO"))
	p.awaitReady()
	before, began := len(w.calls(p.composite())), time.Now()

	client := newDynamic(t).Resource(served(kube.Autoscalers)).Namespace(w.namespace)
	changes := 0
	for tick := time.NewTicker(time.Second); time.Since(began) < autoscaling; <-tick.C {
		for i := range autoscalers {
			changes++
			patch := fmt.Appendf(nil, `{"status":{"currentReplicas":%d}}`, changes)
			if _, err := client.Patch(t.Context(), fmt.Sprintf("busy-%d", i), types.MergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
				t.Fatal(err)
			}
		}
	}
	calls := len(w.calls(p.composite())) - before
	t.Logf("%d changes of autoscalers in %s caused %d calls of the function", changes, time.Since(began).Round(time.Second), calls)
	if calls > callsAtRest {
		t.Errorf("%d calls, want at most %d", calls, callsAtRest)
	}
	if responsive, found := kube.Conditions(p.composite())["Responsive"]; found && responsive.Status == "False" {
		t.Errorf("Crossplane's breaker is open: %s", responsive.Message)
	}
	if strings.Contains(w.kubectl("get", "events"), "WatchCircuitOpen") {
		t.Error("Crossplane's breaker was open")
	}
}
