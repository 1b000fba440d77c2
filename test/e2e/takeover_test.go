// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

const (
	// operatorManager is the operator's field manager.
	operatorManager = "manager"
	// operatorName is the name of the operator's Deployment.
	operatorName = "sonataflow-operator-controller-manager"
	// operatorPlatform is the name of each platform of the operator's.
	operatorPlatform = "sonataflow-platform"
	// operatorJobsService is its Jobs Service.
	operatorJobsService = operatorPlatform + "-jobs-service"
)

// TestTakeOver takes platforms and workflows over from the operator as example/take-over
// tells users to, and gives them back. It plays the operator: testdata/takeover has the definitions
// and objects that the operator leaves.
//
// It isn't parallel, because the operator's definitions and ours have the same names.
func TestTakeOver(t *testing.T) {
	needs(t, lookups, "what the operator leaves is looked up")
	if testing.Short() {
		t.Skip("the short run has no take-over, which a cluster needs only once")
	}
	skipIfUsed(t)
	installKnative(t)
	installServing(t)
	version := installedVersion(t)
	operator, brokers := newWorld(t, "takeover-operator"), newWorld(t, "takeover-brokers")
	taken := map[string]*world{}
	for _, name := range []string{"http", "broker", "migrated", "flows"} {
		taken[name] = newWorld(t, "takeover-"+name)
	}
	flows := taken["flows"]
	knative, connected, triggered := []string{brokers.namespace, taken["broker"].namespace, flows.namespace}, []*world{taken["broker"]}, []*world{taken["broker"]}
	if api.elsewhere {
		taken["elsewhere"] = newWorld(t, "takeover-elsewhere")
		knative = append(knative, taken["elsewhere"].namespace)
		connected, triggered = append(connected, taken["elsewhere"]), append(triggered, brokers)
	}
	t.Cleanup(func() { reinstall(context.WithoutCancel(t.Context()), t, version) })
	uninstall(t.Context(), t)

	operator.defineOperators()
	operator.apply(operator.operators("operator")...)
	b := brokers.broker(brokers.namespace, "di-broker")
	b.create()
	brokers.broker(brokers.namespace, "js-source").create()
	brokers.broker(brokers.namespace, "js-sink").create()
	taken["broker"].broker(taken["broker"].namespace, "default").create()
	flows.broker(flows.namespace, "default").create()
	operator.knative(knative...)
	for name, w := range taken {
		w.create(w.operators(name)...)
	}
	operator.create(operator.operators("clusterplatform")...)
	for _, w := range taken {
		w.awaitRollouts()
	}
	for _, w := range connected {
		w.awaitSink(operatorJobsService)
	}
	for _, name := range connectedWorkflows {
		flows.awaitSink(name)
	}
	flows.awaitKnativeSink("report")
	for _, w := range triggered {
		defer w.alwaysSubscribed(allTriggers)()
	}
	defer flows.alwaysSubscribed(workflowTriggers)()
	for _, name := range []string{"http", "broker"} {
		defer taken[name].always("a pod of the Data Index", kube.Pods, indexed)()
	}
	defer flows.always("a pod behind the Service of vet", kube.Pods, flows.selected("vet"))()
	before, written := keptOf(taken), writtenOf(taken)
	saved, back := filepath.Join(t.TempDir(), "claims"), filepath.Join(t.TempDir(), "platforms")

	// The script refuses to do anything while the operator runs.
	if out, err := operator.script("check"); err == nil || !strings.Contains(out, "STOP  The operator runs") {
		t.Fatalf("check while the operator runs: %v\n%s", err, out)
	}
	if out, err := operator.script("release", saved, "--yes"); err == nil {
		t.Fatalf("release while the operator runs:\n%s", out)
	}
	operator.kubectl("scale", "deployment", operatorName, "--replicas=0")
	operator.await("the operator to be gone", soon, func(ctx context.Context) error {
		pods, err := cluster.List(ctx, kube.Pods, operator.namespace)
		if err != nil || len(pods) > 0 {
			return errors.Join(err, fmt.Errorf("there are %d pods", len(pods)))
		}
		return nil
	})
	operator.run("check")
	operator.run("save", saved)
	for name, w := range taken {
		w.checkSaved(saved, name)
	}

	// A workflow that isn't saved keeps the definition, with which it would be deleted.
	late := object("sonataflow.org/v1alpha08", "SonataFlow", flows.namespace, "late")
	late.Object["spec"] = map[string]any{"flow": map[string]any{"states": []any{}}}
	flows.apply(late)
	if out, err := operator.script("release", saved, "--yes"); err == nil || !strings.Contains(out, "workflow late of namespace takeover-flows isn't in "+saved) {
		t.Fatalf("release with a workflow that isn't saved: %v\n%s", err, out)
	}
	flows.kubectl("delete", "sonataflow", "late")

	// Released, with interruptions.
	if out, err := operator.interrupted("delete sonataflows.sonataflow.org vet --namespace=takeover-flows", "release", saved, "--yes"); err == nil {
		t.Fatalf("release wasn't interrupted:\n%s", out)
	}
	if out, err := operator.interrupted("delete sonataflowplatforms.sonataflow.org sonataflow-platform --namespace=takeover-http", "release", saved, "--yes"); err == nil {
		t.Fatalf("release wasn't interrupted:\n%s", out)
	}
	operator.run("release", saved, "--yes")
	operator.idle("release", saved)
	operator.run("save", saved)
	before.same(t, taken, "was released", nil)
	for _, w := range taken {
		w.owned("", "")
	}

	// Claims.
	install(t.Context(), t, version)
	applyFolder(t, saved)
	for _, w := range taken {
		(&platform{world: w, name: operatorPlatform}).awaitReady()
	}
	applyFolder(t, filepath.Join(saved, "workflows"))
	for _, name := range slices.Concat(connectedWorkflows, []string{"report", "sketch", greeting}) {
		w := flows
		if name == greeting {
			w = taken["http"]
		}
		w.awaitReadyWorkflow(name)
	}
	once := map[string]int{}
	for deployment := range before.revisions {
		once[deployment] = 1
	}
	before.same(t, taken, "was taken over", once)

	// This one has no image, until its claim names one.
	flows.await("draft to be refused", soon, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, flows.namespace, "draft")
		if err != nil {
			return err
		}
		return kube.Want(o, "SpecValid", "False", "")
	})
	if out, err := operator.script("finish", "--yes"); err == nil || !strings.Contains(out, "The workflow draft in namespace takeover-flows isn't ready") {
		t.Errorf("finish while a workflow is refused: want a message about it, got %v\n%s", err, out)
	}
	flows.kubectl("patch", "sonataflow", "draft", "--type=merge", `--patch={"spec":{"podTemplate":{"container":{"image":"registry.example.com/draft:1.0"}}}}`)
	flows.awaitReadyWorkflow("draft")
	before.join(keptOf(taken), "flows/draft")
	for _, w := range taken {
		w.owned(api.kind, api.workflowKind)
	}

	operator.run("finish", "--yes")
	for name, w := range taken {
		(&platform{world: w, name: operatorPlatform}).awaitReady()
		w.checkFinished(name)
	}
	operator.idle("finish")
	// finish removes what the operator never removes, so pods are replaced once more: of sketch, a
	// volume that has another name now.
	once["migrated/"+operatorPlatform+"-data-index-service"] = 2
	once["flows/sketch"] = 2
	before.same(t, taken, "is finished", once)
	for _, w := range connected {
		w.checkSink(operatorJobsService)
	}
	for _, name := range connectedWorkflows {
		flows.checkSink(name)
	}
	flows.awaitKnativeSink("report")
	written.same(t, taken)
	taken["http"].dropSample()
	once["http/"+operatorPlatform+"-data-index-service"] = 2

	// The way back pauses composites before it deletes claims, so it is for the claimed
	// form only.
	if api.Form == stack.Namespaced {
		if out, err := operator.script("back", back, "--yes"); err == nil || !strings.Contains(out, "this is for the claimed form of the API") {
			t.Errorf("back: want a refusal, got %v\n%s", err, out)
		}
		before.same(t, taken, "stays", once)
		return
	}
	operator.run("back", back, "--yes")
	operator.idle("back", back)
	before.same(t, taken, "was given back", once)
	for _, w := range taken {
		w.owned("", "")
	}
	for _, r := range []kube.Resource{kube.Composites, kube.WorkflowComposites} {
		if left, err := cluster.List(t.Context(), r, ""); err != nil || len(left) > 0 {
			t.Errorf("there are %d of %s: %v", len(left), r, err)
		}
	}
	uninstall(t.Context(), t)
	operator.run("back", back, "--yes")
	operator.defineOperators()
	applyFolder(t, back)
	applyFolder(t, filepath.Join(back, "workflows"))
	for name, w := range taken {
		w.create(slices.DeleteFunc(w.operators(name), func(o *unstructured.Unstructured) bool { return o.GetKind() != "Trigger" })...)
	}
	for _, w := range triggered {
		w.awaitReadyTriggers(2 * allTriggers)
	}
	flows.awaitReadyTriggers(2 * workflowTriggers)
	operator.run("back-finish", "--yes")
	operator.idle("back-finish")
	before.same(t, taken, "is the operator's again", once)
	written.same(t, taken)
	for _, w := range taken {
		w.owned("SonataFlowPlatform", "SonataFlow")
	}
	for _, w := range triggered {
		w.awaitReadyTriggers(allTriggers)
	}
	flows.awaitReadyTriggers(workflowTriggers)
}

