// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// SonataFlowPlatform is the platform of a namespace: the supporting services that
// its workflows use, where they keep their data, and how events travel.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=sonataflowplatforms,singular=sonataflowplatform,shortName={sfp,sfplatform,sfplatforms},categories={sonataflow-all}
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Cluster",type=string,JSONPath=`.status.cluster`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=='Succeed')].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=='Succeed')].reason`
// +kubebuilder:printcolumn:name="Data-Index",type=string,priority=1,JSONPath=`.status.services.dataIndex.url`
// +kubebuilder:printcolumn:name="Jobs-Service",type=string,priority=1,JSONPath=`.status.services.jobService.url`
type SonataFlowPlatform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// The desired state of the platform. An empty spec is valid and deploys nothing.
	// +optional
	Spec SonataFlowPlatformSpec `json:"spec,omitempty"`
	// The observed state of the platform.
	// +optional
	Status SonataFlowPlatformStatus `json:"status,omitempty"`
}

// SonataFlowPlatformSpec is the desired state of a platform.
//
// +kubebuilder:validation:XValidation:fieldPath=".services.dataIndex.persistence.dbMigrationStrategy",rule="!has(self.services) || !has(self.services.dataIndex) || !has(self.services.dataIndex.persistence) || !has(self.services.dataIndex.persistence.dbMigrationStrategy) || self.services.dataIndex.persistence.dbMigrationStrategy != 'job' || has(self.services.dataIndex.persistence.postgresql) || (has(self.persistence) && has(self.persistence.postgresql))",message="the job strategy migrates a PostgreSQL database: set services.dataIndex.persistence.postgresql or persistence.postgresql, or use another strategy"
// +kubebuilder:validation:XValidation:fieldPath=".services.jobService.persistence.dbMigrationStrategy",rule="!has(self.services) || !has(self.services.jobService) || !has(self.services.jobService.persistence) || !has(self.services.jobService.persistence.dbMigrationStrategy) || self.services.jobService.persistence.dbMigrationStrategy != 'job' || has(self.services.jobService.persistence.postgresql) || (has(self.persistence) && has(self.persistence.postgresql))",message="the job strategy migrates a PostgreSQL database: set services.jobService.persistence.postgresql or persistence.postgresql, or use another strategy"
// +kubebuilder:validation:XValidation:fieldPath=".persistence.postgresql.jdbcUrl",rule="!has(self.persistence) || !has(self.persistence.postgresql) || !has(self.persistence.postgresql.jdbcUrl) || !has(self.services) || !has(self.services.jobService) || (has(self.services.jobService.persistence) && has(self.services.jobService.persistence.postgresql)) || !self.persistence.postgresql.jdbcUrl.matches('^[^/]*//[^/]*,')",message="the Jobs Service, which inherits it, has a reactive client, too, which takes one host: name one, such as a Service in front of all of them"
// +kubebuilder:validation:XValidation:fieldPath=".persistence.postgresql.jdbcUrl",rule="!has(self.persistence) || !has(self.persistence.postgresql) || !has(self.persistence.postgresql.jdbcUrl) || !has(self.services) || !has(self.services.jobService) || (has(self.services.jobService.persistence) && has(self.services.jobService.persistence.postgresql)) || !self.persistence.postgresql.jdbcUrl.matches('^[^/]*//[^/]*/([?]|$)')",message="the Jobs Service, which inherits it, has a reactive client, too, which takes no database called like the user: name the database after the host, as in jdbc:postgresql://host:port/database"
type SonataFlowPlatformSpec struct {
	// How images are built of workflows that have none, those in the profile preview.
	// +optional
	Build *BuildPlatformSpec `json:"build,omitempty"`
	// How workflows run in the dev profile.
	// +optional
	DevMode *DevModePlatformSpec `json:"devMode,omitempty"`
	// The supporting services that this platform deploys. If this field is given, even
	// empty, the platform uses no services of a cluster platform.
	// +optional
	Services *ServicesPlatformSpec `json:"services,omitempty"`
	// How events travel between workflows and supporting services.
	// +optional
	Eventing *PlatformEventingSpec `json:"eventing,omitempty"`
	// The database that services and workflows without persistence of their own use.
	// +optional
	Persistence *PlatformPersistenceOptionsSpec `json:"persistence,omitempty"`
	// Properties that every workflow of the platform gets.
	// +optional
	Properties *PropertyPlatformSpec `json:"properties,omitempty"`
	// Metrics of workflows.
	// +optional
	Monitoring *PlatformMonitoringOptionsSpec `json:"monitoring,omitempty"`
}

