// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// answering are answers to what addresses ask for, by the names of resources.
func (g given) answering(t *testing.T, objects map[string]string, installed map[string]bool) *composition.Request {
	t.Helper()
	c := g.cluster()
	c.Installed = installed
	// The names of the questions are hashes: ask once, to learn them.
	asking := compositiontest.Request(t, claimed(g.spec, g.metadata, g.status), c)
	doc, _ := parse(asking.Composite)
	lookAround(asking, doc, &g.input)
	queries, _ := asking.Queries()
	for _, q := range queries {
		if strings.HasPrefix(q.Name, "discovery-") {
			c.Required[q.Name] = nil
			if o := objects[q.ResourceName]; o != "" {
				c.Required[q.Name] = []string{o}
			}
		}
	}
	return compositiontest.Request(t, claimed(g.spec, g.metadata, g.status), c)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	const (
		props    = "ConfigMap wf-props, application.properties: "
		orders   = `{kind: Service, metadata: {name: orders, namespace: shop}, spec: {ports: [{name: http, port: 8080}]}}`
		function = `flow: {functions: [{name: f, operation: "knative:services.v1.serving.knative.dev/fn?path=/x.y"}], states: [{name: a, type: inject}]}, podTemplate: {container: {image: i}}`
		fn       = `{kind: Service, metadata: {name: fn, namespace: ns1}, status: {address: {url: "http://fn.ns1.svc"}}}`
		uri      = `kubernetes:services.v1/shop/orders`
		key      = `org.kie.kogito.addons.discovery.kubernetes\:services.v1/shop/orders = http://orders.shop.svc:8080` + "\n"
	)
	cases := map[string]struct {
		reason  string
		given   given
		objects map[string]string
		// installed are kinds of Knative.
		installed map[string]bool
		// properties are the first of the managed ones, as far as addresses are concerned.
		properties string
		warnings   []string
	}{
		"None": {reason: "A workflow that names none asks for none.", given: given{spec: withImage, required: userProps(`a = x${kubernetes:services.v1/s}`)}},
		"Property": {
			reason: "The property has the address, and so has what the runtime reads.", given: given{spec: withImage, required: userProps(`a.url = ${` + uri + `}`)}, objects: map[string]string{"orders": orders},
			properties: key + "a.url = http://orders.shop.svc:8080\n",
		},
		"Twice": {
			reason: "A URI is written once, each property that has it too.", given: given{spec: withImage, required: userProps(`b = ${` + uri + `}\na = ${` + uri + `}`)}, objects: map[string]string{"orders": orders},
			properties: key + "b = http://orders.shop.svc:8080\na = http://orders.shop.svc:8080\n",
		},
		"LastWins":    {reason: "Java takes the last value of a key.", given: given{spec: withImage, required: userProps(`a = ${` + uri + `}\na = http://x`)}},
		"OwnPrefix":   {reason: "What the function writes isn't looked up.", given: given{spec: withImage, required: userProps(`org.kie.kogito.addons.discovery.x = ${` + uri + `}`)}},
		"Unreadable":  {reason: "What Java can't read has no addresses.", given: given{spec: withImage, required: userProps(`a = \\u`)}, warnings: []string{props + `can't be read, so that the workflow doesn't start: line 1: \u must be followed by four hexadecimal digits, got "": write \ itself as \\`}},
		"OverDefault": {reason: "An address that the user asks for wins over a default.", given: given{spec: withImage, required: userProps(`kogito.events.grouping = ${` + uri + `}`)}, objects: map[string]string{"orders": orders}, properties: key + "kogito.events.grouping = http://orders.shop.svc:8080\n"},
		"NotOverFixed": {
			reason: "The workflow's own address never changes.", given: given{spec: withImage, required: userProps(`kogito.service.url = ${` + uri + `}`)}, objects: map[string]string{"orders": orders},
			properties: key, warnings: []string{props + "kogito.service.url = ${" + uri + "} has no effect, because the platform sets http://wf.ns1; remove it"},
		},
		"Missing": {
			reason: "What isn't there is named, and all else is composed.", given: given{spec: withImage, required: userProps(`a = ${` + uri + `}`)},
			warnings: []string{props + "a = ${" + uri + "} has no address, so that the workflow doesn't start: Service orders in namespace shop isn't there; create it, or write the address"},
		},
		"Off": {
			reason: "The input can forbid it.", given: given{spec: withImage, required: userProps(`a = ${` + uri + `}`), input: v1beta1.Input{Workflows: v1beta1.Workflows{Discovery: v1beta1.DiscoveryOff}}},
			warnings: []string{props + "a = ${" + uri + "} has no address, so that the workflow doesn't start: nothing is looked up, because the input of the Composition has workflows.discovery: Off; write the address"},
		},
		"Function": {
			reason: "A function that calls a Knative Service has an address.", given: given{spec: function}, objects: map[string]string{"fn": fn}, installed: map[string]bool{"knative-service": true},
			properties: `org.kie.kogito.addons.discovery.knative\:services.v1.serving.knative.dev/fn = http://fn.ns1.svc` + "\n",
		},
		"FunctionWithoutKnative": {
			reason: "Without Knative there is none.", given: given{spec: function}, installed: map[string]bool{"knative-service": false},
			warnings: []string{"spec.flow.functions[0].operation: knative:services.v1.serving.knative.dev/fn?path=/x.y has no address, so that the call fails: Knative Serving isn't installed; install it, or write the address"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := tc.given.answering(t, tc.objects, tc.installed)
			doc, _ := parse(req.Composite)
			w, errs := resolve(doc, &tc.given.input, lookAround(req, doc, &tc.given.input))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			var got strings.Builder
			for line := range strings.Lines(w.Component.Properties.Text) {
				if strings.Contains(line, ".svc") {
					got.WriteString(line)
				}
			}
			if diff := cmp.Diff(tc.properties, got.String()); diff != "" {
				t.Errorf("%s\nproperties: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.warnings, w.Warnings); diff != "" {
				t.Errorf("%s\nwarnings: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestMostAddresses asks for more addresses than a workflow can have.
func TestMostAddresses(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range mostAddresses + 2 {
		_, _ = fmt.Fprintf(&text, `p%d = ${kubernetes:services.v1/s%d}\n`, i, i)
	}
	g := given{spec: withImage, required: userProps(text.String())}
	req := g.request(t)
	doc, _ := parse(req.Composite)
	found := lookAround(req, doc, &g.input).addresses
	queries, _ := req.Queries()
	asked := 0
	for _, q := range queries {
		if strings.HasPrefix(q.Name, "discovery-") {
			asked++
		}
	}
	if asked != mostAddresses || len(found.warnings) != 2 || !strings.Contains(found.warnings[0], "p100 = ") {
		t.Errorf("want %d questions and two warnings, got %d and %v", mostAddresses, asked, found.warnings)
	}
}

// TestAddressesPending shows that nothing is said of an address before Crossplane has answered.
func TestAddressesPending(t *testing.T) {
	t.Parallel()
	w := given{spec: withImage, required: userProps(`a = ${kubernetes:services.v1/s}`)}.resolveValid(t)
	if len(w.Warnings) > 0 || strings.Contains(w.Component.Properties.Text, discoveryPrefix) {
		t.Errorf("want neither warning nor address, got %v and\n%s", w.Warnings, w.Component.Properties.Text)
	}
}
