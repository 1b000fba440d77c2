// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	protectionv1beta1 "github.com/crossplane/crossplane/apis/v2/protection/v1beta1"
)

// functionName is the function's name when Crossplane installs it as a dependency of the
// Configuration.
const functionName = "sonataflow-crossplane-function-sonataflow"

// TestInstall decodes the manifests of an installation strictly, and checks that the
// names in them agree.
func TestInstall(t *testing.T) {
	t.Parallel()
	fn, configuration, namespaced, runtime := &pkgv1.Function{}, &pkgv1.Configuration{}, &pkgv1.Configuration{}, &pkgv1beta1.DeploymentRuntimeConfig{}
	mirror, signature := &pkgv1beta1.ImageConfig{}, &pkgv1beta1.ImageConfig{}
	for file, into := range map[string]any{
		"function.yaml": fn, "configuration.yaml": configuration, "configuration-namespaced.yaml": namespaced, "runtimeconfig.yaml": runtime,
		"imageconfig.yaml": mirror, "imageconfig-signature.yaml": signature,
	} {
		if err := yaml.UnmarshalStrict([]byte(text(t, install, file)), into); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if fn.GetName() != functionName {
		t.Errorf("function.yaml: name %q, want %q, which the Compositions call", fn.GetName(), functionName)
	}
	if ref := fn.Spec.RuntimeConfigReference; ref == nil || ref.Name != runtime.GetName() {
		t.Errorf("function.yaml: runtimeConfigRef doesn't name %q", runtime.GetName())
	}
	_, release, _ := strings.Cut(fn.Spec.Package, ":")
	for _, c := range []*pkgv1.Configuration{configuration, namespaced} {
		if _, other, _ := strings.Cut(c.Spec.Package, ":"); other != release {
			t.Errorf("%s has release %s, function.yaml %s", c.GetName(), other, release)
		}
	}
	for _, source := range []string{fn.Spec.Package, configuration.Spec.Package, namespaced.Spec.Package} {
		for _, c := range []*pkgv1beta1.ImageConfig{mirror, signature} {
			if prefix := c.Spec.MatchImages[0].Prefix; !strings.HasPrefix(source, prefix) {
				t.Errorf("ImageConfig %s: %q doesn't match %s", c.GetName(), prefix, source)
			}
		}
	}
	for variable, want := range signer(t, signature) {
		if got := variables(t)[variable]; got != want {
			t.Errorf("Makefile: %s is %q, but imageconfig-signature.yaml has %q", variable, got, want)
		}
	}
	if template := runtime.Spec.DeploymentTemplate; template == nil || template.Spec.Template.Spec.Containers[0].Name != "package-runtime" {
		t.Error("runtimeconfig.yaml: the function's container is called package-runtime")
	}
	for _, plural := range []string{"sonataflows", "sonataflowplatforms", "sonataflowclusterplatforms"} {
		if !strings.Contains(text(t, root, "apis", plural, "composition.yaml"), "name: "+functionName+"\n") {
			t.Errorf("the Composition of %s doesn't call %s", plural, functionName)
		}
	}
}

// TestUsage decodes the ClusterUsage strictly, and checks that it protects the Configuration
// that `crossplane xpkg install` makes.
func TestUsage(t *testing.T) {
	t.Parallel()
	usage := &protectionv1beta1.ClusterUsage{}
	if err := yaml.UnmarshalStrict([]byte(text(t, install, "usage.yaml")), usage); err != nil {
		t.Fatal(err)
	}
	if got, want := usage.GroupVersionKind(), protectionv1beta1.ClusterUsageGroupVersionKind; got != want {
		t.Errorf("kind %v, want %v", got, want)
	}
	of := usage.Spec.Of
	if of.APIVersion != pkgv1.ConfigurationGroupVersionKind.GroupVersion().String() || of.Kind != pkgv1.ConfigurationKind ||
		of.ResourceRef == nil || of.ResourceRef.Name != "sonataflow-crossplane-configuration-sonataflow" {
		t.Errorf("the usage is of %+v, want the Configuration", of)
	}
	if usage.Spec.By != nil || usage.Spec.Reason == nil {
		t.Error("a usage with a single user ends with this user: want a reason alone")
	}
}

// signer returns who may sign the packages, by the Makefile's variables.
func signer(t *testing.T, c *pkgv1beta1.ImageConfig) map[string]string {
	t.Helper()
	v := c.Spec.Verification
	if v == nil || v.Provider != pkgv1beta1.ImageVerificationProviderCosign || v.Cosign == nil || len(v.Cosign.Authorities) != 1 || v.Cosign.Authorities[0].Keyless == nil {
		t.Fatal("imageconfig-signature.yaml: want one keyless authority of cosign's")
	}
	identity := v.Cosign.Authorities[0].Keyless.Identities[0]
	return map[string]string{"ISSUER": identity.Issuer, "SUBJECT": identity.SubjectRegExp}
}

// variables returns the simple variables of the Makefile.
func variables(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(text(t, root, "Makefile")) {
		if name, value, ok := strings.Cut(line, ":="); ok {
			out[strings.TrimSpace(name)] = strings.ReplaceAll(strings.TrimSpace(value), "$$", "$")
		}
	}
	return out
}
