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

		"PullSecrets":     {reason: "What pulls the image doesn't change the schema.", change: func(c *component.Component) { c.Migration.PullSecrets = []corev1.LocalObjectReference{{Name: "new"}} }},
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

// TestJob holds the whole Job. It must have no time to live: a Job that goes by itself
// would be made again and again.
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
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(tc.kind)
			c.Migration.PullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
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
						ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"sonataflow.org/migrates": c.Name()}},
						Spec: corev1.PodSpec{
							RestartPolicy:                corev1.RestartPolicyNever,
							AutomountServiceAccountToken: new(false),
							ImagePullSecrets:             c.Migration.PullSecrets,
							Containers: []corev1.Container{{
								Name: "db-migration-container", Image: "registry.example.com/migrator:1", Env: tc.want.Env,
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
		})
	}
}

// TestJobKeepsTemplate changes what isn't part of the target while the Job exists. The
// template of a Job can't change, so it stays as it is.
func TestJobKeepsTemplate(t *testing.T) {
	t.Parallel()
	type changeable struct {
		PullSecrets     []corev1.LocalObjectReference
		SecurityContext *corev1.SecurityContext
	}
	with := func(o changeable) *component.Component {
		c := migrated(component.DataIndex())
		c.Migration.PullSecrets, c.Migration.SecurityContext = o.PullSecrets, o.SecurityContext
		return c
	}
	old := changeable{PullSecrets: []corev1.LocalObjectReference{{Name: "old"}}, SecurityContext: &corev1.SecurityContext{RunAsNonRoot: new(true)}}
	asked := changeable{PullSecrets: []corev1.LocalObjectReference{{Name: "new"}}, SecurityContext: &corev1.SecurityContext{RunAsNonRoot: new(false)}}
	podless := job(t, with(old), compositiontest.Running)
	podless["spec"] = map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{}}}}
	unreadable := job(t, with(old), compositiontest.Running)
	unreadable["spec"] = map[string]any{"template": map[string]any{"spec": map[string]any{"containers": "none"}}}
	cases := map[string]struct {
		reason string
		job    map[string]any
		asked  changeable
		want   changeable
	}{
		"New":        {reason: "A Job that doesn't exist is made as it is asked for.", asked: asked, want: asked},
		"Changed":    {reason: "A Job that exists keeps what it was made with.", job: job(t, with(old), compositiontest.Running), asked: asked, want: old},
		"Removed":    {reason: "A Job that exists keeps what isn't asked for any more.", job: job(t, with(old), compositiontest.Running), want: old},
		"Added":      {reason: "A Job that was made without them gets neither pull secrets nor a security context.", job: job(t, with(changeable{}), compositiontest.Running), asked: asked},
		"Podless":    {reason: "From a Job without containers nothing can be kept.", job: podless, asked: asked, want: asked},
		"Unreadable": {reason: "From a Job that can't be read nothing can be kept.", job: unreadable, asked: asked, want: asked},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := situation{job: tc.job}.plan(t, with(tc.asked)).Job.Object.(*batchv1.Job)
			want := desiredJob(t, with(tc.want)).Object.(*batchv1.Job)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
