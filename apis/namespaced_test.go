// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	xpv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"

	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// TestNamespaced checks that the namespaced form is the same API as the claimed form, in
// another scope.
func TestNamespaced(t *testing.T) {
	t.Parallel()
	scopes := map[string]xpv2.CompositeResourceScope{
		"sonataflows":                xpv2.CompositeResourceScopeNamespaced,
		"sonataflowplatforms":        xpv2.CompositeResourceScopeNamespaced,
		"sonataflowclusterplatforms": xpv2.CompositeResourceScopeCluster,
	}
	for folder, claimed := range definitions(t) {
		xrd := &xpv2.CompositeResourceDefinition{}
		if err := yaml.UnmarshalStrict(read(t, filepath.Join("namespaced", folder, "definition.yaml")), xrd); err != nil {
			t.Fatal(err)
		}
		if xrd.APIVersion != "apiextensions.crossplane.io/v2" || xrd.Spec.Scope != scopes[folder] {
			t.Errorf("%s: got %s with scope %s, want scope %s", folder, xrd.APIVersion, xrd.Spec.Scope, scopes[folder])
		}
		names := claimed.Spec.Names
		if claimed.OffersClaim() {
			names = *claimed.Spec.ClaimNames
		}
		if diff := cmp.Diff(names, xrd.Spec.Names); diff != "" {
			t.Errorf("%s: names: -what users apply, +namespaced:\n%s", folder, diff)
		}
		if diff := cmp.Diff(names.Plural+"."+claimed.Spec.Group, xrd.GetName()); diff != "" {
			t.Errorf("%s: name: %s", folder, diff)
		}
		schema := extv1.JSONSchemaProps{}
		if err := json.Unmarshal(xrd.Spec.Versions[0].Schema.OpenAPIV3Schema.Raw, &schema); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(schemaOf(t, claimed), schema); diff != "" {
			t.Errorf("%s: schema: -claimed, +namespaced:\n%s", folder, diff)
		}
		if diff := cmp.Diff(claimed.Spec.Versions[0].AdditionalPrinterColumns, xrd.Spec.Versions[0].AdditionalPrinterColumns); diff != "" {
			t.Errorf("%s: columns: -claimed, +namespaced:\n%s", folder, diff)
		}

		composition := struct {
			Metadata struct{ Name string } `json:"metadata"`
			Spec     struct {
				CompositeTypeRef struct {
					APIVersion string `json:"apiVersion"`
					Kind       string `json:"kind"`
				} `json:"compositeTypeRef"`
			} `json:"spec"`
		}{}
		if err := yaml.Unmarshal(read(t, filepath.Join("namespaced", folder, "composition.yaml")), &composition); err != nil {
			t.Fatal(err)
		}
		if composition.Metadata.Name != xrd.Spec.DefaultCompositionRef.Name || composition.Spec.CompositeTypeRef.Kind != names.Kind {
			t.Errorf("%s: the Composition is %+v", folder, composition)
		}
	}
}

// TestNamespacedDefinitions checks the scope of the CustomResourceDefinitions that
// Crossplane derives from the namespaced form.
func TestNamespacedDefinitions(t *testing.T) {
	t.Parallel()
	crds, err := xrdschema.CRDs("namespaced")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]extv1.ResourceScope{}
	for _, crd := range crds {
		got[crd.Spec.Names.Kind] = crd.Spec.Scope
	}
	want := map[string]extv1.ResourceScope{"SonataFlow": extv1.NamespaceScoped, "SonataFlowPlatform": extv1.NamespaceScoped, "SonataFlowClusterPlatform": extv1.ClusterScoped}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
