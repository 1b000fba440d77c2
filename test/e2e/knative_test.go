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
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// Knative's own controllers run in the stack, with Brokers that are made of
// in-memory channels. Scenarios play only what those don't show: a Broker that stays
// unready, and Brokers of classes that have no controller here, Kafka's for one.

// allTriggers is the number of Triggers of a platform with both services: seven of the Data
// Index, and two of the Jobs Service.
const allTriggers = 9

// definitions returns Knative's definitions.
func definitions(t *testing.T) string {
	t.Helper()
	out, err := layout.EventingDefinitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// installKnative installs Knative Eventing, unless a scenario has installed it before.
func installKnative(t *testing.T) {
	t.Helper()
	start(t, stack.Eventing, eventingKinds(), "brokers.eventing.knative.dev")
}

// eventingKinds are the kinds of Knative Eventing's that platforms need, by their path.
func eventingKinds() map[string][]string {
	return map[string][]string{"apis/eventing.knative.dev/v1": {"Broker", "Trigger"}, "apis/sources.knative.dev/v1": {"SinkBinding"}}
}

// installServing installs Knative Serving, unless a scenario has installed it before. The
// short run leaves the scenario out.
func installServing(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the short run has no Knative Serving")
	}
	start(t, stack.Serving, map[string][]string{"apis/serving.knative.dev/v1": {"Service", "Revision"}}, "services.serving.knative.dev")
}

// start starts one of Knative's systems, and lets Crossplane know its kinds, one of which has
// the definition.
func start(t *testing.T, system stack.Knative, kinds map[string][]string, definition string) {
	t.Helper()
	if err := stack.StartKnative(t.Context(), system); err != nil {
		t.Fatal(err)
	}
	makeKnown(t, kinds, definition)
}

// makeKnown waits until the API server publishes the schemas of kinds, one of which has the
// definition, and lets Crossplane know the kinds.
func makeKnown(t *testing.T, kinds map[string][]string, definition string) {
	t.Helper()
	awaitPublished(t, kinds, true)
	forgetSchemas(t, definition)
}

// forgetSchemas lets Crossplane read the schemas of all kinds again, by a change of a definition.
// Crossplane does so whenever one changes, which may be before the API server has published,
// or removed, the schemas. Then Crossplane takes an old one, or half of one, for the schema.
func forgetSchemas(t *testing.T, definition string) {
	t.Helper()
	at := "e2e/forgotten=" + strconv.FormatInt(time.Now().UnixNano(), 10)
	if _, err := cluster.Kubectl(t.Context(), "", "annotate", "--overwrite", "customresourcedefinition", definition, at); err != nil {
		t.Fatal(err)
	}
}

