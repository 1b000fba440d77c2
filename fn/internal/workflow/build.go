// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/build"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podrules"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// OpenShift's own registry, and the ConfigMap with the certificates of its authority, which
// OpenShift makes in each namespace. See
// https://docs.openshift.com/container-platform/latest/registry/accessing-the-registry.html.
const (
	openShiftRegistry     = "image-registry.openshift-image-registry.svc:5000"
	openShiftCertificates = "openshift-service-ca.crt"
)

// A registry is where images of workflows are pushed to.
type registry struct {
	v1alpha08.RegistrySpec

	// own tells that it is OpenShift's own one, without other credentials than a token.
	own bool
}

// registryFor is the registry that the platform names, else OpenShift's own one. It has no
// address where there is neither.
func registryFor(platform *v1alpha08.BuildPlatformSpec, cluster v1beta1.Cluster) registry {
	out := registry{}
	if platform != nil {
		out.RegistrySpec = platform.Config.Registry
	}
	out.Address = strings.TrimSuffix(out.Address, "/")
	if cluster != v1beta1.ClusterOpenShift {
		return out
	}
	out.Address = cmp.Or(out.Address, openShiftRegistry)
	if host, _, _ := strings.Cut(out.Address, "/"); host == openShiftRegistry {
		out.own = out.Secret == ""
		out.CA = cmp.Or(out.CA, openShiftCertificates)
		out.Organization = "" // Its images are named by namespace and name alone.
	}
	return out
}

// validateRegistry returns an error for a workflow whose image would be pushed nowhere. It is
// nil while the platform isn't known.
func validateRegistry(d *document, input *v1beta1.Input, around surroundings) *field.Error {
	local := around.local
	if d.profile() != flow.Preview || local.State == composition.StatePending || registryFor(local.Spec.Build, input.Cluster).Address != "" {
		return nil
	}
	why, how := "the namespace has no platform that names a registry", "create a platform with spec.build.config.registry.address"
	if local.Name != "" {
		why, how = fmt.Sprintf("platform %s names no registry", local.Name), fmt.Sprintf("set spec.build.config.registry.address of platform %s", local.Name)
	}
	return field.Required(field.NewPath("spec", "podTemplate", "container", "image"), fmt.Sprintf(
		"the workflow has no image, and none can be pushed, because %s: %s; or build an image of the workflow and name it here, the profile is then %s", why, how, flow.GitOps))
}

// platformBuild is how the platform has images built; empty when it doesn't say.
func (r resolver) platformBuild() v1alpha08.BuildPlatformSpec {
	if b := r.around.local.Spec.Build; b != nil {
		return *b
	}
	return v1alpha08.BuildPlatformSpec{}
}

// builds tells whether an image of the workflow is built.
func (r resolver) builds() bool { return r.doc.profile() == flow.Preview }

// newOrder is what to build; nil when nothing is.
func (r resolver) newOrder(document string) *build.Order {
	if !r.builds() {
		return nil
	}
	platform, target := r.platformBuild(), r.registry()
	set := images.Resolve(r.input.Images)
	resources := platform.Template.Resources
	if len(resources.Requests)+len(resources.Limits) == 0 {
		resources = build.DefaultResources()
	}
	spec := build.Spec{
		What: build.What{
			Repository: r.repository(target),
			FlowFile:   r.flowFile(), Flow: document,
			Files:   r.around.files.copies(),
			Builder: cmp.Or(platform.Config.BaseImage, set.WorkflowBuilder), Runtime: set.WorkflowRuntime, Publisher: set.WorkflowPublisher,
			Architecture: r.architecture(),
			Env:          r.compilerEnv(),
			Attempt:      r.doc.annotations[v1alpha08.AnnotationBuildAttempt],
		},
		How: build.How{
			Secret: target.Secret, CA: target.CA, Insecure: target.Insecure, OpenShift: target.own,
			Restricted:  r.input.PodSecurity != v1beta1.PodSecurityNone,
			Resources:   resources,
			Timeout:     timeoutOf(platform),
			PullSecrets: r.pullSecrets(),
		},
	}
	if r.input.Cluster != v1beta1.ClusterOpenShift {
		const nonroot = 65532 // The user of the publisher's image.
		spec.User = new(int64(nonroot))
	}
	switch files := r.around.files; {
	case len(files.missing) > 0:
		spec.Incomplete = missing(files.missing, r.doc.Namespace)
	case r.around.local.State == composition.StatePending || !files.known:
		spec.Incomplete = "Waiting for Crossplane to look up the platform and the files of the workflow"
	}
	return build.New(spec)
}

