// SPDX-License-Identifier: Apache-2.0

package build

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// labelBuilds is a label of the pods of all builds of a workflow; its value is the workflow's
// name. They have no label that selects the workflow's own pods.
const labelBuilds = "sonataflow.org/builds"

// annotationImage is an annotation of a Job, with the image that the Job pushes.
const annotationImage = "sonataflow.org/image"

// backoffLimit is how often a build is tried again: a repository of Maven's may fail once, and
// a flow that can't be compiled never succeeds.
const backoffLimit = 2

// The containers of a build, in their order.
const (
	containerCompile = "compile"
	containerLogin   = "login"
	containerPublish = "publish"
)

// Where the containers have what they share, and what they are given.
const (
	// stage is a folder for all containers: the compiler leaves the layer there.
	stage = "/stage"
	layer = stage + "/app.tar"
	// input has the files to compile.
	input = "/input"
	// credentials has a registry's, in a file that Docker's clients read.
	credentials = "/credentials"
	// certificates are those of the registry's authority.
	certificates = "/certificates"
	// token is that of the service account, for OpenShift's registry.
	token = "/token"
)

// compileScript compiles in the builder image, and packs the application into a layer: what
// the operator's Dockerfile copies, in the same place and for the same user. The image has the
// project of an empty workflow at $KOGITO_HOME/serverless-workflow-project, which group 0 may
// write, and build-app.sh, which copies a folder into the resources of that project and runs
// Maven. GNU tar is in the image, because the image is made with it.
//
// Sources, at main of apache/incubator-kie-tools, before packages/sonataflow-* were removed:
//   - packages/sonataflow-builder-image/resources/modules/sonataflow/builder/runtime/added/build-app.sh
//     (14fb73b) and ../configure.sh (4b622c0)
//   - packages/sonataflow-builder-image/resources/incubator-kie-sonataflow-builder-image.yaml
//     (310ff41): user 1001
//   - packages/sonataflow-builder-image/test-resources/tests/shell/sonataflow-builder/resources/greet/Dockerfile
//     (db2e3e3)
//
// The second glob takes hidden files, but not the folders of Kubernetes' own in a mounted volume,
// which begin with two dots. A glob that finds nothing stands for itself.
const compileScript = `mkdir -p ` + stage + `/resources
for file in ` + input + `/* ` + input + `/.[!.]*; do
  [ ! -e "$file" ] || cp -rL "$file" ` + stage + `/resources/
done
"${KOGITO_HOME:-/home/kogito}"/launch/build-app.sh ` + stage + `/resources
cd "${KOGITO_HOME:-/home/kogito}"/serverless-workflow-project/target/quarkus-app
tar --create --file ` + layer + ` --sort=name --mtime=@0 --numeric-owner --owner=185 --group=0 --mode=g=u --transform 's,^,deployments/,' lib app quarkus *.jar
`

// loginScript writes the token of the service account where the publisher reads credentials.
// OpenShift's registry takes any user name with it.
const loginScript = `printf '{"auths":{"%s":{"username":"serviceaccount","password":"%s"}}}' "$REGISTRY" "$(cat ` + token + `/token)" > ` + credentials + `/config.json
`

// publishArgs are the arguments of crane: it adds the layer to the runtime image, describes
// the image as the operator's Dockerfile does, and pushes it. The runtime image exposes the
// port 8080 itself. crane has no shell in its image, and needs none.
func (w *What) publishArgs(image string) []string {
	return []string{
		"mutate", w.Runtime,
		"--platform", "linux/" + w.Architecture,
		"--append", layer,
		"--user", "185",
		"--env", "LANGUAGE=en_US:en",
		"--env", "AB_JOLOKIA_OFF=",
		"--env", "JAVA_OPTS=-Dquarkus.http.host=0.0.0.0 -Djava.util.logging.manager=org.jboss.logmanager.LogManager",
		"--env", "JAVA_APP_JAR=/deployments/quarkus-run.jar",
		"--tag", image,
	}
}

// newJob returns the Job that builds, given the Job as it is observed (nil when there is
// none). It never has a time to live: a Job that goes by itself would be made again and again.
func newJob(c *component.Component, o *Order, observed *unstructured.Unstructured) *batchv1.Job {
	job := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: jobMeta(c, o.hash, o.Image()),
		Spec: batchv1.JobSpec{
			BackoffLimit:          new(int32(backoffLimit)),
			ActiveDeadlineSeconds: new(max(1, int64(o.Timeout.Seconds()))),
			PodFailurePolicy:      &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{jobs.IgnoreDisruptions()}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: jobs.PodMeta(labelBuilds, c.Labels()[component.LabelWorkflow]),
				Spec:       o.pod(c),
			},
		},
	}
	jobs.KeepTemplate(job, observed)
	return job
}

// jobMeta is the metadata of the Job that pushes an image.
func jobMeta(c *component.Component, hash, image string) metav1.ObjectMeta {
	out := c.Meta(c.Build(hash))
	out.Annotations = map[string]string{annotationImage: image}
	return out
}

