// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// What the scenarios about builds use. Pods are records here: no image is built, and kwok plays
// how the pod of a Job ends.
const (
	buildAttempt = "sonataflow.org/build-attempt"
	// pushSecret lets a build end well, failingSecret badly; see the stages of the stack.
	pushSecret    = "push"
	failingSecret = "e2e-fail"
)

// A preview is a workflow whose image is built, and the images that its pods had.
type preview struct {
	*world

	mu sync.Mutex
	// ran are the images of the workflow's pods, in the order in which the first pod with each
	// was made.
	ran []string
}

// newPreview makes a namespace with what the example needs but the platform, and follows the
// pods of the workflow.
func newPreview(t *testing.T, namespace string) *preview {
	t.Helper()
	needs(t, lookups, "workflows look their platform up")
	p := &preview{world: newWorld(t, namespace)}
	for _, name := range []string{pushSecret, failingSecret} {
		p.secret(name, "config.json", "{}")
	}
	for _, o := range p.moved(p.documents("example", "workflow-preview", "required.yaml")) {
		if o.GetKind() == "ConfigMap" {
			p.apply(o)
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- cluster.Follow(ctx, kube.Pods, namespace, p.see) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the pods weren't followed to the end: %v", err)
		}
	})
	return p
}

// see notes the images of the workflow's pods.
func (p *preview) see(pods map[types.UID]unstructured.Unstructured) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pod := range pods {
		if pod.GetLabels()["sonataflow.org/workflow-app"] != greeting {
			continue
		}
		if image := imageOf(&pod, "spec", "containers"); !slices.Contains(p.ran, image) {
			p.ran = append(p.ran, image)
		}
	}
}

// imageOf is the image of an object's first container.
func imageOf(o *unstructured.Unstructured, path ...string) string {
	containers, _, _ := unstructured.NestedSlice(o.Object, path...)
	if len(containers) == 0 {
		return ""
	}
	container, _ := containers[0].(map[string]any)
	image, _ := container["image"].(string)
	return image
}

// platform claims the platform, whose registry takes pushes with a Secret.
func (p *preview) platform(secret string) {
	p.Helper()
	p.apply(p.newClaim("platform", map[string]any{"build": map[string]any{"config": map[string]any{
		"registry": map[string]any{"address": "registry.example.com:5000", "secret": secret},
	}}}))
}

// example returns the example's workflow, with a message of its own.
func (p *preview) example(message string) *unstructured.Unstructured {
	p.Helper()
	o := p.moved(p.documents("example", "workflow-preview", "claim.yaml"))[0]
	states, _, _ := unstructured.NestedSlice(o.Object, "spec", "flow", "states")
	states[0].(map[string]any)["data"] = map[string]any{"message": message}
	if err := unstructured.SetNestedSlice(o.Object, states, "spec", "flow", "states"); err != nil {
		p.Fatal(err)
	}
	return o
}

// awaitBuilt waits until another image than some is built and runs, and returns it.
func (p *preview) awaitBuilt(than ...string) string {
	p.Helper()
	image := ""
	p.await(fmt.Sprintf("another image than %v to run", than), noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, p.namespace, greeting)
		if err != nil {
			return err
		}
		built, _, _ := unstructured.NestedString(o.Object, "status", "build", "image")
		image, _, _ = unstructured.NestedString(o.Object, "status", "image")
		if slices.Contains(than, built) || image != built {
			return fmt.Errorf("the image is %s, and %s runs", built, image)
		}
		d, err := cluster.Get(ctx, kube.Deployments, p.namespace, greeting)
		if err != nil {
			return err
		}
		if runs := imageOf(d, "spec", "template", "spec", "containers"); runs != image {
			return fmt.Errorf("the Deployment runs %s", runs)
		}
		return kube.Want(o, "Built", "True", "BuildSuccessful")
	})
	p.awaitWorkflow("Running", "True", "")
	p.awaitWorkflow("Ready", "True", "")
	return image
}

// jobs are the names of the Jobs of builds, but for those that are being deleted.
func (p *preview) jobs() []string {
	p.Helper()
	all, err := cluster.List(p.Context(), kube.Jobs, p.namespace)
	if err != nil {
		p.Fatal(err)
	}
	var out []string
	for _, j := range all {
		if j.GetDeletionTimestamp() == nil {
			out = append(out, j.GetName())
		}
	}
	return out
}

// wantRan holds the images of all pods that the workflow ever had.
func (p *preview) wantRan(want ...string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.ran, want) {
		p.Errorf("the images of the workflow's pods: want %v, got %v", want, p.ran)
	}
}

// tagOf is the hash in an image.
func tagOf(image string) string { return image[strings.LastIndex(image, ":")+1:] }

