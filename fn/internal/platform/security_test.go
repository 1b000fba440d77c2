// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestPodSecurity has the pods judged as an API server judges them in a namespace that
// enforces the restricted Pod Security Standard.
func TestPodSecurity(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		spec   string
		input  v1beta1.Input
		want   bool
	}{
		"Ephemeral": {
			reason: "Pods are restricted by default.",
			spec:   both,
			want:   true,
		},
		"PostgreSQL": {
			reason: "Pods with a database are restricted by default.",
			spec:   onPostgreSQL,
			want:   true,
		},
		"Migration": {
			reason: "Pods of migrations are restricted by default.",
			spec:   withJobs,
			want:   true,
		},
		"MigrationNone": {
			reason: "Pods of migrations aren't restricted where the input leaves that to the cluster.",
			spec:   withJobs,
			input:  v1beta1.Input{PodSecurity: v1beta1.PodSecurityNone},
		},
		"PodTemplate": {
			reason: "A podTemplate that gives other fields doesn't lift the restriction.",
			spec: `services: {
  dataIndex: {podTemplate: {securityContext: {runAsUser: 1000, fsGroup: 1000}, container: {securityContext: {readOnlyRootFilesystem: true}}}},
  jobService: {podTemplate: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, container: {securityContext: {runAsUser: 1000}}}}}`,
			want: true,
		},
		"PodUserIsRoot": {
			reason: "The standard refuses a pod whose user is root, even where no container runs as root.",
			spec:   `services: {jobService: {podTemplate: {securityContext: {runAsUser: 0}, container: {securityContext: {runAsUser: 1000}}}}}`,
		},
		"Unlocked": {
			reason: "A user who asks for more privileges gets them.",
			spec:   `services: {jobService: {podTemplate: {container: {securityContext: {allowPrivilegeEscalation: true}}}}}`,
		},
		"None": {
			reason: "Pods aren't restricted where the input leaves that to the cluster.",
			spec:   both,
			input:  v1beta1.Input{PodSecurity: v1beta1.PodSecurityNone},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, claimed(tc.spec), compositiontest.Cluster{Required: answers(nil)}), &tc.input)
			pods := map[string]corev1.PodTemplateSpec{}
			for _, c := range r.Composed {
				switch o := c.Object.(type) {
				case *appsv1.Deployment:
					pods[c.Key] = o.Spec.Template
				case *batchv1.Job:
					pods[c.Key] = o.Spec.Template
				}
			}
			if len(pods) == 0 {
				t.Errorf("%s\nCompose(...): no pods: %v", tc.reason, r.Fatal)
			}
			for key, pod := range pods {
				results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
				if verdict := policy.AggregateCheckResults(results); verdict.Allowed != tc.want {
					t.Errorf("%s\nCompose(...): %s: want allowed %t, got %t: %s", tc.reason, key, tc.want, verdict.Allowed, verdict.ForbiddenDetail())
				}
				// Where the restriction is left to the cluster, pods are as the operator makes them.
				if none := tc.input.PodSecurity == v1beta1.PodSecurityNone; none && (pod.Spec.SecurityContext != nil || pod.Spec.Containers[0].SecurityContext != nil) {
					t.Errorf("%s\nCompose(...): %s: want no security context", tc.reason, key)
				}
			}
		})
	}
}
