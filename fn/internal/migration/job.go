// SPDX-License-Identifier: Apache-2.0

package migration

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// LabelMigrates is a label of the pods of all Jobs that migrate the schema of a
// service; its value is the service's name.
const LabelMigrates = "sonataflow.org/migrates"

// container is the name of the migrator's container, as the operator has it.
const container = "db-migration-container"

const (
	// backoffLimit is how often a migration is tried again. With Kubernetes' growing
	// pauses that is about ten minutes: a database may still be starting.
	backoffLimit = 6
	// activeDeadlineSeconds ends a migration that hangs. An hour is more than schemas
	// of these services are known to take.
	activeDeadlineSeconds = 60 * 60
)

// Exit codes of the migrator: -1 to -4 as a process reports them.
const (
	exitDataIndexUnreachable   = 255
	exitJobsServiceUnreachable = 254
	exitDataIndexFailed        = 253
	exitJobsServiceFailed      = 252
)

// JobOptions is what a Job depends on beside its target. None of it makes another
// migration.
type JobOptions struct {
	// ObjectMeta is the Job's name, namespace and labels.
	ObjectMeta metav1.ObjectMeta
	// Service is the name of the service whose schema is migrated.
	Service         string
	PullSecrets     []corev1.LocalObjectReference
	SecurityContext *corev1.SecurityContext
	// Observed is the Job if it exists, else nil.
	Observed *unstructured.Unstructured
}

// NewJob returns the Job that migrates to a target. It never has a time to live: a
// Job that goes by itself would be made again and again.
func NewJob(t Target, o JobOptions) *batchv1.Job {
	keepTemplate(&o)
	return &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: o.ObjectMeta,
		Spec: batchv1.JobSpec{
			BackoffLimit:          new(int32(backoffLimit)),
			ActiveDeadlineSeconds: new(int64(activeDeadlineSeconds)),
			PodFailurePolicy:      failurePolicy(),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{LabelMigrates: o.Service}},
				Spec: corev1.PodSpec{
					RestartPolicy:                corev1.RestartPolicyNever,
					AutomountServiceAccountToken: new(false),
					ImagePullSecrets:             o.PullSecrets,
					Containers: []corev1.Container{{
						Name:            container,
						Image:           t.Image,
						Env:             env(t),
						SecurityContext: o.SecurityContext,
					}},
				},
			},
		},
	}
}

// failurePolicy tries again what may succeed the next time, as it does when a
// database starts late or a node goes away. A migration that failed is a person's to
// look at.
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
		{
			Action:          batchv1.PodFailurePolicyActionIgnore,
			OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}},
		},
	}}
}

// env tells the migrator what to do. It knows both services, and does one.
func env(t Target) []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, tool := range []Tool{ToolDataIndex, ToolJobsService} {
		flag := corev1.EnvVar{Name: "MIGRATE_DB_" + string(tool), Value: "false"}
		if tool != t.Tool {
			out = append(out, flag)
			continue
		}
		flag.Value = "true"
		source := "QUARKUS_DATASOURCE_" + string(tool)
		out = append(out, flag,
			corev1.EnvVar{Name: source + "_JDBC_URL", Value: t.Database.URL},
			t.Database.Secret.User(source+"_USERNAME"),
			t.Database.Secret.Password(source+"_PASSWORD"),
			corev1.EnvVar{Name: "QUARKUS_FLYWAY_" + string(tool) + "_SCHEMAS", Value: t.Database.Schema},
		)
	}
	return out
}

// keepTemplate makes options those that an existing Job was made with. The template
// of a Job can't change, and what isn't part of its target isn't worth another
// migration.
func keepTemplate(o *JobOptions) {
	if o.Observed == nil {
		return
	}
	object, _, _ := unstructured.NestedFieldNoCopy(o.Observed.Object, "spec", "template", "spec")
	fields, _ := object.(map[string]any)
	pod := corev1.PodSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &pod); err != nil || len(pod.Containers) == 0 {
		return // It isn't a Job as we know them; the API server will say so.
	}
	o.PullSecrets = pod.ImagePullSecrets
	o.SecurityContext = pod.Containers[0].SecurityContext
}
