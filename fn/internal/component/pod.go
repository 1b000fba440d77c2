// SPDX-License-Identifier: Apache-2.0

package component

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// Where the images expect what the platform gives them.
const (
	// PortName and Port are those of the container.
	PortName = "h2c"
	Port     = 8080
	// PropertiesFile is the key of the properties in their ConfigMap.
	PropertiesFile = "application.properties"

	configVolume = "application-config"
	configPath   = "/home/kogito/config"
	readyPath    = "/q/health/ready"
	livePath     = "/q/health/live"
)

// PodOptions is what a component's pod depends on.
type PodOptions struct {
	Kind  Kind
	Image string
	// ConfigMap has the component's properties.
	ConfigMap string
	// Database is nil for a component with an ephemeral one.
	Database *postgres.Database
	// MigrateAtStart lets the component migrate its own schema.
	MigrateAtStart bool
	PullSecrets    []corev1.LocalObjectReference
	// SecurityContext of the component's container, or nil.
	SecurityContext *corev1.SecurityContext
}

// NewPod returns the pod of a component before a user's podTemplate is merged in. It has
// one container.
func NewPod(o PodOptions) corev1.PodSpec {
	return corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:            o.Kind.Container,
			Image:           o.Image,
			Ports:           []corev1.ContainerPort{{Name: PortName, ContainerPort: Port, Protocol: corev1.ProtocolTCP}},
			Env:             env(o),
			Resources:       *o.Kind.Resources.DeepCopy(),
			LivenessProbe:   probe(livePath),
			ReadinessProbe:  probe(readyPath),
			VolumeMounts:    []corev1.VolumeMount{{Name: configVolume, MountPath: configPath}},
			SecurityContext: o.SecurityContext,
		}},
		Volumes: []corev1.Volume{{
			Name: configVolume,
			VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: o.ConfigMap},
			}},
		}},
		ImagePullSecrets: o.PullSecrets,
		// The components don't talk to the API server.
		AutomountServiceAccountToken: new(false),
	}
}

func env(o PodOptions) []corev1.EnvVar {
	var out []corev1.EnvVar
	out = append(out, o.Kind.Env...)
	if o.Database == nil {
		return out
	}
	out = append(out, o.Database.Env(o.Kind.Reactive)...)
	out = append(out, corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: strconv.FormatBool(o.MigrateAtStart)})
	return append(out, o.Kind.PostgreSQLEnv...)
}

// probe allows for the slow start of a Java application on a fraction of a CPU.
func probe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: path, Port: intstr.FromInt32(Port), Scheme: corev1.URISchemeHTTP,
		}},
		InitialDelaySeconds: 45,
		TimeoutSeconds:      10,
		PeriodSeconds:       30,
		SuccessThreshold:    1,
		FailureThreshold:    4,
	}
}
