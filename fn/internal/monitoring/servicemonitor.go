// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	apiVersion         = "monitoring.coreos.com/v1"
	kindServiceMonitor = "ServiceMonitor"
)

// A ServiceMonitor tells Prometheus which Services have metrics. It has the fields of the
// Prometheus operator's type that are composed. See
// https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor.
type ServiceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ServiceMonitorSpec `json:"spec"`
}

// ServiceMonitorSpec says which Services, and where.
type ServiceMonitorSpec struct {
	Selector  metav1.LabelSelector `json:"selector"`
	Endpoints []Endpoint           `json:"endpoints"`
}

// Endpoint is where a Service has metrics.
type Endpoint struct {
	// Port is the name of a port of the Service.
	Port string `json:"port"`
	Path string `json:"path"`
}

// DeepCopyObject makes a ServiceMonitor an object of Kubernetes.
func (m *ServiceMonitor) DeepCopyObject() runtime.Object {
	out, meta := *m, m.ObjectMeta
	out.ObjectMeta = *meta.DeepCopy()
	out.Spec.Selector = *m.Spec.Selector.DeepCopy()
	out.Spec.Endpoints = slices.Clone(m.Spec.Endpoints)
	return &out
}
