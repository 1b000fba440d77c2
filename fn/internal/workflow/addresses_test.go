// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// answering are answers to what addresses ask for, by the names of resources.
func (g given) answering(t *testing.T, objects map[string]string, installed map[string]bool) *composition.Request {
	t.Helper()
	c := g.cluster()
	c.Installed = installed
	// The names of the questions are hashes: ask once, to learn them.
	asking := compositiontest.Request(t, claimed(g.spec, g.metadata, g.status), c)
	doc, _ := parse(asking)
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
		"Unreadable":  {reason: "What Java can't read has no addresses.", given: given{spec: withImage, required: userProps(`a = \\u`)}, warnings: []string{props + `can't be read, so that the workflow doesn't start: line 1: \u must be followed by four hexadecimal digits, got "": write \ itself as \\`}},
		"OverDefault": {reason: "An address that the user asks for wins over a default.", given: given{spec: withImage, required: userProps(`kogito.events.grouping = ${` + uri + `}`)}, objects: map[string]string{"orders": orders}, properties: key + "kogito.events.grouping = http://orders.shop.svc:8080\n"},
		"NotOverFixed": {
			reason: "The workflow's own address never changes.", given: given{spec: withImage, required: userProps(`kogito.service.url = ${` + uri + `}`)}, objects: map[string]string{"orders": orders},
			properties: key, warnings: []string{props + "kogito.service.url has no effect, because the platform sets another value, which ConfigMap wf-managed-props has; remove it"},
		},
		"Missing": {
			reason: "What isn't there is named, and all else is composed.", given: given{spec: withImage, required: userProps(`a = ${` + uri + `}`)},
			warnings: []string{props + "a = ${" + uri + "} has no address, so that the workflow doesn't start: Service orders in namespace shop isn't there; create it, or write the address"},
		},
		"Function": {
			reason: "A function that calls a Knative Service has an address.", given: given{spec: function}, objects: map[string]string{"fn": fn}, installed: map[string]bool{"knative-service": true},
			properties: `org.kie.kogito.addons.discovery.knative\:services.v1.serving.knative.dev/fn = http://fn.ns1.svc` + "\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := tc.given.answering(t, tc.objects, tc.installed)
			doc, _ := parse(req)
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

// TestAddressesPending shows that nothing is said of an address before Crossplane has answered.
func TestAddressesPending(t *testing.T) {
	t.Parallel()
	w := given{spec: withImage, required: userProps(`a = ${kubernetes:services.v1/s}`)}.resolveValid(t)
	if len(w.Warnings) > 0 || strings.Contains(w.Component.Properties.Text, "addons.discovery") {
		t.Errorf("want neither warning nor address, got %v and\n%s", w.Warnings, w.Component.Properties.Text)
	}
}
