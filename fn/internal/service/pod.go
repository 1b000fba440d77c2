// SPDX-License-Identifier: Apache-2.0

package service

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// Where the images expect what the platform gives them.
const (
	portName       = "h2c"
	containerPort  = 8080
	configVolume   = "application-config"
	configPath     = "/home/kogito/config"
	readyPath      = "/q/health/ready"
	livePath       = "/q/health/live"
	propertiesFile = "application.properties"
)

// PodOptions is what a service's pod depends on.
type PodOptions struct {
	Kind  Kind
	Image string
	// ConfigMap has the service's properties.
	ConfigMap string
	// Database is nil for a service with an ephemeral one.
	Database *postgres.Database
	// MigrateAtStart lets the service migrate its own schema.
	MigrateAtStart bool
	PullSecrets    []corev1.LocalObjectReference
	// SecurityContext of the service's container, or nil.
	SecurityContext *corev1.SecurityContext
}

// NewPod returns the pod of a service before a user's podTemplate is merged in. It
// has one container.
func NewPod(o PodOptions) corev1.PodSpec {
	return corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:            o.Kind.Container(),
			Image:           o.Image,
			Ports:           []corev1.ContainerPort{{Name: portName, ContainerPort: containerPort, Protocol: corev1.ProtocolTCP}},
			Env:             env(o),
			Resources:       resources(o.Kind),
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
		// The services don't talk to the API server.
		AutomountServiceAccountToken: new(false),
	}
}

func env(o PodOptions) []corev1.EnvVar {
	var out []corev1.EnvVar
	if o.Kind == DataIndex {
		out = append(out, corev1.EnvVar{Name: "KOGITO_DATA_INDEX_QUARKUS_PROFILE", Value: "http-events-support"})
	}
	if o.Database == nil {
		return out
	}
	out = append(out, o.Database.Env(o.Kind == JobsService)...)
	migrate := "false"
	if o.MigrateAtStart {
		migrate = "true"
	}
	out = append(out, corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: migrate})
	if o.Kind == JobsService {
		// A Jobs Service that can't load its jobs must not run as if it had none.
		out = append(out, corev1.EnvVar{Name: "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY", Value: "FAIL_SERVICE"})
	}
	return out
}

// resources are what the operator reserves.
func resources(k Kind) corev1.ResourceRequirements {
	list := func(cpu, memory string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	}
	if k == DataIndex {
		return corev1.ResourceRequirements{Requests: list("100m", "1Gi"), Limits: list("200m", "1Gi")}
	}
	return corev1.ResourceRequirements{Requests: list("250m", "64Mi"), Limits: list("500m", "1Gi")}
}

// probe allows for the slow start of a Java application on a fraction of a CPU.
func probe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: path, Port: intstr.FromInt32(containerPort), Scheme: corev1.URISchemeHTTP,
		}},
		InitialDelaySeconds: 45,
		TimeoutSeconds:      10,
		PeriodSeconds:       30,
		SuccessThreshold:    1,
		FailureThreshold:    4,
	}
}