// registry is where the image is pushed to.
func (r resolver) registry() registry {
	return registryFor(r.around.local.Spec.Build, r.input.Cluster)
}

// repository is where the image is in a registry. The operator has no organisation in it.
func (r resolver) repository(target registry) string {
	if r.input.Compatibility == v1beta1.CompatibilityOperator {
		target.Organization = ""
	}
	return path.Join(target.Address, target.Organization, r.doc.Namespace, r.doc.Name)
}

// architecture is that of the nodes that the workflow runs on, as far as its podTemplate says.
func (r resolver) architecture() string {
	return cmp.Or(r.doc.spec.PodTemplate.NodeSelector[corev1.LabelArchStable], "amd64")
}

// pullSecrets are those of the input and, for an image that is built, that of its registry.
func (r resolver) pullSecrets() []corev1.LocalObjectReference {
	out := r.input.Images.PullSecrets
	if !r.builds() {
		return out
	}
	secret := corev1.LocalObjectReference{Name: r.registry().Secret}
	if secret.Name == "" || slices.Contains(out, secret) {
		return out
	}
	return append(slices.Clip(out), secret)
}

// timeoutOf is how long a build may take.
func timeoutOf(platform v1alpha08.BuildPlatformSpec) time.Duration {
	for _, d := range []*metav1.Duration{platform.Config.Timeout, platform.Template.Timeout} {
		if d != nil {
			return d.Duration
		}
	}
	const enough = 30 * time.Minute // The first build downloads all that Maven needs.
	return enough
}

// quarkusExtensions is the variable with the extensions that the builder adds to a workflow.
const quarkusExtensions = "QUARKUS_EXTENSIONS"

// persistenceExtensions are those without which a workflow has no database, as the operator
// has them.
func persistenceExtensions() []string {
	return []string{"io.quarkus:quarkus-jdbc-postgresql", "io.quarkus:quarkus-agroal", "org.kie:kie-addons-quarkus-persistence-jdbc"}
}

// compilerEnv are the variables of the compiler. No two have the same name, because server-side
// apply takes only one.
func (r resolver) compilerEnv() []corev1.EnvVar {
	template := r.platformBuild().Template
	var out []corev1.EnvVar
	for _, e := range slices.Concat(template.BuildArgs, template.Envs) {
		out = append(slices.DeleteFunc(out, withName(e.Name)), e)
	}
	if r.database() == nil {
		return out
	}
	i := slices.IndexFunc(out, withName(quarkusExtensions))
	if i < 0 {
		return append(out, corev1.EnvVar{Name: quarkusExtensions, Value: strings.Join(persistenceExtensions(), ",")})
	}
	if out[i].ValueFrom == nil {
		given := strings.FieldsFunc(out[i].Value, func(c rune) bool { return c == ',' })
		out[i].Value = strings.Join(append(given, slices.DeleteFunc(persistenceExtensions(), func(e string) bool { return slices.Contains(given, e) })...), ",")
	}
	return out
}

func withName(name string) func(corev1.EnvVar) bool {
	return func(e corev1.EnvVar) bool { return e.Name == name }
}

