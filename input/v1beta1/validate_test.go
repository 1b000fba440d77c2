// SPDX-License-Identifier: Apache-2.0

package v1beta1_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

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
				Migration:     v1beta1.Migration{Pods: v1beta1.MigrationPodsIgnore},
				Resync:        &metav1.Duration{Duration: time.Hour},
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
				Migration:     v1beta1.Migration{Pods: v1beta1.MigrationPodsLookUp},
				Resync:        &metav1.Duration{Duration: time.Minute},
			},
		},
		"Third": {
			reason: "RedHat is a valid profile of images.",
			in:     v1beta1.Input{Images: v1beta1.Images{Profile: v1beta1.ImageProfileRedHat}},
		},
		"ResyncTooLong": {
			reason: "What changes unseen must be seen within a day.",
			in:     v1beta1.Input{Resync: &metav1.Duration{Duration: 25 * time.Hour}},
			want:   []string{`input.resync: Invalid value: "25h0m0s": must be between 1m and 24h, such as 1h`},
		},
		"AllWrong": {
			reason: "All invalid fields are reported at once, with the valid values.",
			in: v1beta1.Input{
				Compatibility: "operator",
				Cluster:       "kind",
				Images:        v1beta1.Images{Profile: "apache", PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}, {}, {Name: "pull"}, {Name: "My_Secret"}}},
				PodSecurity:   "Baseline",
				Secrets:       "Yes",
				Brokers:       "All",
				Workflows:     v1beta1.Workflows{Discovery: "All", DevReload: "Always", Builder: "Kaniko", BuildPods: "Maybe"},
				Migration:     v1beta1.Migration{Pods: "lookup"},
				Resync:        &metav1.Duration{Duration: time.Second},
			},
			want: []string{
				`input.compatibility: Unsupported value: "operator": supported values: "Documentation", "Operator"`,
				`input.cluster: Unsupported value: "kind": supported values: "Kubernetes", "OpenShift"`,
				`input.images.profile: Unsupported value: "apache": supported values: "Apache", "KubeSmarts", "RedHat"`,
				`input.podSecurity: Unsupported value: "Baseline": supported values: "Restricted", "None"`,
				`input.secrets: Unsupported value: "Yes": supported values: "Check", "Ignore"`,
				`input.migration.pods: Unsupported value: "lookup": supported values: "Ignore", "LookUp"`,
				`input.resync: Invalid value: "1s": must be between 1m and 24h, such as 1h`,
				`input.brokers: Unsupported value: "All": supported values: "Cluster", "Namespace"`,
				`input.workflows.discovery: Unsupported value: "All": supported values: "Cluster", "Namespace", "Off"`,
				`input.workflows.devReload: Unsupported value: "Always": supported values: "Live", "Roll"`,
				`input.workflows.builder: Unsupported value: "Kaniko": supported values: "Layer", "None"`,
				`input.workflows.buildPods: Unsupported value: "Maybe": supported values: "Ignore", "LookUp"`,
				`input.images.pullSecrets[1].name: Required value: name the Secret`,
				`input.images.pullSecrets[2].name: Duplicate value: "pull"`,
				`input.images.pullSecrets[3].name: Invalid value: "My_Secret": no Secret has such a name: ` + strings.Join(validation.IsDNS1123Subdomain("My_Secret"), "; "),
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

func TestResyncOrDefault(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     v1beta1.Input
		want   time.Duration
	}{
		"Default": {reason: "A platform at rest is looked at once an hour.", want: time.Hour},
		"Given":   {reason: "The input's word counts.", in: v1beta1.Input{Resync: &metav1.Duration{Duration: 5 * time.Minute}}, want: 5 * time.Minute},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.in.ResyncOrDefault()); diff != "" {
				t.Errorf("%s\nResyncOrDefault(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
