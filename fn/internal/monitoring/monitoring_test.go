// SPDX-License-Identifier: Apache-2.0

package monitoring_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/monitoring"
)

func TestFor(t *testing.T) {
	t.Parallel()
	const (
		key      = "workflow-monitor"
		observed = `{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: wf, namespace: ns1}}`
		missing  = "the platform's spec.monitoring.enabled: has no effect, because the cluster doesn't know ServiceMonitor; install the Prometheus operator (https://prometheus-operator.dev), or remove the field"
	)
	type want struct {
		Key, Warning string
		Ready        bool
		Asked        []composition.KindQuery
	}
	asked := []composition.KindQuery{{Name: "service-monitor", APIVersion: "monitoring.coreos.com/v1", Kind: "ServiceMonitor"}}
	cases := map[string]struct {
		reason    string
		observed  map[string]string
		installed map[string]bool
		want      want
	}{
		"Pending":     {reason: "Before Crossplane was asked, nothing is composed of a kind that may not be there.", installed: map[string]bool{}, want: want{Asked: asked}},
		"Installed":   {reason: "Prometheus is to find the component.", installed: map[string]bool{"service-monitor": true}, want: want{Key: key, Asked: asked}},
		"Missing":     {reason: "Without the Prometheus operator, all else goes on.", installed: map[string]bool{"service-monitor": false}, want: want{Warning: missing, Asked: asked}},
		"CannotAsk":   {reason: "A Crossplane that doesn't tell composes.", want: want{Key: key, Asked: asked}},
		"Observed":    {reason: "What is there is kept, and shows that the kind is.", observed: map[string]string{key: observed}, installed: map[string]bool{}, want: want{Key: key, Ready: true}},
		"Uninstalled": {reason: "What was composed is kept even if the kind seems to be gone.", observed: map[string]string{key: observed}, installed: map[string]bool{"service-monitor": false}, want: want{Key: key, Ready: true, Asked: asked}},
	}
	c := &component.Component{Kind: component.Workflow(), Owner: "wf", Namespace: "ns1"}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, `{kind: XSonataFlow, metadata: {name: wf}}`, compositiontest.Cluster{Observed: tc.observed, Installed: tc.installed})
			plan := monitoring.For(req, c)
			got := want{Warning: plan.Warning}
			if plan.Object != nil {
				got.Key, got.Ready = plan.Object.Key, plan.Object.Ready
			}
			if _, kinds := req.Queries(); len(kinds) > 0 {
				got.Asked = kinds
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestServiceMonitor(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.Workflow(), Owner: "wf", Namespace: "ns1"}
	plan := monitoring.For(compositiontest.Request(t, `{kind: XSonataFlow, metadata: {name: wf}}`, compositiontest.Cluster{}), c)
	monitor := plan.Object.Object.(*monitoring.ServiceMonitor)
	clone := monitor.DeepCopyObject().(*monitoring.ServiceMonitor)
	if diff := cmp.Diff(monitor, clone); diff != "" {
		t.Errorf("DeepCopyObject(): -want, +got:\n%s", diff)
	}
	clone.Spec.Selector.MatchLabels["sonataflow.org/workflow-app"] = "other"
	clone.Spec.Endpoints[0].Port = "other"
	want := []any{
		map[string]string{"sonataflow.org/workflow-app": "wf", "sonataflow.org/workflow-namespace": "ns1"},
		[]monitoring.Endpoint{{Port: "web", Path: "/q/metrics"}},
	}
	if diff := cmp.Diff(want, []any{monitor.Spec.Selector.MatchLabels, monitor.Spec.Endpoints}); diff != "" {
		t.Errorf("spec: -want, +got:\n%s", diff)
	}
}
