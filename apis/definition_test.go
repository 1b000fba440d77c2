// SPDX-License-Identifier: Apache-2.0

// Package apis_test checks the definitions and Compositions as Crossplane and an API
// server do.
package apis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	xpv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// definitions returns the definitions by the names of their folders.
func definitions(t *testing.T) map[string]*xpv1.CompositeResourceDefinition {
	t.Helper()
	xrds := map[string]*xpv1.CompositeResourceDefinition{}
	files, err := filepath.Glob("*/definition.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d definitions, error %v", len(files), err)
	}
	for _, file := range files {
		xrd := &xpv1.CompositeResourceDefinition{}
		if err := yaml.UnmarshalStrict(read(t, file), xrd); err != nil {
			t.Fatalf("cannot parse %s: %v", file, err)
		}
		xrds[filepath.Dir(file)] = xrd
	}
	return xrds
}

// schemaOf returns the schema of a definition's only version.
func schemaOf(t *testing.T, xrd *xpv1.CompositeResourceDefinition) extv1.JSONSchemaProps {
	t.Helper()
	s := extv1.JSONSchemaProps{}
	if err := json.Unmarshal(xrd.Spec.Versions[0].Schema.OpenAPIV3Schema.Raw, &s); err != nil {
		t.Fatalf("cannot parse the schema of %s: %v", xrd.GetName(), err)
	}
	return s
}

// walk calls visit for a schema and for all schemas in it, with the path of each, such as
// .spec.properties.flow[].name.
func walk(s extv1.JSONSchemaProps, path string, visit func(path string, s extv1.JSONSchemaProps)) {
	visit(path, s)
	for name, property := range s.Properties {
		walk(property, path+"."+name, visit)
	}
	if s.Items != nil {
		walk(*s.Items.Schema, path+"[]", visit)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("cannot read: %v", err)
	}
	return b
}

