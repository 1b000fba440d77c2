// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

func TestNewPod(t *testing.T) {
	t.Parallel()
	db := &postgres.Database{
		URL:    "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s",
		Schema: "s",
		Secret: postgres.Secret{Name: "db", UserKey: "user", PasswordKey: "password"},
	}
	probe := func(path string) *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler:        corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(8080), Scheme: corev1.URISchemeHTTP}},
			InitialDelaySeconds: 45, TimeoutSeconds: 10, PeriodSeconds: 30, SuccessThreshold: 1, FailureThreshold: 4,
		}
	}
	list := func(cpu, memory string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	}
	// pod is what the pods of both components have in common, with the operator's values.
	pod := func(change func(*corev1.PodSpec, *corev1.Container)) corev1.PodSpec {
		out := corev1.PodSpec{
			Containers: []corev1.Container{{
				Image:          "service:1.0",
				Ports:          []corev1.ContainerPort{{Name: "h2c", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				ReadinessProbe: probe("/q/health/ready"),
				LivenessProbe:  probe("/q/health/live"),
				VolumeMounts:   []corev1.VolumeMount{{Name: "application-config", MountPath: "/home/kogito/config"}},
			}},
			Volumes: []corev1.Volume{{
				Name: "application-config",
				VolumeSource: corev1.VolumeSource{
					ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "props"}},
				},
			}},
			AutomountServiceAccountToken: new(false),
		}
		change(&out, &out.Containers[0])
		return out
	}
	asDataIndex := func(c *corev1.Container) {
		c.Name = "data-index-service"
		c.Env = []corev1.EnvVar{{Name: "KOGITO_DATA_INDEX_QUARKUS_PROFILE", Value: "http-events-support"}}
		c.Resources = corev1.ResourceRequirements{Requests: list("100m", "1Gi"), Limits: list("200m", "1Gi")}
	}
	asJobsService := func(c *corev1.Container) {
		c.Name = "jobs-service"
		c.Resources = corev1.ResourceRequirements{Requests: list("250m", "64Mi"), Limits: list("500m", "1Gi")}
	}
	cases := map[string]struct {
		reason string
		in     component.PodOptions
		want   corev1.PodSpec
	}{
		"DataIndex": {
			reason: "A Data Index without a database listens to events over HTTP.",
			in:     component.PodOptions{Kind: component.DataIndex()},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asDataIndex(c) }),
		},
		"JobsService": {
			reason: "A Jobs Service without a database needs no environment.",
			in:     component.PodOptions{Kind: component.JobsService()},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asJobsService(c) }),
		},
		"DataIndexPostgreSQL": {
			reason: "The component's own variables come before the database's, and that about the migration comes last.",
			in:     component.PodOptions{Kind: component.DataIndex(), Database: db, MigrateAtStart: true},
			want: pod(func(_ *corev1.PodSpec, c *corev1.Container) {
				asDataIndex(c)
				c.Env = append(c.Env, db.Env(false)...)
				c.Env = append(c.Env, corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: "true"})
			}),
		},
		"JobsServicePostgreSQL": {
			reason: "The Jobs Service is reactive, and must not run as if it had no jobs.",
			in:     component.PodOptions{Kind: component.JobsService(), Database: db},
			want: pod(func(_ *corev1.PodSpec, c *corev1.Container) {
				asJobsService(c)
				c.Env = append(db.Env(true), corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: "false"},
					corev1.EnvVar{Name: "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY", Value: "FAIL_SERVICE"})
			}),
		},
		"EphemeralMigration": {
			reason: "A component without a database has nothing to migrate.",
			in:     component.PodOptions{Kind: component.DataIndex(), MigrateAtStart: true},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asDataIndex(c) }),
		},
		"Extras": {
			reason: "Pull secrets are the pod's, the security context is the container's.",
			in: component.PodOptions{
				Kind:            component.JobsService(),
				PullSecrets:     []corev1.LocalObjectReference{{Name: "pull"}},
				SecurityContext: &corev1.SecurityContext{RunAsNonRoot: new(true)},
			},
			want: pod(func(p *corev1.PodSpec, c *corev1.Container) {
				asJobsService(c)
				p.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
				c.SecurityContext = &corev1.SecurityContext{RunAsNonRoot: new(true)}
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.Image, tc.in.ConfigMap = "service:1.0", "props"
			if diff := cmp.Diff(tc.want, component.NewPod(tc.in)); diff != "" {
				t.Errorf("%s\nNewPod(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
