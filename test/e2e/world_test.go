// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// soon is how long an action of Crossplane or Kubernetes may take that begins at
	// once.
	soon = 60 * time.Second
	// noticed is how long it may take until Crossplane notices a change of an object that
	// the function only looks up, a Secret for one. Crossplane may look at such objects
	// only once a minute.
	noticed = 2 * time.Minute
	// gone is how long a deletion may take. The garbage collector looks for new kinds
	// every half minute.
	gone = 90 * time.Second
)

// lookups is the first version of Crossplane that tells functions that it looks up
// required resources. With an older version, the function asks for none, and says what it
// doesn't know.
const lookups = "v2.2"

// watching is the first version of Crossplane that watches required resources.
const watching = "v2.4"

// needs skips a scenario that an older version of Crossplane can't pass.
func needs(t *testing.T, version, what string) {
	t.Helper()
	if !layout.CoreSince(version) {
		t.Skipf("%s from Crossplane %s on, and this is %s", what, version, layout.Core)
	}
}

// precedes skips a scenario that is only for older versions of Crossplane.
func precedes(t *testing.T, version, what string) {
	t.Helper()
	if layout.CoreSince(version) {
		t.Skipf("%s before Crossplane %s, and this is %s", what, version, layout.Core)
	}
}

// A world is a scenario's part of the cluster: a namespace, which is deleted with the
// scenario.
type world struct {
	*testing.T

	namespace string
}

// newWorld makes a namespace for a scenario, and removes it with all that the scenario
// leaves there.
func newWorld(t *testing.T, namespace string, labels ...string) *world {
	t.Helper()
	w := &world{T: t, namespace: namespace}
	o := object("v1", "Namespace", "", namespace)
	if len(labels) > 0 {
		o.SetLabels(map[string]string{labels[0]: labels[1]})
	}
	w.await("namespace "+namespace, gone, func(ctx context.Context) error {
		if err := cluster.Apply(ctx, manifests(t, o)); err != nil {
			return err
		}
		made, err := cluster.Get(ctx, kube.Namespaces, "", namespace)
		if err != nil {
			return err
		}
		// The namespace of an earlier run must be gone first.
		if phase, _, _ := unstructured.NestedString(made.Object, "status", "phase"); phase != "Active" {
			return fmt.Errorf("it is %s", phase)
		}
		return nil
	})
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		w.tidy(ctx)
		if namespace == "default" {
			return
		}
		if _, err := cluster.Kubectl(ctx, "", "delete", "namespace", namespace, "--wait=false"); err != nil {
			t.Errorf("cannot delete the namespace: %v", err)
		}
	})
	return w
}

// within returns the same world for a part of the scenario, which starts without claims,
// and without Secrets of the part before it.
func (w *world) within(t *testing.T) *world {
	t.Helper()
	part := &world{T: t, namespace: w.namespace}
	t.Cleanup(func() { part.tidy(context.WithoutCancel(t.Context())) })
	return part
}

// tidy logs the objects of a failed scenario, and deletes the scenario's claims and
// Secrets. Claims go before the namespace, because Crossplane can't compose in a
// namespace that is being deleted.
func (w *world) tidy(ctx context.Context) {
	if w.Failed() {
		out, _ := cluster.Kubectl(ctx, "", "get", "sonataflow-all,deployments,pods,events", "--namespace="+w.namespace)
		// Separate, because it fails if Knative's kinds aren't installed.
		connected, _ := cluster.Kubectl(ctx, "", "get", "brokers,triggers,sinkbindings", "--namespace="+w.namespace)
		w.Logf("%s as the scenario leaves it:\n%s\n%s", w.namespace, out, connected)
	}
	// In the foreground: otherwise the objects of a composite that lives in the namespace
	// itself would be deleted after it.
	if _, err := cluster.Kubectl(ctx, "", "delete", "sonataflows,sonataflowplatforms,secrets", "--all", "--cascade=foreground", "--namespace="+w.namespace, "--timeout=90s"); err != nil {
		w.Errorf("cannot delete what is left: %v", err)
	}
}

