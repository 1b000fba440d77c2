// SPDX-License-Identifier: Apache-2.0

package decoding

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestFieldsOf shows which fields of a Go type can be written, and which of two is meant
// that have one name.
func TestFieldsOf(t *testing.T) {
	t.Parallel()
	type deepest struct {
		Shared string `json:"shared"`
		Deep   string `json:"deep,omitempty"`
	}
	type Embedded struct {
		deepest `json:",inline"`

		Shared bool `json:"shared"`
	}
	type Pointed struct {
		Far int32 `json:"far"`
	}
	type Named struct{}
	cases := map[string]struct {
		reason string
		typ    reflect.Type
		// want are the kinds of the fields.
		want map[string]reflect.Kind
	}{
		"Tags": {
			reason: "A field is written as its tag says, else as it is called in Go. A field that is private, or that its tag leaves out, can't be written.",
			typ: reflect.TypeFor[struct {
				Tagged   string `json:"tagged,omitempty"`
				Untagged int32
				LeftOut  string `json:"-"`
				private  string
			}](),
			want: map[string]reflect.Kind{"tagged": reflect.String, "Untagged": reflect.Int32},
		},
		"Embedded": {
			reason: "The fields of embedded structs are those of the struct, however deep; a struct's own field hides one of the same name.",
			typ: reflect.TypeFor[struct {
				Embedded `json:",inline"`
				*Pointed `json:",inline"`
			}](),
			want: map[string]reflect.Kind{"shared": reflect.Bool, "deep": reflect.String, "far": reflect.Int32},
		},
		"EmbeddedWithName": {
			reason: "An embedded struct that has a name is a field like others.",
			typ: reflect.TypeFor[struct {
				Named `json:"named"`
			}](),
			want: map[string]reflect.Kind{"named": reflect.Struct},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]reflect.Kind{}
			for name, f := range fieldsOf(tc.typ) {
				got[name] = f.Kind()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nfieldsOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestMostUnknown holds that a document that is something else altogether doesn't make a
// message without end.
func TestMostUnknown(t *testing.T) {
	t.Parallel()
	spec := map[string]any{}
	for i := range mostUnknown + 1 {
		spec[fmt.Sprintf("field%03d", i)] = true
	}
	warnings, errs := Spec(&unstructured.Unstructured{Object: map[string]any{"spec": spec}}, &v1alpha08.SonataFlowPlatformSpec{})
	if len(errs) > 0 {
		t.Fatalf("Spec(...): %v", errs)
	}
	if diff := cmp.Diff(mostUnknown, len(warnings)); diff != "" {
		t.Errorf("Spec(...): number of warnings: -want, +got:\n%s", diff)
	}
}

// TestFieldsAreTheSchemas holds that the walker knows the fields of the definitions' schemas,
// no fewer and no more: a warning about a field is right if an API server drops it.
func TestFieldsAreTheSchemas(t *testing.T) {
	t.Parallel()
	for folder, typ := range map[string]reflect.Type{
		"sonataflowplatforms":        reflect.TypeFor[v1alpha08.SonataFlowPlatformSpec](),
		"sonataflowclusterplatforms": reflect.TypeFor[v1alpha08.SonataFlowClusterPlatformSpec](),
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "apis", folder, "definition.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		definition := map[string]any{}
		if err := yaml.Unmarshal(text, &definition); err != nil {
			t.Fatal(err)
		}
		versions, _, err := unstructured.NestedSlice(definition, "spec", "versions")
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range versions {
			spec, found, err := unstructured.NestedMap(version.(map[string]any), "schema", "openAPIV3Schema", "properties", "spec")
			if err != nil || !found {
				t.Fatalf("%s: no schema of the spec: %v", folder, err)
			}
			compareFields(t, typ, spec, field.NewPath(folder))
		}
	}
}

func compareFields(t *testing.T, typ reflect.Type, schema map[string]any, path *field.Path) {
	t.Helper()
	typ = pointedTo(typ)
	properties, _ := schema["properties"].(map[string]any)
	items, _ := schema["items"].(map[string]any)
	switch {
	case typ == reflect.TypeFor[metav1.ObjectMeta]():
		// That of a volume's claim. The schema has only those that a user sets.
	case properties != nil && hasFields(typ):
		fields := fieldsOf(typ)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(fields))); diff != "" {
			t.Errorf("%s: fields: -schema, +type:\n%s", path, diff)
		}
		for name, f := range fields {
			inner, _ := properties[name].(map[string]any)
			compareFields(t, f, inner, path.Child(name))
		}
	case items != nil && typ.Kind() == reflect.Slice:
		compareFields(t, typ.Elem(), items, path.Index(0))
	case properties != nil || items != nil:
		t.Errorf("%s: the schema has fields or elements, %s has none", path, typ)
	}
}

// FuzzWalker holds that the walker finds errors if and only if the decoder fails, and that
// both know the same fields. It replaces a value of a document by a fragment.
func FuzzWalker(f *testing.F) {
	documents, err := filepath.Glob("../../../example/*/composite.yaml")
	if err != nil || len(documents) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, name := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, spec, _ := strings.Cut(string(text), "spec:\n")
		f.Add(spec, uint8(4), "{enabeld: yes, Name: 1}")
	}
	for _, text := range []string{
		"", "[]", "null", "persistence: {postgresql: {serviceRef: {port: 1e9}}}", "crossplane: 1\nclaimRef: []\nunknown: {a: .inf}",
		"services: {jobService: {enabled: yes, sink: {uri: 1}, podTemplate: {replicas: 1.5}}}",
		"build: {config: {timeout: 1h, strategyOptions: {a: null, b: 1}}, template: {timeout: null, envs: [null, {}]}}",
		"services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1, maxUnavailable: 50%}, overhead: {cpu: 1}, container: {resources: {limits: {cpu: 1, memory: 1Gi}, claims: [{}]}}}}}",
		"services: {dataIndex: {podTemplate: {volumes: [{emptyDir: {sizeLimit: 1}, projected: {sources: [{secret: {items: []}}]}}], affinity: {podAffinity: {}}}}}",
	} {
		for at, fragment := range []string{"null", "1", "-9223372036854775808", "1.5", "true", "text", `"1"`, "[null]", "{a: b}"} {
			f.Add(text, uint8(at), fragment)
		}
	}
	f.Fuzz(func(t *testing.T, text string, at uint8, fragment string) {
		var raw, with any
		if yaml.Unmarshal([]byte(text), &raw) != nil || yaml.Unmarshal([]byte(fragment), &with) != nil {
			return
		}
		count := int(at)
		raw = replaced(raw, &count, with)
		composite := &unstructured.Unstructured{Object: map[string]any{"spec": raw}}
		_, errs := Spec(composite, &v1alpha08.SonataFlowPlatformSpec{})
		for _, err := range errs {
			if strings.HasPrefix(err.Detail, "cannot be read") || strings.Contains(err.Detail, "of another type") {
				t.Errorf("an error that doesn't say what is wanted: %v", err)
			}
		}
		encoded, err := json.Marshal(raw)
		if err != nil {
			t.Fatalf("YAML has a value that JSON doesn't have: %v", err)
		}
		unknown, err := kjson.UnmarshalStrict(encoded, &v1alpha08.SonataFlowPlatformSpec{})
		found := &walker{}
		found.value(reflect.TypeFor[v1alpha08.SonataFlowPlatformSpec](), raw, field.NewPath("spec"))
		if (err == nil) != (len(found.errs) == 0) {
			t.Errorf("the decoder says %v, the walker %v", err, found.errs)
		}
		if err == nil && (len(unknown) == 0) != (len(found.unknown) == 0) {
			t.Errorf("the decoder doesn't know %v, the walker %v", unknown, found.unknown)
		}
	})
}

