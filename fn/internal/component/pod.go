// SPDX-License-Identifier: Apache-2.0

package component

import (
	"maps"
	"path"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// Where the images expect what the platform gives them.
const (
	// PortName and Port are those of the container.
	PortName = "h2c"
	Port     = 8080

	readyPath = "/q/health/ready"
	livePath  = "/q/health/live"
	startPath = "/q/health/started"
)

// PodOptions is what a component's pod depends on.
type PodOptions struct {
	Kind  Kind
	Image string
	// ConfigMap has the component's properties, UserConfigMap the user's; the latter is empty
	// where there are none.
	ConfigMap, UserConfigMap string
	// Flow is the ConfigMap with the flow, Files are those with further files; for a workflow
	// whose image has no flow.
	Flow  string
	Files []Files
	// Database is nil for a component with an ephemeral one.
	Database *postgres.Database
	// MigrateAtStart lets the component migrate its own schema.
	MigrateAtStart bool
	// Env are further environment variables.
	Env         []corev1.EnvVar
	PullSecrets []corev1.LocalObjectReference
	// SecurityContext of the component's container, or nil.
	SecurityContext *corev1.SecurityContext
}

// Files are the files of a ConfigMap, and the folder where a workflow reads them, relative to
// the flow's. The folder of the flow itself is the empty one.
type Files struct {
	ConfigMap, Folder string
}

// NewPod returns the pod of a component before a user's podTemplate is merged in. It has
// one container.
func NewPod(o PodOptions) corev1.PodSpec {
	volumes, mounts := o.Kind.Config(o)
	return corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:                     o.Kind.Container,
			Image:                    o.Image,
			Ports:                    []corev1.ContainerPort{{Name: PortName, ContainerPort: Port, Protocol: corev1.ProtocolTCP}},
			Env:                      env(o),
			Resources:                *o.Kind.Resources.DeepCopy(),
			LivenessProbe:            o.Kind.Probes.Liveness.DeepCopy(),
			ReadinessProbe:           o.Kind.Probes.Readiness.DeepCopy(),
			StartupProbe:             o.Kind.Probes.Startup.DeepCopy(),
			VolumeMounts:             mounts,
			TerminationMessagePolicy: o.Kind.LastWords,
			SecurityContext:          o.SecurityContext,
		}},
		Volumes:          volumes,
		ImagePullSecrets: o.PullSecrets,
		// The components don't talk to the API server.
		AutomountServiceAccountToken: new(false),
	}
}

func env(o PodOptions) []corev1.EnvVar {
	var out []corev1.EnvVar
	out = append(out, o.Kind.Env...)
	out = append(out, o.Env...)
	if o.Database == nil {
		return out
	}
	out = append(out, o.Database.Env(o.Kind.Reactive)...)
	if o.Kind.MigrationTool != "" {
		out = append(out, corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: strconv.FormatBool(o.MigrateAtStart)})
	}
	return append(out, o.Kind.PostgreSQLEnv...)
}

// serviceConfig is where the images of services look for their properties.
func serviceConfig(o PodOptions) ([]corev1.Volume, []corev1.VolumeMount) {
	const name = "application-config"
	volume := corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: o.ConfigMap},
	}}}
	return []corev1.Volume{volume}, []corev1.VolumeMount{{Name: name, MountPath: "/home/kogito/config"}}
}

// workflowConfig is where the images of workflows look for the user's properties and for
// those that are managed. The ConfigMap with the user's properties is
// optional, so that a pod starts before the user has applied the ConfigMap.
func workflowConfig(o PodOptions) ([]corev1.Volume, []corev1.VolumeMount) {
	const name = VolumeProperties
	volume := projected(name, file(o.UserConfigMap, PropertiesFile, new(true)), file(o.ConfigMap, managedPropertiesFile, nil))
	return []corev1.Volume{volume}, []corev1.VolumeMount{{Name: name, MountPath: "/deployments/config", ReadOnly: true}}
}

// devConfig is where the image for development looks for all files of a workflow. A folder has
// a volume of its own, because a volume can have all keys of a ConfigMap in one folder alone
// unless it names each key.
func devConfig(o PodOptions) ([]corev1.Volume, []corev1.VolumeMount) {
	const (
		name   = "resources"
		root   = "/home/kogito/serverless-workflow-project/src/main/resources"
		digits = 8
	)
	folders := map[string][]corev1.VolumeProjection{"": {
		file(o.UserConfigMap, PropertiesFile, new(true)), file(o.ConfigMap, devPropertiesFile, nil), allOf(o.Flow),
	}}
	for _, f := range o.Files {
		folders[f.Folder] = append(folders[f.Folder], allOf(f.ConfigMap))
	}
	volumes, mounts := make([]corev1.Volume, 0, len(folders)), make([]corev1.VolumeMount, 0, len(folders))
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		volume := projected(name, folders[folder]...)
		if folder != "" {
			volume.Name = "res-" + names.Hash(folder)[:digits]
		}
		volumes = append(volumes, volume)
		mounts = append(mounts, corev1.VolumeMount{Name: volume.Name, MountPath: path.Join(root, folder), ReadOnly: true})
	}
	return volumes, mounts
}

func projected(name string, sources ...corev1.VolumeProjection) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: sources}}}
}

// file is one key of a ConfigMap.
func file(configMap, key string, optional *bool) corev1.VolumeProjection {
	out := allOf(configMap)
	out.ConfigMap.Items, out.ConfigMap.Optional = []corev1.KeyToPath{{Key: key, Path: key}}, optional
	return out
}

// allOf is all keys of a ConfigMap.
func allOf(configMap string) corev1.VolumeProjection {
	return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}}}
}

// serviceProbes allow for the slow start of a Java application on a fraction of a CPU.
func serviceProbes() Probes {
	allow := func(at string) *corev1.Probe {
		p := probe(at)
		p.InitialDelaySeconds, p.TimeoutSeconds, p.PeriodSeconds, p.SuccessThreshold, p.FailureThreshold = 45, 10, 30, 1, 4
		return p
	}
	return Probes{Liveness: allow(livePath), Readiness: allow(readyPath)}
}

// workflowProbes are the operator's.
func workflowProbes() Probes {
	out := Probes{Liveness: probe(livePath), Readiness: probe(readyPath), Startup: probe(startPath)}
	for _, p := range []*corev1.Probe{out.Liveness, out.Readiness, out.Startup} {
		p.TimeoutSeconds, p.PeriodSeconds = 3, 15
	}
	out.Startup.InitialDelaySeconds, out.Startup.FailureThreshold = 10, 5
	return out
}

// devProbes give a workflow the time to be compiled.
func devProbes() Probes {
	out := workflowProbes()
	for _, p := range []*corev1.Probe{out.Liveness, out.Readiness, out.Startup} {
		p.FailureThreshold = 50
	}
	return out
}

func probe(at string) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
		Path: at, Port: intstr.FromInt32(Port), Scheme: corev1.URISchemeHTTP,
	}}}
}
