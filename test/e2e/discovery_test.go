// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestDiscovery claims a workflow whose properties name resources of another namespace in
// place of addresses. Each address arrives among the managed properties, an address that
// changes or appears replaces the pods once, and what isn't there is named.
func TestDiscovery(t *testing.T) {
	needs(t, lookups, "resources are looked up")
	t.Parallel()
	installKnative(t)
	shop := newWorld(t, "discovery-shop")
	selector := map[string]any{"app": "stock"}
	shop.apply(shop.moved([]*unstructured.Unstructured{
		service("orders", map[string]any{"app": "orders"}, map[string]any{"name": "metrics", "port": int64(9090)}, map[string]any{"name": "api", "port": int64(8080)}),
		deployment("stock", selector), service("stock-internal", selector, map[string]any{"name": "https", "port": int64(443)}),
		ingress("front"),
	})...)
	shop.broker(shop.namespace, "default").create()
	shop.locate("front", "lb.example.com")

	w := newWorld(t, "discovery")
	own := object("v1", "ConfigMap", w.namespace, greetingUser)
	own.Object["data"] = map[string]any{propertiesOfUser: strings.Join([]string{
		"orders = ${kubernetes:services.v1/discovery-shop/orders?port=api}",
		"stock = ${kubernetes:deployments.v1.apps/discovery-shop/stock}",
		"front = ${kubernetes:ingresses.v1.networking.k8s.io/discovery-shop/front}",
		"events = ${knative:brokers.v1.eventing.knative.dev/discovery-shop/default}",
		"prices = ${kubernetes:services.v1/prices}",
	}, "\n")}
	w.apply(own)
	w.apply(w.workflow())
	w.awaitReadyWorkflow(greeting)
	want := map[string]string{
		"orders": "http://orders.discovery-shop.svc:8080",
		"stock":  "https://stock-internal.discovery-shop.svc:443",
		"front":  "http://lb.example.com:80",
		"events": address(shop.namespace, "default"),
	}
	w.awaitAddresses(want)
	w.awaitWarning("Service prices in namespace discovery isn't there")

	want["front"] = "http://other.example.com:80"
	w.rolls(1, "another address of the Ingress", func() { shop.locate("front", "other.example.com") }, func() { w.awaitAddresses(want) })
	want["prices"] = "http://prices.discovery.svc:80"
	w.rolls(1, "the Service that was missing", func() {
		w.apply(w.moved([]*unstructured.Unstructured{service("prices", map[string]any{"app": "prices"}, map[string]any{"port": int64(80)})})...)
	}, func() { w.awaitAddresses(want) })
}

// TestDiscoveryKnativeService names a Knative Service, whose address Knative Serving makes.
func TestDiscoveryKnativeService(t *testing.T) {
	needs(t, lookups, "resources are looked up")
	t.Parallel()
	installServing(t)
	w := newWorld(t, "discovery-knative")
	own := object("v1", "ConfigMap", w.namespace, greetingUser)
	own.Object["data"] = map[string]any{propertiesOfUser: "prices = ${knative:prices}"}
	w.apply(own)
	w.apply(w.workflow())
	w.awaitReadyWorkflow(greeting)
	w.rolls(1, "the Knative Service that was missing", func() {
		w.apply(w.knativeService("prices", "first"))
	}, func() {
		w.await("the address of the Knative Service", noticed, func(ctx context.Context) error {
			o, err := cluster.Get(ctx, kube.KnativeServices, w.namespace, "prices")
			if err != nil {
				return err
			}
			url, _, _ := unstructured.NestedString(o.Object, "status", "address", "url")
			if url == "" {
				return fmt.Errorf("it has the status %v", o.Object["status"])
			}
			return w.addressed(ctx, map[string]string{"prices": url})
		})
	})
}

// service returns a Service, without namespace as the other objects here.
func service(name string, selector map[string]any, ports ...any) *unstructured.Unstructured {
	out := object("v1", "Service", "", name)
	out.Object["spec"] = map[string]any{"selector": selector, "ports": ports}
	return out
}

// deployment returns a Deployment without pods, whose pods would have the labels.
func deployment(name string, labels map[string]any) *unstructured.Unstructured {
	out := object("apps/v1", "Deployment", "", name)
	out.Object["spec"] = map[string]any{
		"replicas": int64(0), "selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{"containers": []any{map[string]any{"name": name, "image": "e2e"}}}},
	}
	return out
}

func ingress(name string) *unstructured.Unstructured {
	out := object("networking.k8s.io/v1", "Ingress", "", name)
	out.Object["spec"] = map[string]any{"defaultBackend": map[string]any{"service": map[string]any{"name": "orders", "port": map[string]any{"name": "api"}}}}
	return out
}

// locate gives an Ingress an address, as its controller would. None runs here.
func (w *world) locate(ingress, hostname string) {
	w.Helper()
	w.kubectl("patch", "ingress", ingress, "--subresource=status", "--type=merge", `--patch={"status":{"loadBalancer":{"ingress":[{"hostname":"`+hostname+`"}]}}}`)
}

// awaitAddresses waits until the managed properties have these addresses, and no others of
// the user's properties.
func (w *world) awaitAddresses(want map[string]string) {
	w.Helper()
	w.await("the addresses", noticed, func(ctx context.Context) error { return w.addressed(ctx, want) })
}

// addressed returns an error unless the managed properties have these addresses.
func (w *world) addressed(ctx context.Context, want map[string]string) error {
	o, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, greetingManaged)
	if err != nil {
		return err
	}
	text, _, _ := unstructured.NestedString(o.Object, "data", propertiesManaged)
	got := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if slices.Contains([]string{"orders", "stock", "front", "events", "prices"}, key) {
			got[key] = value
		}
	}
	if diff := cmp.Diff(maps.Clone(want), got); diff != "" {
		return fmt.Errorf("-want, +got:\n%s", diff)
	}
	return nil
}

// awaitWarning waits until an event of the workflow says something.
func (w *world) awaitWarning(text string) {
	w.Helper()
	w.await("a warning that says "+text, noticed, func(ctx context.Context) error {
		events, err := cluster.List(ctx, kube.Events, w.namespace)
		if err != nil {
			return err
		}
		var said []string
		for _, e := range events {
			message, _, _ := unstructured.NestedString(e.Object, "message")
			said = append(said, message)
		}
		if !slices.ContainsFunc(said, func(message string) bool { return strings.Contains(message, text) }) {
			return fmt.Errorf("events say:\n%s", strings.Join(said, "\n"))
		}
		return nil
	})
}
