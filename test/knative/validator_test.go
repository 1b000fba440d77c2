// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// A validator validates objects as an API server with Knative's definitions does.
type validator map[schema.GroupVersionKind]version

// A version has the validators for one version of a kind.
type version struct {
	structural *structuralschema.Structural
	openAPI    validation.SchemaValidator
	rules      *cel.Validator
}

func newValidator(crds []*extv1.CustomResourceDefinition) (validator, error) {
	v := validator{}
	for _, crd := range crds {
		for _, served := range crd.Spec.Versions {
			if !served.Served {
				continue
			}
			gvk := schema.GroupVersionKind{Group: crd.Spec.Group, Version: served.Name, Kind: crd.Spec.Names.Kind}
			var err error
			if v[gvk], err = newVersion(served.Schema); err != nil {
				return nil, fmt.Errorf("cannot use the schema of %s: %w", gvk, err)
			}
		}
	}
	return v, nil
}

func newVersion(s *extv1.CustomResourceValidation) (version, error) {
	internal := &apiextensions.CustomResourceValidation{}
	if err := extv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(s, internal, nil); err != nil {
		return version{}, fmt.Errorf("cannot convert the schema: %w", err)
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return version{}, fmt.Errorf("cannot make the schema structural: %w", err)
	}
	openAPI, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return version{}, fmt.Errorf("cannot make a validator of the schema: %w", err)
	}
	return version{
		structural: structural,
		openAPI:    openAPI,
		rules:      cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}

// validate returns the errors that `kubectl apply --validate=strict` would print for an
// object: unknown fields, errors of the schema, errors of its rules. It doesn't change
// the document.
func (v validator) validate(ctx context.Context, d document) error {
	version, ok := v[d.GroupVersionKind()]
	if !ok {
		return fmt.Errorf("cannot validate it: Knative doesn't serve %s", d.GroupVersionKind())
	}
	o := runtime.DeepCopyJSON(d.Object)
	defaulting.PruneNonNullableNullsWithoutDefaults(o, version.structural)
	defaulting.Default(o, version.structural)

	var errs field.ErrorList
	track := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(o, version.structural, true, track) {
		errs = append(errs, field.Forbidden(field.NewPath(path), "unknown field"))
	}
	errs = slices.Concat(errs,
		validation.ValidateCustomResource(nil, o, version.openAPI),
		listtype.ValidateListSetsAndMaps(nil, version.structural, o))
	// CEL rules are written for objects that the schema accepts.
	if len(errs) == 0 {
		errs, _ = version.rules.Validate(ctx, nil, version.structural, o, nil, celconfig.RuntimeCELCostBudget)
	}
	return errs.ToAggregate()
}
