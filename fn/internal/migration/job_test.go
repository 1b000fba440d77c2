// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// reaching is what the pod of a Job may need to reach a database.
func reaching() corev1.PodSpec {
	return corev1.PodSpec{
		ServiceAccountName: "mine",
		ImagePullSecrets:   []corev1.LocalObjectReference{{Name: "pull"}},
		InitContainers:     []corev1.Container{{Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}},
		Volumes:            []corev1.Volume{{Name: "ca"}},
		Containers: []corev1.Container{{
			Env:          []corev1.EnvVar{{Name: "SSL_CERT_DIR", Value: "/ca"}},
			VolumeMounts: []corev1.VolumeMount{{Name: "ca", MountPath: "/ca"}},
		}},
	}
}

// TestTarget changes a component in one respect at a time. What makes another target makes
// another Job.
func TestTarget(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		change  func(*component.Component)
		another bool
	}{
		"Unchanged":   {reason: "The key of one target is always the same.", change: func(*component.Component) {}},
		"Tool":        {reason: "The migrator does another work for another component.", change: func(c *component.Component) { c.Kind.MigrationTool = component.MigrationToolJobsService }, another: true},
		"Image":       {reason: "Another version of the migrator may have another schema.", change: func(c *component.Component) { c.Migration.Image = "registry.example.com/migrator:2" }, another: true},
		"URL":         {reason: "Another database has another schema.", change: func(c *component.Component) { c.Database.URL = "jdbc:postgresql://pg.db:6543/other?currentSchema=s" }, another: true},
		"Schema":      {reason: "Another schema of the database isn't migrated yet.", change: func(c *component.Component) { c.Database.Schema = "other" }, another: true},
		"SecretName":  {reason: "Another user may use another schema.", change: func(c *component.Component) { c.Database.Secret.Name = "other" }, another: true},
		"UserKey":     {reason: "Another key may have another user.", change: func(c *component.Component) { c.Database.Secret.UserKey = "other" }, another: true},
		"PasswordKey": {reason: "The Job's template can't change, so another key for the password needs another Job.", change: func(c *component.Component) { c.Database.Secret.PasswordKey = "other" }, another: true},
		"Attempt":     {reason: "A user asks for another migration with another value of the annotation.", change: func(c *component.Component) { c.Migration.Attempt = "2" }, another: true},
		"Shifted":     {reason: "Two keys that are the same text together aren't the same keys.", change: func(c *component.Component) { c.Database.Secret.UserKey, c.Database.Secret.PasswordKey = "up", "" }, another: true},

		"Pod":             {reason: "What lets the pod reach the database doesn't change the schema.", change: func(c *component.Component) { c.Migration.Pod = reaching() }},
		"SecurityContext": {reason: "What the migrator's container may do doesn't change the schema.", change: func(c *component.Component) { c.Migration.SecurityContext = &corev1.SecurityContext{} }},
		"ComponentsImage": {reason: "What the component itself runs doesn't change the schema.", change: func(c *component.Component) { c.Image = "registry.example.com/data-index:2" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(component.DataIndex())
			tc.change(c)
			if key := desiredJob(t, c).Key; (key != jobKey) != tc.another {
				t.Errorf("%s\nFor(...): got key %s, was %s, want another key: %t", tc.reason, key, jobKey, tc.another)
			}
		})
	}
}