// removeKnative ends Knative's processes and removes the definitions that platforms need,
// and with them all objects of their kinds.
func removeKnative(t *testing.T) {
	t.Helper()
	if err := stack.StopKnative(t.Context(), stack.Eventing); err != nil {
		t.Fatal(err)
	}
	// Without controllers nothing finishes the deletion of what has finalizers.
	for _, kind := range []kube.Resource{kube.Triggers, kube.SinkBindings, kube.Brokers} {
		unfinish(t, kind)
	}
	if _, err := cluster.Kubectl(t.Context(), definitions(t), "delete", "--ignore-not-found", "--timeout=90s", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	awaitPublished(t, eventingKinds(), false)
	forgetSchemas(t, "compositions.apiextensions.crossplane.io")
}

// unfinish removes the finalizers of all objects of a kind.
func unfinish(t *testing.T, kind kube.Resource) {
	t.Helper()
	objects, err := cluster.List(t.Context(), kind, "")
	if err != nil {
		return // The kind isn't installed.
	}
	for _, o := range objects {
		if _, err := cluster.Kubectl(t.Context(), "", "patch", o.GetKind()+"."+o.GroupVersionKind().Group, o.GetName(), "--namespace="+o.GetNamespace(), "--type=merge", `--patch={"metadata":{"finalizers":null}}`); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitPublished waits until the API server publishes the schemas of kinds, or has removed
// them. From these schemas Crossplane knows which kinds there are. The API
// server updates them a second or two after the definitions.
func awaitPublished(t *testing.T, wanted map[string][]string, want bool) {
	t.Helper()
	if err := kube.Await(t.Context(), "the schemas of kinds", soon, func(ctx context.Context) error {
		list, err := cluster.Kubectl(ctx, "", "get", "--raw=/openapi/v3")
		if err != nil {
			return err
		}
		for path, kinds := range wanted {
			// Other kinds of the group stay when the definitions that platforms need go.
			schemas := ""
			if strings.Contains(list, strconv.Quote(path)) {
				if schemas, err = cluster.Kubectl(ctx, "", "get", "--raw=/openapi/v3/"+path); err != nil {
					return err
				}
			}
			for _, kind := range kinds {
				if published := strings.Contains(schemas, `"kind":`+strconv.Quote(kind)); published != want {
					return fmt.Errorf("there is a schema of %s: %t", kind, published)
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

// classPlayed is the class of Brokers that scenarios play. It has no controller.
const classPlayed = "Played"

// A broker is a Broker of Knative's.
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

// create makes the Broker, and waits until it is ready.
func (b broker) create() {
	b.Helper()
	b.apply(object("eventing.knative.dev/v1", "Broker", b.namespace, b.name))
	b.await("Broker "+b.name+" to be ready", soon, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Brokers, b.namespace, b.name)
		if err != nil {
			return err
		}
		return kube.Want(o, "Ready", "True", "")
	})
}

// play makes a Broker that gets no status but what the scenario says.
func (b broker) play() {
	b.Helper()
	o := object("eventing.knative.dev/v1", "Broker", b.namespace, b.name)
	o.SetAnnotations(map[string]string{annotationClass: classPlayed})
	b.apply(o)
}

// annotationClass of a Broker chooses its controller.
const annotationClass = "eventing.knative.dev/broker.class"

// delete deletes the Broker. Its Triggers stay, and can't be ready any more.
func (b broker) delete() {
	b.Helper()
	if _, err := cluster.Kubectl(b.Context(), "", "delete", "brokers.eventing.knative.dev", b.name, "--namespace="+b.namespace); err != nil {
		b.Fatal(err)
	}
}

// ready sets the condition Ready of a Broker that is played to True.
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

// say writes into the status of objects whether they are ready.
func (b broker) say(ready string, objects ...unstructured.Unstructured) {
	b.Helper()
	if err := sayReady(b.Context(), ready, objects...); err != nil {
		b.Fatal(err)
	}
}

// sinkBinding is the name of the platform's SinkBinding.
func (p *platform) sinkBinding() string { return p.name + "-jobs-service-sb" }

// sayReady writes into the status of Brokers that are played, and of their Triggers,
// whether they are ready.
func sayReady(ctx context.Context, ready string, objects ...unstructured.Unstructured) error {
	var manifests []byte
	for _, o := range objects {
		status := map[string]any{"observedGeneration": o.GetGeneration(), "conditions": []any{condition("Ready", ready)}}
		if o.GetKind() == "Broker" {
			status["address"] = map[string]any{"url": address(o.GetNamespace(), o.GetName())}
		}
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
	_, err := cluster.Kubectl(ctx, string(manifests), "apply", "--server-side", "--subresource=status", "--field-manager=played", "-f", "-")
	return err
}

// address is where a Broker takes events.
func address(namespace, name string) string {
	return "http://broker-ingress.knative-eventing.svc.cluster.local/" + namespace + "/" + name
}

func condition(conditionType, status string) map[string]any {
	return map[string]any{"type": conditionType, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"}
}

// knative plays the controllers of Broker classes that have none here, for scenarios that
// aren't about Knative: such Brokers in the namespaces, and their Triggers, become ready as
// soon as they exist.
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

// playKnative makes the Brokers without a controller, and their Triggers, ready that aren't
// ready yet.
func playKnative(ctx context.Context, namespace string) error {
	brokers, err := cluster.List(ctx, kube.Brokers, namespace)
	if err != nil {
		return err
	}
	brokers = slices.DeleteFunc(brokers, func(o unstructured.Unstructured) bool {
		return o.GetAnnotations()[annotationClass] == "MTChannelBasedBroker"
	})
	triggers, err := cluster.List(ctx, kube.Triggers, namespace)
	if err != nil {
		return err
	}
	triggers = slices.DeleteFunc(triggers, func(o unstructured.Unstructured) bool {
		name, _, _ := unstructured.NestedString(o.Object, "spec", "broker")
		return !slices.ContainsFunc(brokers, func(b unstructured.Unstructured) bool { return b.GetName() == name })
	})
	return sayReady(ctx, "True", slices.DeleteFunc(append(brokers, triggers...), func(o unstructured.Unstructured) bool {
		observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
		return observed == o.GetGeneration() || o.GetDeletionTimestamp() != nil
	})...)
}