// validateBuild returns what is wrong with how the platform has images built, if the workflow's
// is.
func (r resolver) validateBuild() field.ErrorList {
	if !r.builds() || r.around.local.State == composition.StatePending {
		return nil
	}
	platform, target, at := r.platformBuild(), r.registry(), field.NewPath("spec", "build")
	config, template := at.Child("config"), at.Child("template")
	var errs field.ErrorList
	if images.Check(r.repository(target), config) != nil {
		errs = append(errs, field.Invalid(config.Child("registry"), r.repository(target), "not the name of an image in a registry: write address like registry.example.com:5000, without https:// and without a tag, and organization like team"))
	}
	if platform.Config.BaseImage != "" {
		if err := images.Check(platform.Config.BaseImage, config.Child("baseImage")); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, names.ValidateSubdomain(target.Secret, config.Child("registry", "secret"))...)
	errs = append(errs, names.ValidateSubdomain(target.CA, config.Child("registry", "ca"))...)
	for _, timeout := range []struct {
		path  *field.Path
		given *metav1.Duration
	}{{config.Child("timeout"), platform.Config.Timeout}, {template.Child("timeout"), platform.Template.Timeout}} {
		if timeout.given != nil && timeout.given.Duration < time.Second {
			errs = append(errs, field.Invalid(timeout.path, timeout.given.Duration.String(), "must be a second or more, such as 30m"))
		}
	}
	errs = append(errs, podrules.ValidateEnv(platform.Template.BuildArgs, template.Child("buildArgs"))...)
	errs = append(errs, podrules.ValidateEnv(platform.Template.Envs, template.Child("envs"))...)
	errs = append(errs, podrules.ValidateResources(platform.Template.Resources, template.Child("resources"))...)
	for _, err := range errs {
		err.Detail += fmt.Sprintf("; this is the field of platform %s, which says how the image of the workflow is built", r.around.local.Name)
	}
	if arch := r.architecture(); !slices.Contains([]string{"amd64", "arm64", "ppc64le", "s390x"}, arch) {
		errs = append(errs, field.NotSupported(field.NewPath("spec", "podTemplate", "nodeSelector").Key(corev1.LabelArchStable), arch, []string{"amd64", "arm64", "ppc64le", "s390x"}))
	}
	return errs
}

// mostCopied is how many bytes a build copies. Crossplane hands the originals and the copies to
// the function in one message, which may have 4 MiB.
const mostCopied = 1536 * 1024

// validateSize returns an error for an order that copies too much.
func validateSize(o *build.Order) *field.Error {
	const kibibyte = 1024
	if o.Size() <= mostCopied {
		return nil
	}
	return field.Invalid(field.NewPath("spec", "resources", "configMaps"), fmt.Sprintf("%d KiB", (o.Size()+kibibyte-1)/kibibyte),
		fmt.Sprintf("the flow and its files may have %d KiB together, because they are copied for the build: remove files that the flow doesn't need, or build an image elsewhere and name it in spec.podTemplate.container.image", mostCopied/kibibyte))
}

// copies are the ConfigMaps with files as they are copied for the build.
func (d resourceFiles) copies() []build.Files {
	out := make([]build.Files, 0, len(d.configMaps))
	for _, c := range d.configMaps {
		if c.object == nil {
			continue // It isn't known, or isn't there: nothing is built.
		}
		f := build.Files{ConfigMap: c.ConfigMap, Folder: c.Folder}
		// The API server takes no other types.
		f.Data, _, _ = unstructured.NestedStringMap(c.object.Object, "data")
		binary, _, _ := unstructured.NestedStringMap(c.object.Object, "binaryData")
		for _, key := range slices.Sorted(maps.Keys(binary)) {
			bytes, err := base64.StdEncoding.DecodeString(binary[key])
			if err != nil {
				continue // It can't come from an API server.
			}
			if f.BinaryData == nil {
				f.BinaryData = map[string][]byte{}
			}
			f.BinaryData[key] = bytes
		}
		out = append(out, f)
	}
	return out
}

// buildWarnings name what the build can't do, and files that hide others.
func (r resolver) buildWarnings() []string {
	if r.order == nil {
		return nil
	}
	out := r.hidden()
	if i := slices.IndexFunc(r.order.Env, withName(quarkusExtensions)); i >= 0 && r.order.Env[i].ValueFrom != nil && r.database() != nil {
		out = append(out, fmt.Sprintf("spec.build.template of platform %s: %s comes from elsewhere, so that the extensions for PostgreSQL aren't added; see that it has %s",
			r.around.local.Name, quarkusExtensions, strings.Join(persistenceExtensions(), ", ")))
	}
	return out
}
