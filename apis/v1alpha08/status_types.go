// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterKind is the kind of cluster that the platform runs on.
//
// +kubebuilder:validation:Enum=kubernetes;openshift
type ClusterKind string

// The kinds of clusters, as the operator reports them.
const (
	ClusterKubernetes ClusterKind = "kubernetes"
	ClusterOpenShift  ClusterKind = "openshift"
)

// SonataFlowPlatformStatus is the observed state of a platform. The types of its
// conditions are the Condition constants; meta.IsStatusConditionTrue of
// k8s.io/apimachinery reads them.
type SonataFlowPlatformStatus struct {
	// The conditions of this API, and Crossplane's Synced and Ready.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// The generation of the spec that this status is about. Absent for a platform that is
	// a claim: its conditions Synced and Ready have the generation.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// The kind of cluster that the platform runs on: kubernetes or openshift.
	// +optional
	Cluster ClusterKind `json:"cluster,omitempty"`
	// The version of the Serverless Workflow specification.
	// +optional
	Version string `json:"version,omitempty"`
	// The build of the function that composed the platform: goVersion and goOS.
	// +optional
	Info map[string]string `json:"info,omitempty"`
	// The cluster platform whose services this platform may use.
	// +optional
	ClusterPlatformRef *SonataFlowClusterPlatformRefStatus `json:"clusterPlatformRef,omitempty"`
	// The Triggers of the platform's services.
	// +optional
	Triggers []SonataFlowPlatformTriggerRef `json:"triggers,omitempty"`
	// How far the migration of the services' databases is.
	// +optional
	SonataFlowPlatformDBMigrationPhase *SonataFlowPlatformDBMigrationPhase `json:"sonataFlowPlatformDBMigrationPhase,omitempty"`
	// The services of this platform. Addition to the operator's API.
	// +optional
	Services *PlatformServicesStatus `json:"services,omitempty"`
}

// PlatformServicesStatus is the observed state of the services of a platform.
type PlatformServicesStatus struct {
	// The Data Index.
	// +optional
	DataIndex *ServiceStatus `json:"dataIndex,omitempty"`
	// The Jobs Service.
	// +optional
	JobService *ServiceStatus `json:"jobService,omitempty"`
}

// Values of ServiceStatus.Persistence.
const (
	// PersistenceEphemeral is a database in the service's pod, whose data is lost with the
	// pod.
	PersistenceEphemeral = "ephemeral"
	// PersistencePostgreSQLServer is a PostgreSQL database.
	PersistencePostgreSQLServer = "postgresql"
)

// ServiceStatus is the observed state of one service.
type ServiceStatus struct {
	// The URL of the service within the cluster.
	// +optional
	URL string `json:"url,omitempty"`
	// The image that the service runs.
	// +optional
	Image string `json:"image,omitempty"`
	// Where the service keeps its data: ephemeral or postgresql.
	// +optional
	Persistence string `json:"persistence,omitempty"`
	// Whether workflows and other services use the service. The service is deployed in both
	// cases.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// Number of the service's pods that are available, and number that is desired.
	// Example: 1/1
	// +optional
	Replicas string `json:"replicas,omitempty"`
}

// SonataFlowClusterPlatformRefStatus is the cluster platform that a platform uses.
type SonataFlowClusterPlatformRefStatus struct {
	// Name of the cluster platform.
	// +optional
	Name string `json:"name,omitempty"`
	// The platform that the cluster platform refers to.
	// +optional
	PlatformRef SonataFlowPlatformRef `json:"platformRef,omitempty"`
	// The services of the cluster platform that this platform uses.
	// +optional
	Services *ClusterServicesStatus `json:"services,omitempty"`
}

// ClusterServicesStatus are the services that a platform uses of a cluster platform.
type ClusterServicesStatus struct {
	// The Data Index.
	// +optional
	DataIndexRef *ClusterServiceRefStatus `json:"dataIndexRef,omitempty"`
	// The Jobs Service.
	// +optional
	JobServiceRef *ClusterServiceRefStatus `json:"jobServiceRef,omitempty"`
}

// ClusterServiceRefStatus is a service of a cluster platform.
type ClusterServiceRefStatus struct {
	// The URL of the service within the cluster.
	// +optional
	URL string `json:"url,omitempty"`
}

// SonataFlowPlatformTriggerRef is a Trigger of a platform.
type SonataFlowPlatformTriggerRef struct {
	// Name of the Trigger.
	Name string `json:"name"`
	// Namespace of the Trigger, which is that of its Broker.
	Namespace string `json:"namespace"`
}

// DBMigrationStatus is a phase of a database migration.
type DBMigrationStatus string

// The phases, as the operator names them.
const (
	// DBMigrationStatusStarted means that no migration Job runs yet.
	DBMigrationStatusStarted DBMigrationStatus = "Started"
	// DBMigrationStatusInProgress means that at least one migration Job has begun.
	DBMigrationStatusInProgress DBMigrationStatus = "In-Progress"
	// DBMigrationStatusSucceeded means that all migration Jobs are complete.
	DBMigrationStatusSucceeded DBMigrationStatus = "Succeeded"
	// DBMigrationStatusFailed means that at least one migration Job failed.
	DBMigrationStatusFailed DBMigrationStatus = "Failed"
)

// SonataFlowPlatformDBMigrationPhase says how far the migration of the services'
// databases is.
type SonataFlowPlatformDBMigrationPhase struct {
	// The phase: Started, In-Progress, Succeeded or Failed.
	// +optional
	Status DBMigrationStatus `json:"dbMigrationStatus,omitempty"`
	// What the phase means, in one sentence.
	// +optional
	Message string `json:"message,omitempty"`
	// Why the migration is in this phase.
	// +optional
	Reason string `json:"reason,omitempty"`
}