// replaced returns a value in which the one that is counted is another. The count goes down
// to 0 at that one.
func replaced(raw any, count *int, with any) any {
	if *count--; *count < 0 {
		return raw
	}
	if *count == 0 {
		return with
	}
	switch v := raw.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = replaced(v[key], count, with)
		}
	case []any:
		for i := range v {
			v[i] = replaced(v[i], count, with)
		}
	}
	return raw
}

// BenchmarkSpec decodes the spec of a production platform. Only one with a mistake is
// walked through.
func BenchmarkSpec(b *testing.B) {
	text, err := os.ReadFile("../../../example/production/composite.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for name, slip := range map[string]bool{"Good": false, "UnknownField": true} {
		composite := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, &composite.Object); err != nil {
			b.Fatal(err)
		}
		if slip {
			composite.Object["spec"].(map[string]any)["persistnece"] = map[string]any{}
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if warnings, errs := Spec(composite, &v1alpha08.SonataFlowPlatformSpec{}); len(errs) > 0 || (len(warnings) > 0) != slip {
					b.Fatal(warnings, errs)
				}
			}
		})
	}
	b.Run("Field", func(b *testing.B) {
		object := map[string]any{}
		if err := yaml.Unmarshal(text, &object); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if errs := Field(object["spec"], &v1alpha08.SonataFlowPlatformSpec{}, field.NewPath("spec")); len(errs) > 0 {
				b.Fatal(errs)
			}
		}
	})
}
