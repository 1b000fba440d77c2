// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const (
		notName      = "is neither a namespace nor a name"
		notParameter = "isn't a parameter"
		notKind      = "a URI begins with one of kubernetes:services.v1, "
	)
	target := func(kind discovery.Kind, namespace, name string) discovery.Target {
		return discovery.Target{Kind: kind, Namespace: namespace, Name: name}
	}
	withPort := target(discovery.Service, "usecase1", "financial-service")
	withPort.Port = "http-port"
	labelled := withPort
	labelled.Labels = map[string]string{"label-name": "test-label", "custom": "/a/b"}
	cases := map[string]struct {
		reason, uri string
		want        discovery.Target
		err         string
	}{
		"Service":          {reason: "A name is in the workflow's namespace.", uri: "kubernetes:services.v1/s", want: target(discovery.Service, "ns1", "s")},
		"Namespace":        {reason: "The URI may name the namespace.", uri: "kubernetes:services.v1/n/s", want: target(discovery.Service, "n", "s")},
		"Pod":              {reason: "Each kind has its own words.", uri: "kubernetes:pods.v1/n/p", want: target(discovery.Pod, "n", "p")},
		"Deployment":       {reason: "Each kind has its own words.", uri: "kubernetes:deployments.v1.apps/n/d", want: target(discovery.Deployment, "n", "d")},
		"StatefulSet":      {reason: "Each kind has its own words.", uri: "kubernetes:statefulsets.v1.apps/n/d", want: target(discovery.StatefulSet, "n", "d")},
		"Ingress":          {reason: "Each kind has its own words.", uri: "kubernetes:ingresses.v1.networking.k8s.io/n/i", want: target(discovery.Ingress, "n", "i")},
		"KnativeService":   {reason: "Each kind has its own words.", uri: "knative:services.v1.serving.knative.dev/n/s", want: target(discovery.KnativeService, "n", "s")},
		"Broker":           {reason: "Each kind has its own words.", uri: "knative:brokers.v1.eventing.knative.dev/n/b", want: target(discovery.KnativeBroker, "n", "b")},
		"Route":            {reason: "Each kind has its own words.", uri: "openshift:routes.v1.route.openshift.io/n/r", want: target(discovery.Route, "n", "r")},
		"DeploymentConfig": {reason: "Each kind has its own words.", uri: "openshift:deploymentconfigs.v1.apps.openshift.io/n/d", want: target(discovery.DeploymentConfig, "n", "d")},
		"Short":            {reason: "A Knative Service has a short form.", uri: "knative:s", want: target(discovery.KnativeService, "ns1", "s")},
		"ShortNamespace":   {reason: "The short form may name the namespace.", uri: "knative:n/s", want: target(discovery.KnativeService, "n", "s")},
		"Port":             {reason: "A parameter names a port.", uri: "kubernetes:services.v1/usecase1/financial-service?port=http-port", want: withPort},
		"Labels":           {reason: "All other parameters are labels.", uri: "kubernetes:services.v1/usecase1/financial-service?label-name=test-label&port=http-port&custom=/a/b", want: labelled},

		"Empty":           {reason: "There is no kind.", err: notKind},
		"OtherVersion":    {reason: "There is no such version.", uri: "kubernetes:services.v2/s", err: notKind},
		"OtherKind":       {reason: "Secrets have no address.", uri: "kubernetes:secrets.v1/s", err: notKind},
		"OtherCluster":    {reason: "There are three schemes.", uri: "docker:services.v1/s", err: notKind},
		"NoSlash":         {reason: "There is no name.", uri: "kubernetes:services.v1", err: notKind},
		"KnativeVersion":  {reason: "A name has no dots, so this is no short form.", uri: "knative:services.v2.serving.knative.dev/s", err: notKind},
		"NoName":          {reason: "There is no name.", uri: "kubernetes:services.v1/", err: notName},
		"ShortNoName":     {reason: "There is no name.", uri: "knative:", err: notName},
		"NoNamespace":     {reason: "A namespace has a name.", uri: "kubernetes:services.v1//s", err: notName},
		"Third":           {reason: "There are two parts at most.", uri: "kubernetes:services.v1/a/b/c", err: notName},
		"TrailingSlash":   {reason: "There is no name.", uri: "kubernetes:services.v1/a/", err: notName},
		"Capital":         {reason: "Kubernetes has no such names.", uri: "kubernetes:services.v1/Orders", err: notName},
		"DashAtTheEnd":    {reason: "Kubernetes has no such names.", uri: "kubernetes:services.v1/orders-", err: notName},
		"Blank":           {reason: "Kubernetes has no such names.", uri: "kubernetes:services.v1/a b", err: notName},
		"NoParameter":     {reason: "A parameter is a name and a value.", uri: "kubernetes:services.v1/s?", err: notParameter},
		"NoValue":         {reason: "A parameter is a name and a value.", uri: "kubernetes:services.v1/s?port=", err: notParameter},
		"NoEquals":        {reason: "A parameter is a name and a value.", uri: "kubernetes:services.v1/s?port", err: notParameter},
		"TrailingAnd":     {reason: "A parameter is a name and a value.", uri: "kubernetes:services.v1/s?port=a&", err: notParameter},
		"Dot":             {reason: "The runtime reads no dots.", uri: "kubernetes:services.v1/s?port=a.b", err: notParameter},
		"Underscore":      {reason: "The runtime reads no underscores.", uri: "kubernetes:services.v1/s?a_b=c", err: notParameter},
		"TwoQueries":      {reason: "There is one list of parameters.", uri: "kubernetes:services.v1/s?port=a?b=c", err: notParameter},
		"ShortParameters": {reason: "The short form has no parameters.", uri: "knative:s?port=http", err: "has no parameters"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := discovery.Parse(tc.uri, "ns1")
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s\nParse(%q): got error %v, want one with %q", tc.reason, tc.uri, err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s\nParse(%q): %v", tc.reason, tc.uri, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nParse(%q): -want, +got:\n%s", tc.reason, tc.uri, diff)
			}
		})
	}
}

// FuzzParse holds that what is read consists of names that Kubernetes takes, and can be read
// again.
func FuzzParse(f *testing.F) {
	for _, uri := range []string{"kubernetes:services.v1/n/s?port=a&b=c", "knative:n/s", "knative:brokers.v1.eventing.knative.dev/b", "openshift:routes.v1.route.openshift.io/r", "kubernetes:pods.v1//?="} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		got, err := discovery.Parse(uri, "ns1")
		if err != nil {
			return
		}
		if got.Name == "" || got.Namespace == "" || strings.ContainsAny(got.Name+got.Namespace, "/?.=& ") {
			t.Errorf("Parse(%q): got %+v", uri, got)
		}
		plain, err := discovery.Parse(string(got.Kind)+"/"+got.Namespace+"/"+got.Name, "other")
		if err != nil {
			t.Fatalf("Parse(...) of what was read from %q: %v", uri, err)
		}
		got.Port, got.Labels = "", nil
		if diff := cmp.Diff(got, plain); diff != "" {
			t.Errorf("Parse(%q), read again: -first, +second:\n%s", uri, diff)
		}
	})
}
