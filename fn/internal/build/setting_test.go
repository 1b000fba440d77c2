// SPDX-License-Identifier: Apache-2.0

package build

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// settingOf is where the image of workflow wf in namespace ns1 is built, as the spec.build of
// platform plat says, in YAML.
func settingOf(t *testing.T, platform string) Setting {
	t.Helper()
	out := Setting{NamespacedName: types.NamespacedName{Namespace: "ns1", Name: "wf"}, PlatformName: "plat"}
	if err := yaml.UnmarshalStrict([]byte(platform), &out.Platform); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRegistry shows where images are pushed to, and with what.
func TestRegistry(t *testing.T) {
	t.Parallel()
	type want struct {
		Repository, Secret, CA, Account, Pull string
		Containers                            []string
		Insecure                              bool
	}
	cases := map[string]struct {
		reason, platform string
		cluster          v1beta1.Cluster
		compatibility    v1beta1.Compatibility
		want             want
	}{
		"Plain": {
			reason: "The image is named by namespace and workflow.", platform: `config: {registry: {address: r.example.com/}}`,
			want: want{Repository: "r.example.com/ns1/wf", Containers: []string{"compile", "publish"}},
		},
		"All": {
			reason:   "A registry may have an organisation, credentials and certificates; the pods pull with the same credentials.",
			platform: `config: {registry: {address: "r.example.com:5000", organization: team, secret: push, ca: certs, insecure: true}}`,
			want:     want{Repository: "r.example.com:5000/team/ns1/wf", Secret: "push", CA: "certs", Pull: "push", Containers: []string{"compile", "publish"}, Insecure: true},
		},
		"Operator": {
			reason:   "To the operator, the organisation is nothing.",
			platform: `config: {registry: {address: r.example.com, organization: team}}`, compatibility: v1beta1.CompatibilityOperator,
			want: want{Repository: "r.example.com/ns1/wf", Containers: []string{"compile", "publish"}},
		},
		"OpenShift": {
			reason: "OpenShift has a registry of its own, without any platform.", platform: `{}`, cluster: v1beta1.ClusterOpenShift,
			want: want{Repository: "image-registry.openshift-image-registry.svc:5000/ns1/wf", CA: "openshift-service-ca.crt", Account: "builder", Containers: []string{"compile", "login", "publish"}},
		},
		"OpenShiftNamed": {
			reason: "The same registry may be named.", cluster: v1beta1.ClusterOpenShift, platform: `config: {registry: {address: "image-registry.openshift-image-registry.svc:5000", organization: o}}`,
			want: want{Repository: "image-registry.openshift-image-registry.svc:5000/ns1/wf", CA: "openshift-service-ca.crt", Account: "builder", Containers: []string{"compile", "login", "publish"}},
		},
		"OpenShiftOther": {
			reason: "Another registry is as elsewhere.", cluster: v1beta1.ClusterOpenShift, platform: `config: {registry: {address: r.example.com, secret: push}}`,
			want: want{Repository: "r.example.com/ns1/wf", Secret: "push", Pull: "push", Containers: []string{"compile", "publish"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settingOf(t, tc.platform)
			s.Cluster, s.Compatibility = tc.cluster, tc.compatibility
			o := s.Order(Source{})
			pod := newJob(&component.Component{Kind: component.Workflow(), Owner: "wf", Namespace: "ns1"}, o, nil).Spec.Template.Spec
			got := want{Repository: o.Repository, Secret: o.Secret, CA: o.CA, Account: pod.ServiceAccountName}
			for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
				got.Containers = append(got.Containers, c.Name)
			}
			got.Insecure = slices.Contains(pod.Containers[0].Args, "--insecure")
			if secrets := s.PullSecrets(); len(secrets) > 0 {
				got.Pull = secrets[0].Name
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPullSecrets shows that the registry's Secret is beside those of the input, once, and that
// those of the input stay as they are.
func TestPullSecrets(t *testing.T) {
	t.Parallel()
	s := settingOf(t, `config: {registry: {address: r.example.com, secret: push}}`)
	for reason, tc := range map[string]struct{ given, want []corev1.LocalObjectReference }{
		"The registry's comes last.":   {given: []corev1.LocalObjectReference{{Name: "pull"}}, want: []corev1.LocalObjectReference{{Name: "pull"}, {Name: "push"}}},
		"One that is there stays one.": {given: []corev1.LocalObjectReference{{Name: "push"}}, want: []corev1.LocalObjectReference{{Name: "push"}}},
	} {
		s.Images.PullSecrets = tc.given
		if diff := cmp.Diff(tc.want, s.PullSecrets()); diff != "" {
			t.Errorf("%s\nPullSecrets(): -want, +got:\n%s", reason, diff)
		}
	}
}

// TestCompilerEnv shows which variables the compiler has.
func TestCompilerEnv(t *testing.T) {
	t.Parallel()
	const extensions = "io.quarkus:quarkus-jdbc-postgresql,io.quarkus:quarkus-agroal,org.kie:kie-addons-quarkus-persistence-jdbc"
	cases := map[string]struct {
		reason, platform string
		persistent       bool
		want             []corev1.EnvVar
		warned           bool
	}{
		"None":     {reason: "The builder has what it needs.", platform: `{}`},
		"Both":     {reason: "Arguments and variables are variables; the latter win.", platform: `template: {buildArgs: [{name: A, value: a}, {name: B, value: b}], envs: [{name: A, value: c}]}`, want: []corev1.EnvVar{{Name: "B", Value: "b"}, {Name: "A", Value: "c"}}},
		"Database": {reason: "A database needs extensions.", platform: `{}`, persistent: true, want: []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", Value: extensions}}},
		"Added": {
			reason: "They are added to the platform's, each once.", platform: `template: {buildArgs: [{name: QUARKUS_EXTENSIONS, value: "x,io.quarkus:quarkus-agroal"}]}`, persistent: true,
			want: []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", Value: "x,io.quarkus:quarkus-agroal,io.quarkus:quarkus-jdbc-postgresql,org.kie:kie-addons-quarkus-persistence-jdbc"}},
		},
		"Elsewhere": {
			reason: "What comes out of a ConfigMap can't be added to.", platform: `template: {buildArgs: [{name: QUARKUS_EXTENSIONS, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}`, persistent: true,
			want:   []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}, Key: "k"}}}},
			warned: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := settingOf(t, tc.platform).Order(Source{Persistent: tc.persistent})
			if diff := cmp.Diff(tc.want, o.Env, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if warned := strings.Contains(strings.Join(o.Warnings, "; "), "spec.build.template of platform plat: QUARKUS_EXTENSIONS comes from elsewhere"); warned != tc.warned {
				t.Errorf("%s\nwarned: want %t, got %v", tc.reason, tc.warned, o.Warnings)
			}
		})
	}
}

// TestValidate shows which settings are refused, and that a message about a field of the platform
// names the platform.
func TestValidate(t *testing.T) {
	t.Parallel()
	const registry = `config: {registry: {address: r.example.com}`
	cases := map[string]struct {
		reason, platform, arch string
		want                   []string
	}{
		"Valid":        {reason: "A registry is all that is needed.", platform: registry + `}`},
		"Address":      {reason: "An address isn't a URL.", platform: `config: {registry: {address: "https://r.example.com"}}`, want: []string{"spec.build.config.registry"}},
		"NoHost":       {reason: "The first part of an image's name is a namespace of docker.io, if it is no host.", platform: `config: {registry: {address: registry}}`, want: []string{"spec.build.config.registry.address"}},
		"Localhost":    {reason: "One name is a host.", platform: `config: {registry: {address: localhost/images}}`},
		"Port":         {reason: "A port tells a host.", platform: `config: {registry: {address: "registry:5000", organization: team}}`},
		"BaseImage":    {reason: "No container runtime understands the image.", platform: `config: {baseImage: "no image!", registry: {address: r.example.com}}`, want: []string{"spec.build.config.baseImage"}},
		"Secret":       {reason: "No Secret has the name.", platform: `config: {registry: {address: r.example.com, secret: A_B}}`, want: []string{"spec.build.config.registry.secret"}},
		"CA":           {reason: "No ConfigMap has the name.", platform: `config: {registry: {address: r.example.com, ca: A_B}}`, want: []string{"spec.build.config.registry.ca"}},
		"Timeout":      {reason: "A build takes time.", platform: registry + `, timeout: 0s}`, want: []string{"spec.build.config.timeout"}},
		"OtherTimeout": {reason: "So it does where the template says how long.", platform: registry + `}, template: {timeout: 1ms}`, want: []string{"spec.build.template.timeout"}},
		"Env":          {reason: "A variable has a name.", platform: registry + `}, template: {envs: [{value: a}]}`, want: []string{"spec.build.template.envs[0].name"}},
		"BuildArg":     {reason: "An argument has one value.", platform: registry + `}, template: {buildArgs: [{name: A, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}`, want: []string{"spec.build.template.buildArgs[0].valueFrom"}},
		"Resources":    {reason: "A request isn't more than its limit.", platform: registry + `}, template: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}`, want: []string{"spec.build.template.resources.requests[memory]"}},
		"Arch":         {reason: "The runtime is for few architectures.", platform: registry + `}`, arch: "mips", want: []string{"spec.podTemplate.nodeSelector[kubernetes.io/arch]"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settingOf(t, "{"+tc.platform+"}")
			if tc.arch != "" {
				s.NodeSelector = map[string]string{corev1.LabelArchStable: tc.arch}
			}
			var got []string
			for _, err := range s.Validate() {
				got = append(got, err.Field)
				if strings.HasPrefix(err.Field, "spec.build") && !strings.Contains(err.Error(), "platform plat") {
					t.Errorf("%s\nThe platform isn't named: %v", tc.reason, err)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestValidateRegistry shows what is said where an image would be pushed nowhere.
func TestValidateRegistry(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, name, address string
		cluster               v1beta1.Cluster
		want                  string
	}{
		"NoPlatform": {reason: "Nothing names a registry.", want: "the namespace has no platform that names a registry: create a platform with spec.build.config.registry.address"},
		"NoRegistry": {reason: "The platform names none.", name: "plat", want: "platform plat names no registry: set spec.build.config.registry.address of platform plat"},
		"Named":      {reason: "The platform names one.", name: "plat", address: "r.example.com"},
		"OpenShift":  {reason: "OpenShift has its own.", cluster: v1beta1.ClusterOpenShift},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Setting{PlatformName: tc.name, Cluster: tc.cluster}
			s.Platform.Config.Registry = v1alpha08.RegistrySpec{Address: tc.address}
			err := s.ValidateRegistry()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s\nwant %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

// TestValidateSize shows how much a build copies.
func TestValidateSize(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("x", mostCopied/2)
	source := Source{Flow: half, Files: []Files{{Data: map[string]string{"a": half}}}}
	if err := (Setting{}).Order(source).ValidateSize(); err != nil {
		t.Errorf("The most that may be copied is refused: %v", err)
	}
	source.Files[0].BinaryData = map[string][]byte{"b": {0}}
	if err := (Setting{}).Order(source).ValidateSize(); err == nil || !strings.Contains(err.Error(), "1537 KiB") {
		t.Errorf("want 1537 KiB to be refused, got %v", err)
	}
	// Bytes are sent as text that is longer by a third.
	bytes := Source{Files: []Files{{BinaryData: map[string][]byte{"a": make([]byte, mostCopied/4*3+3)}}}}
	if err := (Setting{}).Order(bytes).ValidateSize(); err == nil || !strings.Contains(err.Error(), "1537 KiB") {
		t.Errorf("want 1537 KiB to be refused, got %v", err)
	}
}