// pod compiles first, and then publishes.
func (o *Order) pod(c *component.Component) corev1.PodSpec {
	out := corev1.PodSpec{
		RestartPolicy:                corev1.RestartPolicyNever,
		AutomountServiceAccountToken: new(false), // The build doesn't talk to the API server.
		ImagePullSecrets:             o.PullSecrets,
		InitContainers:               []corev1.Container{o.compiler()},
		Containers:                   []corev1.Container{o.publisher()},
		Volumes: []corev1.Volume{
			{Name: "stage", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: new(resource.MustParse("2Gi"))}}},
			{Name: "input", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: o.sources(c)}}},
		},
	}
	if o.Restricted {
		out.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	}
	out.Volumes = append(out.Volumes, o.registryVolumes()...)
	if o.Secret == "" && o.OpenShift {
		const hour = 3600
		out.ServiceAccountName = "builder" // OpenShift makes it in each namespace, and lets it push.
		out.InitContainers = append(out.InitContainers, o.login())
		out.Volumes = append(out.Volumes,
			corev1.Volume{Name: "credentials", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
			corev1.Volume{Name: "token", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: new(int64(hour))}},
			}}}},
		)
	}
	return out
}

// registryVolumes have what the platform names for the registry.
func (o *Order) registryVolumes() []corev1.Volume {
	var out []corev1.Volume
	if o.CA != "" {
		out = append(out, corev1.Volume{Name: "certificates", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: o.CA}}}})
	}
	if o.Secret != "" {
		out = append(out, corev1.Volume{Name: "credentials", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: o.Secret}}})
	}
	return out
}

// Needs is a pod that refers to what the build needs beside what is composed for it; to nothing
// once the image is there, or while it isn't known what is to be built.
func (o *Order) Needs(last Last) corev1.PodSpec {
	if o.Incomplete != "" || toldOf(last.Build, o.Image()) {
		return corev1.PodSpec{}
	}
	return corev1.PodSpec{Volumes: o.registryVolumes(), Containers: []corev1.Container{{Env: o.Env}}}
}

// compiler compiles the workflow, as the user of the builder image. It writes into that
// image's own folders, so that its root can't be read-only.
func (o *Order) compiler() corev1.Container {
	return corev1.Container{
		Name: containerCompile, Image: o.Builder,
		Command:                  []string{"bash", "-euc"},
		Args:                     []string{compileScript},
		Env:                      o.Env,
		Resources:                o.Resources,
		VolumeMounts:             []corev1.VolumeMount{{Name: "stage", MountPath: stage}, {Name: "input", MountPath: input, ReadOnly: true}},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          o.securityContext(),
	}
}

// login makes credentials for OpenShift's registry. It runs after the compiler, which never
// sees the token.
func (o *Order) login() corev1.Container {
	out := corev1.Container{
		Name: containerLogin, Image: o.Builder,
		Command:                  []string{"bash", "-euc"},
		Args:                     []string{loginScript},
		Env:                      []corev1.EnvVar{{Name: "REGISTRY", Value: registryOf(o.Repository)}},
		Resources:                reserve("10m", "16Mi", "64Mi"),
		VolumeMounts:             []corev1.VolumeMount{{Name: "credentials", MountPath: credentials}, {Name: "token", MountPath: token, ReadOnly: true}},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          o.securityContext(),
	}
	return out
}

// publisher makes the image and pushes it. For credentials, crane reads config.json in
// DOCKER_CONFIG and, where that file isn't, REGISTRY_AUTH_FILE: so a Secret may have either
// key. SSL_CERT_DIR adds certificates to those in the image.
func (o *Order) publisher() corev1.Container {
	out := corev1.Container{
		Name: containerPublish, Image: o.Publisher,
		Args:                     o.publishArgs(o.Image()),
		Resources:                reserve("100m", "64Mi", "512Mi"),
		VolumeMounts:             []corev1.VolumeMount{{Name: "stage", MountPath: stage, ReadOnly: true}},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          o.securityContext(),
	}
	if o.Insecure {
		out.Args = append(out.Args, "--insecure")
	}
	if o.Secret != "" || o.OpenShift {
		out.Env = append(out.Env, corev1.EnvVar{Name: "DOCKER_CONFIG", Value: credentials}, corev1.EnvVar{Name: "REGISTRY_AUTH_FILE", Value: credentials + "/" + corev1.DockerConfigJsonKey})
		out.VolumeMounts = append(out.VolumeMounts, corev1.VolumeMount{Name: "credentials", MountPath: credentials, ReadOnly: true})
	}
	if o.CA != "" {
		out.Env = append(out.Env, corev1.EnvVar{Name: "SSL_CERT_DIR", Value: certificates})
		out.VolumeMounts = append(out.VolumeMounts, corev1.VolumeMount{Name: "certificates", MountPath: certificates, ReadOnly: true})
	}
	if s := out.SecurityContext; s != nil {
		s.ReadOnlyRootFilesystem, s.RunAsUser = new(true), o.User
	}
	return out
}

// securityContext meets the restricted Pod Security Standard, together with that of the pod.
func (o *Order) securityContext() *corev1.SecurityContext {
	if !o.Restricted {
		return nil
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}
}

func reserve(cpu, memory, limit string) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(limit)},
	}
}

// defaultResources are those of the compiler: Maven and Quarkus need more than 1 GiB for a
// flow with a few extensions.
func defaultResources() corev1.ResourceRequirements { return reserve("500m", "1Gi", "2Gi") }
