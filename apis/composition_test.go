// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	xpv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestCompositions checks that each Composition is the default of its definition, and that
// the function's input in it has no unknown field.
func TestCompositions(t *testing.T) {
	t.Parallel()

	for folder, xrd := range definitions(t) {
		file := read(t, filepath.Join(folder, "composition.yaml"))
		c := &xpv1.Composition{}
		if err := yaml.UnmarshalStrict(file, c); err != nil {
			t.Fatalf("cannot parse the Composition in %s: %v", folder, err)
		}
		if want, got := "apiextensions.crossplane.io/v1 Composition", c.APIVersion+" "+c.Kind; got != want {
			t.Errorf("%s: want %s, got %s", folder, want, got)
		}
		if got := xrd.Spec.DefaultCompositionRef; got == nil || got.Name != c.GetName() {
			t.Errorf("%s: want %s to be the default, got %v", folder, c.GetName(), got)
		}
		want := xpv1.TypeReference{APIVersion: "sonataflow.org/v1alpha08", Kind: xrd.Spec.Names.Kind}
		if diff := cmp.Diff(want, c.Spec.CompositeTypeRef); diff != "" {
			t.Errorf("%s: compositeTypeRef: -want, +got:\n%s", folder, diff)
		}
		if len(c.Spec.Pipeline) != 1 {
			t.Fatalf("%s: want one step, got %d", folder, len(c.Spec.Pipeline))
		}
		in := &v1beta1.Input{}
		if err := yaml.UnmarshalStrict(c.Spec.Pipeline[0].Input.Raw, in); err != nil {
			t.Errorf("%s: cannot parse the input: %v", folder, err)
		}
		if want, got := "sonataflow.fn.crossplane.io/v1beta1 Input", in.APIVersion+" "+in.Kind; got != want {
			t.Errorf("%s: input: want %s, got %s", folder, want, got)
		}
	}
}

// TestInputIsTheDefault checks that every value of the function's input in a Composition
// is the default, as the comments in the Compositions say.
func TestInputIsTheDefault(t *testing.T) {
	t.Parallel()

	crd := &extv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(read(t, "../package/input/sonataflow.fn.crossplane.io_inputs.yaml"), crd); err != nil {
		t.Fatalf("cannot parse the input's definition: %v", err)
	}
	defaults := map[string]string{}
	walk(*crd.Spec.Versions[0].Schema.OpenAPIV3Schema, "", func(path string, s extv1.JSONSchemaProps) {
		if s.Default != nil {
			defaults[path] = string(s.Default.Raw)
		}
	})
	for folder := range definitions(t) {
		c := &xpv1.Composition{}
		if err := yaml.Unmarshal(read(t, filepath.Join(folder, "composition.yaml")), c); err != nil {
			t.Fatalf("cannot parse the Composition in %s: %v", folder, err)
		}
		var in map[string]any
		if err := json.Unmarshal(c.Spec.Pipeline[0].Input.Raw, &in); err != nil {
			t.Fatalf("cannot parse the input in %s: %v", folder, err)
		}
		for path, want := range defaults {
			value, given := valueAt(in, strings.Split(path, ".")[1:])
			got, err := json.Marshal(value)
			if err != nil {
				t.Fatalf("cannot encode %s: %v", path, err)
			}
			if given && string(got) != want {
				t.Errorf("%s: input%s: want the default %s, got %s", folder, path, want, got)
			}
		}
	}
}

// valueAt returns the value at a path, and whether there is one.
func valueAt(in any, path []string) (any, bool) {
	for _, step := range path {
		fields, _ := in.(map[string]any)
		value, ok := fields[step]
		if !ok {
			return nil, false
		}
		in = value
	}
	return in, true
}

// TestCompositionsWorkOnOldCrossplane checks that the Compositions have only fields that
// Crossplane v2.0 knows. Crossplane v2.0 drops an unknown field of a Composition in a
// package, and kubectl refuses it. The field requirements isn't used either: before v2.2,
// Crossplane refuses a Composition that requires all resources of a kind.
func TestCompositionsWorkOnOldCrossplane(t *testing.T) {
	t.Parallel()

	type step struct {
		Step        string            `json:"step"`
		FunctionRef map[string]string `json:"functionRef"`
		Input       map[string]any    `json:"input"`
	}
	for folder := range definitions(t) {
		c := struct {
			APIVersion string            `json:"apiVersion"`
			Kind       string            `json:"kind"`
			Metadata   map[string]string `json:"metadata"`
			Spec       struct {
				CompositeTypeRef map[string]string `json:"compositeTypeRef"`
				Mode             string            `json:"mode"`
				Pipeline         []step            `json:"pipeline"`
			} `json:"spec"`
		}{}
		if err := yaml.UnmarshalStrict(read(t, filepath.Join(folder, "composition.yaml")), &c); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
		if c.Spec.Mode != "Pipeline" {
			t.Errorf("%s: want mode Pipeline, which was not the default yet, got %q", folder, c.Spec.Mode)
		}
	}
}
