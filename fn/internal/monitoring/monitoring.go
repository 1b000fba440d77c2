// SPDX-License-Identifier: Apache-2.0

// Package monitoring plans how Prometheus comes to know a component.
package monitoring

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// A Plan is what lets Prometheus find a component.
type Plan struct {
	// Object is the ServiceMonitor; nil while there can be none.
	Object *composition.Composed
	// Warning says why there is none for good; empty otherwise.
	Warning string
}

// metricsPath is where Quarkus serves metrics.
const metricsPath = "/q/metrics"

// For plans the monitoring of a component. The kind is asked for first: to compose an object
// of a kind that isn't installed would fail all that is composed.
func For(req *composition.Request, c *component.Component) Plan {
	key := c.Key(component.ResourceMonitor)
	observed := req.Observed[key]
	state := req.LookForKind(composition.KindQuery{Name: "service-monitor", APIVersion: apiVersion, Kind: kindServiceMonitor}, observed != nil)
	switch {
	case observed != nil || state == composition.StateFound || state == composition.StateUnknown:
		monitor := newServiceMonitor(c)
		return Plan{Object: &composition.Composed{Key: key, Object: monitor, Ready: health.OfComposed(observed, monitor).Phase == health.Ready}}
	case state == composition.StateAbsent:
		return Plan{Warning: "the platform's spec.monitoring.enabled: has no effect, because the cluster doesn't know " + kindServiceMonitor +
			"; install the Prometheus operator (https://prometheus-operator.dev), or remove the field"}
	}
	return Plan{}
}

func newServiceMonitor(c *component.Component) *ServiceMonitor {
	return &ServiceMonitor{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: kindServiceMonitor},
		ObjectMeta: c.Meta(c.Name()),
		Spec: ServiceMonitorSpec{
			Selector:  metav1.LabelSelector{MatchLabels: c.Selector()},
			Endpoints: []Endpoint{{Port: c.Kind.ServicePort, Path: metricsPath}},
		},
	}
}
