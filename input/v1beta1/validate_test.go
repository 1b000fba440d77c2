// SPDX-License-Identifier: Apache-2.0

package v1beta1_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     v1beta1.Input
		want   []string
	}{
		"Empty": {
			reason: "All fields are optional.",
		},
		"First": {
			reason: "The default of each field is a valid value.",
			in: v1beta1.Input{
				Compatibility: v1beta1.CompatibilityDocumentation,
				Cluster:       v1beta1.ClusterKubernetes,
				Images:        v1beta1.Images{Profile: v1beta1.ImageProfileApache, PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}},
				PodSecurity:   v1beta1.PodSecurityRestricted,
				Secrets:       v1beta1.SecretsCheck,
			},
		},
		"Second": {
			reason: "The other values of each field are valid.",
			in: v1beta1.Input{
				Compatibility: v1beta1.CompatibilityOperator,
				Cluster:       v1beta1.ClusterOpenShift,
				Images:        v1beta1.Images{Profile: v1beta1.ImageProfileKubeSmarts},
				PodSecurity:   v1beta1.PodSecurityNone,
				Secrets:       v1beta1.SecretsIgnore,
			},
		},
		"Third": {
			reason: "RedHat is a valid profile of images.",
			in:     v1beta1.Input{Images: v1beta1.Images{Profile: v1beta1.ImageProfileRedHat}},
		},
		"AllWrong": {
			reason: "All invalid fields are reported at once, with the valid values.",
			in: v1beta1.Input{
				Compatibility: "operator",
				Cluster:       "kind",
				Images:        v1beta1.Images{Profile: "apache", PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}, {}}},
				PodSecurity:   "Baseline",
				Secrets:       "Yes",
			},
			want: []string{
				`input.compatibility: Unsupported value: "operator": supported values: "Documentation", "Operator"`,
				`input.cluster: Unsupported value: "kind": supported values: "Kubernetes", "OpenShift"`,
				`input.images.profile: Unsupported value: "apache": supported values: "Apache", "KubeSmarts", "RedHat"`,
				`input.podSecurity: Unsupported value: "Baseline": supported values: "Restricted", "None"`,
				`input.secrets: Unsupported value: "Yes": supported values: "Check", "Ignore"`,
				`input.images.pullSecrets[1].name: Required value: name the Secret`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := tc.in.Validate()
			got := make([]string, 0, len(errs))
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nValidate(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
