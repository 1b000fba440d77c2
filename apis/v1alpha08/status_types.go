// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// ClusterKind is what kind of cluster the platform runs on.
//
// +kubebuilder:validation:Enum=kubernetes;openshift
type ClusterKind string

// The kinds of clusters, as the operator reports them.
const (
	ClusterKubernetes ClusterKind = "kubernetes"
	ClusterOpenShift  ClusterKind = "openshift"
)

// SonataFlowPlatformStatus is what a user reads about a platform. Conditions are
// beside it: see the Condition constants.
type SonataFlowPlatformStatus struct {
	// The generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// What kind of cluster the platform runs on.
	// +optional
	Cluster ClusterKind `json:"cluster,omitempty"`
	// The version of the Serverless Workflow specification.
	// +optional
	Version string `json:"version,omitempty"`
	// What composed the platform: goVersion and goOS.
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

// PlatformServicesStatus is what a user reads about the services of a platform.
type PlatformServicesStatus struct {
	// The Data Index.
	// +optional
	DataIndex *ServiceStatus `json:"dataIndex,omitempty"`
	// The Jobs Service.
	// +optional
	JobService *ServiceStatus `json:"jobService,omitempty"`
}

// Where a service keeps its data.
const (
	// PersistenceEphemeral is a database that lasts as long as the service's pod.
	PersistenceEphemeral = "ephemeral"
	// PersistencePostgreSQLServer is a PostgreSQL database.
	PersistencePostgreSQLServer = "postgresql"
)

// ServiceStatus is what a user reads about one service.
type ServiceStatus struct {
	// Where the service is reached within the cluster.
	// +optional
	URL string `json:"url,omitempty"`
	// The image that the service runs.
	// +optional
	Image string `json:"image,omitempty"`
	// Where the service keeps its data: ephemeral or postgresql.
	// +optional
	Persistence string `json:"persistence,omitempty"`
	// Whether workflows and other services are wired to the service. A service that the spec
	// doesn't enable is deployed all the same.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// How many of the service's pods are available, of how many wanted. Example: 1/1
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
	// Where the service is reached within the cluster.
	// +optional
	URL string `json:"url,omitempty"`
}

// SonataFlowPlatformTriggerRef is a Trigger of a platform.
type SonataFlowPlatformTriggerRef struct {
	// Name of the Trigger.
	Name string `json:"name"`
	// Namespace of the Trigger: its Broker's.
	Namespace string `json:"namespace"`
}

// DBMigrationStatus is a phase of a database migration.
type DBMigrationStatus string

// The phases, as the operator names them.
const (
	DBMigrationStatusStarted    DBMigrationStatus = "Started"
	DBMigrationStatusInProgress DBMigrationStatus = "In-Progress"
	DBMigrationStatusSucceeded  DBMigrationStatus = "Succeeded"
	DBMigrationStatusFailed     DBMigrationStatus = "Failed"
)

// SonataFlowPlatformDBMigrationPhase says how far the migration of the services'
// databases is.
type SonataFlowPlatformDBMigrationPhase struct {
	// The phase: Started, In-Progress, Succeeded or Failed.
	// +optional
	Status DBMigrationStatus `json:"dbMigrationStatus,omitempty"`
	// What the phase means.
	// +optional
	Message string `json:"message,omitempty"`
	// Why the migration is in this phase.
	// +optional
	Reason string `json:"reason,omitempty"`
}