// TestNames checks the names of claims and composites.
func TestNames(t *testing.T) {
	t.Parallel()

	want := map[string]map[string]any{
		"sonataflows": {
			"name": "xsonataflows.sonataflow.org",
			"claim": extv1.CustomResourceDefinitionNames{
				Plural: "sonataflows", Singular: "sonataflow", Kind: "SonataFlow", ListKind: "SonataFlowList",
				ShortNames: []string{"sf", "workflow", "workflows"},
			},
			"composite": extv1.CustomResourceDefinitionNames{
				Plural: "xsonataflows", Singular: "xsonataflow", Kind: "XSonataFlow", ListKind: "XSonataFlowList",
				ShortNames: []string{"xsf", "xworkflow", "xworkflows"},
			},
		},
		"sonataflowplatforms": {
			"name": "xsonataflowplatforms.sonataflow.org",
			"claim": extv1.CustomResourceDefinitionNames{
				Plural: "sonataflowplatforms", Singular: "sonataflowplatform",
				Kind: "SonataFlowPlatform", ListKind: "SonataFlowPlatformList",
				ShortNames: []string{"sfp", "sfplatform", "sfplatforms"}, Categories: []string{"sonataflow-all"},
			},
			"composite": extv1.CustomResourceDefinitionNames{
				Plural: "xsonataflowplatforms", Singular: "xsonataflowplatform",
				Kind: "XSonataFlowPlatform", ListKind: "XSonataFlowPlatformList",
				ShortNames: []string{"xsfp", "xsfplatform", "xsfplatforms"}, Categories: []string{"sonataflow-all"},
			},
		},
		"sonataflowclusterplatforms": {
			"name": "sonataflowclusterplatforms.sonataflow.org",
			"composite": extv1.CustomResourceDefinitionNames{
				Plural: "sonataflowclusterplatforms", Singular: "sonataflowclusterplatform",
				Kind: "SonataFlowClusterPlatform", ListKind: "SonataFlowClusterPlatformList",
				Categories: []string{"sonataflow-all"},
			},
		},
	}
	got := map[string]map[string]any{}
	for folder, xrd := range definitions(t) {
		got[folder] = map[string]any{"name": xrd.GetName(), "composite": xrd.Spec.Names}
		if xrd.OffersClaim() {
			got[folder]["claim"] = *xrd.Spec.ClaimNames
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names: -want, +got:\n%s", diff)
	}
}

// TestWordsAreUnambiguous checks that no word names two kinds, or a kind and a category.
// kubectl accepts plurals, singulars, short names and categories in the same argument, so
// kubectl couldn't reach one of the two.
func TestWordsAreUnambiguous(t *testing.T) {
	t.Parallel()

	kinds := map[string]string{}
	categories := map[string]bool{}
	crds, err := xrdschema.CRDs(".")
	if err != nil {
		t.Fatalf("CRDs(apis): %v", err)
	}
	for _, crd := range crds {
		names := crd.Spec.Names
		for _, word := range append([]string{names.Plural, names.Singular}, names.ShortNames...) {
			if other, ok := kinds[word]; ok {
				t.Errorf("%q means both %s and %s", word, other, names.Kind)
			}
			kinds[word] = names.Kind
		}
		for _, category := range names.Categories {
			categories[category] = true
		}
	}
	for category := range categories {
		if kind, ok := kinds[category]; ok {
			t.Errorf("%q is a category, and means %s", category, kind)
		}
	}
}

// TestDefinitions checks version, scope and printed columns of the definitions.
func TestDefinitions(t *testing.T) {
	t.Parallel()

	type column struct {
		Name, JSONPath string
		Priority       int32
	}
	ready := []column{
		{Name: "Ready", JSONPath: ".status.conditions[?(@.type=='Succeed')].status"},
		{Name: "Reason", JSONPath: ".status.conditions[?(@.type=='Succeed')].reason"},
	}
	columns := map[string][]column{
		"sonataflows": {
			{Name: "Profile", JSONPath: `.metadata.annotations.sonataflow\.org\/profile`},
			{Name: "Version", JSONPath: `.metadata.annotations.sonataflow\.org\/version`},
			{Name: "URL", JSONPath: ".status.endpoint"},
			{Name: "Running", JSONPath: ".status.conditions[?(@.type=='Running')].status"},
			{Name: "Reason", JSONPath: ".status.conditions[?(@.type=='Running')].reason"},
		},
		"sonataflowplatforms": append(append([]column{{Name: "Cluster", JSONPath: ".status.cluster"}}, ready...),
			column{Name: "Data-Index", JSONPath: ".status.services.dataIndex.url", Priority: 1},
			column{Name: "Jobs-Service", JSONPath: ".status.services.jobService.url", Priority: 1}),
		"sonataflowclusterplatforms": append([]column{
			{Name: "Platform_Name", JSONPath: ".spec.platformRef.name"},
			{Name: "Platform_NS", JSONPath: ".spec.platformRef.namespace"},
		}, ready...),
	}
	for folder, xrd := range definitions(t) {
		if want, got := "apiextensions.crossplane.io/v1 CompositeResourceDefinition", xrd.APIVersion+" "+xrd.Kind; got != want {
			t.Errorf("%s: want %s, got %s", folder, want, got)
		}
		if xrd.Spec.Scope != nil {
			t.Errorf("%s: only a definition without a scope has claims, got %s", folder, *xrd.Spec.Scope)
		}
		if len(xrd.Spec.Versions) != 1 || !xrd.Spec.Versions[0].Served || !xrd.Spec.Versions[0].Referenceable || xrd.Spec.Versions[0].Name != "v1alpha08" {
			t.Fatalf("%s: want v1alpha08, served and referenceable, got %+v", folder, xrd.Spec.Versions)
		}
		var got []column
		for _, c := range xrd.Spec.Versions[0].AdditionalPrinterColumns {
			if c.Type != "string" {
				t.Errorf("%s: column %s: want a string, got %s", folder, c.Name, c.Type)
			}
			got = append(got, column{Name: c.Name, JSONPath: c.JSONPath, Priority: c.Priority})
		}
		if diff := cmp.Diff(columns[folder], got); diff != "" {
			t.Errorf("%s: columns: -want, +got:\n%s", folder, diff)
		}
	}
}

// TestScale holds what an autoscaler reads and writes of a workflow. Platforms have no number
// of pods.
func TestScale(t *testing.T) {
	t.Parallel()

	selector := ".status.selector"
	want := map[string]*extv1.CustomResourceSubresourceScale{
		"sonataflows":                {SpecReplicasPath: ".spec.podTemplate.replicas", StatusReplicasPath: ".status.replicas", LabelSelectorPath: &selector},
		"sonataflowplatforms":        nil,
		"sonataflowclusterplatforms": nil,
	}
	got := map[string]*extv1.CustomResourceSubresourceScale{}
	for folder, xrd := range definitions(t) {
		got[folder] = nil
		if s := xrd.Spec.Versions[0].Subresources; s != nil {
			got[folder] = s.Scale
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scale: -want, +got:\n%s", diff)
	}
}

// TestSize checks that the definitions are small enough to be applied.
func TestSize(t *testing.T) {
	t.Parallel()

	// The size in bytes that an API server accepts in one request, and the size that it
	// accepts for annotations, where `kubectl apply` stores a copy of the object.
	const maxRequest, maxAnnotations = 1 << 20, 256 << 10
	for folder := range definitions(t) {
		file := read(t, filepath.Join(folder, "definition.yaml"))
		if len(file) >= maxRequest {
			t.Errorf("%s: %d bytes, want less than %d", folder, len(file), maxRequest)
		}
		j, err := yaml.YAMLToJSON(file)
		if err != nil {
			t.Fatalf("cannot convert to JSON: %v", err)
		}
		if len(j) >= maxAnnotations {
			t.Errorf("%s: %d bytes of JSON, want less than %d", folder, len(j), maxAnnotations)
		}
		t.Logf("%s: %d bytes, as JSON %d", folder, len(file), len(j))
	}
}

// TestDescriptions checks that every field has a description, except for the fields of
// Kubernetes' own types, whose descriptions `apis/xrd` removes.
func TestDescriptions(t *testing.T) {
	t.Parallel()

	// The fields whose types are Kubernetes' own: `kubectl explain pod.spec` describes them.
	kubernetes := map[string]bool{}
	for name := range strings.FieldsSeq(`
		buildArgs envs resources configMapKeyRef secretKeyRef
		ports envFrom env resizePolicy volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle securityContext
		volumes initContainers containers imagePullSecrets affinity tolerations hostAliases dnsConfig readinessGates
		topologySpreadConstraints os schedulingGates resourceClaims`) {
		kubernetes[name] = true
	}
	for folder, xrd := range definitions(t) {
		walk(schemaOf(t, xrd), "", func(path string, s extv1.JSONSchemaProps) {
			steps := strings.Split(path, ".")
			for _, step := range steps[:len(steps)-1] {
				if kubernetes[strings.TrimSuffix(step, "[]")] {
					return
				}
			}
			if s.Description == "" && !strings.HasSuffix(path, "[]") {
				t.Errorf("%s: %s has no description", folder, path)
			}
		})
	}
}
