// SPDX-License-Identifier: Apache-2.0

// Package v1alpha08 holds the user-facing API of the SonataFlow platform: the
// types that the CompositeResourceDefinitions are generated from, and the types and
// reasons of the conditions in their status.
//
// Group, version, kinds and fields are those of the SonataFlow operator, so that
// manifests written for it apply unchanged. What this product adds is marked
// "Addition" in the field's comment.
//
// +kubebuilder:object:generate=true
// +groupName=sonataflow.org
// +versionName=v1alpha08
package v1alpha08
