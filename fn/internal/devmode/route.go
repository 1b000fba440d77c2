// SPDX-License-Identifier: Apache-2.0

package devmode

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

// A Route lets a Service be reached from outside of an OpenShift cluster. It has the fields of
// OpenShift's type that are composed. See
// https://docs.openshift.com/container-platform/latest/rest_api/network_apis/route-route-openshift-io-v1.html.
type Route struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec RouteSpec `json:"spec"`
}

// RouteSpec says which Service, and how. OpenShift chooses the host.
type RouteSpec struct {
	To   RouteTarget `json:"to"`
	Port RoutePort   `json:"port"`
	TLS  RouteTLS    `json:"tls"`
}

// RouteTarget names a Service.
type RouteTarget struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// RoutePort names a port of the Service.
type RoutePort struct {
	TargetPort string `json:"targetPort"`
}

// RouteTLS says where TLS ends.
type RouteTLS struct {
	Termination string `json:"termination"`
}

// DeepCopyObject makes a Route an object of Kubernetes.
func (r *Route) DeepCopyObject() runtime.Object {
	out, meta := *r, r.ObjectMeta
	out.ObjectMeta = *meta.DeepCopy()
	return &out
}

func newRoute(c *component.Component) *Route {
	return &Route{
		TypeMeta:   metav1.TypeMeta{APIVersion: "route.openshift.io/v1", Kind: "Route"},
		ObjectMeta: c.Meta(c.Name()),
		Spec: RouteSpec{
			To:   RouteTarget{Kind: "Service", Name: c.Name()},
			Port: RoutePort{TargetPort: c.Kind.ServicePort},
			TLS:  RouteTLS{Termination: "edge"}, // The workflow itself speaks HTTP.
		},
	}
}
