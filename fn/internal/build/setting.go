// SPDX-License-Identifier: Apache-2.0

package build

import (
	"cmp"
	"path"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Setting is where a workflow's image is built: what its platform, the input and its
// podTemplate say about that.
type Setting struct {
	// NamespacedName is the workflow's.
	types.NamespacedName

	// Platform is how the platform has images built; empty when it doesn't say. PlatformName is
	// empty where there is no platform.
	Platform     v1alpha08.BuildPlatformSpec
	PlatformName string

	// Cluster, Compatibility, PodSecurity and Images are the input's.
	Cluster       v1beta1.Cluster
	Compatibility v1beta1.Compatibility
	PodSecurity   v1beta1.PodSecurity
	Images        v1beta1.Images

	// NodeSelector is that of the workflow's pods.
	NodeSelector map[string]string
}

// A Source is what a workflow's image is built from.
type Source struct {
	// FlowFile is the name of the file with the flow, Flow its content.
	FlowFile, Flow string
	// Files are the ConfigMaps with further files, in the order in which one hides another.
	Files []Files
	// Persistent tells that the workflow has a database.
	Persistent bool
	// Attempt is the value of the annotation that asks for another build.
	Attempt string
	// Incomplete says what isn't known of the source yet; empty when all is known.
	Incomplete string
}

// Order decides what to build, and how.
func (s Setting) Order(source Source) *Order {
	registry, set := s.registry(), images.Resolve(s.Images)
	env, warnings := s.compilerEnv(source.Persistent)
	out := &Order{
		What: What{
			Repository: s.repository(),
			FlowFile:   source.FlowFile, Flow: source.Flow,
			Files:   source.Files,
			Builder: cmp.Or(s.Platform.Config.BaseImage, set.WorkflowBuilder), Runtime: set.WorkflowRuntime, Publisher: set.WorkflowPublisher,
			Architecture: s.architecture(),
			Env:          env,
			Attempt:      source.Attempt,
		},
		How: How{
			Secret: registry.Secret, CA: registry.CA, Insecure: registry.Insecure, OpenShift: registry.Own,
			Restricted:  s.PodSecurity != v1beta1.PodSecurityNone,
			Resources:   s.resources(),
			Timeout:     s.timeout(),
			PullSecrets: s.PullSecrets(),
		},
		Incomplete: source.Incomplete,
		Warnings:   warnings,
	}
	if s.Cluster != v1beta1.ClusterOpenShift {
		const nonroot = 65532 // The user of the publisher's image.
		out.User = new(int64(nonroot))
	}
	if out.Incomplete == "" {
		out.hash = out.What.hash()
	}
	return out
}

// PullSecrets are those with which the workflow's pods and its build pull images: those of the
// input, and that of the registry.
func (s Setting) PullSecrets() []corev1.LocalObjectReference {
	out := s.Images.PullSecrets
	secret := corev1.LocalObjectReference{Name: s.registry().Secret}
	if secret.Name == "" || slices.Contains(out, secret) {
		return out
	}
	return append(slices.Clip(out), secret)
}

// registry is where the image is pushed to.
func (s Setting) registry() images.Registry {
	return images.RegistryFor(s.Platform.Config.Registry, s.Cluster)
}

// repository is where the image is in the registry. The operator has no organisation in it.
func (s Setting) repository() string {
	registry := s.registry()
	if s.Compatibility == v1beta1.CompatibilityOperator {
		registry.Organization = ""
	}
	return path.Join(registry.Address, registry.Organization, s.Namespace, s.Name)
}

// architecture is that of the nodes that the workflow runs on, as far as its podTemplate says.
func (s Setting) architecture() string {
	return cmp.Or(s.NodeSelector[corev1.LabelArchStable], "amd64")
}

// resources are those of the compiler.
func (s Setting) resources() corev1.ResourceRequirements {
	out := s.Platform.Template.Resources
	if len(out.Requests)+len(out.Limits) == 0 {
		return defaultResources()
	}
	return out
}

// timeout is how long a build may take.
func (s Setting) timeout() time.Duration {
	for _, d := range []*metav1.Duration{s.Platform.Config.Timeout, s.Platform.Template.Timeout} {
		if d != nil {
			return d.Duration
		}
	}
	const enough = 30 * time.Minute // The first build downloads all that Maven needs.
	return enough
}