// object returns an object that has nothing but a name.
func object(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}

// secret applies a Secret with keys and values, in turn.
func (w *world) secret(name string, keysAndValues ...string) {
	w.Helper()
	o := object("v1", "Secret", w.namespace, name)
	data := map[string]any{}
	for pair := range slices.Chunk(keysAndValues, 2) {
		data[pair[0]] = pair[1]
	}
	o.Object["stringData"] = data
	w.apply(o)
}

// documents reads a file of the repository.
func (w *world) documents(path ...string) []*unstructured.Unstructured {
	w.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{layout.Root}, path...)...))
	if err != nil {
		w.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(b), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			w.Fatalf("cannot parse %s: %v", filepath.Join(path...), err)
		}
		if o.Object != nil {
			out = append(out, o)
		}
	}
	return out
}

// moved moves objects, and the Brokers that they refer to, to the scenario's namespace.
func (w *world) moved(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	for _, o := range objects {
		o.SetNamespace(w.namespace)
		collectBrokers(o.Object["spec"], func(ref map[string]any) { ref["namespace"] = w.namespace })
	}
	return objects
}

// apply applies objects as a user does, with strict validation.
func (w *world) apply(objects ...*unstructured.Unstructured) {
	w.Helper()
	if len(objects) == 0 {
		return
	}
	if err := cluster.Apply(w.Context(), manifests(w.T, objects...)); err != nil {
		w.Fatal(err)
	}
}

// manifests writes objects as a file for kubectl.
func manifests(t *testing.T, objects ...*unstructured.Unstructured) string {
	t.Helper()
	var out strings.Builder
	for _, o := range objects {
		b, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n" + string(b))
	}
	return out.String()
}

// kubectl runs kubectl in the scenario's namespace.
func (w *world) kubectl(args ...string) string {
	w.Helper()
	out, err := cluster.Kubectl(w.Context(), "", append(args, "--namespace="+w.namespace)...)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// await waits until a check passes, and ends the scenario if it doesn't.
func (w *world) await(what string, timeout time.Duration, check func(context.Context) error) {
	w.Helper()
	if err := kube.Await(w.Context(), what, timeout, check); err != nil {
		w.Fatal(err)
	}
}

// get returns an object of the scenario's namespace.
func (w *world) get(r kube.Resource, name string) *unstructured.Unstructured {
	w.Helper()
	o, err := cluster.Get(w.Context(), r, w.namespace, name)
	if err != nil {
		w.Fatalf("cannot get %s %s: %v", r, name, err)
	}
	return o
}

// awaitGone waits until an object doesn't exist any more.
func (w *world) awaitGone(r kube.Resource, namespace, name string) {
	w.Helper()
	w.await(fmt.Sprintf("%s %s to go", r, name), gone, func(ctx context.Context) error {
		switch _, err := cluster.Get(ctx, r, namespace, name); {
		case kerrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("it is there")
	})
}

// inventory lists the objects of a namespace as kind/name with the UID: those of the
// kinds that a platform composes, and those that a platform must leave alone. Without what
// Knative makes for Brokers.
func (w *world) inventory() map[string]string {
	w.Helper()
	out := map[string]string{}
	for _, r := range []kube.Resource{kube.ConfigMaps, kube.Secrets, kube.Services, kube.Deployments, kube.Budgets, kube.Jobs} {
		objects, err := cluster.List(w.Context(), r, w.namespace)
		if err != nil {
			w.Fatal(err)
		}
		for _, o := range objects {
			if _, channel := o.GetLabels()["messaging.knative.dev/role"]; !channel {
				out[o.GetKind()+"/"+o.GetName()] = string(o.GetUID())
			}
		}
	}
	return out
}

// furnished returns an error until Kubernetes has added its default objects to a
// namespace.
func (w *world) furnished(ctx context.Context) error {
	_, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, "kube-root-ca.crt")
	return err
}
