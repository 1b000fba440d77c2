// SPDX-License-Identifier: Apache-2.0

// Package service builds the Kubernetes objects of a supporting service: the Data
// Index or the Jobs Service.
package service

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// A Kind is one of the supporting services.
type Kind string

// The supporting services. The value is the prefix of the keys under which their
// resources are composed, so it must never change.
const (
	DataIndex   Kind = "data-index"
	JobsService Kind = "jobs-service"
)

// Title is what people call the service.
func (k Kind) Title() string {
	if k == DataIndex {
		return "Data Index"
	}
	return "Jobs Service"
}

// Container is the name of the service's container.
func (k Kind) Container() string {
	if k == DataIndex {
		return "data-index-service"
	}
	return "jobs-service"
}

// Name is the name of the service's Deployment and Service, and of its database
// schema unless a user chose one.
func (k Kind) Name(platform string) string { return names.Child(platform, "-"+k.Container()) }

// URL is where a service is reached within the cluster.
func URL(name, namespace string) string { return "http://" + name + "." + namespace }

// A Service is a supporting service with every decision made: what is below only
// spells it in Kubernetes objects.
type Service struct {
	Kind Kind
	// Platform is the name of the platform, Namespace that of all its objects.
	Platform, Namespace string
	// Name is the name of the Deployment, the Service and the PodDisruptionBudget.
	Name string
	// Image is what the service's container runs, Version the value of its version
	// label.
	Image, Version string
	// Database is where the service keeps its data; nil is a database that lasts as
	// long as the pod.
	Database *postgres.Database
	// Properties are the service's application.properties.
	Properties string
	// Replicas is how many pods to ask for; nil leaves the number to others.
	Replicas *int32
	// Pod is the pod, with the user's podTemplate merged in.
	Pod corev1.PodSpec
	// SecretVersion changes when a Secret that the pod uses does; empty when nothing
	// is known.
	SecretVersion string
	// Budget says how many pods may be away; nil makes no PodDisruptionBudget.
	Budget *policyv1.PodDisruptionBudgetSpec
	// BoundToSink lets Knative tell the service's pods where to send events.
	BoundToSink bool
	// Annotations of the Deployment itself; they don't roll its pods.
	Annotations map[string]string
}

// Key is the key under which one of the service's resources is composed.
func (k Kind) Key(resource string) string { return string(k) + "-" + resource }

// The resources of a service, as their keys name them.
const (
	ResourceConfig     = "config"
	ResourceDeployment = "deployment"
	ResourceService    = "service"
	ResourceBudget     = "pdb"
	ResourceSink       = "sinkbinding"
	// ResourceTrigger is followed by the name of the subscription and a hash of the
	// Broker.
	ResourceTrigger = "trigger"
)

// SinkBindingName is the name of the SinkBinding that tells the service where to send
// events.
func (k Kind) SinkBindingName(platform string) string {
	return names.Child(platform, "-"+k.Container()+"-sb")
}

// MigrationMeta is name, namespace and labels of the Job that migrates the service's
// schema to the target with a hash. Its pods are none of the service's.
func (s *Service) MigrationMeta(hash, version string) metav1.ObjectMeta {
	m := s.Meta(names.Child(s.Platform, "-"+string(s.Kind)+"-migration-"+hash))
	m.Labels[LabelService] = m.Name
	m.Labels["app.kubernetes.io/name"] = "db-migrator"
	m.Labels["app.kubernetes.io/component"] = m.Name
	m.Labels["app.kubernetes.io/version"] = version
	return m
}

// configMap is the name of the ConfigMap with the service's properties.
func (s *Service) configMap() string { return ConfigMapName(s.Kind, s.Platform) }

// ConfigMapName is the name of the ConfigMap with a service's properties.
func ConfigMapName(k Kind, platform string) string {
	return names.Child(platform, "-"+k.Container()+"-props")
}
