// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SonataFlowClusterPlatform points at one platform and offers its services to every
// namespace. It deploys nothing itself.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=sonataflowclusterplatforms,singular=sonataflowclusterplatform,scope=Cluster,categories={sonataflow-all}
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Platform_Name",type=string,JSONPath=`.spec.platformRef.name`
// +kubebuilder:printcolumn:name="Platform_NS",type=string,JSONPath=`.spec.platformRef.namespace`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=='Succeed')].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=='Succeed')].reason`
type SonataFlowClusterPlatform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Which platform to offer, and what of it.
	Spec SonataFlowClusterPlatformSpec `json:"spec"`
	// What became of it.
	// +optional
	Status SonataFlowClusterPlatformStatus `json:"status,omitempty"`
}

// SonataFlowClusterPlatformSpec says which platform serves the whole cluster.
type SonataFlowClusterPlatformSpec struct {
	// The platform whose services are offered.
	PlatformRef SonataFlowPlatformRef `json:"platformRef"`
	// What is offered. Everything when not given, nothing when empty.
	// +optional
	Capabilities *SonataFlowClusterPlatformCapSpec `json:"capabilities,omitempty"`
}

// SonataFlowPlatformRef names a platform.
type SonataFlowPlatformRef struct {
	// Name of the platform.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Namespace of the platform.
	// +kubebuilder:validation:MinLength=1
	Namespace string `json:"namespace"`
}

// WorkFlowCapability is something that a cluster platform offers to workflows.
//
// +kubebuilder:validation:Enum=services
type WorkFlowCapability string

// WorkFlowCapabilityServices offers the supporting services.
const WorkFlowCapabilityServices WorkFlowCapability = "services"

// SonataFlowClusterPlatformCapSpec says what a cluster platform offers.
type SonataFlowClusterPlatformCapSpec struct {
	// What is offered to workflows.
	// +optional
	Workflows []WorkFlowCapability `json:"workflows,omitempty"`
}

// SonataFlowClusterPlatformStatus is what a user reads about a cluster platform.
// Conditions are beside it: see the Condition constants.
type SonataFlowClusterPlatformStatus struct {
	// The generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// The version of the Serverless Workflow specification.
	// +optional
	Version string `json:"version,omitempty"`
	// What is offered in effect: what the spec says, or its default. Addition to the
	// operator's API, which writes the default into the spec.
	// +optional
	Capabilities *SonataFlowClusterPlatformCapStatus `json:"capabilities,omitempty"`
}

// SonataFlowClusterPlatformCapStatus is what a cluster platform offers in effect.
type SonataFlowClusterPlatformCapStatus struct {
	// What is offered to workflows. An empty list is nothing. It is written all the same:
	// server-side apply would make null of a list that goes, which the schema refuses.
	Workflows []WorkFlowCapability `json:"workflows"`
}
