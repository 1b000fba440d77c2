// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// definition returns the CompositeResourceDefinition of a Go type. crd is what
// controller-gen made from the Go type.
func (f form) definition(crd *extv1.CustomResourceDefinition, kind reflect.Type) map[string]any {
	version := crd.Spec.Versions[0]
	schema := version.Schema.OpenAPIV3Schema.DeepCopy()
	trim(schema, kind)
	// Crossplane adds these fields and the conditions itself.
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		delete(schema.Properties, name)
	}
	delete(schema.Properties["status"].Properties, "conditions")

	names := crd.Spec.Names
	described := map[string]any{
		"name":                     version.Name,
		"served":                   true,
		"referenceable":            true,
		"additionalPrinterColumns": version.AdditionalPrinterColumns,
		"schema":                   map[string]any{"openAPIV3Schema": schema},
	}
	if s := version.Subresources; s != nil && s.Scale != nil {
		// Crossplane knows the field since v2.3. Before, it drops what comes in a package.
		described["subresources"] = map[string]any{"scale": s.Scale}
	}
	spec := map[string]any{"group": crd.Spec.Group, "versions": []any{described}}
	switch {
	case f == namespaced:
		spec["scope"] = crd.Spec.Scope
	case crd.Spec.Scope == extv1.NamespaceScoped:
		spec["claimNames"] = names
		// Foreground deletes a claim only after its composite. Otherwise a new claim of the
		// same name would fail, because both compose objects of the same names.
		spec["defaultCompositeDeletePolicy"] = "Foreground"
		names = composite(names)
	}
	name := names.Plural + "." + crd.Spec.Group
	spec["names"] = names
	spec["defaultCompositionRef"] = map[string]any{"name": name}

	return map[string]any{
		"apiVersion": f.apiVersion(),
		"kind":       "CompositeResourceDefinition",
		"metadata":   map[string]any{"name": name},
		"spec":       spec,
	}
}

// composite returns the names of the composite behind a claim.
func composite(claim extv1.CustomResourceDefinitionNames) extv1.CustomResourceDefinitionNames {
	names := extv1.CustomResourceDefinitionNames{
		Plural:     "x" + claim.Plural,
		Singular:   "x" + claim.Singular,
		Kind:       "X" + claim.Kind,
		ListKind:   "X" + claim.ListKind,
		Categories: claim.Categories,
	}
	for _, name := range claim.ShortNames {
		names.ShortNames = append(names.ShortNames, "x"+name)
	}
	return names
}

// trim removes the descriptions of the fields of Kubernetes' own types. They are nine
// tenths of the text, and `kubectl explain pod.spec` shows them. Without them the
// definition is small enough for `kubectl apply`, which keeps a copy of the definition in
// an annotation.
func trim(schema *extv1.JSONSchemaProps, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice && schema.Items != nil {
		if kubernetes(t.Elem()) {
			schema.Items.Schema.Description = ""
		}
		trim(schema.Items.Schema, t.Elem())
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		property, ok := schema.Properties[name]
		if !ok {
			continue
		}
		if kubernetes(t) {
			property.Description = ""
		}
		trim(&property, field.Type)
		schema.Properties[name] = property
	}
}

// kubernetes tells whether a type is one of Kubernetes' own.
func kubernetes(t reflect.Type) bool { return strings.HasPrefix(t.PkgPath(), "k8s.io/") }
