// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// greeting is the workflow of the scenarios here, and its Deployment. Its user's
	// properties and those that are managed are in ConfigMaps.
	greeting          = "greeting"
	greetingUser      = "greeting-props"
	greetingManaged   = "greeting-managed-props"
	propertiesOfUser  = "application.properties"
	propertiesManaged = "application-prod.properties"
)

// workflow returns the example of a workflow, for the scenario's namespace.
func (w *world) workflow() *unstructured.Unstructured {
	w.Helper()
	return w.moved(w.documents("example", "workflow", "claim.yaml"))[0]
}

// awaitWorkflow waits until a condition of the workflow has a status, and a reason if one
// is given, and returns the workflow.
func (w *world) awaitWorkflow(conditionType, status, reason string) *unstructured.Unstructured {
	w.Helper()
	var out *unstructured.Unstructured
	w.await(fmt.Sprintf("the workflow to be %s=%s (%s)", conditionType, status, reason), noticed, func(ctx context.Context) (err error) {
		if out, err = cluster.Get(ctx, kube.Workflows, w.namespace, greeting); err != nil {
			return err
		}
		return kube.Want(out, conditionType, status, reason)
	})
	return out
}

// awaitManaged waits until the workflow's managed properties have a line, or haven't.
func (w *world) awaitManaged(line string, want bool) {
	w.Helper()
	w.await(fmt.Sprintf("%q among the managed properties: %t", line, want), noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, greetingManaged)
		if err != nil {
			return err
		}
		text, _, _ := unstructured.NestedString(o.Object, "data", propertiesManaged)
		if got := strings.Contains(text, line); got != want {
			return fmt.Errorf("they are %s", text)
		}
		return nil
	})
}

// checksum returns the annotation of the workflow's pods that changes with its properties.
func (w *world) checksum() string {
	w.Helper()
	out, _, _ := unstructured.NestedString(w.get(kube.Deployments, greeting).Object, "spec", "template", "metadata", "annotations", "sonataflow.org/checksum-config")
	return out
}

// awaitOtherChecksum waits until the workflow's pods are rolled for other properties.
func (w *world) awaitOtherChecksum(than string) string {
	w.Helper()
	out := than
	w.await("the pods to be rolled for other properties", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, greeting)
		if err != nil {
			return err
		}
		out, _, _ = unstructured.NestedString(o.Object, "spec", "template", "metadata", "annotations", "sonataflow.org/checksum-config")
		if out == than {
			return fmt.Errorf("the checksum is still %s", out)
		}
		return nil
	})
	return out
}

// TestWorkflow claims a workflow before there is a platform, then a platform, whose services
// the workflow is wired to. What the user writes into the workflow's properties stays, also
// when the platform changes. A workflow whose platform is deleted stays as it is.
func TestWorkflow(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	w := newWorld(t, "workflow")
	w.apply(w.workflow())
	o := w.awaitWorkflow("Running", "True", "")
	w.awaitWorkflow("Ready", "True", "")
	w.awaitWorkflow("Built", "False", "BuildSkipped")
	w.awaitWorkflow("FlowValid", "True", "")
	if url, _, _ := unstructured.NestedString(o.Object, "status", "endpoint"); url != "http://greeting.workflow/greeting" {
		t.Errorf("the endpoint is %q", url)
	}
	w.awaitManaged("kogito.data-index.url", false)

	// The user's properties.
	before := w.checksum()
	w.kubectl("patch", "configmap", greetingUser, "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	before = w.awaitOtherChecksum(before)

	// A platform of the namespace.
	p := w.claim(w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true},
	}}))
	p.awaitReady()
	w.awaitManaged("kogito.data-index.url = http://platform-data-index-service.workflow", true)
	w.awaitManaged("kogito.jobs-service.url = http://platform-jobs-service.workflow", true)
	w.awaitOtherChecksum(before)
	w.awaitWorkflow("Running", "True", "")
	w.await("the workflow to be wired to both services", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, w.namespace, greeting)
		if err != nil {
			return err
		}
		for _, service := range []string{"dataIndexRef", "jobServiceRef"} {
			if url, _, _ := unstructured.NestedString(o.Object, "status", "services", service, "url"); url == "" {
				return fmt.Errorf("status.services.%s has no URL", service)
			}
		}
		return nil
	})
	if text, _, _ := unstructured.NestedString(w.get(kube.ConfigMaps, greetingUser).Object, "data", propertiesOfUser); text != "mine = 1" {
		t.Errorf("the user's properties are %q", text)
	}

	// The platform is deleted: no pod rolls.
	generation := w.get(kube.Deployments, greeting).GetGeneration()
	w.kubectl("delete", "sonataflowplatform", "platform", "--cascade=foreground", "--timeout=90s")
	w.awaitWorkflow("Running", "False", "WaitingForPlatform")
	w.claim(w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true},
	}})).awaitReady()
	w.awaitWorkflow("Running", "True", "")
	if got := w.get(kube.Deployments, greeting).GetGeneration(); got != generation {
		t.Errorf("the Deployment's generation was %d, and is %d after the platform was deleted and made again", generation, got)
	}
}

// TestWorkflowOwnProperties claims a workflow whose properties the user has applied before:
// they aren't composed, and they stay when the workflow is deleted.
func TestWorkflowOwnProperties(t *testing.T) {
	needs(t, lookups, "the user's properties are looked up")
	t.Parallel()
	w := newWorld(t, "workflow-own")
	own := object("v1", "ConfigMap", w.namespace, greetingUser)
	own.Object["data"] = map[string]any{propertiesOfUser: "mine = 1"}
	w.apply(own)
	w.apply(w.workflow())
	w.awaitWorkflow("Running", "True", "")
	if owners := w.get(kube.ConfigMaps, greetingUser).GetOwnerReferences(); len(owners) > 0 {
		t.Errorf("the user's ConfigMap belongs to %v", owners)
	}
	w.kubectl("delete", "sonataflow", greeting, "--cascade=foreground", "--timeout=90s")
	w.awaitGone(kube.Deployments, w.namespace, greeting)
	if text, _, _ := unstructured.NestedString(w.get(kube.ConfigMaps, greetingUser).Object, "data", propertiesOfUser); text != "mine = 1" {
		t.Errorf("the user's properties are %q", text)
	}
}

// TestWorkflowStranger claims a workflow whose Service another application has: nothing is
// composed, and the claim names the Service.
func TestWorkflowStranger(t *testing.T) {
	needs(t, lookups, "names are looked at before something is composed")
	t.Parallel()
	w := newWorld(t, "workflow-stranger")
	theirs := object("v1", "Service", w.namespace, greeting)
	theirs.Object["spec"] = map[string]any{"selector": map[string]any{"app": "theirs"}, "ports": []any{map[string]any{"port": int64(80)}}}
	w.apply(theirs)
	w.apply(w.workflow())
	o := w.awaitWorkflow("SpecValid", "False", "NameTaken")
	if message := kube.Conditions(o)["SpecValid"].Message; !strings.Contains(message, "Service greeting") {
		t.Errorf("the claim doesn't name the Service: %s", message)
	}
	if selector, _, _ := unstructured.NestedString(w.get(kube.Services, greeting).Object, "spec", "selector", "app"); selector != "theirs" {
		t.Errorf("the Service selects %s", selector)
	}
	w.kubectl("delete", "service", greeting)
	w.awaitWorkflow("Running", "True", "")
}
