// SPDX-License-Identifier: Apache-2.0

package service_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// What the tests of both services have in common.
const (
	dataIndexName   = "plat-data-index-service"
	jobsServiceName = "plat-jobs-service"
)

func labels(name, container string) map[string]string {
	return map[string]string{
		"app":                          "plat",
		"app-namespace":                "ns1",
		"sonataflow.org/service":       name,
		"app.kubernetes.io/name":       container,
		"app.kubernetes.io/instance":   "plat",
		"app.kubernetes.io/component":  name,
		"app.kubernetes.io/part-of":    "plat",
		"app.kubernetes.io/managed-by": "crossplane",
		"app.kubernetes.io/version":    "1.0",
	}
}

func selector(name string) map[string]string {
	return map[string]string{"sonataflow.org/service": name}
}

func plat(k service.Kind, change func(*service.Service)) *service.Service {
	out := &service.Service{
		Kind: k, Platform: "plat", Namespace: "ns1", Name: k.Name("plat"), Image: "service:1.0", Version: "1.0", Properties: "a = b\n",
		Pod: corev1.PodSpec{Containers: []corev1.Container{{Name: k.Container()}}},
	}
	if change != nil {
		change(out)
	}
	return out
}

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
	// pod is what the pods of both services have in common, with the operator's values.
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
	profile := corev1.EnvVar{Name: "KOGITO_DATA_INDEX_QUARKUS_PROFILE", Value: "http-events-support"}
	asDataIndex := func(c *corev1.Container) {
		c.Name = "data-index-service"
		c.Env = []corev1.EnvVar{profile}
		c.Resources = corev1.ResourceRequirements{Requests: list("100m", "1Gi"), Limits: list("200m", "1Gi")}
	}
	asJobsService := func(c *corev1.Container) {
		c.Name = "jobs-service"
		c.Resources = corev1.ResourceRequirements{Requests: list("250m", "64Mi"), Limits: list("500m", "1Gi")}
	}
	cases := map[string]struct {
		reason string
		in     service.PodOptions
		want   corev1.PodSpec
	}{
		"DataIndex": {
			reason: "A Data Index without a database listens to events over HTTP.",
			in:     service.PodOptions{Kind: service.DataIndex},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asDataIndex(c) }),
		},
		"JobsService": {
			reason: "A Jobs Service without a database needs no environment.",
			in:     service.PodOptions{Kind: service.JobsService},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asJobsService(c) }),
		},
		"DataIndexPostgreSQL": {
			reason: "Its own variables come before the database's, and the migration's last.",
			in:     service.PodOptions{Kind: service.DataIndex, Database: db, MigrateAtStart: true},
			want: pod(func(_ *corev1.PodSpec, c *corev1.Container) {
				asDataIndex(c)
				c.Env = append(c.Env, db.Env(false)...)
				c.Env = append(c.Env, corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: "true"})
			}),
		},
		"JobsServicePostgreSQL": {
			reason: "The Jobs Service is reactive, and must not run as if it had no jobs.",
			in:     service.PodOptions{Kind: service.JobsService, Database: db},
			want: pod(func(_ *corev1.PodSpec, c *corev1.Container) {
				asJobsService(c)
				c.Env = append(db.Env(true), corev1.EnvVar{Name: "QUARKUS_FLYWAY_MIGRATE_AT_START", Value: "false"},
					corev1.EnvVar{Name: "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY", Value: "FAIL_SERVICE"})
			}),
		},
		"EphemeralMigration": {
			reason: "What has no database has nothing to migrate.",
			in:     service.PodOptions{Kind: service.DataIndex, MigrateAtStart: true},
			want:   pod(func(_ *corev1.PodSpec, c *corev1.Container) { asDataIndex(c) }),
		},
		"Extras": {
			reason: "Pull secrets are the pod's, the security context is the container's.",
			in: service.PodOptions{
				Kind:            service.JobsService,
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
			if diff := cmp.Diff(tc.want, service.NewPod(tc.in)); diff != "" {
				t.Errorf("%s\nNewPod(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestConfigMap(t *testing.T) {
	t.Parallel()
	want := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: "plat-jobs-service-props", Namespace: "ns1", Labels: labels(jobsServiceName, "jobs-service")},
		Data:       map[string]string{"application.properties": "a = b\n"},
	}
	if diff := cmp.Diff(want, plat(service.JobsService, nil).ConfigMap()); diff != "" {
		t.Errorf("ConfigMap(): -want, +got:\n%s", diff)
	}
}

func TestNetworkService(t *testing.T) {
	t.Parallel()
	want := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: dataIndexName, Namespace: "ns1", Labels: labels(dataIndexName, "data-index-service")},
		Spec: corev1.ServiceSpec{
			Selector: selector(dataIndexName),
			Ports:    []corev1.ServicePort{{Name: "h2c", Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
		},
	}
	if diff := cmp.Diff(want, plat(service.DataIndex, nil).NetworkService()); diff != "" {
		t.Errorf("NetworkService(): -want, +got:\n%s", diff)
	}
}

func TestDeployment(t *testing.T) {
	t.Parallel()
	const checksum = "83147372b31735878beba3926601373b33976d2e9775bdb9229cea0cf6fdff0b" // printf 'a = b\n' | sha256sum
	deployment := func(name, container string, change func(*appsv1.DeploymentSpec)) *appsv1.Deployment {
		out := &appsv1.Deployment{
			TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns1", Labels: labels(name, container)},
			Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchLabels: selector(name)},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{
						Labels:      labels(name, container),
						Annotations: map[string]string{"sonataflow.org/checksum-config": checksum},
					},
					Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: container}}},
				},
			},
		}
		change(&out.Spec)
		return out
	}
	cases := map[string]struct {
		reason string
		in     *service.Service
		want   *appsv1.Deployment
	}{
		"DataIndex": {
			reason: "A Data Index whose number of pods is others' doesn't name it, and is rolled as Kubernetes does by default.",
			in:     plat(service.DataIndex, nil),
			want:   deployment(dataIndexName, "data-index-service", func(*appsv1.DeploymentSpec) {}),
		},
		"JobsService": {
			reason: "A Jobs Service ends before its successor starts: two would fire every timer twice.",
			in:     plat(service.JobsService, func(s *service.Service) { s.Replicas = new(int32(1)) }),
			want: deployment(jobsServiceName, "jobs-service", func(s *appsv1.DeploymentSpec) {
				s.Replicas = new(int32(1))
				s.Strategy.Type = appsv1.RecreateDeploymentStrategyType
			}),
		},
		"Annotations": {
			reason: "Annotations of the Deployment aren't its pods', so they don't roll them.",
			in:     plat(service.DataIndex, func(s *service.Service) { s.Annotations = map[string]string{"a": "b"} }),
			want: func() *appsv1.Deployment {
				d := deployment(dataIndexName, "data-index-service", func(*appsv1.DeploymentSpec) {})
				d.Annotations = map[string]string{"a": "b"}
				return d
			}(),
		},
		"SecretVersion": {
			reason: "Another version of the Secret rolls the pods.",
			in:     plat(service.DataIndex, func(s *service.Service) { s.SecretVersion = "7" }),
			want: deployment(dataIndexName, "data-index-service", func(s *appsv1.DeploymentSpec) {
				s.Template.Annotations["sonataflow.org/checksum-secret"] = "7"
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tc.in.Deployment()
			// What it is made of is for TestDeploymentSpecChecksum.
			delete(got.Annotations, service.AnnotationSpecChecksum)
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nDeployment(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDeploymentSpecChecksum holds that a Deployment tells of each change of its spec,
// and of nothing else.
func TestDeploymentSpecChecksum(t *testing.T) {
	t.Parallel()
	checksum := func(change func(*service.Service)) string {
		return plat(service.DataIndex, change).Deployment().Annotations[service.AnnotationSpecChecksum]
	}
	same := checksum(func(*service.Service) {})
	for name, change := range map[string]func(*service.Service){
		"Replicas":   func(s *service.Service) { s.Replicas = new(int32(0)) },
		"Image":      func(s *service.Service) { s.Pod.Containers[0].Image = "other" },
		"Properties": func(s *service.Service) { s.Properties = "other = 1" },
		"Secret":     func(s *service.Service) { s.SecretVersion = "7" },
	} {
		if checksum(change) == same {
			t.Errorf("%s: another spec has the same checksum", name)
		}
	}
	if got := checksum(func(s *service.Service) { s.Annotations = map[string]string{"a": "b"} }); got != same {
		t.Errorf("annotations of the Deployment change the checksum of its spec")
	}
}

// TestDeploymentChecksum holds that other properties roll the pods.
func TestDeploymentChecksum(t *testing.T) {
	t.Parallel()
	sum := func(text string) string {
		d := plat(service.DataIndex, func(s *service.Service) { s.Properties = text }).Deployment()
		return d.Spec.Template.Annotations[service.AnnotationConfigChecksum]
	}
	if a, b := sum("a = b\n"), sum("a = c\n"); a == b {
		t.Errorf("two files have one checksum, %s", a)
	}
}

func TestPodDisruptionBudget(t *testing.T) {
	t.Parallel()
	if got := plat(service.DataIndex, nil).PodDisruptionBudget(); got != nil {
		t.Errorf("PodDisruptionBudget(): want none without a budget, got %v", got)
	}
	budget := &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("50%"))}
	want := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: metav1.ObjectMeta{Name: dataIndexName, Namespace: "ns1", Labels: labels(dataIndexName, "data-index-service")},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable: new(intstr.FromString("50%")),
			Selector:       &metav1.LabelSelector{MatchLabels: selector(dataIndexName)},
		},
	}
	got := plat(service.DataIndex, func(s *service.Service) { s.Budget = budget }).PodDisruptionBudget()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("PodDisruptionBudget(): -want, +got:\n%s", diff)
	}
	if budget.Selector != nil {
		t.Error("PodDisruptionBudget() changed the service's budget")
	}
}

