// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// Knative Serving's own controllers run in the stack. The scenarios here have no platform:
// they show that the stack's Knative does what scenarios with workflows rely on.

// hello is the name of the Knative Service that scenarios make by hand.
const hello = "hello"

// knativeService returns a Knative Service of one container, with a variable.
func (w *world) knativeService(name, variable string) *unstructured.Unstructured {
	o := object("serving.knative.dev/v1", "Service", w.namespace, name)
	o.Object["spec"] = map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
		"name": "workflow", "image": "docker.io/example/hello:1", "env": []any{map[string]any{"name": "VARIABLE", "value": variable}},
	}}}}}
	return o
}

// awaitKnativeService waits until a Knative Service is ready with its latest spec.
func (w *world) awaitKnativeService(name string) *unstructured.Unstructured {
	w.Helper()
	var out *unstructured.Unstructured
	w.await("Knative Service "+name+" to be ready", soon, func(ctx context.Context) (err error) {
		if out, err = cluster.Get(ctx, kube.KnativeServices, w.namespace, name); err != nil {
			return err
		}
		if observed, _, _ := unstructured.NestedInt64(out.Object, "status", "observedGeneration"); observed != out.GetGeneration() {
			return fmt.Errorf("its controller has seen generation %d of %d", observed, out.GetGeneration())
		}
		return kube.Want(out, "Ready", "True", "")
	})
	return out
}

// revisions returns the variables of each Revision's container, by the name of the Revision.
func (w *world) revisions() map[string]map[string]string {
	w.Helper()
	revisions, err := cluster.List(w.Context(), kube.Revisions, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	out := map[string]map[string]string{}
	for _, o := range revisions {
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "containers")
		env := environment(containers[0].(map[string]any))
		// Knative adds it to K_SINK, without a value.
		delete(env, "K_CE_OVERRIDES")
		out[o.GetName()] = env
	}
	return out
}

// TestServingStack makes a Knative Service by hand. It becomes ready with a URL, its sink is
// in its first Revision, repeated applies make no other Revision, a change makes one, and an
// event reaches the Service by its name.
func TestServingStack(t *testing.T) {
	t.Parallel()
	installServing(t)
	installKnative(t)
	w := newWorld(t, "serving-stack")
	b := w.broker(w.namespace, "default")
	b.create()
	binding := object("sources.knative.dev/v1", "SinkBinding", w.namespace, hello)
	binding.Object["spec"] = map[string]any{
		"subject": map[string]any{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "namespace": w.namespace, "name": hello},
		"sink":    b.ref(),
	}
	w.apply(binding)
	// From then on, Knative's webhook sees the Services of the namespace.
	w.await("Knative to have looked at the SinkBinding", soon, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.SinkBindings, w.namespace, hello)
		if err != nil {
			return err
		}
		if _, found := kube.Conditions(o)["Ready"]; !found {
			return errors.New("it has no condition Ready")
		}
		return nil
	})

	first := w.knativeService(hello, "first")
	w.apply(first)
	made := w.awaitKnativeService(hello)
	host := hello + "." + w.namespace + ".svc.cluster.local"
	got := map[string]string{}
	for name, path := range map[string][]string{"url": {"status", "url"}, "address": {"status", "address", "url"}} {
		got[name], _, _ = unstructured.NestedString(made.Object, path...)
	}
	if diff := cmp.Diff(map[string]string{"url": "http://" + hello + "." + w.namespace + ".example.com", "address": "http://" + host}, got); diff != "" {
		t.Errorf("where the Service is reached: -want, +got:\n%s", diff)
	}
	sink := address(b.namespace, b.name)
	want := map[string]map[string]string{hello + "-00001": {"VARIABLE": "first", "K_SINK": sink}}
	for range 5 {
		w.apply(first)
	}
	made = w.awaitKnativeService(hello)
	if made.GetGeneration() != 1 {
		t.Errorf("the Service has the generation %d after it was applied again without a change, want 1", made.GetGeneration())
	}
	if diff := cmp.Diff(want, w.revisions()); diff != "" {
		t.Errorf("Revisions of a Service that was applied again: -want, +got:\n%s", diff)
	}

	w.apply(w.knativeService(hello, "second"))
	w.awaitKnativeService(hello)
	want[hello+"-00002"] = map[string]string{"VARIABLE": "second", "K_SINK": sink}
	if diff := cmp.Diff(want, w.revisions()); diff != "" {
		t.Errorf("Revisions of a Service that was changed: -want, +got:\n%s", diff)
	}

	arrived := w.listenForRequests()
	w.await("an event for the Service to be sent", soon, func(ctx context.Context) error {
		return post(ctx, "http://"+host, "greeting", "hello")
	})
	select {
	case at := <-arrived:
		if at != host {
			t.Errorf("the event arrived for %s, want %s", at, host)
		}
	case <-time.After(soon):
		t.Error("the event didn't arrive")
	}
}

// listenForRequests listens where the Ingresses of all Knative Services lead, as a proxy of
// the network layer does. It sends the host of each request.
func (w *world) listenForRequests() <-chan string {
	w.Helper()
	ingresses, err := cluster.Get(w.Context(), kube.Services, "knative-serving", "ingresses")
	if err != nil {
		w.Fatal(err)
	}
	address, _, _ := unstructured.NestedString(ingresses.Object, "spec", "clusterIP")
	listener, err := (&net.ListenConfig{}).Listen(w.Context(), "tcp", net.JoinHostPort(address, "80"))
	if err != nil {
		w.Fatal(err)
	}
	out := make(chan string, 10)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(rsp http.ResponseWriter, r *http.Request) {
		out <- r.Host
		rsp.WriteHeader(http.StatusAccepted)
	})}
	go func() { _ = server.Serve(listener) }()
	w.Cleanup(func() { _ = server.Close() })
	return out
}

// TestServingRefusals applies Knative Services that Knative's webhook refuses.
func TestServingRefusals(t *testing.T) {
	t.Parallel()
	installServing(t)
	w := newWorld(t, "serving-refusals")
	spec := []string{"spec", "template", "spec"}
	cases := map[string]struct {
		reason string
		path   []string
		value  any
		want   string
	}{
		"VolumeNotMounted": {
			reason: "Serving takes only volumes that a container mounts",
			path:   append(spec, "volumes"),
			value:  []any{map[string]any{"name": "unused", "configMap": map[string]any{"name": "any"}}},
			want:   "spec.template.spec.volumes[0].name",
		},
		"PodSecurityContext": {
			reason: "Serving takes a pod's security context only where its feature is on",
			path:   append(spec, "securityContext"),
			value:  map[string]any{"runAsNonRoot": true},
			want:   "spec.template.spec.securityContext",
		},
		"ScalingOnTheService": {
			reason: "annotations of the autoscaler belong on the template",
			path:   []string{"metadata", "annotations"},
			value:  map[string]any{"autoscaling.knative.dev/min-scale": "1"},
			want:   "autoscaling.knative.dev/min-scale",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := w.knativeService(hello, "refused")
			if err := unstructured.SetNestedField(o.Object, tc.value, tc.path...); err != nil {
				t.Fatal(err)
			}
			err := cluster.Apply(t.Context(), manifests(t, o))
			if err == nil || !strings.Contains(err.Error(), "validation.webhook.serving.knative.dev") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: applied %v: want a refusal by Knative's webhook that names %s, got %v", tc.reason, tc.value, tc.want, err)
			}
		})
	}
}