// TestPreview claims a workflow without image before its platform names a registry, then builds
// it, and changes all that makes another build or doesn't.
func TestPreview(t *testing.T) {
	t.Parallel()
	p := newPreview(t, "preview")

	// There is no registry.
	p.apply(p.example("first"))
	o := p.awaitWorkflow("SpecValid", "False", "MissingImage")
	if m := kube.Conditions(o)["SpecValid"].Message; !strings.Contains(m, "spec.build.config.registry.address") {
		t.Errorf("the message doesn't name the field: %s", m)
	}

	// The first build.
	p.platform(pushSecret)
	first := p.awaitBuilt("")
	if want := "registry.example.com:5000/preview/greeting:"; !strings.HasPrefix(first, want) {
		t.Errorf("want an image like %s…, got %s", want, first)
	}
	p.awaitGone(kube.ConfigMaps, p.namespace, "greeting-build-"+tagOf(first)+"-flow")
	if secrets, _, _ := unstructured.NestedSlice(p.get(kube.Deployments, greeting).Object, "spec", "template", "spec", "imagePullSecrets"); len(secrets) != 1 {
		t.Errorf("want the registry's Secret to pull with, got %v", secrets)
	}

	// Another flow.
	p.apply(p.example("second"))
	second := p.awaitBuilt("", first)
	p.awaitGone(kube.Jobs, p.namespace, "greeting-build-"+tagOf(first))

	// Another file.
	p.kubectl("patch", "configmap", "greeting-schemas", "--type=merge", `--patch={"data":{"greeting.json":"{\"type\": \"object\"}"}}`)
	third := p.awaitBuilt("", first, second)

	// Other properties: the pods are rolled, and nothing is built.
	before := p.checksum()
	p.kubectl("patch", "configmap", greetingUser, "--type=merge", `--patch={"data":{"application.properties":"mine = 1"}}`)
	p.awaitOtherChecksum(before)
	p.awaitWorkflow("Running", "True", "")
	if jobs := p.jobs(); !slices.Equal(jobs, []string{"greeting-build-" + tagOf(third)}) {
		t.Errorf("want the Job of the third build alone, got %v", jobs)
	}

	// Another builder image.
	p.kubectl("patch", "sonataflowplatform", "platform", "--type=merge", `--patch={"spec":{"build":{"config":{"baseImage":"registry.example.com/builder:2"}}}}`)
	fourth := p.awaitBuilt("", first, second, third)

	// The Job is deleted: it runs again, and the workflow isn't touched.
	generation, job := p.get(kube.Deployments, greeting).GetGeneration(), "greeting-build-"+tagOf(fourth)
	uid := p.get(kube.Jobs, job).GetUID()
	p.kubectl("delete", "job", job)
	p.await("the Job to be made again and to complete", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Jobs, p.namespace, job)
		if err != nil {
			return err
		}
		if o.GetUID() == uid {
			return fmt.Errorf("it is the same")
		}
		return kube.Want(o, "Complete", "True", "")
	})
	p.awaitWorkflow("Built", "True", "BuildSuccessful")
	if got := p.get(kube.Deployments, greeting).GetGeneration(); got != generation {
		t.Errorf("the Deployment's generation was %d, and is %d after the Job was deleted", generation, got)
	}
	p.wantRan(first, second, third, fourth)

	// From preview to gitops: the same image runs on, and the Job goes.
	claim := p.example("second")
	if err := unstructured.SetNestedField(claim.Object, fourth, "spec", "podTemplate", "container", "image"); err != nil {
		t.Fatal(err)
	}
	p.apply(claim)
	p.awaitWorkflow("Built", "False", "BuildSkipped")
	p.awaitGone(kube.Jobs, p.namespace, job)
	p.awaitWorkflow("Running", "True", "")
	p.wantRan(first, second, third, fourth)
}