// TestMigrationMeta holds that the pods of a migration aren't taken for the service's.
func TestMigrationMeta(t *testing.T) {
	t.Parallel()
	got := plat(service.JobsService, nil).MigrationMeta("0a1b2c3d", "2.0")
	want := labels("plat-jobs-service-migration-0a1b2c3d", "db-migrator")
	want["app.kubernetes.io/version"] = "2.0"
	if diff := cmp.Diff(metav1.ObjectMeta{Name: "plat-jobs-service-migration-0a1b2c3d", Namespace: "ns1", Labels: want}, got); diff != "" {
		t.Errorf("MigrationMeta(...): -want, +got:\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	type want struct{ title, container, name, configMap, key string }
	cases := map[string]struct {
		reason   string
		kind     service.Kind
		platform string
		want     want
	}{
		"DataIndex": {
			reason:   "Names are the operator's; the key must never change.",
			kind:     service.DataIndex,
			platform: "plat",
			want:     want{"Data Index", "data-index-service", "plat-data-index-service", "plat-data-index-service-props", "data-index-deployment"},
		},
		"JobsService": {
			reason:   "So are the Jobs Service's.",
			kind:     service.JobsService,
			platform: "plat",
			want:     want{"Jobs Service", "jobs-service", "plat-jobs-service", "plat-jobs-service-props", "jobs-service-deployment"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := want{
				tc.kind.Title(), tc.kind.Container(), tc.kind.Name(tc.platform),
				service.ConfigMapName(tc.kind, tc.platform), tc.kind.Key(service.ResourceDeployment),
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if got, want := service.URL(dataIndexName, "ns1"), "http://plat-data-index-service.ns1"; got != want {
		t.Errorf("URL(...): want %s, got %s", want, got)
	}
}

// TestLegal holds that names, labels and keys are legal for any legal name of a
// claim.
func TestLegal(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`^[a-z0-9-]+$`)
	for _, platform := range []string{"p", "1st", "my.platform", strings.Repeat("a", 44), strings.Repeat("a", 63), strings.Repeat("a.b", 84)} {
		for _, kind := range []service.Kind{service.DataIndex, service.JobsService} {
			s := plat(kind, func(s *service.Service) {
				s.Platform, s.Name = platform, kind.Name(platform)
				s.Budget = &policyv1.PodDisruptionBudgetSpec{}
			})
			for _, o := range []metav1.Object{s.ConfigMap(), s.NetworkService(), s.Deployment(), s.PodDisruptionBudget()} {
				if errs := validation.IsDNS1035Label(o.GetName()); len(errs) > 0 {
					t.Errorf("platform %s: %T is called %q: %v", platform, o, o.GetName(), errs)
				}
				if m := s.MigrationMeta("0a1b2c3d", "1.0"); len(validation.IsDNS1035Label(m.Name)) > 0 {
					t.Errorf("platform %s: a migration is called %q", platform, m.Name)
				}
				for label, v := range o.GetLabels() {
					if errs := validation.IsValidLabelValue(v); len(errs) > 0 || v == "" {
						t.Errorf("platform %s: label %s of %T is %q: %v", platform, label, o, v, errs)
					}
				}
			}
			for _, r := range []string{service.ResourceConfig, service.ResourceDeployment, service.ResourceService, service.ResourceBudget} {
				if k := kind.Key(r); !key.MatchString(k) {
					t.Errorf("key %q isn't made of [a-z0-9-]", k)
				}
			}
		}
	}
}