// ServicesPlatformSpec names the supporting services to deploy. A service that is
// not named is not deployed.
type ServicesPlatformSpec struct {
	// The Data Index: it indexes the events of workflows and answers GraphQL queries
	// about them.
	// +optional
	DataIndex *DataIndexServiceSpec `json:"dataIndex,omitempty"`
	// The Jobs Service: it keeps the timers of workflows and fires them.
	// +optional
	JobService *JobServiceServiceSpec `json:"jobService,omitempty"`
}

// ServiceSpec has the fields that all supporting services have in common.
type ServiceSpec struct {
	// Whether workflows and other services use this service. The service is deployed in
	// both cases. False when not given, or true if the function's input has
	// compatibility: Operator.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// Where the service keeps its data. A service without postgresql in this field uses
	// the database of spec.persistence. If spec.persistence has no database either, the
	// service uses a database in its own pod, whose data is lost with the pod.
	// +optional
	Persistence *PersistenceOptionsSpec `json:"persistence,omitempty"`
	// How the pods of the service look.
	// +optional
	PodTemplate PodTemplateSpec `json:"podTemplate,omitempty"`
}

// DataIndexServiceSpec configures the Data Index.
type DataIndexServiceSpec struct {
	ServiceSpec `json:",inline"`

	// The Knative Broker that the Data Index takes events from. It takes precedence over
	// spec.eventing.broker.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.ref) || size(self.ref.kind) == 0 || self.ref.kind == 'Broker'",fieldPath=".ref.kind",message="a source must be a ref to a Broker: set ref.kind to Broker, and ref.name to the name of a Broker"
	// +kubebuilder:validation:XValidation:rule="has(self.ref)",message="a source must be a ref to a Broker: set ref.kind, ref.name and, for a Broker in another namespace, ref.namespace"
	Source *Destination `json:"source,omitempty"`
}

// JobServiceServiceSpec configures the Jobs Service.
//
// +kubebuilder:validation:XValidation:fieldPath=".persistence.postgresql.jdbcUrl",rule="!has(self.persistence) || !has(self.persistence.postgresql) || !has(self.persistence.postgresql.jdbcUrl) || !self.persistence.postgresql.jdbcUrl.matches('^[^/]*//[^/]*,')",message="the Jobs Service has a reactive client, too, which takes one host: name one, such as a Service in front of all of them"
// +kubebuilder:validation:XValidation:fieldPath=".persistence.postgresql.jdbcUrl",rule="!has(self.persistence) || !has(self.persistence.postgresql) || !has(self.persistence.postgresql.jdbcUrl) || !self.persistence.postgresql.jdbcUrl.matches('^[^/]*//[^/]*/([?]|$)')",message="the Jobs Service has a reactive client, too, which takes no database called like the user: name the database after the host, as in jdbc:postgresql://host:port/database"
type JobServiceServiceSpec struct {
	ServiceSpec `json:",inline"`

	// Where the Jobs Service sends its events. The field takes precedence over
	// spec.eventing.broker.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.ref) || size(self.ref.kind) == 0 || self.ref.kind == 'Broker' || (has(self.ref.apiVersion) && size(self.ref.apiVersion) > 0)",fieldPath=".ref.apiVersion",message="only a ref to a Broker may leave out apiVersion: set ref.apiVersion"
	Sink *Destination `json:"sink,omitempty"`
	// The Knative Broker that the Jobs Service takes events from. It takes precedence over
	// spec.eventing.broker.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.ref) || size(self.ref.kind) == 0 || self.ref.kind == 'Broker'",fieldPath=".ref.kind",message="a source must be a ref to a Broker: set ref.kind to Broker, and ref.name to the name of a Broker"
	// +kubebuilder:validation:XValidation:rule="has(self.ref)",message="a source must be a ref to a Broker: set ref.kind, ref.name and, for a Broker in another namespace, ref.namespace"
	Source *Destination `json:"source,omitempty"`
}

