// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BuildPlatformSpec says how images are built of workflows in the profile preview. Of fields
// without effect, a warning in the condition SpecValid says so.
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
	// The image that compiles workflows.
	// +optional
	BaseImage string `json:"baseImage,omitempty"`
	// How long a build may take. 30 minutes when neither this nor template.timeout is given.
	// Example: 5m0s
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Which of the operator's builders to use. No effect: the input of the function says how
	// images are built.
	// +optional
	BuildStrategy string `json:"strategy,omitempty"`
	// Options of the operator's builder. No effect.
	// +optional
	BuildStrategyOptions map[string]string `json:"strategyOptions,omitempty"`
	// The registry that built images are pushed to.
	// +optional
	Registry RegistrySpec `json:"registry,omitempty"`
}

// RegistrySpec is the registry that built images are pushed to.
type RegistrySpec struct {
	// Whether the registry may be reached without TLS, or with a certificate that isn't
	// verified. The same then holds for the registry of the runtime image.
	// +optional
	Insecure bool `json:"insecure,omitempty"`
	// Host and port of the registry, with a path if there is one. On OpenShift, the cluster's
	// own registry when not given.
	// +optional
	Address string `json:"address,omitempty"`
	// Name of the Secret with the registry's credentials, in the workflow's namespace: of type
	// kubernetes.io/dockerconfigjson, or with the same text under the key config.json. The
	// workflow's pods use the Secret to pull the image, too.
	// +optional
	Secret string `json:"secret,omitempty"`
	// Name of the ConfigMap with the certificates of the registry's authority, in the workflow's
	// namespace. Each of its keys is a file of certificates.
	// +optional
	CA string `json:"ca,omitempty"`
	// The organisation within the registry: images are pushed to address/organization/namespace/
	// workflow. No effect with `compatibility: Operator`.
	// +optional
	Organization string `json:"organization,omitempty"`
}

// BuildTemplate configures a single build.
type BuildTemplate struct {
	// How long a build may take, unless config.timeout says so. Example: 5m0s
	// +optional
	// +kubebuilder:validation:Format=duration
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Compute resources of the compiler. Requests of 500m CPU and 1Gi memory and a limit of 2Gi
	// memory when not given.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`
	// Arguments of the operator's builder. No effect.
	// +optional
	Arguments []string `json:"arguments,omitempty"`
	// Arguments of the build, which the compiler gets as environment variables. Example:
	// QUARKUS_EXTENSIONS
	// +optional
	BuildArgs []corev1.EnvVar `json:"buildArgs,omitempty"`
	// Environment variables of the compiler. They win over buildArgs of the same name. Example:
	// MAVEN_MIRROR_URL
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
