// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestPodSecurity has the pods judged as an API server judges them in a namespace
// that enforces the restricted Pod Security Standard.
func TestPodSecurity(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		want   bool
	}{
		"Ephemeral": {
			reason: "Pods are restricted by default.",
			spec:   both,
			want:   true,
		},
		"PostgreSQL": {
			reason: "Whatever their database.",
			spec:   onPostgreSQL,
			want:   true,
		},
		"Migration": {
			reason: "The pods of migrations, too.",
			spec:   withJob,
			want:   true,
		},
		"MigrationNone": {
			reason: "Unless that is left to the cluster.",
			spec:   withJob,
			input:  input("podSecurity: None"),
			want:   false,
		},
		"PodTemplate": {
			reason: "A podTemplate that has other things to say doesn't unlock them.",
			spec: `
services:
  dataIndex: {podTemplate: {securityContext: {runAsUser: 1000, fsGroup: 1000}, container: {securityContext: {readOnlyRootFilesystem: true}}}}
  jobService: {podTemplate: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, container: {securityContext: {runAsUser: 1000}}}}`,
			want: true,
		},
		"PodUserIsRoot": {
			reason: "The standard takes exception to a pod's user root, even where no container runs as that.",
			spec: `
services:
  jobService: {podTemplate: {securityContext: {runAsUser: 0}, container: {securityContext: {runAsUser: 1000}}}}`,
			want: false,
		},
		"Unlocked": {
			reason: "Who asks for more privileges gets them.",
			spec: `
services:
  jobService: {podTemplate: {container: {securityContext: {allowPrivilegeEscalation: true}}}}`,
			want: false,
		},
		"None": {
			reason: "A Composition may leave it to the cluster.",
			spec:   both,
			input:  input("podSecurity: None"),
			want:   false,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, compositiontest.Cluster{Input: tc.input})
			for _, c := range r.Composed {
				var pod corev1.PodTemplateSpec
				switch o := c.Object.(type) {
				case *appsv1.Deployment:
					pod = o.Spec.Template
				case *batchv1.Job:
					pod = o.Spec.Template
				default:
					continue
				}
				results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
				verdict := policy.AggregateCheckResults(results)
				if verdict.Allowed != tc.want {
					t.Errorf("%s\n%s: want allowed %t, got %t: %s", tc.reason, c.Key, tc.want, verdict.Allowed, verdict.ForbiddenDetail())
				}
			}
		})
	}
}

// TestPodSecurityNone holds that pods are then as the operator makes them.
func TestPodSecurityNone(t *testing.T) {
	t.Parallel()
	r := composeValid(t, both, compositiontest.Cluster{Input: input("podSecurity: None")})
	for _, k := range kinds() {
		pod := deployment(t, r, k).Spec.Template.Spec
		if pod.SecurityContext != nil {
			t.Errorf("%s: want no security context of the pod, got %v", k, pod.SecurityContext)
		}
		for _, c := range pod.Containers {
			if diff := cmp.Diff((*corev1.SecurityContext)(nil), c.SecurityContext); diff != "" {
				t.Errorf("%s: want no security context of container %s: -want, +got:\n%s", k, c.Name, diff)
			}
		}
	}
}