// PlatformEventingSpec says how events travel.
type PlatformEventingSpec struct {
	// The Knative Broker that services without a source or sink of their own use.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.ref) || size(self.ref.kind) == 0 || self.ref.kind == 'Broker'",fieldPath=".ref.kind",message="the broker must be a ref to a Broker: set ref.kind to Broker, and ref.name to the name of a Broker"
	// +kubebuilder:validation:XValidation:rule="has(self.ref)",message="the broker must be a ref to a Broker: set ref.kind, ref.name and, for a Broker in another namespace, ref.namespace"
	Broker *Destination `json:"broker,omitempty"`
}

// Destination is Knative's reference to a receiver of events: an object (ref), an
// address (uri), or an address relative to an object (both). See
// https://knative.dev/docs/eventing/sinks/.
//
// +kubebuilder:validation:XValidation:rule="has(self.ref) || (has(self.uri) && size(self.uri) > 0)",message="a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri"
// +kubebuilder:validation:XValidation:rule="!has(self.ref) || (size(self.ref.kind) > 0 && size(self.ref.name) > 0)",message="a ref needs a kind and a name: set ref.kind and ref.name"
// +kubebuilder:validation:XValidation:rule="!has(self.ref) || (size(self.ref.name) <= 253 && self.ref.name.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$'))",fieldPath=".ref.name",message="not a name that Kubernetes accepts: use small letters, digits, - and ."
// +kubebuilder:validation:XValidation:rule="!has(self.ref) || !has(self.ref.__namespace__) || (size(self.ref.__namespace__) <= 63 && self.ref.__namespace__.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$'))",fieldPath=".ref.namespace",message="not a namespace that Kubernetes accepts: use small letters, digits and -"
type Destination duckv1.Destination

// PropertyPlatformSpec holds properties that workflows get.
type PropertyPlatformSpec struct {
	// Properties of every workflow of the platform.
	// +optional
	// +patchMergeKey=name
	// +patchStrategy=merge
	Flow []PropertyVar `json:"flow,omitempty" patchMergeKey:"name" patchStrategy:"merge"`
}

// PropertyVar is one property of workflows.
type PropertyVar struct {
	// The key of the property.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// The value of the property.
	// +optional
	Value string `json:"value,omitempty"`
	// Where the value comes from. The field is used only when value is empty.
	// +optional
	ValueFrom *PropertyVarSource `json:"valueFrom,omitempty"`
}

// PropertyVarSource says where the value of a property comes from. The ConfigMap or Secret
// is in the platform's namespace.
type PropertyVarSource struct {
	// A key of a ConfigMap.
	// +optional
	// +kubebuilder:validation:XValidation:rule="has(self.name) && size(self.name) > 0 && size(self.key) > 0",message="name and key are needed: set the ConfigMap's name and the key within it"
	ConfigMapKeyRef *corev1.ConfigMapKeySelector `json:"configMapKeyRef,omitempty"`
	// A key of a Secret.
	// +optional
	// +kubebuilder:validation:XValidation:rule="has(self.name) && size(self.name) > 0 && size(self.key) > 0",message="name and key are needed: set the Secret's name and the key within it"
	SecretKeyRef *corev1.SecretKeySelector `json:"secretKeyRef,omitempty"`
}

// PlatformMonitoringOptionsSpec configures metrics.
type PlatformMonitoringOptionsSpec struct {
	// Whether every workflow gets a Prometheus ServiceMonitor. False when not given.
	// +optional
	Enabled bool `json:"enabled,omitempty"`
}
