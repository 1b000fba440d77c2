// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// builtWorkflow is a workflow whose image the operator built.
	builtWorkflow = "order"
	builtImage    = "registry.example.com/takeover-flows/order:2.1"
	// workflowTriggers is how many Triggers the workflow vet has.
	workflowTriggers = 2
	// workflowLabel is on all objects of a workflow, except for one of the operator's.
	workflowLabel = "sonataflow.org/workflow-app"
)

// connectedWorkflows are the workflows of the operator that send events to a Broker.
var connectedWorkflows = []string{"vet", builtWorkflow}

// createOwners creates platforms and workflows. A user writes a workflow; the operator adds the
// number of pods and, except in the profile dev, a finalizer.
func (w *world) createOwners(owners []*unstructured.Unstructured) {
	w.Helper()
	var platforms []*unstructured.Unstructured
	for _, o := range owners {
		if o.GetKind() != "SonataFlow" {
			platforms = append(platforms, o)
			continue
		}
		w.apply(o)
		finalizers := `["workflow-deletion"]`
		if o.GetAnnotations()["sonataflow.org/profile"] == "dev" {
			finalizers = "null"
		}
		patch := `--patch={"metadata":{"finalizers":` + finalizers + `},"spec":{"podTemplate":{"replicas":1}}}`
		w.kubectl("patch", "sonataflow", o.GetName(), "--type=merge", "--field-manager="+operatorManager, patch)
	}
	w.asOperator(platforms, "create")
}

// awaitReadyWorkflow waits until a workflow of the scenario is ready.
func (w *world) awaitReadyWorkflow(name string) {
	w.Helper()
	w.await("workflow "+name+" to be ready", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, w.namespace, name)
		if err != nil {
			return err
		}
		for _, condition := range []string{"Synced", "Ready", "Running"} {
			if err := kube.Want(o, condition, "True", ""); err != nil {
				return err
			}
		}
		return nil
	})
	w.awaitRollouts()
}

// selected returns a check that a pod is ready that a Service selects. The control plane's pods
// have no addresses, so that the Service itself has no endpoints.
func (w *world) selected(service string) func(map[types.UID]unstructured.Unstructured) error {
	return func(pods map[types.UID]unstructured.Unstructured) error {
		o, err := cluster.Get(w.Context(), kube.Services, w.namespace, service)
		if err != nil {
			return err
		}
		wanted, _, _ := unstructured.NestedStringMap(o.Object, "spec", "selector")
		for _, pod := range pods {
			if labels.SelectorFromSet(wanted).Matches(labels.Set(pod.GetLabels())) && pod.GetDeletionTimestamp() == nil && kube.Conditions(&pod)["Ready"].Status == "True" {
				return nil
			}
		}
		return fmt.Errorf("none of %d pods is a ready pod with the labels %v", len(pods), wanted)
	}
}

// ofUser tells whether an object has the properties that the user of a workflow writes.
func ofUser(o unstructured.Unstructured) bool {
	_, isWorkflows := o.GetLabels()[workflowLabel]
	return o.GetKind() == "ConfigMap" && isWorkflows && strings.HasSuffix(o.GetName(), "-props") && !strings.HasSuffix(o.GetName(), "-managed-props")
}

// userProperties are what users wrote for their workflows, and how that is labelled, by world and
// name.
type userProperties map[string]map[string]any

func writtenOf(worlds map[string]*world) userProperties {
	out := userProperties{}
	for name, w := range worlds {
		w.Helper()
		for _, o := range w.keepers() {
			if ofUser(o) {
				out[name+"/"+o.GetName()] = map[string]any{"data": o.Object["data"], "labels": o.GetLabels(), "annotations": o.GetAnnotations()}
			}
		}
	}
	return out
}

// same fails the scenario if anything of it was changed since.
func (u userProperties) same(t *testing.T, worlds map[string]*world) {
	t.Helper()
	if len(u) == 0 {
		t.Error("no user wrote anything")
	}
	if diff := cmp.Diff(u, writtenOf(worlds)); diff != "" {
		t.Errorf("the users' properties: -want, +got:\n%s", diff)
	}
}

// awaitKnativeSink waits until a Knative Service is ready, and its latest revision knows the
// sink of its SinkBinding.
func (w *world) awaitKnativeSink(name string) {
	w.Helper()
	w.await("Knative Service "+name+" to know its sink", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.KnativeServices, w.namespace, name)
		if err != nil {
			return err
		}
		if sinkIn(o) == "" {
			return fmt.Errorf("it has no K_SINK")
		}
		return kube.Want(o, "Ready", "True", "")
	})
	w.awaitKnativeService(name)
}
