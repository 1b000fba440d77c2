// SPDX-License-Identifier: Apache-2.0

package compositiontest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// TestObserve holds what a state is called against how objects in it do.
func TestObserve(t *testing.T) {
	t.Parallel()
	const composite = `{kind: XSonataFlowPlatform}`
	deployment := func(replicas *int32) *appsv1.Deployment {
		return &appsv1.Deployment{
			TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: metav1.ObjectMeta{Name: "d"},
			Spec: appsv1.DeploymentSpec{Replicas: replicas},
		}
	}
	job := &batchv1.Job{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: metav1.ObjectMeta{Name: "j"}}
	trigger := map[string]any{"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": map[string]any{"name": "t"}}
	configMap := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}}
	cases := map[string]struct {
		reason  string
		applied any
		state   compositiontest.State
		want    health.Phase
	}{
		"DeploymentReady":   {reason: "A Deployment may have all of its pods.", applied: deployment(new(int32(2))), state: compositiontest.Ready, want: health.Ready},
		"DeploymentUnbound": {reason: "A Deployment may run without a sink.", applied: deployment(new(int32(2))), state: compositiontest.Unbound, want: health.Ready},
		"DeploymentToZero":  {reason: "A Deployment may need no pod.", applied: deployment(new(int32(0))), state: compositiontest.Ready, want: health.Ready},
		"DeploymentDefault": {reason: "The API server gives a Deployment one pod by default.", applied: deployment(nil), state: compositiontest.Ready, want: health.Ready},
		"DeploymentUnready": {reason: "A rollout takes its time.", applied: deployment(nil), state: compositiontest.Unready, want: health.Progressing},
		"DeploymentStale":   {reason: "A status of an earlier generation tells nothing about this one.", applied: deployment(nil), state: compositiontest.Stale, want: health.Progressing},
		"DeploymentStuck":   {reason: "A rollout may exceed its deadline.", applied: deployment(nil), state: compositiontest.Stuck, want: health.Failed},
		"JobCreated":        {reason: "A Job without pods is on its way.", applied: job, state: compositiontest.Created, want: health.Progressing},
		"JobRunning":        {reason: "A Job that runs is on its way.", applied: job, state: compositiontest.Running, want: health.Progressing},
		"JobComplete":       {reason: "A Job that has succeeded has done its work.", applied: job, state: compositiontest.Complete, want: health.Ready},
		"JobFailed":         {reason: "A Job that gave up doesn't get on by itself.", applied: job, state: compositiontest.Failed, want: health.Failed},
		"JobSuspending":     {reason: "A Job that is suspended waits to be resumed, also while a pod of it ends.", applied: job, state: compositiontest.Suspending, want: health.Progressing},
		"JobSuspended":      {reason: "A Job that is suspended waits to be resumed.", applied: job, state: compositiontest.Suspended, want: health.Progressing},
		"TriggerReady":      {reason: "An object of Knative says that it is ready.", applied: trigger, state: compositiontest.Ready, want: health.Ready},
		"TriggerUnready":    {reason: "An object of Knative says that it isn't ready.", applied: trigger, state: compositiontest.Unready, want: health.Progressing},
		"TriggerStale":      {reason: "An object of Knative that was never looked at says nothing.", applied: trigger, state: compositiontest.Stale, want: health.Progressing},
		"ConfigMap":         {reason: "A ConfigMap has no status, so it does its work in every state.", applied: configMap, state: compositiontest.Stuck, want: health.Ready},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := compositiontest.Text(t, compositiontest.Observe(t, tc.applied, tc.state))
			req := compositiontest.Request(t, composite, compositiontest.Cluster{Observed: map[string]string{"o": text}})
			if diff := cmp.Diff(tc.want, health.Of(req.Observed["o"]).Phase); diff != "" {
				t.Errorf("%s\nObserve(...): -want phase, +got phase:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestObserveSink holds when the containers of a Deployment have the address of their
// sink.
func TestObserveSink(t *testing.T) {
	t.Parallel()
	bound := map[string]string{"bindings.knative.dev/include": "true"}
	variables := []corev1.EnvVar{{Name: "A", Value: "b"}}
	cases := map[string]struct {
		reason string
		labels map[string]string
		state  compositiontest.State
		want   []string
	}{
		"Bound":    {reason: "Knative tells a bound Deployment its sink.", labels: bound, state: compositiontest.Ready, want: []string{"A", "K_SINK"}},
		"Unbound":  {reason: "Knative may not have told a Deployment its sink yet.", labels: bound, state: compositiontest.Unbound, want: []string{"A"}},
		"Unready":  {reason: "A Deployment that isn't ready doesn't know its sink.", labels: bound, state: compositiontest.Unready, want: []string{"A"}},
		"NoSink":   {reason: "A Deployment without the label has no sink.", state: compositiontest.Ready, want: []string{"A"}},
		"OldState": {reason: "A status of an earlier generation comes from before the sink.", labels: bound, state: compositiontest.Stale, want: []string{"A"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{Kind: "Deployment"}, ObjectMeta: metav1.ObjectMeta{Labels: tc.labels}}
			d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Env: variables}}
			req := compositiontest.Request(t, "{kind: X}", compositiontest.Cluster{
				Observed: map[string]string{"d": compositiontest.Text(t, compositiontest.Observe(t, d, tc.state))},
			})
			seen := &appsv1.Deployment{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(req.Observed["d"].Object, seen); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range seen.Spec.Template.Spec.Containers[0].Env {
				got = append(got, v.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nObserve(...): -want variables, +got variables:\n%s", tc.reason, diff)
			}
		})
	}
}
