// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// The stack has Knative's definitions, but not its controllers. Scenarios write what the
// controllers would write, step by step if the order matters.

const (
	// controllers is the field manager of what Knative's controllers would write.
	controllers = "knative"
	// allTriggers is the number of Triggers of a platform with both services: seven of
	// the Data Index, and two of the Jobs Service.
	allTriggers = 9
)

// definitions returns Knative's definitions.
func definitions(t *testing.T) string {
	t.Helper()
	out, err := layout.Knative(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// installKnative installs Knative's definitions. They stay, because they don't disturb
// other scenarios.
func installKnative(t *testing.T) {
	t.Helper()
	if err := cluster.Apply(t.Context(), definitions(t)); err != nil {
		t.Fatal(err)
	}
	awaitPublished(t, true)
	// Crossplane reads schemas again when a definition changes, which may be before the
	// API server has published them. The annotation makes Crossplane read them once more.
	// With a real Knative, the webhook starts later and changes some definitions.
	if _, err := cluster.Kubectl(t.Context(), "", "annotate", "--overwrite", "customresourcedefinition", "brokers.eventing.knative.dev", "e2e/published=true"); err != nil {
		t.Fatal(err)
	}
}

// removeKnative removes Knative's definitions, and with them all objects of their kinds.
func removeKnative(t *testing.T) {
	t.Helper()
	if _, err := cluster.Kubectl(t.Context(), definitions(t), "delete", "--ignore-not-found", "--timeout=90s", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	awaitPublished(t, false)
}

// awaitPublished waits until the API server publishes the schemas of Knative's kinds, or
// has removed them. From these schemas Crossplane knows which kinds there are. The API
// server updates them a second or two after the definitions.
func awaitPublished(t *testing.T, want bool) {
	t.Helper()
	if err := kube.Await(t.Context(), "the schemas of Knative's kinds", soon, func(ctx context.Context) error {
		list, err := cluster.Kubectl(ctx, "", "get", "--raw=/openapi/v3")
		if err != nil {
			return err
		}
		for path, kinds := range map[string][]string{"apis/eventing.knative.dev/v1": {"Broker", "Trigger"}, "apis/sources.knative.dev/v1": {"SinkBinding"}} {
			if listed := strings.Contains(list, strconv.Quote(path)); listed != want {
				return fmt.Errorf("there are schemas of %s: %t", path, listed)
			}
			if !want {
				continue
			}
			schemas, err := cluster.Kubectl(ctx, "", "get", "--raw=/openapi/v3/"+path)
			if err != nil {
				return err
			}
			for _, kind := range kinds {
				if !strings.Contains(schemas, `"kind":`+strconv.Quote(kind)) {
					return fmt.Errorf("there is no schema of %s", kind)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// collectBrokers finds the Brokers that a document refers to. A reference without a
// namespace means the document's own namespace.
func collectBrokers(in any, visit func(ref map[string]any)) {
	switch in := in.(type) {
	case map[string]any:
		if in["kind"] == "Broker" {
			visit(in)
		}
		for value := range maps.Values(in) {
			collectBrokers(value, visit)
		}
	case []any:
		for _, value := range in {
			collectBrokers(value, visit)
		}
	}
}

// A broker is a Broker of Knative's. Its methods play Knative's controllers for the
// Broker and for the objects that are connected to it.
type broker struct {
	*world

	namespace, name string
}

func (w *world) broker(namespace, name string) broker {
	return broker{world: w, namespace: namespace, name: name}
}

// ref is a spec's reference to the Broker.
func (b broker) ref() map[string]any {
	return map[string]any{"ref": map[string]any{
		"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "namespace": b.namespace, "name": b.name,
	}}
}

// create makes the Broker, without a status.
func (b broker) create() {
	b.Helper()
	b.apply(object("eventing.knative.dev/v1", "Broker", b.namespace, b.name))
}

// delete deletes the Broker. Its Triggers stay, and can't be ready any more.
func (b broker) delete() {
	b.Helper()
	if _, err := cluster.Kubectl(b.Context(), "", "delete", "brokers.eventing.knative.dev", b.name, "--namespace="+b.namespace); err != nil {
		b.Fatal(err)
	}
	triggers, err := b.triggers(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.say("False", triggers...)
}

// ready sets the Broker's condition Ready to True.
func (b broker) ready() {
	b.Helper()
	o, err := cluster.Get(b.Context(), kube.Brokers, b.namespace, b.name)
	if err != nil {
		b.Fatal(err)
	}
	b.say("True", *o)
}

// triggers returns the Triggers of the Broker, without those that are being deleted.
func (b broker) triggers(ctx context.Context) ([]unstructured.Unstructured, error) {
	triggers, err := cluster.List(ctx, kube.Triggers, b.namespace)
	return slices.DeleteFunc(triggers, func(o unstructured.Unstructured) bool {
		name, _, _ := unstructured.NestedString(o.Object, "spec", "broker")
		return name != b.name || o.GetDeletionTimestamp() != nil
	}), err
}

// awaitTriggers waits until the Broker has the wanted number of Triggers, and returns
// them.
func (b broker) awaitTriggers(want int) []unstructured.Unstructured {
	b.Helper()
	var out []unstructured.Unstructured
	b.await(fmt.Sprintf("%d Triggers of %s", want, b.name), noticed, func(ctx context.Context) error {
		var err error
		if out, err = b.triggers(ctx); err == nil && len(out) != want {
			err = fmt.Errorf("there are %d", len(out))
		}
		return err
	})
	return out
}

// connect plays all of Knative for a platform with both services: Triggers become ready,
// the SinkBinding becomes ready, and the Jobs Service gets the address of its sink.
func (b broker) connect(p *platform) {
	b.Helper()
	b.say("True", b.awaitTriggers(allTriggers)...)
	b.resolve(p)
	b.inject(p)
}

// resolve makes the SinkBinding of a platform's Jobs Service ready, with the Broker as
// its sink.
func (b broker) resolve(p *platform) {
	b.Helper()
	var binding *unstructured.Unstructured
	b.await("the SinkBinding of "+p.name+" to name "+b.name, noticed, func(ctx context.Context) error {
		var err error
		if binding, err = cluster.Get(ctx, kube.SinkBindings, p.namespace, p.sinkBinding()); err != nil {
			return err
		}
		if name, _, _ := unstructured.NestedString(binding.Object, "spec", "sink", "ref", "name"); name != b.name {
			return fmt.Errorf("it names %s", name)
		}
		return nil
	})
	b.say("True", *binding)
}

// inject writes the Broker's address into the Deployment of a platform's Jobs Service.
func (b broker) inject(p *platform) {
	b.Helper()
	if err := bind(b.Context(), p.namespace, p.name+"-jobs-service", fmt.Sprintf(injection, address(b.namespace, b.name))); err != nil {
		b.Fatal(err)
	}
}

// withdraw removes from the Deployment what inject writes.
func (b broker) withdraw(p *platform) {
	b.Helper()
	if err := bind(b.Context(), p.namespace, p.name+"-jobs-service", withdrawal); err != nil {
		b.Fatal(err)
	}
}

// say writes into the status of objects whether they are ready.
func (b broker) say(ready string, objects ...unstructured.Unstructured) {
	b.Helper()
	if err := sayReady(b.Context(), ready, objects...); err != nil {
		b.Fatal(err)
	}
}

// sinkBinding is the name of the platform's SinkBinding.
func (p *platform) sinkBinding() string { return p.name + "-jobs-service-sb" }

// sayReady writes into the status of objects whether they are ready.
func sayReady(ctx context.Context, ready string, objects ...unstructured.Unstructured) error {
	var manifests []byte
	for _, o := range objects {
		status := map[string]any{"observedGeneration": o.GetGeneration()}
		conditions := []any{condition("Ready", ready)}
		switch o.GetKind() {
		case "Broker":
			status["address"] = map[string]any{"url": address(o.GetNamespace(), o.GetName())}
		case "SinkBinding":
			conditions = append(conditions, condition("SinkProvided", ready))
			sink, _, _ := unstructured.NestedStringMap(o.Object, "spec", "sink", "ref")
			status["sinkUri"] = address(sink["namespace"], sink["name"])
		}
		status["conditions"] = conditions
		said := object(o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
		said.Object["status"] = status
		b, err := yaml.Marshal(said.Object)
		if err != nil {
			return err
		}
		manifests = append(append(manifests, "---\n"...), b...)
	}
	if len(objects) == 0 {
		return nil
	}
	_, err := cluster.Kubectl(ctx, string(manifests), "apply", "--server-side", "--subresource=status", "--field-manager="+controllers, "-f", "-")
	return err
}

// address is where a Broker takes events.
func address(namespace, name string) string {
	return "http://broker-ingress.knative-eventing.svc.cluster.local/" + namespace + "/" + name
}

func condition(conditionType, status string) map[string]any {
	return map[string]any{"type": conditionType, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"}
}

// The patches with which Knative writes into the Deployment of a SinkBinding, and removes
// this again when the SinkBinding is deleted.
const (
	injection = `{"spec": {"template": {"spec": {"containers": [{"name": "jobs-service", "env": [
		{"name": "K_SINK", "value": %q}, {"name": "K_CE_OVERRIDES", "value": ""}
	]}]}}}}`
	withdrawal = `{"spec": {"template": {"spec": {"containers": [{"name": "jobs-service", "env": [
		{"name": "K_SINK", "$patch": "delete"}, {"name": "K_CE_OVERRIDES", "$patch": "delete"}
	]}]}}}}`
	// certificates is written too, if Knative encrypts.
	certificates = `{"spec": {"template": {"spec": {
		"containers": [{"name": "jobs-service", "volumeMounts": [{"name": "kne-bundle-volume", "mountPath": "/knative-custom-certs", "readOnly": true}]}],
		"volumes": [{"name": "kne-bundle-volume", "projected": {"sources": [{"configMap": {"name": "knative-bundle"}}]}}]
	}}}}`
)

// bind changes a Deployment as Knative does: by an update, so that Knative owns the
// fields that it writes.
func bind(ctx context.Context, namespace, deployment, patch string) error {
	_, err := cluster.Kubectl(ctx, "", "patch", "deployment", deployment, "--namespace="+namespace,
		"--type=strategic", "--field-manager="+controllers, "--patch="+patch)
	return err
}

// knative plays Knative for scenarios that aren't about Knative: all Brokers, Triggers
// and SinkBindings in the namespaces become ready as soon as they exist.
func (w *world) knative(namespaces ...string) {
	w.Helper()
	play := func(ctx context.Context) error {
		errs := make([]error, 0, len(namespaces))
		for _, namespace := range namespaces {
			errs = append(errs, playKnative(ctx, namespace))
		}
		return errors.Join(errs...)
	}
	// Brokers are ready before the function looks them up.
	if err := play(w.Context()); err != nil {
		w.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		// An object may be deleted meanwhile, so errors are only logged. If an object
		// doesn't become ready for another reason, the scenario fails, and the log tells
		// why.
		_ = wait.PollUntilContextCancel(ctx, kube.Interval, true, func(ctx context.Context) (bool, error) {
			if err := play(ctx); err != nil && ctx.Err() == nil {
				w.Logf("Knative, as it is played: %v", err)
			}
			return false, nil
		})
	}()
	w.Cleanup(func() {
		stop()
		<-done
	})
}

// playKnative makes the objects ready that aren't ready yet.
func playKnative(ctx context.Context, namespace string) error {
	for _, r := range []kube.Resource{kube.Brokers, kube.Triggers, kube.SinkBindings} {
		objects, err := cluster.List(ctx, r, namespace)
		if err != nil {
			return err
		}
		unready := slices.DeleteFunc(objects, func(o unstructured.Unstructured) bool {
			observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
			return observed == o.GetGeneration() || o.GetDeletionTimestamp() != nil
		})
		for _, o := range unready {
			if o.GetKind() != "SinkBinding" {
				continue
			}
			subject, _, _ := unstructured.NestedString(o.Object, "spec", "subject", "name")
			sink, _, _ := unstructured.NestedStringMap(o.Object, "spec", "sink", "ref")
			patch := injection
			if !strings.HasSuffix(subject, "-jobs-service") {
				patch = strings.Replace(injection, "jobs-service", "workflow", 1)
			}
			if err := bind(ctx, namespace, subject, fmt.Sprintf(patch, address(sink["namespace"], sink["name"]))); err != nil {
				return err
			}
		}
		if err := sayReady(ctx, "True", unready...); err != nil {
			return err
		}
	}
	return nil
}
