// SPDX-License-Identifier: Apache-2.0

package devmode_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
)

// request is what Crossplane tells of a workflow of which some objects are observed.
func request(t *testing.T, observed map[string]string) *composition.Request {
	t.Helper()
	return compositiontest.Request(t, `{kind: XSonataFlow}`, compositiontest.Cluster{Observed: observed})
}

// TestFor holds what only a workflow in the profile dev has.
func TestFor(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.WorkflowDev(), Owner: "wf", Namespace: "ns1"}
	flow := devmode.Flow{File: "wf.sw.json", Document: `{"id":"wf"}`}
	routed := flow
	routed.Routed = true
	const route = `{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: wf}}`
	cases := map[string]struct {
		reason   string
		flow     devmode.Flow
		observed map[string]string
		// want are the keys, and whether the objects are ready.
		want map[string]bool
	}{
		"Kubernetes": {reason: "The flow is a file in a ConfigMap.", flow: flow, want: map[string]bool{"workflow-flow": false}},
		"OpenShift":  {reason: "OpenShift has Routes.", flow: routed, want: map[string]bool{"workflow-flow": false, "workflow-route": false}},
		"Observed":   {reason: "What is there is ready.", flow: routed, observed: map[string]string{"workflow-flow": `{apiVersion: v1, kind: ConfigMap, metadata: {name: wf}}`, "workflow-route": route}, want: map[string]bool{"workflow-flow": true, "workflow-route": true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]bool{}
			for _, o := range devmode.For(request(t, tc.observed), c, tc.flow) {
				got[o.Key] = o.Ready
				switch object := o.Object.(type) {
				case *corev1.ConfigMap:
					if diff := cmp.Diff(map[string]string{"wf.sw.json": `{"id":"wf"}`}, object.Data); diff != "" || object.Name != "wf" || object.Namespace != "ns1" {
						t.Errorf("%s\nthe ConfigMap %s/%s: -want, +got:\n%s", tc.reason, object.Namespace, object.Name, diff)
					}
				case *devmode.Route:
					want := devmode.RouteSpec{To: devmode.RouteTarget{Kind: "Service", Name: "wf"}, Port: devmode.RoutePort{TargetPort: "web"}, TLS: devmode.RouteTLS{Termination: "edge"}}
					if diff := cmp.Diff(want, object.Spec); diff != "" {
						t.Errorf("%s\nthe Route: -want, +got:\n%s", tc.reason, diff)
					}
					if copied := object.DeepCopyObject(); !cmp.Equal(object, copied) || copied == any(object) {
						t.Errorf("%s\na copy of the Route differs, or is the same", tc.reason)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReached holds where a workflow in the profile dev is reached from outside of the cluster.
func TestReached(t *testing.T) {
	t.Parallel()
	type want struct {
		Host string
		Port int32
	}
	cases := map[string]struct {
		reason   string
		observed map[string]string
		want     want
	}{
		"Nothing":   {reason: "Before anything is there, nothing is known."},
		"Unchosen":  {reason: "OpenShift chooses the host, and Kubernetes the port.", observed: map[string]string{"workflow-route": `{kind: Route, spec: {}}`, "workflow-service": `{kind: Service, spec: {ports: []}}`}},
		"Chosen":    {reason: "Once both are chosen, both are known.", observed: map[string]string{"workflow-route": `{kind: Route, spec: {host: wf.apps.example.com}}`, "workflow-service": `{kind: Service, spec: {ports: [{port: 80, nodePort: 31234}]}}`}, want: want{Host: "wf.apps.example.com", Port: 31234}},
		"ClusterIP": {reason: "A Service that isn't of type NodePort yet has no such port.", observed: map[string]string{"workflow-service": `{kind: Service, spec: {ports: [{port: 80}]}}`}},
		"Odd":       {reason: "What isn't as the API server writes it says nothing.", observed: map[string]string{"workflow-route": `{kind: Route, spec: {host: 5}}`, "workflow-service": `{kind: Service, spec: {ports: [none]}}`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, tc.observed)
			if diff := cmp.Diff(tc.want, want{Host: devmode.Host(req), Port: devmode.NodePort(req)}); diff != "" {
				t.Errorf("%s\nwhere it is reached: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWarnings shows that what has no effect is named in one warning.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const effect = ": no effect in the profile dev, in which a workflow runs alone and keeps its data as long as its pod lasts"
	cases := map[string]struct {
		reason, spec string
		want         []string
	}{
		"None":       {reason: "A plain workflow has none.", spec: `{podTemplate: {container: {image: i}}}`},
		"Kubernetes": {reason: "A workflow in the profile dev runs on a Deployment anyway.", spec: `{podTemplate: {deploymentModel: kubernetes}}`},
		"All": {
			reason: "All that has no effect is in one warning.",
			spec:   `{persistence: {}, sink: {uri: "http://x"}, sources: [{eventType: a, uri: "http://x"}], podTemplate: {deploymentModel: knative, podDisruptionBudget: {minAvailable: 1}}}`,
			want:   []string{"spec.persistence, spec.sink, spec.sources, spec.podTemplate.deploymentModel, spec.podTemplate.podDisruptionBudget" + effect},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := v1alpha08.SonataFlowSpec{}
			if err := yaml.UnmarshalStrict([]byte(tc.spec), &spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, devmode.Warnings(&spec)); diff != "" {
				t.Errorf("%s\nWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestValidateBaseImage shows that a message about the platform's image names the platform.
func TestValidateBaseImage(t *testing.T) {
	t.Parallel()
	for _, image := range []string{"", "r.example.com/base:1"} {
		if err := devmode.ValidateBaseImage(image, "plat"); err != nil {
			t.Errorf("%q is an image, or none: got %v", image, err)
		}
	}
	const want = "spec.devMode.baseImage of platform plat"
	if err := devmode.ValidateBaseImage("no image!", "plat"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want an error with %q, got %v", want, err)
	}
}
