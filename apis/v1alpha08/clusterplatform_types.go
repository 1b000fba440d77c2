// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SonataFlowClusterPlatform refers to one platform and offers the services of that
// platform to every namespace. It deploys nothing itself.
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

	// The platform that is offered, and the capabilities that are offered.
	Spec SonataFlowClusterPlatformSpec `json:"spec"`
	// The observed state of the cluster platform.
	// +optional
	Status SonataFlowClusterPlatformStatus `json:"status,omitempty"`
}

// SonataFlowClusterPlatformSpec says which platform serves the whole cluster.
type SonataFlowClusterPlatformSpec struct {
	// The platform whose services are offered.
	PlatformRef SonataFlowPlatformRef `json:"platformRef"`
	// The capabilities that are offered. All are offered when this field isn't given, none
	// when it is empty.
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

// WorkFlowCapability is a capability that a cluster platform offers to workflows.
//
// +kubebuilder:validation:Enum=services
type WorkFlowCapability string

// WorkFlowCapabilityServices offers the supporting services of the platform: the Data
// Index and the Jobs Service.
const WorkFlowCapabilityServices WorkFlowCapability = "services"

// SonataFlowClusterPlatformCapSpec names the capabilities that a cluster platform offers.
type SonataFlowClusterPlatformCapSpec struct {
	// The capabilities that are offered to workflows. services is the only one: the Data
	// Index and the Jobs Service.
	// +optional
	Workflows []WorkFlowCapability `json:"workflows,omitempty"`
}

// SonataFlowClusterPlatformStatus is the observed state of a cluster platform. The types of its
// conditions are the Condition constants; meta.IsStatusConditionTrue of
// k8s.io/apimachinery reads them.
type SonataFlowClusterPlatformStatus struct {
	// The conditions of this API, and Crossplane's Synced and Ready.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// The generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// The version of the Serverless Workflow specification.
	// +optional
	Version string `json:"version,omitempty"`
	// The capabilities in effect: those of the spec, or the default. Addition to the
	// operator's API. The operator writes the default into the spec instead.
	// +optional
	Capabilities *SonataFlowClusterPlatformCapStatus `json:"capabilities,omitempty"`
}

// SonataFlowClusterPlatformCapStatus names the capabilities that a cluster platform offers
// in effect. Its list is written even when it is empty: server-side apply would set a list
// that is left out to null, and the schema refuses null.
type SonataFlowClusterPlatformCapStatus struct {
	// The capabilities that are offered to workflows. The list is empty when none is
	// offered.
	Workflows []WorkFlowCapability `json:"workflows"`
}
