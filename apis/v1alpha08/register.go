// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and the version of all kinds in this package.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: Group, Version: Version}
}

// AddToScheme lets programs read and write the kinds that users apply, and lists of them,
// with a typed client.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion(),
		&SonataFlow{}, &SonataFlowList{},
		&SonataFlowPlatform{}, &SonataFlowPlatformList{},
		&SonataFlowClusterPlatform{}, &SonataFlowClusterPlatformList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion())
	return nil
}

// SonataFlowList is a list of workflows.
//
// +kubebuilder:object:root=true
type SonataFlowList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []SonataFlow `json:"items"`
}

// SonataFlowPlatformList is a list of platforms.
//
// +kubebuilder:object:root=true
type SonataFlowPlatformList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []SonataFlowPlatform `json:"items"`
}

// SonataFlowClusterPlatformList is a list of cluster platforms.
//
// +kubebuilder:object:root=true
type SonataFlowClusterPlatformList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []SonataFlowClusterPlatform `json:"items"`
}
