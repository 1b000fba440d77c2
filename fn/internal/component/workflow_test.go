// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// TestWorkflowPod holds the pod of a workflow against the operator's. The user's ConfigMap may
// be missing, the managed one may not.
func TestWorkflowPod(t *testing.T) {
	t.Parallel()
	probe := func(path string, delay, failures int32) *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler:        corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(8080), Scheme: corev1.URISchemeHTTP}},
			InitialDelaySeconds: delay, TimeoutSeconds: 3, PeriodSeconds: 15, FailureThreshold: failures,
		}
	}
	source := func(name, file string, optional *bool) corev1.VolumeProjection {
		return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: []corev1.KeyToPath{{Key: file, Path: file}}, Optional: optional,
		}}
	}
	db := &postgres.Database{URL: "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=wf", Schema: "wf", Secret: postgres.Secret{Name: "db", UserKey: "u", PasswordKey: "p"}}
	token := corev1.EnvVar{Name: "SONATAFLOW_1"}
	want := corev1.PodSpec{
		Containers: []corev1.Container{{
			Name: "workflow", Image: "i",
			Ports:          []corev1.ContainerPort{{Name: "h2c", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
			Env:            append([]corev1.EnvVar{token}, db.Env(false)...),
			LivenessProbe:  probe("/q/health/live", 0, 0),
			ReadinessProbe: probe("/q/health/ready", 0, 0),
			StartupProbe:   probe("/q/health/started", 10, 5),
			VolumeMounts:   []corev1.VolumeMount{{Name: "workflow-properties", MountPath: "/deployments/config", ReadOnly: true}},

			TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		}},
		Volumes: []corev1.Volume{{Name: "workflow-properties", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
			Sources: []corev1.VolumeProjection{source("wf-props", "application.properties", new(true)), source("wf-managed-props", "application-prod.properties", nil)},
		}}}},
		AutomountServiceAccountToken: new(false),
	}
	got := component.NewPod(component.PodOptions{Kind: component.Workflow(), Image: "i", ConfigMap: "wf-managed-props", UserConfigMap: "wf-props", Database: db, MigrateAtStart: true, Env: []corev1.EnvVar{token}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("NewPod(...): -want, +got:\n%s", diff)
	}
}

// TestWorkflowLabels shows the labels of a workflow's objects: its own, under those that its
// pods are found by.
func TestWorkflowLabels(t *testing.T) {
	t.Parallel()
	plain := map[string]string{
		"app": "wf", "sonataflow.org/workflow-app": "wf", "sonataflow.org/workflow-namespace": "ns1",
		"app.kubernetes.io/name": "wf", "app.kubernetes.io/instance": "wf", "app.kubernetes.io/component": "serverless-workflow", "app.kubernetes.io/managed-by": "crossplane",
	}
	with := func(more ...string) map[string]string {
		out := maps.Clone(plain)
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	cases := map[string]struct {
		reason string
		in     component.Component
		want   map[string]string
	}{
		"Plain":     {reason: "What isn't known has no label.", want: plain},
		"Versioned": {reason: "Version and platform are labels, if they are known.", in: component.Component{Version: "1.0", PartOf: "plat"}, want: with("app.kubernetes.io/version", "1.0", "app.kubernetes.io/part-of", "plat")},
		"Inherited": {
			reason: "The workflow's own labels are inherited, but for those that mean something here.",
			in:     component.Component{Inherited: map[string]string{"team": "orders", "app": "other", "app.kubernetes.io/managed-by": "sonataflow-operator", "app.kubernetes.io/version": "main"}},
			want:   with("team", "orders"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.Kind, tc.in.Owner, tc.in.Namespace = component.Workflow(), "wf", "ns1"
			labels := tc.in.Labels()
			if diff := cmp.Diff(tc.want, labels); diff != "" {
				t.Errorf("%s\nLabels(): -want, +got:\n%s", tc.reason, diff)
			}
			for label, value := range tc.in.Selector() {
				if labels[label] != value {
					t.Errorf("%s\nthe selector asks for %s: %s, which the labels don't have", tc.reason, label, value)
				}
			}
		})
	}
}

// TestWorkflowNames shows that the objects of a workflow are called like the workflow, as long
// as that is legal.
func TestWorkflowNames(t *testing.T) {
	t.Parallel()
	for owner, want := range map[string][]string{
		"greeting":                 {"greeting", "greeting-managed-props", "greeting-sb", "http://greeting.ns1"},
		"1.a":                      nil, // No Service can be called so.
		strings.Repeat("long", 20): nil,
	} {
		c := &component.Component{Kind: component.Workflow(), Owner: owner, Namespace: "ns1"}
		got := []string{c.Name(), c.ConfigMap(), c.SinkBinding(), c.URL()}
		for _, name := range got[:3] {
			if errs := validation.IsDNS1035Label(name); len(errs) > 0 {
				t.Errorf("%s: %v", name, errs)
			}
		}
		if diff := cmp.Diff(want, got); want != nil && diff != "" {
			t.Errorf("-want, +got:\n%s", diff)
		}
		for label, value := range c.Labels() {
			if errs := validation.IsValidLabelValue(value); len(errs) > 0 {
				t.Errorf("label %s: %v", label, errs)
			}
		}
	}
}

// TestSubscribeTo fills in where a kind's events come from.
func TestSubscribeTo(t *testing.T) {
	t.Parallel()
	b := component.Broker{Namespace: "ns1", Name: "default"}
	k := component.JobsService()
	got := k.SubscribeTo(b)
	want := component.Subscription{Name: "create-job", Prefix: "jobs-service-create-job", Type: "job.create", From: b, Path: "/v2/jobs/events", Ordered: true}
	if diff := cmp.Diff(want, got[0]); diff != "" || len(got) != 2 {
		t.Errorf("SubscribeTo(...): %d subscriptions, -want, +got:\n%s", len(got), diff)
	}
	if k.Subscriptions[0].From != (component.Broker{}) {
		t.Error("the kind has changed")
	}
}
