// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// rollouts returns how often the pods of the workflow greeting were replaced so far.
func (w *world) rollouts() int {
	w.Helper()
	return revision(*w.get(kube.Deployments, greeting))
}

// rolls changes something on which the workflow greeting depends, waits until the change has
// arrived, and fails the scenario unless the workflow's pods were replaced so many times.
func (w *world) rolls(times int, what string, change, arrived func()) {
	w.Helper()
	before := w.rollouts()
	change()
	arrived()
	w.await("the pods to be replaced for "+what, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, greeting)
		if err == nil && revision(*o) < before+times {
			err = fmt.Errorf("they were replaced %d times", revision(*o)-before)
		}
		return err
	})
	w.awaitReadyWorkflow(greeting)
	if got := w.rollouts() - before; got != times {
		w.Errorf("%s: pods were replaced %d times, want %d", what, got, times)
	}
}

// awaitVariable waits until the workflow's container has an environment variable.
func (w *world) awaitVariable(name string) {
	w.Helper()
	w.await("the variable "+name, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, greeting)
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		if variables := environment(containers[0].(map[string]any)); variables[name] == "" {
			return fmt.Errorf("there are %v", variables)
		}
		return nil
	})
}

// TestWorkflowPlatformChanges changes the platform of a workflow that runs: each change
// arrives, and replaces the workflow's pods once.
func TestWorkflowPlatformChanges(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	installKnative(t)
	w := newWorld(t, "workflow-changes")
	w.databaseSecret()
	b := w.broker(w.namespace, "default")
	b.create()
	w.knative(w.namespace)
	p := w.claim(w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true},
	}}))
	p.awaitReady()
	w.apply(w.workflow())
	w.awaitReadyWorkflow(greeting)
	w.awaitManaged("kogito.data-index.url", true)

	patch := func(spec string) func() {
		return func() {
			w.Helper()
			w.kubectl("patch", "sonataflowplatform", p.name, "--type=merge", `--patch={"spec":`+spec+`}`)
		}
	}
	w.rolls(1, "a property", patch(`{"properties":{"flow":[{"name":"team","value":"orders"}]}}`), func() { w.awaitManaged("team = orders", true) })
	w.rolls(1, "a service that isn't enabled any more", patch(`{"services":{"dataIndex":{"enabled":false}}}`), func() { w.awaitManaged("kogito.data-index.url", false) })
	w.rolls(1, "a database", patch(`{"persistence":{"postgresql":{"secretRef":{"name":"database"},"serviceRef":{"name":"postgres"}}}}`), func() { w.awaitVariable("QUARKUS_DATASOURCE_JDBC_URL") })
	p.awaitReady()
	// Knative writes the address of the Broker into the Deployment, and the workflow uses it
	// only when it is there: two changes of the pods.
	w.rolls(2, "a Broker", patch(`{"eventing":{"broker":{"ref":{"apiVersion":"eventing.knative.dev/v1","kind":"Broker","name":"default"}}}}`), func() {
		w.awaitVariable("K_SINK")
		w.awaitManaged("org.kie.kogito.addons.knative.eventing.health-enabled = true", true)
	})
}

// TestWorkflowClusterPlatform changes the cluster platform, and the platform behind it, under
// a workflow whose namespace has no platform: each change arrives, and replaces the
// workflow's pods once. The scenario isn't parallel, because a cluster has only one active
// cluster platform.
func TestWorkflowClusterPlatform(t *testing.T) {
	needs(t, lookups, "cluster platforms are looked up")
	central, w := newWorld(t, "workflow-central"), newWorld(t, "workflow-consumer")
	central.claim(central.newClaim("central", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true},
	}})).awaitReady()
	w.apply(w.workflow())
	w.awaitReadyWorkflow(greeting)

	shared := object("sonataflow.org/v1alpha08", "SonataFlowClusterPlatform", "", "workflow-cluster-platform")
	shared.Object["spec"] = map[string]any{"platformRef": map[string]any{"name": "central", "namespace": central.namespace}}
	remove := func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(t.Context()), "", "delete", "sonataflowclusterplatform", shared.GetName(), "--ignore-not-found"); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(remove)
	const jobs = "kogito.jobs-service.url = http://central-jobs-service.workflow-central"
	w.rolls(1, "a cluster platform", func() { w.apply(shared) }, func() {
		w.awaitManaged("kogito.data-index.url = http://central-data-index-service.workflow-central", true)
		w.awaitManaged(jobs, true)
	})
	w.rolls(1, "a service of the platform behind it", func() {
		central.kubectl("patch", "sonataflowplatform", "central", "--type=merge", `--patch={"spec":{"services":{"jobService":{"enabled":false}}}}`)
	}, func() { w.awaitManaged(jobs, false) })
	w.rolls(1, "the cluster platform is deleted", remove, func() { w.awaitManaged("kogito.data-index.url", false) })
}

// reconciles is how often Crossplane composes workflows while nothing may change.
const reconciles = 100

