// SPDX-License-Identifier: Apache-2.0

// Package v1beta1 holds the function's input: what the SonataFlow operator keeps in
// its configuration file, and the choices that this product adds.
//
// +kubebuilder:object:generate=true
// +groupName=sonataflow.fn.crossplane.io
// +versionName=v1beta1
package v1beta1