// TestPreviewFailed follows builds that fail, of a workflow that never ran and of one that runs,
// and mends each in one of the ways that the message names.
func TestPreviewFailed(t *testing.T) {
	t.Parallel()
	p := newPreview(t, "preview-failed")
	p.platform(failingSecret)
	p.apply(p.example("first"))
	o := p.awaitWorkflow("Built", "False", "BuildFailedReason")
	p.awaitWorkflow("Running", "False", "WaitingForBuild")
	jobs := p.jobs()
	if len(jobs) != 1 {
		t.Fatalf("want a Job, got %v", jobs)
	}
	for _, want := range []string{"Job " + jobs[0] + " failed", "none of its 3 tries succeeded", "kubectl logs", "delete the Job", buildAttempt} {
		if m := kube.Conditions(o)["Built"].Message; !strings.Contains(m, want) {
			t.Errorf("want %q in %q", want, m)
		}
	}
	p.wantRan()

	// The Secret is mended, which makes no other build, and the Job is deleted.
	p.platform(pushSecret)
	p.kubectl("delete", "job", jobs[0])
	first := p.awaitBuilt("")
	if want := "greeting-build-" + tagOf(first); jobs[0] != want {
		t.Errorf("want the same Job again, %s, got %s", jobs[0], want)
	}

	// The next build fails, and the pods go on.
	p.platform(failingSecret)
	p.kubectl("annotate", "sonataflow", greeting, buildAttempt+"=2")
	p.awaitWorkflow("Built", "False", "BuildFailedReason")
	p.awaitWorkflow("Running", "True", "")
	if got := imageOf(p.get(kube.Deployments, greeting), "spec", "template", "spec", "containers"); got != first {
		t.Errorf("while no other image is there: want %s, got %s", first, got)
	}

	// Another attempt.
	p.platform(pushSecret)
	p.kubectl("annotate", "sonataflow", greeting, buildAttempt+"=3", "--overwrite")
	p.wantRan(first, p.awaitBuilt("", first))
}

// TestPreviewFiles claims a workflow whose files aren't there, and then gives it a flow that
// can't be compiled.
func TestPreviewFiles(t *testing.T) {
	t.Parallel()
	p := newPreview(t, "preview-files")
	p.kubectl("delete", "configmap", "greeting-schemas")
	p.platform(pushSecret)
	p.apply(p.example("first"))
	o := p.awaitWorkflow("Built", "False", "ExternalResourcesNotFound")
	if m := kube.Conditions(o)["Built"].Message; !strings.Contains(m, "greeting-schemas") {
		t.Errorf("the message doesn't name the ConfigMap: %s", m)
	}
	if jobs := p.jobs(); len(jobs) > 0 {
		t.Errorf("want no Job, got %v", jobs)
	}
	for _, o := range p.moved(p.documents("example", "workflow-preview", "required.yaml")) {
		if o.GetKind() == "ConfigMap" {
			p.apply(o)
		}
	}
	first := p.awaitBuilt("")

	broken := p.example("second")
	if err := unstructured.SetNestedField(broken.Object, "Nowhere", "spec", "flow", "start"); err != nil {
		t.Fatal(err)
	}
	p.apply(broken)
	o = p.awaitWorkflow("FlowValid", "False", "Invalid")
	if running := kube.Conditions(o)["Running"]; running.Status != "True" {
		t.Errorf("the pods go on, and Running is %v", running)
	}
	p.wantRan(first)
}

// TestPreviewFromDev moves a workflow from the profile dev, whose image has no flow in it: the
// workflow has no pods until its first image is there, also while builds fail.
func TestPreviewFromDev(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the short run has TestPreview alone")
	}
	p := newPreview(t, "preview-from-dev")
	p.platform(failingSecret)
	const profile = "sonataflow.org/profile"
	claim := p.example("first")
	claim.SetAnnotations(map[string]string{profile: "dev"})
	p.apply(claim)
	p.awaitWorkflow("Running", "True", "")
	before := imageOf(p.get(kube.Deployments, greeting), "spec", "template", "spec", "containers")

	end := p.always("pods that have their flow", kube.Pods, func(pods map[types.UID]unstructured.Unstructured) error {
		for _, pod := range pods {
			volumes, _, _ := unstructured.NestedSlice(pod.Object, "spec", "volumes")
			compiled := slices.ContainsFunc(volumes, func(v any) bool { return v.(map[string]any)["name"] == "workflow-properties" })
			if compiled && imageOf(&pod, "spec", "containers") == before {
				return fmt.Errorf("%s has an image without a flow, and doesn't mount the flow", pod.GetName())
			}
		}
		return nil
	})
	p.kubectl("annotate", "sonataflow", greeting, profile+"=preview", "--overwrite")
	p.awaitWorkflow("Built", "False", "BuildFailedReason")
	p.awaitWorkflow("Running", "False", "WaitingForBuild")
	p.kubectl("annotate", "sonataflow", greeting, "e2e/again=yes") // One more call of the function.
	p.awaitField(kube.Deployments, greeting, "0", "spec", "replicas")
	if image, _, _ := unstructured.NestedString(p.get(kube.Workflows, greeting).Object, "status", "image"); image != "" {
		t.Errorf("the status says that the workflow runs %s", image)
	}

	p.platform(pushSecret)
	p.kubectl("annotate", "sonataflow", greeting, buildAttempt+"=2")
	p.wantRan(before, p.awaitBuilt(""))
	end()
}
