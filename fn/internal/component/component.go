// SPDX-License-Identifier: Apache-2.0

// Package component describes what runs, as a value: the Data Index and the Jobs Service
// of a platform, and a workflow. It also has the words that the packages above share when
// they speak of a component: what holds it back, the Brokers that it uses, the names of
// labels and annotations.
package component

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// A Component is something that runs, with every default applied and every precedence
// decided. It is what the user asks for; what the state of the cluster allows at the
// moment is decided by the plans about it.
type Component struct {
	// Kind is what the component has in common with those of other owners.
	Kind Kind
	// Owner is the name of the platform or of the workflow that the component belongs to, as
	// its user gave it. Namespace is that of all the component's objects.
	Owner, Namespace string
	// Inherited are labels of the owner that the component's objects have, too; PartOf is the
	// platform that a workflow belongs to, empty when there is none. Services have neither.
	Inherited map[string]string
	PartOf    string
	// Enabled tells whether workflows and other components are wired to the component.
	Enabled bool
	// Image is what the component's container runs, Version the value of its version label.
	Image, Version string
	// Pod is the pod, with the user's podTemplate merged in.
	Pod corev1.PodSpec
	// Annotations are those that the user gives the pods, beside those that say what the pods
	// read.
	Annotations map[string]string
	// Properties are the component's application.properties.
	Properties Properties
	// UserConfigMap is the ConfigMap with properties that the user writes; empty when there
	// is none. What it says is part of Properties.
	UserConfigMap string
	// Files are ConfigMaps that the component reads files from. They aren't looked at when it is
	// decided whether the pods are rolled: Properties say so.
	Files []string
	// Database is where the component keeps its data; nil is a database that lasts as long
	// as the pod.
	Database *postgres.Database
	// Migration is how a Job brings the database's schema up to date before the component
	// starts; nil when no Job does.
	Migration *Migration
	// BuildPod is a pod that refers to what the Job needs that makes the component's image; to nothing
	// when no Job does. The component's own pods don't read it.
	BuildPod corev1.PodSpec
	// Subscriptions are the events that the component takes from Brokers; none when events
	// reach it over HTTP alone.
	Subscriptions []Subscription
	// Unreachable are Brokers that the component should take events from, and can't have
	// Triggers for.
	Unreachable []Broker
	// Sink is where the component sends events; nil when it sends them to other components
	// directly.
	Sink *duckv1.Destination
	// Replicas is how many pods the user asks for; nil when the user doesn't say.
	Replicas *int32
	// Budget says how many pods may be away at once; nil when the user doesn't say.
	Budget *policyv1.PodDisruptionBudgetSpec
}

// Properties are the application.properties of a component, as text.
type Properties struct {
	// Text is what the component gets.
	Text string
	// WithoutSink is what the component gets while it runs and doesn't know its sink yet. It
	// is the same text for a component without sink.
	WithoutSink string
	// Beside is what the component reads beside that text: the user's properties. The pods
	// are rolled when it changes.
	Beside string
	// Live tells that the component notices changes itself, so that no pod is rolled.
	Live bool
}

// A Migration is how a Job brings the schema of a component's database up to date.
type Migration struct {
	// Image is the migrator's. Its version decides about the schema's.
	Image string
	// Attempt is the value of the annotation that asks for another migration.
	Attempt string
	// Pod has what the Job's pod needs to reach the database as the component does. It has
	// one container, without name and image. SecurityContext is for that one. Neither makes
	// another migration.
	Pod             corev1.PodSpec
	SecurityContext *corev1.SecurityContext
}

// Name is the name of the component's Deployment or Knative Service, and of its Service and
// PodDisruptionBudget.
func (c *Component) Name() string { return c.Kind.Name(c.Owner) }

// ConfigMap is the name of the ConfigMap with the component's properties.
func (c *Component) ConfigMap() string { return c.Kind.ConfigMap(c.Owner) }

// SinkBinding is the name of the SinkBinding that tells the component where to send
// events.
func (c *Component) SinkBinding() string { return names.Child(c.Owner, c.Kind.Suffix+"-sb") }

// URL is where the component is reached within the cluster.
func (c *Component) URL() string { return c.Kind.URL(c.Owner, c.Namespace) }

// Key is the key under which one of the component's resources is composed.
func (c *Component) Key(resource string) string { return c.Kind.Key + "-" + resource }

// RunnerKey is the key of the object that runs the component's pods.
func (c *Component) RunnerKey() string { return c.Key(c.Kind.Runner.Resource()) }

// The resources of a component, as their keys name them. Runner.Resource has further ones.
const (
	ResourceConfig  = "config"
	ResourceService = "service"
	ResourceBudget  = "pdb"
	ResourceSink    = "sinkbinding"
	ResourceMonitor = "monitor"
	ResourceFlow    = "flow"
	ResourceRoute   = "route"
	// ResourceUserConfig is the ConfigMap whose properties the user writes.
	ResourceUserConfig = "config-user"
	// ResourceMigration is followed by the hash of the migration's target.
	ResourceMigration = "migration"
	// ResourceBuild is followed by the hash of what is built and, for what the Job builds from,
	// by its part.
	ResourceBuild = "build"
	// ResourceTrigger is followed by the name of the subscription and a hash of the Broker.
	ResourceTrigger = "trigger"
)

// Build is the name of an object of the build with a hash; the hash may be followed by a part.
func (c *Component) Build(hash string) string { return names.Child(c.Owner, "-build-"+hash) }

// WithImage returns the component as it runs another image.
func (c *Component) WithImage(image string) *Component {
	out := *c
	out.Pod = *c.Pod.DeepCopy()
	for i := range out.Pod.Containers {
		if out.Pod.Containers[i].Name == c.Kind.Container {
			out.Pod.Containers[i].Image = image
		}
	}
	out.Image = image
	return &out
}

// Meta is the metadata of an object of the component.
func (c *Component) Meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: c.Namespace, Labels: c.Labels()}
}

// MigrationMeta is the metadata of the Job that migrates the component's schema to the
// target with a hash. The Job's pods are none of the component's.
func (c *Component) MigrationMeta(hash, version string) metav1.ObjectMeta {
	m := c.Meta(names.Child(c.Owner, "-"+c.Kind.Key+"-migration-"+hash))
	m.Labels[LabelComponent] = m.Name
	m.Labels[labelName] = "db-migrator"
	m.Labels[labelComponent] = m.Name
	m.Labels[labelVersion] = version
	return m
}

// Selector has the labels that select the component's pods.
func (c *Component) Selector() map[string]string { return c.Kind.Selector(c) }

// Labels are those of the component's objects.
func (c *Component) Labels() map[string]string { return c.Kind.Labels(c) }
