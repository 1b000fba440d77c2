// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestKnativeWarnings shows what is said of a workflow on Knative Serving.
func TestKnativeWarnings(t *testing.T) {
	t.Parallel()
	const (
		lost     = `spec.podTemplate.deploymentModel: Knative Serving removes all pods while no requests arrive, and instances that wait are lost with them; set persistence.postgresql, or the annotation autoscaling.knative.dev/min-scale: "1"`
		replicas = "spec.podTemplate.replicas: has no effect on Knative Serving, which scales by itself; set the annotations autoscaling.knative.dev/min-scale and autoscaling.knative.dev/max-scale"
		budget   = "spec.podTemplate.podDisruptionBudget: has no effect on Knative Serving, which makes the pods anew elsewhere; remove it"
		keeps    = `annotations: {autoscaling.knative.dev/min-scale: "1"}`
	)
	cases := map[string]struct {
		reason string
		given  given
		want   []string
	}{
		"Plain":    {reason: "Instances are lost when the workflow is scaled to zero.", given: given{spec: onKnative}, want: []string{lost}},
		"Kept":     {reason: "A pod that stays keeps its instances.", given: given{spec: onKnative, metadata: keeps}},
		"Zero":     {reason: "A minimum of none is none.", given: given{spec: onKnative, metadata: `annotations: {autoscaling.knative.dev/min-scale: "0"}`}, want: []string{lost}},
		"Database": {reason: "A database keeps instances.", given: given{spec: onKnative + `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`, required: userProps("kie.flyway.enabled=true")}},
		"Replicas": {reason: "Knative scales by itself.", given: given{spec: `flow: {states: [{name: a, type: inject, end: true}]}, podTemplate: {deploymentModel: knative, replicas: 1, podDisruptionBudget: {minAvailable: 1}, container: {image: img}}`, metadata: keeps}, want: []string{replicas, budget}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, errs := tc.given.resolve(t)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if diff := cmp.Diff(tc.want, w.Warnings); diff != "" {
				t.Errorf("%s\nwarnings: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestKnativeStatus shows where a workflow on Knative Serving is reached: where Knative says.
func TestKnativeStatus(t *testing.T) {
	t.Parallel()
	g := given{spec: onKnative, metadata: `annotations: {autoscaling.knative.dev/window: 60s}`}
	first := g.compose(t, nil, withServing(true))
	if s := first.Status.(*v1alpha08.SonataFlowStatus); s.Endpoint != "" || s.Address != nil {
		t.Errorf("before Knative has said it: endpoint %q, address %v", s.Endpoint, s.Address)
	}
	if k := objectOf(first, "workflow-knative-service").(*workload.KnativeService); k.Spec.Template.Annotations["autoscaling.knative.dev/window"] != "60s" {
		t.Errorf("the pods' annotations: %v", k.Spec.Template.Annotations)
	}
	got := g.compose(t, observe(t, first, compositiontest.Ready), withServing(true)).Status.(*v1alpha08.SonataFlowStatus)
	want := []string{"http://wf.ns1.example.com/wf", "http://wf.ns1.svc.cluster.local", "sonataflow.org/workflow-app=wf,sonataflow.org/workflow-namespace=ns1"}
	if diff := cmp.Diff(want, []string{got.Endpoint, got.Address.URL, got.Selector}); diff != "" {
		t.Errorf("status: -want, +got:\n%s", diff)
	}
}

// TestServingFeatures shows that the input decides what of a pod is taken, and that a workflow
// that leaves Knative Serving is taken as it is.
func TestServingFeatures(t *testing.T) {
	t.Parallel()
	const selects = `, nodeSelector: {disk: ssd}, container: {image: img}}`
	states := `flow: {states: [{name: a, type: inject, end: true}]}, podTemplate: {`
	cases := map[string]struct {
		reason   string
		spec     string
		features []string
		refused  bool
	}{
		"Disabled":   {reason: "Knative Serving would refuse it.", spec: states + "deploymentModel: knative" + selects, refused: true},
		"Enabled":    {reason: "Where the feature is enabled, it takes it.", spec: states + "deploymentModel: knative" + selects, features: []string{"kubernetes.podspec-nodeselector"}},
		"Deployment": {reason: "Kubernetes takes it.", spec: states + "deploymentModel: kubernetes" + selects},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := given{spec: tc.spec, input: v1beta1.Input{Workflows: v1beta1.Workflows{ServingFeatures: tc.features}}}.resolve(t)
			if refused := len(errs) > 0; refused != tc.refused || refused && !strings.Contains(errs.ToAggregate().Error(), "spec.podTemplate.nodeSelector") {
				t.Errorf("%s\nerrors: %v", tc.reason, errs)
			}
		})
	}
}
