// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

const composite = `{kind: XSonataFlow, metadata: {name: wf}}`

// answers are the objects of the cluster. Which question an object answers is found out by
// asking: the names of questions are hashes.
func answers(t *testing.T, uri string, objects []string) map[string][]string {
	t.Helper()
	asking := compositiontest.Request(t, composite, compositiontest.Cluster{Required: map[string][]string{}})
	discovery.Find(asking, uri, "ns1", v1beta1.DiscoveryCluster)
	queries, _ := asking.Queries()
	out := map[string][]string{}
	for _, q := range queries {
		out[q.Name] = nil
		for _, text := range objects {
			o := unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
				t.Fatal(err)
			}
			if o.GetKind() == q.Kind && o.GetNamespace() == q.Namespace && (q.ResourceName == "" || q.ResourceName == o.GetName()) {
				out[q.Name] = append(out[q.Name], text)
			}
		}
	}
	return out
}

func TestFind(t *testing.T) {
	t.Parallel()
	const (
		service     = "kubernetes:services.v1/n/s"
		deployment  = "kubernetes:deployments.v1.apps/n/d"
		statefulSet = "kubernetes:statefulsets.v1.apps/n/d"
		ingress     = "kubernetes:ingresses.v1.networking.k8s.io/n/i"
		knative     = "knative:services.v1.serving.knative.dev/n/s"
		broker      = "knative:brokers.v1.eventing.knative.dev/n/b"
		pods        = `{kind: Deployment, metadata: {name: d, namespace: "n"}, spec: {selector: {matchLabels: {app: d, tier: web}}}}`
	)
	address := func(a string) discovery.Finding { return discovery.Finding{Address: a} }
	problem := func(p string) discovery.Finding { return discovery.Finding{Problem: p} }
	ports := func(ports string) []string {
		return []string{`{kind: Service, metadata: {name: s, namespace: "n"}, spec: {ports: [` + ports + `]}}`}
	}
	selecting := func(name, labels, selector, port string) string {
		return `{kind: Service, metadata: {name: ` + name + `, namespace: "n", labels: {` + labels + `}}, spec: {selector: {` + selector + `}, ports: [{port: ` + port + `}]}}`
	}
	ing := func(spec, status string) []string {
		return []string{`{kind: Ingress, metadata: {name: i, namespace: "n"}, spec: {` + spec + `}, status: {loadBalancer: {ingress: [` + status + `]}}}`}
	}
	cases := map[string]struct {
		reason, uri string
		objects     []string
		// missing is what of Knative isn't installed.
		missing bool
		reach   v1beta1.Discovery
		want    discovery.Finding
	}{
		"First":         {reason: "The first port counts.", uri: service, objects: ports("{port: 8081}, {port: 8082}"), want: address("http://s.n.svc:8081")},
		"HTTPS":         {reason: "A port that is named https comes first.", uri: service, objects: ports("{name: http, port: 80}, {name: https, port: 8444}"), want: address("https://s.n.svc:8444")},
		"HTTP":          {reason: "http comes before web.", uri: service, objects: ports("{name: web, port: 81}, {name: http, port: 80}"), want: address("http://s.n.svc:80")},
		"Web":           {reason: "web comes before what has another name.", uri: service, objects: ports("{name: metrics, port: 9090}, {name: web, port: 81}"), want: address("http://s.n.svc:81")},
		"Named":         {reason: "The URI's port comes before all.", uri: service + "?port=admin", objects: ports("{name: https, port: 443}, {name: admin, port: 9000}"), want: address("http://s.n.svc:9000")},
		"NamedMissing":  {reason: "A port that isn't there is no obstacle.", uri: service + "?port=admin", objects: ports("{name: http, port: 80}"), want: address("http://s.n.svc:80")},
		"443":           {reason: "443 means TLS.", uri: service, objects: ports("{name: a, port: 443}"), want: address("https://s.n.svc:443")},
		"8443":          {reason: "8443 means TLS.", uri: service, objects: ports("{name: a, port: 8443}"), want: address("https://s.n.svc:8443")},
		"NodePort":      {reason: "Within the cluster, the port of the Service counts.", uri: service, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}`}, want: address("http://s.n.svc:80")},
		"LoadBalancer":  {reason: "Such a Service is reached within the cluster, too.", uri: service, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}, spec: {type: LoadBalancer, ports: [{port: 80}]}}`}, want: address("http://s.n.svc:80")},
		"ExternalName":  {reason: "The name counts.", uri: service, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}, spec: {type: ExternalName, externalName: example.com}}`}, want: address("http://example.com:80")},
		"NoPort":        {reason: "Without a port there is no address.", uri: service, objects: ports(""), want: problem("Service s in namespace n: it has no port; add one to its spec.ports")},
		"NoService":     {reason: "What isn't there has no address.", uri: service, want: problem("Service s in namespace n isn't there; create it, or write the address")},
		"OwnNamespace":  {reason: "The workflow's namespace is meant when the URI names none.", uri: "kubernetes:services.v1/s", objects: []string{`{kind: Service, metadata: {name: s, namespace: ns1}, spec: {ports: [{port: 80}]}}`}, want: address("http://s.ns1.svc:80")},
		"Reach":         {reason: "The input keeps workflows in their namespace.", uri: service, reach: v1beta1.DiscoveryNamespace, objects: ports("{port: 80}"), want: problem("namespace n isn't looked at, because the input of the Composition has workflows.discovery: Namespace; write the address")},
		"WithinReach":   {reason: "The workflow's own namespace is always within reach.", uri: "kubernetes:services.v1/ns1/s", reach: v1beta1.DiscoveryNamespace, objects: []string{`{kind: Service, metadata: {name: s, namespace: ns1}, spec: {ports: [{port: 80}]}}`}, want: address("http://s.ns1.svc:80")},
		"Off":           {reason: "The input forbids it.", uri: service, reach: v1beta1.DiscoveryOff, objects: ports("{port: 80}"), want: problem("nothing is looked up, because the input of the Composition has workflows.discovery: Off; write the address")},
		"NotAService":   {reason: "What can't be read has no address.", uri: service, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}, spec: {ports: 80}}`}, want: problem("Service s in namespace n: it can't be read: cannot restore slice from int64")},
		"InvalidIsTold": {reason: "A URI that can't be read is told as such.", uri: service + "/x", want: problem(`"s/x" is neither a namespace nor a name: write kubernetes:services.v1/namespace/name or kubernetes:services.v1/name`)},

		"Deployment":  {reason: "Pods are reached through their Service.", uri: deployment, objects: []string{pods, selecting("a", "", "app: d", "80")}, want: address("http://a.n.svc:80")},
		"Sorted":      {reason: "Of several Services, the first by name counts.", uri: deployment, objects: []string{pods, selecting("b", "", "app: d", "80"), selecting("a", "", "app: d, tier: web", "81")}, want: address("http://a.n.svc:81")},
		"Labelled":    {reason: "The URI's labels choose.", uri: deployment + "?kind=internal", objects: []string{pods, selecting("a", "", "app: d", "80"), selecting("b", "kind: internal", "app: d", "81")}, want: address("http://b.n.svc:81")},
		"Unlabelled":  {reason: "Labels that no Service has are no obstacle.", uri: deployment + "?kind=internal", objects: []string{pods, selecting("a", "", "app: d", "80")}, want: address("http://a.n.svc:80")},
		"OthersPods":  {reason: "A Service of other pods doesn't count, nor one that selects none.", uri: deployment, objects: []string{pods, selecting("a", "", "app: other", "80"), selecting("b", "", "", "80")}, want: problem("Deployment d in namespace n: no Service of namespace n selects its pods (app=d,tier=web); create one, or name the Service to call")},
		"PodsNoPort":  {reason: "The Service that has no port is named.", uri: deployment, objects: []string{pods, `{kind: Service, metadata: {name: a, namespace: "n"}, spec: {selector: {app: d}}}`}, want: problem("Deployment d in namespace n: its pods are selected by Service a: it has no port; add one to its spec.ports")},
		"NoneThere":   {reason: "What isn't there has no pods.", uri: deployment, want: problem("Deployment d in namespace n isn't there; create it, or write the address")},
		"StatefulSet": {reason: "A StatefulSet is like a Deployment.", uri: statefulSet, objects: []string{`{kind: StatefulSet, metadata: {name: d, namespace: "n"}, spec: {selector: {matchLabels: {app: d}}}}`, selecting("a", "", "app: d", "80")}, want: address("http://a.n.svc:80")},

		"IngressHost":     {reason: "The load balancer's name counts.", uri: ingress, objects: ing("", "{hostname: lb.example.com, ip: 10.0.0.1}"), want: address("http://lb.example.com:80")},
		"IngressIP":       {reason: "Else its address does.", uri: ingress, objects: ing("", "{ip: 10.0.0.1}"), want: address("http://10.0.0.1:80")},
		"IngressIPv6":     {reason: "A URL has such an address in brackets.", uri: ingress, objects: ing("", `{ip: "fd00::1"}`), want: address("http://[fd00::1]:80")},
		"IngressTLS":      {reason: "An Ingress may have TLS.", uri: ingress, objects: ing("tls: [{hosts: [a]}]", "{ip: 10.0.0.1}"), want: address("https://10.0.0.1:443")},
		"IngressUnlisted": {reason: "An Ingress that no controller serves has no address.", uri: ingress, objects: ing("", ""), want: problem("Ingress i in namespace n: its status.loadBalancer has no address yet; see whether an ingress controller serves it")},

		"Knative":        {reason: "Knative says the address.", uri: knative, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}, status: {address: {url: "http://s.n.svc.cluster.local"}}}`}, want: address("http://s.n.svc.cluster.local")},
		"KnativePending": {reason: "Knative hasn't said the address yet.", uri: knative, objects: []string{`{kind: Service, metadata: {name: s, namespace: "n"}}`}, want: problem("Knative Service s in namespace n: it has no address yet; see its status")},
		"NoKnative":      {reason: "Nothing can be looked up.", uri: knative, missing: true, want: problem("Knative Serving isn't installed; install it, or write the address")},
		"Broker":         {reason: "Knative says the address.", uri: broker, objects: []string{`{kind: Broker, metadata: {name: b, namespace: "n"}, status: {address: {url: "http://broker/n/b"}}}`}, want: address("http://broker/n/b")},
		"NoEventing":     {reason: "Nothing can be looked up.", uri: broker, missing: true, want: problem("Knative Eventing isn't installed; install it, or write the address")},

		"Pod":              {reason: "Pods come and go.", uri: "kubernetes:pods.v1/p", want: problem("kubernetes:pods.v1 isn't looked up; name the Service to call, as kubernetes:services.v1/ns1/name, or write the address")},
		"Route":            {reason: "A Route has a Service.", uri: "openshift:routes.v1.route.openshift.io/n/r", want: problem("openshift:routes.v1.route.openshift.io isn't looked up; name the Service to call, as kubernetes:services.v1/n/name, or write the address")},
		"DeploymentConfig": {reason: "A DeploymentConfig has a Service.", uri: "openshift:deploymentconfigs.v1.apps.openshift.io/n/r", want: problem("openshift:deploymentconfigs.v1.apps.openshift.io isn't looked up; name the Service to call, as kubernetes:services.v1/n/name, or write the address")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, composite, compositiontest.Cluster{
				Required:  answers(t, tc.uri, tc.objects),
				Installed: map[string]bool{"knative-service": !tc.missing, "knative-broker": !tc.missing},
			})
			if diff := cmp.Diff(tc.want, discovery.Find(req, tc.uri, "ns1", tc.reach)); diff != "" {
				t.Errorf("%s\nFind(%q): -want, +got:\n%s", tc.reason, tc.uri, diff)
			}
		})
	}
}

// TestFindAsks shows what is asked for, and that nothing is said before there is an answer.
func TestFindAsks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, uri string
		installed   map[string]bool
		want        []string
		kinds       []string
	}{
		"Service":    {reason: "A Service is asked for by name.", uri: "kubernetes:services.v1/n/s", want: []string{"v1 Service n/s"}},
		"Deployment": {reason: "Pods need the Services of their namespace.", uri: "kubernetes:deployments.v1.apps/n/d", want: []string{"apps/v1 Deployment n/d", "v1 Service n/"}},
		"Unknown":    {reason: "A kind that may not be installed is asked for first.", uri: "knative:n/s", installed: map[string]bool{}, kinds: []string{"serving.knative.dev/v1 Service"}},
		"Known":      {reason: "Then the resource is.", uri: "knative:n/s", installed: map[string]bool{"knative-service": true}, want: []string{"serving.knative.dev/v1 Service n/s"}, kinds: []string{"serving.knative.dev/v1 Service"}},
		"Pod":        {reason: "Pods are never asked for.", uri: "kubernetes:pods.v1/n/p"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, composite, compositiontest.Cluster{Required: map[string][]string{}, Installed: tc.installed})
			got := discovery.Find(req, tc.uri, "ns1", "")
			if pending := len(tc.want)+len(tc.kinds) > 0; pending && got != (discovery.Finding{}) {
				t.Errorf("%s\nFind(%q): want nothing yet, got %+v", tc.reason, tc.uri, got)
			}
			queries, kinds := req.Queries()
			if diff := cmp.Diff(tc.want, describe(queries)); diff != "" {
				t.Errorf("%s\nqueries: -want, +got:\n%s", tc.reason, diff)
			}
			var asked []string
			for _, k := range kinds {
				asked = append(asked, k.APIVersion+" "+k.Kind)
			}
			if diff := cmp.Diff(tc.kinds, asked); diff != "" {
				t.Errorf("%s\nkinds: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func describe(queries []composition.Query) []string {
	var out []string
	for _, q := range queries {
		out = append(out, q.APIVersion+" "+q.Kind+" "+q.Namespace+"/"+q.ResourceName)
	}
	return out
}

// FuzzAddress holds that an object of any shape gives an address or a problem.
func FuzzAddress(f *testing.F) {
	f.Add(`{"kind":"Service","metadata":{"name":"s"},"spec":{"selector":{"a":"b"},"ports":[{"port":80,"name":"http"}]}}`)
	f.Add(`{"kind":"Ingress","spec":{"tls":[1]},"status":{"loadBalancer":{"ingress":["x"]}}}`)
	f.Add(`{"kind":"Deployment","spec":{"selector":{"matchLabels":{"a":1}}},"status":{"address":{"url":2}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		o := &unstructured.Unstructured{}
		if yaml.Unmarshal([]byte(text), &o.Object) != nil || o.Object == nil {
			return
		}
		for _, kind := range []discovery.Kind{discovery.Service, discovery.Deployment, discovery.StatefulSet, discovery.Ingress, discovery.KnativeService, discovery.KnativeBroker, discovery.Route} {
			address, err := discovery.Address(discovery.Target{Kind: kind}, o, []*unstructured.Unstructured{o})
			if (address == "") != (err != nil) {
				t.Errorf("Address(%s): got %q and error %v", kind, address, err)
			}
		}
	})
}
