// SPDX-License-Identifier: Apache-2.0

// Package jobs knows about Jobs that a workload waits for: how far an observed Job is, what
// of a Job can't change, by which label its pods are found, and what they said when they failed.
// What a Job does is for the package that composes the Job.
package jobs

import (
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// An Observed is a Job in the cluster, and the key under which it is composed.
type Observed struct {
	Key    string
	Object *unstructured.Unstructured
}

// WithPrefix lists the observed Jobs whose keys start with a prefix, but for the one that has
// a key of its own (empty for none), in the order of their keys.
func WithPrefix(observed map[string]*unstructured.Unstructured, prefix, own string) []Observed {
	var out []Observed
	for _, key := range slices.Sorted(maps.Keys(observed)) {
		if strings.HasPrefix(key, prefix) && key != own && observed[key].GetKind() == "Job" {
			out = append(out, Observed{Key: key, Object: observed[key]})
		}
	}
	return out
}

// Read returns an observed Job as its type; nil when the object isn't a Job as Kubernetes
// writes it.
func Read(o *unstructured.Unstructured) *batchv1.Job {
	out := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, out); err != nil {
		return nil
	}
	return out
}

// Again returns an observed Job as it is composed again, with other metadata: everything else
// of it can't change.
func Again(last *batchv1.Job, meta metav1.ObjectMeta) *batchv1.Job {
	return &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: meta,
		Spec: batchv1.JobSpec{
			BackoffLimit:          last.Spec.BackoffLimit,
			ActiveDeadlineSeconds: last.Spec.ActiveDeadlineSeconds,
			PodFailurePolicy:      last.Spec.PodFailurePolicy,
			Template:              last.Spec.Template,
		},
	}
}

// KeepTemplate gives a Job what an observed one (nil when there is none) has and what can't
// change: an update of the spec or of this function that changes it takes effect with the
// next Job.
func KeepTemplate(job *batchv1.Job, observed *unstructured.Unstructured) {
	if observed == nil {
		return
	}
	last := Read(observed)
	if last == nil || len(last.Spec.Template.Spec.Containers) == 0 {
		return // It isn't a Job as we know them; the API server will say so.
	}
	job.Spec.Template = last.Spec.Template
	job.Spec.PodFailurePolicy = last.Spec.PodFailurePolicy
}

// PodMeta is the metadata of a Job's pods, with a label of their own. It keeps the sidecar of
// a service mesh away, with which the pod of a Job would never end.
func PodMeta(label, value string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Labels:      map[string]string{label: value, "sidecar.istio.io/inject": "false"},
		Annotations: map[string]string{"linkerd.io/inject": "disabled"},
	}
}

// IgnoreDisruptions is the rule by which a pod that a node lost isn't counted as a try.
func IgnoreDisruptions() batchv1.PodFailurePolicyRule {
	return batchv1.PodFailurePolicyRule{
		Action:          batchv1.PodFailurePolicyActionIgnore,
		OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}},
	}
}

// LabelName is what Kubernetes labels the pods of a Job with.
const LabelName = "batch.kubernetes.io/job-name"

// Pods asks for the pods of a Job.
func Pods(job *batchv1.Job) composition.Query {
	return PodsWith("pods-"+job.Name, job.Namespace, LabelName, job.Name)
}

// PodsWith asks for the pods of a namespace that have a label. The query has a name.
func PodsWith(name, namespace, label, value string) composition.Query {
	return composition.Query{Name: name, APIVersion: "v1", Kind: "Pod", Namespace: namespace, Labels: map[string]string{label: value}}
}
