// SPDX-License-Identifier: Apache-2.0

package migration

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// labelMigrates is a label of the pods of all Jobs that migrate the schema of a component;
// its value is the component's name.
const labelMigrates = "sonataflow.org/migrates"

// container is the name of the migrator's container, as the operator has it.
const container = "db-migration-container"

const (
	// backoffLimit is how often a migration is tried again. With Kubernetes' growing pauses
	// that is about ten minutes: a database may still be starting.
	backoffLimit = 6
	// activeDeadlineSeconds ends a migration that hangs. An hour is more than schemas of
	// these components are known to take.
	activeDeadlineSeconds = 60 * 60
)

// newJob returns the Job that migrates a component's schema, given the Job as it is
// observed (nil when there is none). It never has a time to live: a Job that goes by
// itself would be made again and again.
func newJob(c *component.Component, observed *unstructured.Unstructured) *batchv1.Job {
	t := targetOf(c)
	job := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: c.MigrationMeta(t.hash(), images.Version(t.image)),
		Spec: batchv1.JobSpec{
			BackoffLimit:          new(int32(backoffLimit)),
			ActiveDeadlineSeconds: new(int64(activeDeadlineSeconds)),
			PodFailurePolicy:      failurePolicy(),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: jobs.PodMeta(labelMigrates, c.Name()),
				Spec:       newPod(c, t),
			},
		},
	}
	jobs.KeepTemplate(job, observed)
	return job
}

// newPod returns the pod of the migrator: it reaches the database as the component's does.
func newPod(c *component.Component, t target) corev1.PodSpec {
	pod := *c.Migration.Pod.DeepCopy()
	pod.RestartPolicy = corev1.RestartPolicyNever
	migrator := &pod.Containers[0]
	migrator.Name = container
	migrator.Image = t.image
	migrator.Env = append(env(t), migrator.Env...)
	migrator.SecurityContext = c.Migration.SecurityContext
	return pod
}

// failurePolicy tries again what may succeed the next time, as it does when a database
// starts late or a node goes away. A migration that failed is a person's to look at.
func failurePolicy() *batchv1.PodFailurePolicy {
	return &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
		{
			Action: batchv1.PodFailurePolicyActionFailJob,
			OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
				ContainerName: new(container),
				Operator:      batchv1.PodFailurePolicyOnExitCodesOpIn,
				Values:        []int32{exitJobsServiceFailed, exitDataIndexFailed},
			},
		},
		jobs.IgnoreDisruptions(),
	}}
}

// env tells the migrator what to do. It knows both components, and does one.
func env(t target) []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, tool := range []component.MigrationTool{component.MigrationToolDataIndex, component.MigrationToolJobsService} {
		flag := corev1.EnvVar{Name: "MIGRATE_DB_" + string(tool), Value: "false"}
		if tool != t.tool {
			out = append(out, flag)
			continue
		}
		flag.Value = "true"
		source := "QUARKUS_DATASOURCE_" + string(tool)
		out = append(out, flag,
			corev1.EnvVar{Name: source + "_JDBC_URL", Value: t.database.URL},
			t.database.Secret.User(source+"_USERNAME"),
			t.database.Secret.Password(source+"_PASSWORD"),
			corev1.EnvVar{Name: "QUARKUS_FLYWAY_" + string(tool) + "_SCHEMAS", Value: t.database.Schema},
		)
	}
	// Java reads variables in the encoding of the locale. Without a locale that is ASCII, so
	// that another schema would be migrated. A URL is ASCII always.
	if !postgres.ASCII(t.database.Schema) {
		out = append(out, corev1.EnvVar{Name: "LC_ALL", Value: "C.UTF-8"})
	}
	return out
}
