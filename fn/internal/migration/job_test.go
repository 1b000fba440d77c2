// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

func target() Target {
	return Target{
		Tool:  ToolDataIndex,
		Image: "registry.example.com/migrator:1",
		Database: &postgres.Database{
			URL:    "jdbc:postgresql://pg.db:6543/shared?currentSchema=s",
			Schema: "s",
			Secret: postgres.Secret{Name: "pg", UserKey: "u", PasswordKey: "p"},
		},
	}
}

// TestHash changes what a target is made of, one at a time: each makes another
// target.
func TestHash(t *testing.T) {
	t.Parallel()
	seen := map[string]string{target().Hash(): "Unchanged"}
	if again := target().Hash(); seen[again] == "" {
		t.Errorf("the hash of one target differs: %s", again)
	}
	for name, change := range map[string]func(*Target){
		"Tool":        func(t *Target) { t.Tool = ToolJobsService },
		"Image":       func(t *Target) { t.Image = "registry.example.com/migrator:2" },
		"URL":         func(t *Target) { t.Database.URL = "jdbc:postgresql://pg.db:6543/other?currentSchema=s" },
		"Schema":      func(t *Target) { t.Database.Schema = "other" },
		"SecretName":  func(t *Target) { t.Database.Secret.Name = "other" },
		"UserKey":     func(t *Target) { t.Database.Secret.UserKey = "other" },
		"PasswordKey": func(t *Target) { t.Database.Secret.PasswordKey = "other" },
		"Attempt":     func(t *Target) { t.Attempt = "2" },
		"Shifted":     func(t *Target) { t.Database.Secret.UserKey, t.Database.Secret.PasswordKey = "up", "" },
	} {
		changed := target()
		change(&changed)
		if other := seen[changed.Hash()]; other != "" {
			t.Errorf("%s: has the hash of %s", name, other)
		}
		seen[changed.Hash()] = name
	}
}

func TestNewJobEnv(t *testing.T) {
	t.Parallel()
	secret := func(name, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "pg"}, Key: key}}}
	}
	cases := map[string]struct {
		reason string
		tool   Tool
		want   []corev1.EnvVar
	}{
		"DataIndex": {
			reason: "The Jobs Service is left alone.",
			tool:   ToolDataIndex,
			want: []corev1.EnvVar{
				{Name: "MIGRATE_DB_DATAINDEX", Value: "true"},
				{Name: "QUARKUS_DATASOURCE_DATAINDEX_JDBC_URL", Value: "jdbc:postgresql://pg.db:6543/shared?currentSchema=s"},
				secret("QUARKUS_DATASOURCE_DATAINDEX_USERNAME", "u"),
				secret("QUARKUS_DATASOURCE_DATAINDEX_PASSWORD", "p"),
				{Name: "QUARKUS_FLYWAY_DATAINDEX_SCHEMAS", Value: "s"},
				{Name: "MIGRATE_DB_JOBSSERVICE", Value: "false"},
			},
		},
		"JobsService": {
			reason: "The Data Index is left alone.",
			tool:   ToolJobsService,
			want: []corev1.EnvVar{
				{Name: "MIGRATE_DB_DATAINDEX", Value: "false"},
				{Name: "MIGRATE_DB_JOBSSERVICE", Value: "true"},
				{Name: "QUARKUS_DATASOURCE_JOBSSERVICE_JDBC_URL", Value: "jdbc:postgresql://pg.db:6543/shared?currentSchema=s"},
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_USERNAME", "u"),
				secret("QUARKUS_DATASOURCE_JOBSSERVICE_PASSWORD", "p"),
				{Name: "QUARKUS_FLYWAY_JOBSSERVICE_SCHEMAS", Value: "s"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := target()
			tg.Tool = tc.tool
			job := NewJob(tg, JobOptions{ObjectMeta: metav1.ObjectMeta{Name: "j"}})
			if diff := cmp.Diff(tc.want, job.Spec.Template.Spec.Containers[0].Env); diff != "" {
				t.Errorf("%s\nenv: -want, +got:\n%s", tc.reason, diff)
			}
			if job.Spec.TTLSecondsAfterFinished != nil {
				t.Error("a Job that goes by itself is made again and again")
			}
			if n := job.Spec.BackoffLimit; n == nil || *n < 1 {
				t.Errorf("backoffLimit: got %v, want more than 0", n)
			}
			if job.Spec.ActiveDeadlineSeconds == nil || job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
				t.Errorf("deadline %v, restart policy %s", job.Spec.ActiveDeadlineSeconds, job.Spec.Template.Spec.RestartPolicy)
			}
		})
	}
}

// TestNewJobKeepsTemplate changes what isn't part of the target while the Job
// exists: its template, which can't change, stays.
func TestNewJobKeepsTemplate(t *testing.T) {
	t.Parallel()
	before := NewJob(target(), JobOptions{
		ObjectMeta:      metav1.ObjectMeta{Name: "j"},
		PullSecrets:     []corev1.LocalObjectReference{{Name: "old"}},
		SecurityContext: &corev1.SecurityContext{RunAsNonRoot: new(true)},
	})
	observed, err := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
	if err != nil {
		t.Fatal(err)
	}
	after := NewJob(target(), JobOptions{
		ObjectMeta:  metav1.ObjectMeta{Name: "j"},
		PullSecrets: []corev1.LocalObjectReference{{Name: "new"}},
		Observed:    &unstructured.Unstructured{Object: observed},
	})
	if diff := cmp.Diff(before.Spec.Template, after.Spec.Template); diff != "" {
		t.Errorf("template: -before, +after:\n%s", diff)
	}
}
