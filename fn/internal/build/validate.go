// SPDX-License-Identifier: Apache-2.0

package build

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podrules"
)

// ValidateRegistry returns an error for a workflow whose image would be pushed nowhere.
func (s Setting) ValidateRegistry() *field.Error {
	if s.registry().Address != "" {
		return nil
	}
	why, how := "the namespace has no platform that names a registry", "create a platform with spec.build.config.registry.address"
	if s.PlatformName != "" {
		why, how = fmt.Sprintf("platform %s names no registry", s.PlatformName), fmt.Sprintf("set spec.build.config.registry.address of platform %s", s.PlatformName)
	}
	return field.Required(field.NewPath("spec", "podTemplate", "container", "image"), fmt.Sprintf(
		"the workflow has no image, and none can be pushed, because %s: %s; or build an image of the workflow and name it here, the profile is then %s", why, how, flow.GitOps))
}

// Validate returns what is wrong with how the platform has images built, and with the nodes
// that the image is for.
func (s Setting) Validate() field.ErrorList {
	registry, at := s.registry(), field.NewPath("spec", "build")
	config, template := at.Child("config"), at.Child("template")
	var errs field.ErrorList
	if images.Check(s.repository(), config) != nil {
		errs = append(errs, field.Invalid(config.Child("registry"), s.repository(), "not the name of an image in a registry: write address like registry.example.com:5000, without https:// and without a tag, and organization like team"))
	} else if host := registryOf(s.repository()); !images.IsHost(host) {
		errs = append(errs, field.Invalid(config.Child("registry", "address"), host, "not the host of a registry, so that the image would be pushed to docker.io: write it with a dot or a port, like registry.example.com or registry.namespace.svc:80, and for docker.io itself docker.io/team"))
	}
	if s.Platform.Config.BaseImage != "" {
		if err := images.Check(s.Platform.Config.BaseImage, config.Child("baseImage")); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, names.ValidateSubdomain(registry.Secret, config.Child("registry", "secret"))...)
	errs = append(errs, names.ValidateSubdomain(registry.CA, config.Child("registry", "ca"))...)
	for _, timeout := range []struct {
		path  *field.Path
		given *metav1.Duration
	}{{config.Child("timeout"), s.Platform.Config.Timeout}, {template.Child("timeout"), s.Platform.Template.Timeout}} {
		if timeout.given != nil && timeout.given.Duration < time.Second {
			errs = append(errs, field.Invalid(timeout.path, timeout.given.Duration.String(), "must be a second or more, such as 30m"))
		}
	}
	errs = append(errs, podrules.ValidateEnv(s.Platform.Template.BuildArgs, template.Child("buildArgs"))...)
	errs = append(errs, podrules.ValidateEnv(s.Platform.Template.Envs, template.Child("envs"))...)
	errs = append(errs, podrules.ValidateResources(s.Platform.Template.Resources, template.Child("resources"))...)
	for _, err := range errs {
		err.Detail += fmt.Sprintf("; this is the field of platform %s, which says how the image of the workflow is built", s.PlatformName)
	}
	architectures := []string{"amd64", "arm64", "ppc64le", "s390x"}
	if arch := s.architecture(); !slices.Contains(architectures, arch) {
		errs = append(errs, field.NotSupported(field.NewPath("spec", "podTemplate", "nodeSelector").Key(corev1.LabelArchStable), arch, architectures))
	}
	return errs
}

// mostCopied is how many bytes a build copies. Crossplane hands the originals and the copies to
// the function in one message, which may have 4 MiB.
const mostCopied = 1536 * 1024

// ValidateSize returns an error for an Order that copies too much.
func (w *What) ValidateSize() *field.Error {
	const kibibyte = 1024
	size := w.size()
	if size <= mostCopied {
		return nil
	}
	return field.Invalid(field.NewPath("spec", "resources", "configMaps"), fmt.Sprintf("%d KiB", (size+kibibyte-1)/kibibyte),
		fmt.Sprintf("the flow and its files may have %d KiB together, because they are copied for the build: remove files that the flow doesn't need, or build an image elsewhere and name it in spec.podTemplate.container.image", mostCopied/kibibyte))
}