// TestWorkflowReconciles lets Crossplane compose two workflows many times. One has a ConfigMap
// of the user's own, the other one that is composed; a second client, which applies as Argo CD
// does, applies both ConfigMaps and both claims again and again. No field changes.
func TestWorkflowReconciles(t *testing.T) {
	if testing.Short() {
		t.Skip("it composes a hundred times")
	}
	needs(t, lookups, "the user's properties are looked up")
	t.Parallel()
	w := newWorld(t, "workflow-reconciles")
	names := []string{greeting, "own"}
	var applied []*unstructured.Unstructured
	for _, name := range names {
		claim := w.workflow()
		claim.SetName(name)
		properties := object("v1", "ConfigMap", w.namespace, name+"-props")
		// As `kn workflow` labels it.
		properties.SetLabels(map[string]string{
			"app": name, "app.kubernetes.io/name": name, "app.kubernetes.io/component": "serverless-workflow",
			"app.kubernetes.io/managed-by": "sonataflow-operator", workflowLabel: name, "sonataflow.org/workflow-namespace": "",
		})
		properties.Object["data"] = map[string]any{propertiesOfUser: "mine = " + name}
		applied = append(applied, claim, properties)
	}
	// The ConfigMap of the one workflow is there before the workflow, that of the other isn't.
	w.applyAs("argocd-controller", applied[len(applied)-1])
	for _, name := range names {
		claim := w.workflow()
		claim.SetName(name)
		w.applyAs("argocd-controller", claim)
		w.awaitReadyWorkflow(name)
	}
	w.applyAs("argocd-controller", applied...)
	w.await("the pods to have the user's properties", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, greeting)
		if err == nil && revision(*o) != 2 {
			err = fmt.Errorf("the revision is %d", revision(*o))
		}
		return err
	})
	w.awaitReadyWorkflow(greeting)

	before := w.versions(names)
	client := newDynamic(t).Resource(served(api.workflowComposites))
	for i := range reconciles {
		if i%10 == 0 {
			w.applyAs("argocd-controller", applied...)
		}
		for _, name := range names {
			composite, err := cluster.Get(t.Context(), api.workflowComposites, w.workflowComposite(name).Namespace, w.workflowComposite(name).Name)
			if err != nil {
				t.Fatal(err)
			}
			calls := len(w.calls(composite))
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"e2e/reconcile":"%d"}}}`, i)
			if _, err := client.Namespace(composite.GetNamespace()).Patch(t.Context(), composite.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			w.await("another call for "+name, noticed, func(context.Context) error {
				if now := len(w.calls(composite)); now <= calls { //nolint:contextcheck // It uses the test's context.
					return fmt.Errorf("there are %d", now)
				}
				return nil
			})
		}
	}
	if diff := cmp.Diff(before, w.versions(names)); diff != "" {
		t.Errorf("after %d reconciles: -before, +now:\n%s", reconciles, diff)
	}
}

// applyAs applies objects as another client does that insists on its fields.
func (w *world) applyAs(manager string, objects ...*unstructured.Unstructured) {
	w.Helper()
	if _, err := cluster.Kubectl(w.Context(), manifests(w.T, objects...), "apply", "--server-side", "--force-conflicts", "--field-manager="+manager, "--filename=-"); err != nil {
		w.Fatal(err)
	}
}

// workflowComposite returns where the composite of a workflow is.
func (w *world) workflowComposite(name string) types.NamespacedName {
	w.Helper()
	return api.compositeOf(w.get(kube.Workflows, name))
}

// versions returns what each write to the objects of workflows changes: the resource version
// of each ConfigMap with its data, and the generation of each Deployment.
func (w *world) versions(names []string) map[string]any {
	w.Helper()
	out := map[string]any{}
	for _, name := range names {
		for _, suffix := range []string{"-props", "-managed-props"} {
			o := w.get(kube.ConfigMaps, name+suffix)
			out[o.GetName()] = []any{o.GetResourceVersion(), o.Object["data"], o.GetLabels(), len(o.GetOwnerReferences())}
		}
		out[name] = w.get(kube.Deployments, name).GetGeneration()
	}
	return out
}

// TestWorkflowAutoscaler gives the number of a workflow's pods to Kubernetes' own autoscaler,
// whose target is first the Deployment and then the SonataFlow. The control plane has no
// metrics, so the autoscaler keeps to its minimum.
func TestWorkflowAutoscaler(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	w := newWorld(t, "workflow-autoscaler")
	o := w.workflow()
	if err := unstructured.SetNestedField(o.Object, int64(1), "spec", "podTemplate", "replicas"); err != nil {
		t.Fatal(err)
	}
	w.apply(o)
	w.awaitReadyWorkflow(greeting)

	w.kubectl("autoscale", "deployment", greeting, "--min=3", "--max=5", "--cpu=80%")
	w.awaitField(kube.Deployments, greeting, "3", "spec", "replicas")
	w.rolls(1, "a property of the user", func() {
		w.kubectl("patch", "configmap", greetingUser, "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	}, func() {
		w.awaitField(kube.Deployments, greeting, "2", "metadata", "annotations", "deployment.kubernetes.io/revision")
	})
	w.awaitField(kube.Deployments, greeting, "3", "spec", "replicas")
	w.kubectl("delete", "hpa", greeting)
	w.kubectl("scale", "deployment", greeting, "--replicas=4")
	w.awaitField(kube.Deployments, greeting, "1", "spec", "replicas")

	if !layout.CoreSince("v2.3") {
		return // This Crossplane gives claims and composites no subresource scale.
	}
	autoscaler := object("autoscaling/v2", "HorizontalPodAutoscaler", w.namespace, greeting)
	autoscaler.Object["spec"] = map[string]any{
		"minReplicas": int64(3), "maxReplicas": int64(5),
		"scaleTargetRef": map[string]any{"apiVersion": "sonataflow.org/v1alpha08", "kind": "SonataFlow", "name": greeting},
	}
	w.apply(autoscaler)
	w.awaitField(kube.Workflows, greeting, "3", "spec", "podTemplate", "replicas")
	w.awaitField(kube.Deployments, greeting, "3", "spec", "replicas")
	w.awaitField(kube.Workflows, greeting, "3", "status", "replicas")
	w.awaitReadyWorkflow(greeting)
	if scale := w.kubectl("get", "sonataflow", greeting, "--subresource=scale", "--output=jsonpath={.status.selector}"); !strings.Contains(scale, workflowLabel+"="+greeting) {
		t.Errorf("the subresource scale has the selector %q", scale)
	}
}
