// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestObserve tells how far a Job is, and why it failed.
func TestObserve(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, job string
		want        jobs.Progress
		why         jobs.Failure
	}{
		"Absent":     {reason: "There is no Job.", want: jobs.Absent},
		"Created":    {reason: "A Job without status has no pod.", job: `{kind: Job}`, want: jobs.Created},
		"Running":    {reason: "A Job that has started runs.", job: `{kind: Job, status: {active: 1}}`, want: jobs.Running},
		"Complete":   {reason: "The condition Complete counts.", job: `{kind: Job, status: {conditions: [{type: Complete, status: "True"}]}}`, want: jobs.Complete},
		"Failed":     {reason: "A Job that gave up says why.", job: `{kind: Job, status: {conditions: [{type: Failed, status: "True", reason: r, message: m}]}}`, want: jobs.Failed, why: jobs.Failure{Reason: "r", Message: "m"}},
		"Deleted":    {reason: "What a Job did that is going doesn't count.", job: `{kind: Job, metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {conditions: [{type: Complete, status: "True"}]}}`, want: jobs.Created},
		"Unreadable": {reason: "A Job that can't be read isn't complete.", job: `{kind: Job, status: {active: many}}`, want: jobs.Running},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, why := jobs.Observe(object(t, tc.job))
			if got != tc.want || why != tc.why {
				t.Errorf("%s\nObserve(...): want %s %v, got %s %v", tc.reason, tc.want, tc.why, got, why)
			}
		})
	}
}

// TestWithPrefix finds Jobs by their keys.
func TestWithPrefix(t *testing.T) {
	t.Parallel()
	observed := map[string]*unstructured.Unstructured{
		"a-build-2": object(t, `{kind: Job}`), "a-build-1": object(t, `{kind: Job}`), "a-build-1-flow": object(t, `{kind: ConfigMap}`), "b-build-1": object(t, `{kind: Job}`),
	}
	var got []string
	for _, j := range jobs.WithPrefix(observed, "a-build-", "a-build-2") {
		got = append(got, j.Key)
	}
	if diff := cmp.Diff([]string{"a-build-1"}, got); diff != "" {
		t.Errorf("WithPrefix(...): -want, +got:\n%s", diff)
	}
}

// TestKeepTemplate keeps what can't change of a Job that exists.
func TestKeepTemplate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ reason, observed, want string }{
		"None":       {reason: "A new Job has its own.", want: "new"},
		"Observed":   {reason: "The template of a Job that exists stays.", observed: `{kind: Job, spec: {template: {spec: {containers: [{name: c, image: old}]}}}}`, want: "old"},
		"Empty":      {reason: "A Job without containers can't come from an API server.", observed: `{kind: Job}`, want: "new"},
		"Unreadable": {reason: "Nor can this.", observed: `{kind: Job, spec: many}`, want: "new"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := &batchv1.Job{Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "new"}}}}}}
			jobs.KeepTemplate(job, object(t, tc.observed))
			if got := job.Spec.Template.Spec.Containers[0].Image; got != tc.want {
				t.Errorf("%s\nimage: want %s, got %s", tc.reason, tc.want, got)
			}
		})
	}
}
