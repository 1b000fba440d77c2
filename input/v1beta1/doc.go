// SPDX-License-Identifier: Apache-2.0

// Package v1beta1 holds the function's input: settings that the SonataFlow operator has
// in its configuration file, and settings that this product adds.
//
// +kubebuilder:object:generate=true
// +groupName=sonataflow.fn.crossplane.io
// +versionName=v1beta1
package v1beta1