// TestJob holds the whole Job: what its pod needs to reach the database comes along, and no
// sidecar of a service mesh, with which the pod would never end. The Job must have no time to
// live: one that goes by itself would be made again and again.
func TestJob(t *testing.T) {
	t.Parallel()
	secret := func(name, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "pg"}, Key: key}}}
	}
	type want struct {
		Key, Hash string
		Env       []corev1.EnvVar
	}
	cases := map[string]struct {
		reason string
		kind   component.Kind
		schema string
		want   want
	}{
		"DataIndex": {
			reason: "The Job of the Data Index leaves the Jobs Service alone.",
			kind:   component.DataIndex(),
			want: want{Key: jobKey, Hash: targetHash, Env: []corev1.EnvVar{
				{Name: "MIGRATE_DB_DATAINDEX", Value: "true"},
				{Name: "QUARKUS_DATASOURCE_DATAINDEX_JDBC_URL", Value: "jdbc:postgresql://pg.db:6543/shared?currentSchema=s"},
				secret("QUARKUS_DATASOURCE_DATAINDEX_USERNAME", "u"),
				secret("QUARKUS_DATASOURCE_DATAINDEX_PASSWORD", "p"),
				{Name: "QUARKUS_FLYWAY_DATAINDEX_SCHEMAS", Value: "s"},
				{Name: "MIGRATE_DB_JOBSSERVICE", Value: "false"},
			}},
		},
		"JobsService": {
			reason: "The Job of the Jobs Service leaves the Data Index alone.",
			kind:   component.JobsService(),
			want: want{Key: "jobs-service-migration-a609938b", Hash: "a609938b", Env: []corev1.EnvVar{
				{Name: "MIGRATE_DB_DATAINDEX", Value: "false"},
				{Name: "MIGRATE_DB_JOBSSERVICE", Value: "true"},
				{Name: "QUARKUS_DATASOURCE_JOBSSERVICE_JDBC_URL", Value: "jdbc:postgresql://pg.db:6543/shared?currentSchema=s"},
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_USERNAME", "u"),
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_PASSWORD", "p"),
				{Name: "QUARKUS_FLYWAY_JOBSSERVICE_SCHEMAS", Value: "s"},
			}},
		},
		"Umlauts": {
			reason: "Java reads a schema that isn't in ASCII rightly if the locale is UTF-8.",
			kind:   component.JobsService(),
			schema: "ä",
			want: want{Key: "jobs-service-migration-954f0af4", Hash: "954f0af4", Env: []corev1.EnvVar{
				{Name: "MIGRATE_DB_DATAINDEX", Value: "false"},
				{Name: "MIGRATE_DB_JOBSSERVICE", Value: "true"},
				{Name: "QUARKUS_DATASOURCE_JOBSSERVICE_JDBC_URL", Value: "jdbc:postgresql://pg.db:6543/shared?currentSchema=s"},
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_USERNAME", "u"),
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_PASSWORD", "p"),
				{Name: "QUARKUS_FLYWAY_JOBSSERVICE_SCHEMAS", Value: "ä"},
				{Name: "LC_ALL", Value: "C.UTF-8"},
			}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(tc.kind)
			if tc.schema != "" {
				c.Database.Schema = tc.schema
			}
			c.Migration.Pod = reaching()
			c.Migration.SecurityContext = &corev1.SecurityContext{RunAsNonRoot: new(true)}
			wanted := &batchv1.Job{
				TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
				ObjectMeta: c.MigrationMeta(tc.want.Hash, "1"),
				Spec: batchv1.JobSpec{
					BackoffLimit:          new(int32(6)),
					ActiveDeadlineSeconds: new(int64(3600)),
					PodFailurePolicy: &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
						{
							Action: batchv1.PodFailurePolicyActionFailJob,
							OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
								ContainerName: new("db-migration-container"), Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{252, 253},
							},
						},
						{
							Action:          batchv1.PodFailurePolicyActionIgnore,
							OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}},
						},
					}},
					Template: corev1.PodTemplateSpec{
						ObjectMeta: metav1.ObjectMeta{
							Labels:      map[string]string{"sonataflow.org/migrates": c.Name(), "sidecar.istio.io/inject": "false"},
							Annotations: map[string]string{"linkerd.io/inject": "disabled"},
						},
						Spec: corev1.PodSpec{
							RestartPolicy:      corev1.RestartPolicyNever,
							ServiceAccountName: "mine",
							ImagePullSecrets:   []corev1.LocalObjectReference{{Name: "pull"}},
							InitContainers:     []corev1.Container{{Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}},
							Volumes:            []corev1.Volume{{Name: "ca"}},
							Containers: []corev1.Container{{
								Name: "db-migration-container", Image: "registry.example.com/migrator:1",
								Env:             append(tc.want.Env, corev1.EnvVar{Name: "SSL_CERT_DIR", Value: "/ca"}),
								VolumeMounts:    []corev1.VolumeMount{{Name: "ca", MountPath: "/ca"}},
								SecurityContext: c.Migration.SecurityContext,
							}},
						},
					},
				},
			}
			got := desiredJob(t, c)
			if diff := cmp.Diff(tc.want.Key, got.Key); diff != "" {
				t.Errorf("%s\nFor(...): -want key, +got key:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(wanted, got.Object); diff != "" {
				t.Errorf("%s\nFor(...): -want Job, +got Job:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(reaching(), c.Migration.Pod); diff != "" {
				t.Errorf("%s\nFor(...) changed the component's pod: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestJobKeepsTemplate changes what isn't part of the target, or the function, while the Job
// exists. What can't change in a Job stays as it is.
func TestJobKeepsTemplate(t *testing.T) {
	t.Parallel()
	bare, old, asked := migrated(component.DataIndex()), migrated(component.DataIndex()), migrated(component.DataIndex())
	old.Migration.Pod.ServiceAccountName, old.Migration.SecurityContext = "old", &corev1.SecurityContext{RunAsNonRoot: new(true)}
	asked.Migration.Pod, asked.Migration.SecurityContext = reaching(), &corev1.SecurityContext{RunAsNonRoot: new(false)}
	made := func(c *component.Component, change func(*batchv1.Job)) *batchv1.Job {
		out := desiredJob(t, c).Object.(*batchv1.Job)
		if change != nil {
			change(out)
		}
		return out
	}
	observed := func(j *batchv1.Job) map[string]any { return compositiontest.Observe(t, j, compositiontest.Running) }
	byTheAPIServer := func(j *batchv1.Job) {
		j.Spec.Template.Labels["batch.kubernetes.io/job-name"] = j.Name
		j.Spec.Template.Spec.DNSPolicy = corev1.DNSClusterFirst
		j.Spec.Template.Spec.Containers[0].TerminationMessagePath = "/dev/termination-log"
	}
	byAnEarlierVersion := func(j *batchv1.Job) {
		j.Spec.PodFailurePolicy = nil
		j.Spec.Template.Labels = map[string]string{"sonataflow.org/migrates": old.Name()}
		j.Spec.Template.Annotations = nil
		j.Spec.Template.Spec.AutomountServiceAccountToken = new(false)
	}
	other := func(spec any) map[string]any {
		out := observed(made(old, nil))
		out["spec"] = spec
		return out
	}
	cases := map[string]struct {
		reason string
		job    map[string]any
		asked  *component.Component
		want   *batchv1.Job
	}{
		"New":                {reason: "A Job that doesn't exist is made as it is asked for.", asked: asked, want: made(asked, nil)},
		"Changed":            {reason: "A Job that exists keeps what it was made with.", job: observed(made(old, nil)), asked: asked, want: made(old, nil)},
		"Removed":            {reason: "A Job that exists keeps what isn't asked for any more.", job: observed(made(old, nil)), asked: bare, want: made(old, nil)},
		"Added":              {reason: "A Job that was made without them gets neither another way to the database nor a security context.", job: observed(made(bare, nil)), asked: asked, want: made(bare, nil)},
		"ByTheAPIServer":     {reason: "What the API server added stays, too.", job: observed(made(old, byTheAPIServer)), asked: asked, want: made(old, byTheAPIServer)},
		"ByAnEarlierVersion": {reason: "Nothing is added that an earlier version of the function didn't know.", job: observed(made(old, byAnEarlierVersion)), asked: asked, want: made(old, byAnEarlierVersion)},
		"Specless":           {reason: "From a Job without spec nothing can be kept.", job: other(nil), asked: asked, want: made(asked, nil)},
		"Podless":            {reason: "From a Job without containers nothing can be kept.", job: other(map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{}}}}), asked: asked, want: made(asked, nil)},
		"Unreadable":         {reason: "From a Job that can't be read nothing can be kept.", job: other(map[string]any{"template": map[string]any{"spec": map[string]any{"containers": "none"}}}), asked: asked, want: made(asked, nil)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := situation{job: tc.job}.plan(t, tc.asked).Job.Object
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
