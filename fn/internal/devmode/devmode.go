// SPDX-License-Identifier: Apache-2.0

// Package devmode plans what only a workflow in the profile dev has: the ConfigMap with its
// flow and, on OpenShift, the Route by which a browser reaches it. It says what of a spec has no
// effect in that profile.
package devmode

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// A Flow is what a workflow in the profile dev runs.
type Flow struct {
	// File is the name of the file with the flow, Document its content.
	File, Document string
	// Routed tells that the cluster has Routes.
	Routed bool
}

// For plans the objects.
func For(req *composition.Request, c *component.Component, flow Flow) []composition.Composed {
	composed := func(resource string, o composition.Object) composition.Composed {
		key := c.Key(resource)
		return composition.Composed{Key: key, Object: o, Ready: health.OfComposed(req.Observed[key], o).Phase == health.Ready}
	}
	out := []composition.Composed{composed(component.ResourceFlow, &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: c.Meta(c.Name()),
		Data:       map[string]string{flow.File: flow.Document},
	})}
	if flow.Routed {
		out = append(out, composed(component.ResourceRoute, newRoute(c)))
	}
	return out
}

// Host is the host of the workflow's Route; empty before OpenShift has chosen one.
func Host(req *composition.Request) string {
	return observed(req, component.ResourceRoute, func(o map[string]any) string {
		host, _, _ := unstructured.NestedString(o, "spec", "host")
		return host
	})
}

// NodePort is the port of every node where the workflow is reached; 0 before there is one.
func NodePort(req *composition.Request) int32 {
	return observed(req, component.ResourceService, func(o map[string]any) int32 {
		ports, _, _ := unstructured.NestedSlice(o, "spec", "ports")
		if len(ports) == 0 {
			return 0
		}
		port, _ := ports[0].(map[string]any)
		n, _ := port["nodePort"].(int64)
		return int32(n) //nolint:gosec // The API server keeps it within the range of ports.
	})
}

// observed reads a value of one of the workflow's objects.
func observed[T any](req *composition.Request, resource string, read func(map[string]any) T) T {
	object := req.Observed[(&component.Component{Kind: component.WorkflowDev()}).Key(resource)]
	if object == nil {
		return *new(T)
	}
	return read(object.Object)
}
