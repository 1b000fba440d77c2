// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BuildPlatformSpec says how the operator builds workflow images. The function builds
// no images, so these fields have no effect. A warning in the condition SpecValid says
// so when they tell what is in an image, or where it goes.
type BuildPlatformSpec struct {
	// Settings of the builder.
	// +optional
	Config BuildPlatformConfig `json:"config,omitempty"`
	// Settings of a single build.
	// +optional
	Template BuildTemplate `json:"template,omitempty"`
}

// BuildPlatformConfig configures the builder.
type BuildPlatformConfig struct {
	// The image that builds start from.
	// +optional
	BaseImage string `json:"baseImage,omitempty"`
	// How long a build may take. Example: 5m0s
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Which builder to use.
	// +optional
	BuildStrategy string `json:"strategy,omitempty"`
	// Options of the builder.
	// +optional
	BuildStrategyOptions map[string]string `json:"strategyOptions,omitempty"`
	// The registry that built images are pushed to.
	// +optional
	Registry RegistrySpec `json:"registry,omitempty"`
}

// RegistrySpec is the registry that built images are pushed to.
type RegistrySpec struct {
	// Whether the registry is reached without TLS.
	// +optional
	Insecure bool `json:"insecure,omitempty"`
	// Host and port of the registry.
	// +optional
	Address string `json:"address,omitempty"`
	// Name of the Secret with the registry's credentials.
	// +optional
	Secret string `json:"secret,omitempty"`
	// Name of the ConfigMap with the registry's certificate authority.
	// +optional
	CA string `json:"ca,omitempty"`
	// The organisation within the registry.
	// +optional
	Organization string `json:"organization,omitempty"`
}

// BuildTemplate configures a single build.
type BuildTemplate struct {
	// How long a build may take. Example: 5m0s
	// +optional
	// +kubebuilder:validation:Format=duration
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Compute resources of the build.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`
	// Arguments of the builder.
	// +optional
	Arguments []string `json:"arguments,omitempty"`
	// Arguments of the image build.
	// +optional
	BuildArgs []corev1.EnvVar `json:"buildArgs,omitempty"`
	// Environment variables of the builder.
	// +optional
	Envs []corev1.EnvVar `json:"envs,omitempty"`
}

// DevModePlatformSpec says how workflows run in the dev profile.
type DevModePlatformSpec struct {
	// The image of workflows in the dev profile. A workflow's podTemplate.container.image takes
	// precedence over this image.
	// +optional
	BaseImage string `json:"baseImage,omitempty"`
}
