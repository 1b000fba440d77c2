// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestFindAll shows what a workflow is told about what it names, in a cluster that has the
// Service orders in namespace shop.
func TestFindAll(t *testing.T) {
	t.Parallel()
	const (
		orders  = `{kind: Service, metadata: {name: orders, namespace: shop}, spec: {ports: [{name: http, port: 8080}]}}`
		uri     = "kubernetes:services.v1/shop/orders"
		prefix  = "org.kie.kogito.addons.discovery."
		address = "http://orders.shop.svc:8080"
		knative = "knative:services.v1.serving.knative.dev/fn"
	)
	told := properties.Property{Key: prefix + uri, Value: address}
	cases := map[string]struct {
		reason, properties string
		functions          []flow.Function
		reach              v1beta1.Discovery
		want               discovery.Addresses
	}{
		"None":     {reason: "Only a value that is a URI as a whole names a resource.", properties: "a = x${" + uri + "}"},
		"Property": {reason: "The property has the address, and so has what the runtime reads.", properties: "a.url = ${" + uri + "}", want: discovery.Addresses{Properties: []properties.Property{told, {Key: "a.url", Value: address}}}},
		"Twice": {
			reason: "Each property that has the URI has the address.", properties: "b = ${" + uri + "}\na = ${" + uri + "}",
			want: discovery.Addresses{Properties: []properties.Property{told, {Key: "b", Value: address}, told, {Key: "a", Value: address}}},
		},
		"LastWins":   {reason: "Java takes the last value of a key.", properties: "a = ${" + uri + "}\na = http://x"},
		"OwnPrefix":  {reason: "What the function writes isn't looked up.", properties: prefix + "x = ${" + uri + "}"},
		"Unreadable": {reason: "What Java can't read has no addresses.", properties: `a = \u`},
		"Missing": {
			reason: "What isn't there is named.", properties: "a = ${kubernetes:services.v1/gone}",
			want: discovery.Addresses{Warnings: []string{"the properties: a = ${kubernetes:services.v1/gone} has no address, so that the workflow doesn't start: Service gone in namespace ns1 isn't there; create it, or write the address"}},
		},
		"Off": {
			reason: "The input can forbid it.", properties: "a = ${" + uri + "}", reach: v1beta1.DiscoveryOff,
			want: discovery.Addresses{Warnings: []string{"the properties: a = ${" + uri + "} has no address, so that the workflow doesn't start: nothing is looked up, because the input of the Composition has workflows.discovery: Off; write the address"}},
		},
		"Function": {
			reason: "A function that calls a Knative Service needs Knative.", functions: []flow.Function{{Operation: "specs/x.yaml#get"}, {Operation: knative + "?path=/x.y"}},
			want: discovery.Addresses{Warnings: []string{"spec.flow.functions[1].operation: " + knative + "?path=/x.y has no address, so that the call fails: Knative Serving isn't installed; install it, or write the address"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := compositiontest.Cluster{Required: answers(t, uri, []string{orders}), Installed: map[string]bool{"knative-service": false}}
			for q := range answers(t, "kubernetes:services.v1/gone", nil) {
				cluster.Required[q] = nil
			}
			w := discovery.Workflow{Namespace: "ns1", Properties: tc.properties, Where: "the properties", Functions: tc.functions}
			got := discovery.FindAll(compositiontest.Request(t, composite, cluster), w, tc.reach)
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nFindAll(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestFindAllMost asks for more addresses than a workflow can have, and is answered none yet.
func TestFindAllMost(t *testing.T) {
	t.Parallel()
	const most = 100
	var text strings.Builder
	for i := range most + 2 {
		_, _ = fmt.Fprintf(&text, "p%d = ${kubernetes:services.v1/s%d}\n", i, i)
	}
	req := compositiontest.Request(t, composite, compositiontest.Cluster{})
	found := discovery.FindAll(req, discovery.Workflow{Namespace: "ns1", Properties: text.String()}, v1beta1.DiscoveryCluster)
	if asked, _ := req.Queries(); len(asked) != most || len(found.Properties) > 0 || len(found.Warnings) != 2 || !strings.Contains(found.Warnings[0], "p100 = ") {
		t.Errorf("want %d questions, no property and two warnings, got %d and %v", most, len(asked), found)
	}
}