// applyFolder applies all manifests of a folder, as a user does.
func applyFolder(t *testing.T, dir string) {
	t.Helper()
	if _, err := cluster.Kubectl(t.Context(), "", "apply", "--filename="+dir); err != nil {
		t.Fatal(err)
	}
}

// script runs the script that takes over.
func (w *world) script(args ...string) (string, error) {
	w.Helper()
	return w.interrupted("", args...)
}

// interrupted runs the script with a kubectl that fails at a command that begins like
// this one.
func (w *world) interrupted(command string, args ...string) (string, error) {
	w.Helper()
	bin := w.TempDir()
	const kubectl = "#!/bin/bash\nif [ -n \"$FAILS\" ] && [[ \"$*\" == \"$FAILS\"* ]]; then echo 'as the test wants it' >&2; exit 1; fi\nPATH=${PATH#*:} exec kubectl \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "kubectl"), []byte(kubectl), 0o700); err != nil {
		w.Fatal(err)
	}
	cmd := exec.CommandContext(w.Context(), filepath.Join(layout.Root, "example", "take-over", "take-over.sh"), args...)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "FAILS="+command)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run runs the script, and ends the scenario if it fails.
func (w *world) run(args ...string) string {
	w.Helper()
	began := time.Now()
	out, err := w.script(args...)
	w.Logf("take-over.sh %s: %.1f s", args[0], time.Since(began).Seconds())
	if err != nil {
		w.Fatalf("take-over.sh %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// idle runs the script when it has nothing left to do. The script would fail if it asked
// for confirmation, because it gets no answer.
func (w *world) idle(args ...string) {
	w.Helper()
	if out := w.run(args...); !strings.Contains(out, "There is nothing to do") {
		w.Errorf("take-over.sh %s, once more:\n%s", strings.Join(args, " "), out)
	}
}

// operators returns the objects in a file of testdata/takeover.
func (w *world) operators(name string) []*unstructured.Unstructured {
	w.Helper()
	return w.documents("test", "e2e", "testdata", "takeover", name+".yaml")
}

// defineOperators installs the operator's definitions.
func (w *world) defineOperators() {
	w.Helper()
	w.apply(w.operators("definitions")...)
	w.await("the operator's definitions", soon, func(ctx context.Context) error {
		for _, r := range []kube.Resource{kube.Platforms, kube.ClusterPlatforms, kube.Workflows} {
			if _, err := cluster.List(ctx, r, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// create creates objects as the operator does: first platforms and workflows with their
// status, then the objects that they own, with the UIDs of their owners. ConfigMaps without an
// owner are the user's.
func (w *world) create(objects ...*unstructured.Unstructured) {
	w.Helper()
	var owners, statuses, rest []*unstructured.Unstructured
	for _, o := range objects {
		status, said := o.Object["status"]
		if !said {
			rest = append(rest, o)
			continue
		}
		owners = append(owners, o)
		s := object(o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
		s.Object["status"] = status
		statuses = append(statuses, s)
	}
	w.createOwners(owners)
	w.asOperator(statuses, "apply", "--server-side", "--subresource=status")
	for _, o := range rest {
		references := o.GetOwnerReferences()
		for i, owner := range references {
			r := kube.Platforms
			if owner.Kind == "SonataFlow" {
				r = kube.Workflows
			}
			references[i].UID = w.get(r, owner.Name).GetUID()
		}
		if len(references) > 0 {
			o.SetOwnerReferences(references)
		}
	}
	users := func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "ConfigMap" && len(o.GetOwnerReferences()) == 0
	}
	for _, o := range rest {
		if users(o) {
			w.apply(o)
		}
	}
	w.asOperator(slices.DeleteFunc(rest, users), "create")
}

// asOperator runs kubectl with objects, under the operator's field manager.
func (w *world) asOperator(objects []*unstructured.Unstructured, args ...string) {
	w.Helper()
	if len(objects) == 0 {
		return
	}
	if _, err := cluster.Kubectl(w.Context(), manifests(w.T, objects...), append(args, "--field-manager="+operatorManager, "--filename=-")...); err != nil {
		w.Fatal(err)
	}
}

// awaitRollouts waits until all Deployments are rolled out.
func (w *world) awaitRollouts() {
	w.Helper()
	w.await("all pods of "+w.namespace, soon, func(ctx context.Context) error {
		deployments, err := cluster.List(ctx, kube.Deployments, w.namespace)
		if err != nil {
			return err
		}
		for _, d := range deployments {
			wanted, _, _ := unstructured.NestedInt64(d.Object, "spec", "replicas")
			for _, field := range []string{"replicas", "updatedReplicas", "availableReplicas"} {
				if n, _, _ := unstructured.NestedInt64(d.Object, "status", field); n != wanted {
					return fmt.Errorf("%s of %s are %d, want %d", field, d.GetName(), n, wanted)
				}
			}
			if n, _, _ := unstructured.NestedInt64(d.Object, "status", "observedGeneration"); n != d.GetGeneration() {
				return fmt.Errorf("%s has changed", d.GetName())
			}
		}
		return nil
	})
}

// awaitSink waits until the pods of a Deployment know their sink.
func (w *world) awaitSink(deployment string) {
	w.Helper()
	w.await("the sink of "+deployment, soon, func(ctx context.Context) error {
		d, err := cluster.Get(ctx, kube.Deployments, w.namespace, deployment)
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
		if environment(containers[0].(map[string]any))["K_SINK"] == "" {
			return fmt.Errorf("it has none")
		}
		return nil
	})
	w.awaitRollouts()
}

// checkSink fails the scenario if a pod of a Deployment doesn't know its sink.
func (w *world) checkSink(deployment string) {
	w.Helper()
	for _, pod := range w.pods(deployment) {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
		if environment(containers[0].(map[string]any))["K_SINK"] == "" {
			w.Errorf("pod %s of %s doesn't know its sink", pod.GetName(), w.namespace)
		}
	}
}

// checkSaved compares the saved claims with what the users wrote.
func (w *world) checkSaved(dir, name string) {
	w.Helper()
	for _, o := range w.operators(name) {
		var file string
		switch o.GetKind() {
		case "SonataFlowPlatform":
			file = filepath.Join(dir, "sonataflowplatform-"+w.namespace+"_"+o.GetName()+".yaml")
		case "SonataFlow":
			file = filepath.Join(dir, "workflows", "sonataflow-"+w.namespace+"_"+o.GetName()+".yaml")
		default:
			continue
		}
		relative, err := filepath.Rel(layout.Root, file)
		if err != nil {
			w.Fatal(err)
		}
		got := w.documents(relative)
		want := object(o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
		want.SetLabels(o.GetLabels())
		want.Object["spec"] = o.Object["spec"]
		if o.GetKind() == "SonataFlow" {
			want.SetAnnotations(o.GetAnnotations())
		}
		for _, written := range []string{"build", "devMode"} {
			unstructured.RemoveNestedField(want.Object, "spec", written)
		}
		if o.GetName() == builtWorkflow {
			if err := unstructured.SetNestedField(want.Object, builtImage, "spec", "podTemplate", "container", "image"); err != nil {
				w.Fatal(err)
			}
		}
		if len(got) != 1 {
			w.Fatalf("%s has %d documents", file, len(got))
		}
		if diff := cmp.Diff(want.Object, got[0].Object); diff != "" {
			w.Errorf("%s: -want, +got:\n%s", file, diff)
		}
	}
}

// checkFinished fails the scenario if an object or a field of the operator's is left.
func (w *world) checkFinished(name string) {
	w.Helper()
	for kind, o := range w.keepers() {
		for _, manager := range o.GetManagedFields() {
			if manager.Subresource == "" && (manager.Manager == operatorManager && !ofUser(o) || strings.HasPrefix(manager.Manager, "sonataflow-take-over")) {
				w.Errorf("%s %s of %s: fields are still %s's", kind, o.GetName(), w.namespace, manager.Manager)
			}
		}
	}
	jobs, err := cluster.List(w.Context(), kube.Jobs, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	for _, o := range jobs {
		if o.GetLabels()["app.kubernetes.io/managed-by"] == "sonataflow-operator" && o.GetDeletionTimestamp() == nil {
			w.Errorf("Job %s of %s is left", o.GetName(), w.namespace)
		}
	}
	for _, trigger := range w.operators(name) {
		if trigger.GetKind() != "Trigger" {
			continue
		}
		if _, err := cluster.Get(w.Context(), kube.Triggers, trigger.GetNamespace(), trigger.GetName()); !kerrors.IsNotFound(err) {
			w.Errorf("Trigger %s of %s is left: %v", trigger.GetName(), trigger.GetNamespace(), err)
		}
	}
}

// dropSample removes from a claim a variable that the operator has written into a
// Deployment, and waits until the Deployment doesn't have it any more.
func (w *world) dropSample() {
	w.Helper()
	w.kubectl("patch", "sonataflowplatform", operatorPlatform, "--type=merge", `--patch={"spec":{"services":{"dataIndex":{"podTemplate":{"container":null}}}}}`)
	w.await("the variable to go", noticed, func(ctx context.Context) error {
		d, err := cluster.Get(ctx, kube.Deployments, w.namespace, operatorPlatform+"-data-index-service")
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
		if value := environment(containers[0].(map[string]any))["SAMPLE"]; value != "" {
			return fmt.Errorf("it is %s", value)
		}
		return nil
	})
	(&platform{world: w, name: operatorPlatform}).awaitReady()
}

// keepers returns the objects that a take-over keeps, with their kinds.
func (w *world) keepers() iter.Seq2[string, unstructured.Unstructured] {
	w.Helper()
	return func(yield func(string, unstructured.Unstructured) bool) {
		for kind, r := range map[string]kube.Resource{
			"Deployment": kube.Deployments, "Service": kube.Services, "ConfigMap": kube.ConfigMaps,
			"PodDisruptionBudget": kube.Budgets, "SinkBinding": kube.SinkBindings, "KnativeService": kube.KnativeServices,
		} {
			objects, err := cluster.List(w.Context(), r, w.namespace)
			if err != nil {
				w.Fatal(err)
			}
			for _, o := range objects {
				if ofKnative(o) {
					continue
				}
				if !yield(kind, o) {
					return
				}
			}
		}
	}
}

// owned fails the scenario unless the owner of each kept object is of a kind: of one for the
// objects of platforms, of another for those of workflows. An empty kind wants no owner.
func (w *world) owned(platforms, workflows string) {
	w.Helper()
	for of, o := range w.keepers() {
		kind := platforms
		switch _, isWorkflows := o.GetLabels()[workflowLabel]; {
		case ofUser(o), o.GetLabels()["app"] == "":
			continue // An object of the user, or of Kubernetes itself.
		case isWorkflows:
			kind = workflows
		}
		var want []string
		if kind != "" {
			want = []string{kind}
		}
		var got []string
		for _, owner := range o.GetOwnerReferences() {
			got = append(got, owner.Kind)
		}
		if !slices.Equal(got, want) {
			w.Errorf("owners of %s %s of %s are %v, want %v", of, o.GetName(), w.namespace, got, want)
		}
	}
}

// A kept records what a take-over must keep: UIDs by kind and name, the addresses of
// Services, and how often the pods of Deployments and Knative Services were replaced.
type kept struct {
	uids      map[string]types.UID
	addresses map[string]string
	revisions map[string]int
}

func keptOf(worlds map[string]*world) kept {
	out := kept{uids: map[string]types.UID{}, addresses: map[string]string{}, revisions: map[string]int{}}
	for name, w := range worlds {
		w.Helper()
		for kind, o := range w.keepers() {
			key := name + "/" + o.GetName()
			out.uids[kind+" "+key] = o.GetUID()
			switch kind {
			case "Service":
				out.addresses[key], _, _ = unstructured.NestedString(o.Object, "spec", "clusterIP")
			case "Deployment":
				out.revisions[key] = revision(o)
			case "KnativeService":
				out.revisions[key] = knativeRevision(o)
			}
		}
	}
	return out
}

// knativeRevision returns the number of the latest revision of a Knative Service.
func knativeRevision(o unstructured.Unstructured) int {
	name, _, _ := unstructured.NestedString(o.Object, "status", "latestCreatedRevisionName")
	n := 0
	_, _ = fmt.Sscanf(strings.TrimPrefix(name, o.GetName()+"-"), "%d", &n)
	return n
}

// ofKnative tells whether Knative Serving made an object for a Knative Service.
func ofKnative(o unstructured.Unstructured) bool {
	for name := range o.GetLabels() {
		if strings.HasPrefix(name, "serving.knative.dev/") {
			return true
		}
	}
	return false
}

func revision(o unstructured.Unstructured) int {
	n := 0
	_, _ = fmt.Sscan(o.GetAnnotations()["deployment.kubernetes.io/revision"], &n)
	return n
}

// join adds the objects of another record whose names begin like this one.
func (k kept) join(other kept, prefix string) {
	for of, uid := range other.uids {
		if _, key, _ := strings.Cut(of, " "); strings.HasPrefix(key, prefix) {
			k.uids[of] = uid
		}
	}
	for key, address := range other.addresses {
		if strings.HasPrefix(key, prefix) {
			k.addresses[key] = address
		}
	}
	for key, revision := range other.revisions {
		if strings.HasPrefix(key, prefix) {
			k.revisions[key] = revision
		}
	}
}

// same fails the scenario if an object was replaced since, or if pods were replaced more
// or less often than rollouts says.
func (k kept) same(t *testing.T, worlds map[string]*world, what string, rollouts map[string]int) {
	t.Helper()
	now := keptOf(worlds)
	revisions := maps.Clone(k.revisions)
	for deployment, n := range rollouts {
		revisions[deployment] += n
	}
	for of, diff := range map[string]string{
		"objects":             cmp.Diff(k.uids, now.uids),
		"addresses":           cmp.Diff(k.addresses, now.addresses),
		"rollouts, in number": cmp.Diff(revisions, now.revisions),
	} {
		if diff != "" {
			t.Errorf("%s when all %s: -want, +got:\n%s", of, what, diff)
		}
	}
}

// alwaysSubscribed waits until there is a ready Trigger for each of so many types of events,
// and fails the scenario if there isn't one at any time after that.
func (w *world) alwaysSubscribed(count int) (end func()) {
	w.Helper()
	subscribed := func(triggers map[types.UID]unstructured.Unstructured) error {
		ready := map[string]bool{}
		for _, o := range triggers {
			if o.GetDeletionTimestamp() == nil && kube.Conditions(&o)["Ready"].Status == "True" {
				eventType, _, _ := unstructured.NestedString(o.Object, "spec", "filter", "attributes", "type")
				ready[eventType] = true
			}
		}
		if len(ready) != count {
			return fmt.Errorf("only these types have a Trigger that is ready: %v", slices.Sorted(maps.Keys(ready)))
		}
		return nil
	}
	// While a channel takes one subscriber after the other, those that it has may lose Ready
	// for a moment. So all must have been ready for some time.
	w.await("the operator's Triggers to be ready", noticed, func(ctx context.Context) error {
		list, err := cluster.List(ctx, kube.Triggers, w.namespace)
		if err != nil {
			return err
		}
		triggers := map[types.UID]unstructured.Unstructured{}
		for _, o := range list {
			if since := kube.Since(&o, "Ready"); time.Since(since) < settled {
				return fmt.Errorf("%s has its status since %s", o.GetName(), since)
			}
			triggers[o.GetUID()] = o
		}
		return subscribed(triggers)
	})
	return w.always("a Trigger that is ready for each type", kube.Triggers, subscribed)
}

// awaitReadyTriggers waits until there are as many Triggers as wanted, and all of them
// are ready.
func (w *world) awaitReadyTriggers(want int) {
	w.Helper()
	w.await(fmt.Sprintf("%d Triggers that are ready", want), soon, func(ctx context.Context) error {
		triggers, err := cluster.List(ctx, kube.Triggers, w.namespace)
		if err != nil {
			return err
		}
		if len(triggers) != want {
			return fmt.Errorf("there are %d", len(triggers))
		}
		for _, o := range triggers {
			if err := kube.Want(&o, "Ready", "True", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// indexed returns an error unless a pod of the Data Index is ready.
func indexed(pods map[types.UID]unstructured.Unstructured) error {
	for _, o := range pods {
		if strings.HasPrefix(o.GetName(), operatorPlatform+"-data-index-service-") && o.GetDeletionTimestamp() == nil && kube.Conditions(&o)["Ready"].Status == "True" {
			return nil
		}
	}
	return fmt.Errorf("none of %d pods is a ready pod of the Data Index", len(pods))
}

// uninstall uninstalls the Configuration, and waits until nothing is left of it.
func uninstall(ctx context.Context, t *testing.T) {
	t.Helper()
	if _, err := cluster.Kubectl(ctx, "", "delete", "configurations.pkg.crossplane.io", api.Configuration(), "--ignore-not-found", "--timeout=90s"); err != nil {
		t.Fatal(err)
	}
	if err := kube.Await(ctx, "the definitions to go", gone, func(ctx context.Context) error {
		definitions, err := cluster.List(ctx, kube.CustomResourceDefinitions, "")
		if err != nil {
			return err
		}
		for _, o := range definitions {
			if strings.HasSuffix(o.GetName(), ".sonataflow.org") {
				return fmt.Errorf("there is %s", o.GetName())
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// kinds is how many definitions the Configuration has: those of platforms, of cluster
// platforms and of workflows.
const kinds = 3

// install installs the Configuration, and waits until platforms can be claimed.
func install(ctx context.Context, t *testing.T, version string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, "crossplane", api.Installation(version)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, out)
	}
	if err := kube.Await(ctx, "the Configuration", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Configurations, "", api.Configuration())
		if err != nil {
			return err
		}
		if err := kube.Want(o, "Healthy", "True", ""); err != nil {
			return err
		}
		definitions, err := cluster.List(ctx, kube.Definitions, "")
		if err != nil {
			return err
		}
		if len(definitions) != kinds {
			return fmt.Errorf("there are %d definitions, want %d", len(definitions), kinds)
		}
		for _, o := range definitions {
			if err := kube.Want(&o, "Established", "True", ""); err != nil {
				return err
			}
			if _, claimed, _ := unstructured.NestedMap(o.Object, "spec", "claimNames"); !claimed {
				continue
			}
			if err := kube.Want(&o, "Offered", "True", ""); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// reinstall restores the Configuration and removes what the scenario has left, wherever
// the scenario ended.
func reinstall(ctx context.Context, t *testing.T, version string) {
	t.Helper()
	if _, err := cluster.Get(ctx, kube.Configurations, "", api.Configuration()); err == nil {
		// Cluster platforms aren't deleted with the scenario's namespaces.
		if _, err := cluster.Kubectl(ctx, "", "delete", "sonataflowclusterplatforms", "--all", "--timeout=90s"); err != nil {
			t.Error(err)
		}
		return
	}
	for _, r := range []kube.Resource{kube.Workflows, kube.Platforms, kube.ClusterPlatforms} {
		platforms, err := cluster.List(ctx, r, "")
		if kerrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.ToLower(string(r)[strings.LastIndex(string(r), "/")+1:])
		for _, o := range platforms {
			if _, err := cluster.Kubectl(ctx, "", "patch", kind, o.GetName(), "--namespace="+o.GetNamespace(), "--type=merge", `--patch={"metadata":{"finalizers":null}}`); err != nil {
				t.Error(err)
			}
		}
		if _, err := cluster.Kubectl(ctx, "", "delete", "crd", kind+".sonataflow.org", "--timeout=90s"); err != nil {
			t.Error(err)
		}
	}
	install(ctx, t, version)
}
