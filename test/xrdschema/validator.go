// SPDX-License-Identifier: Apache-2.0

package xrdschema

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Validator knows the schemas of the kinds that users and Crossplane write:
// composites and claims.
type Validator struct {
	kinds map[schema.GroupVersionKind]kind
}

type kind struct {
	structural *structuralschema.Structural
	openAPI    validation.SchemaValidator
	rules      *cel.Validator
}

// Load returns a Validator of the definitions in the folders of dir. It returns an error if
// an API server would refuse a definition.
func Load(dir string) (*Validator, error) {
	crds, err := CRDs(dir)
	if err != nil {
		return nil, err
	}
	v := &Validator{kinds: map[schema.GroupVersionKind]kind{}}
	for _, crd := range crds {
		for _, version := range crd.Spec.Versions {
			k, err := newKind(version.Schema)
			if err != nil {
				return nil, errors.Wrapf(err, "cannot use the schema of %s", crd.GetName())
			}
			v.kinds[schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}] = k
		}
	}
	return v, nil
}

func newKind(s *extv1.CustomResourceValidation) (kind, error) {
	internal := &apiextensions.CustomResourceValidation{}
	if err := extv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(s, internal, nil); err != nil {
		return kind{}, errors.Wrap(err, "cannot convert the schema")
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return kind{}, errors.Wrap(err, "cannot make the schema structural")
	}
	openAPI, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return kind{}, errors.Wrap(err, "cannot make a validator of the schema")
	}
	return kind{
		structural: structural,
		openAPI:    openAPI,
		rules:      cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}

// Validate returns the errors that `kubectl apply --validate=strict` would print for an
// object: first unknown fields, then errors of the schema, then errors of the CEL rules.
// As on an API server, some errors of the schema hide those of the CEL rules. It doesn't
// change obj.
func (v *Validator) Validate(obj map[string]any) field.ErrorList {
	k, o, err := v.read(obj)
	if err != nil {
		return field.ErrorList{err}
	}
	var errs field.ErrorList
	track := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(o, k.structural, true, track) {
		errs = append(errs, field.Forbidden(field.NewPath(path), "unknown field"))
	}
	errs = append(errs, validation.ValidateCustomResource(nil, o, k.openAPI)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, o)...)
	if slices.ContainsFunc(errs, hidesRules) {
		return errs
	}
	broken, _ := k.rules.Validate(context.Background(), nil, k.structural, o, nil, celconfig.RuntimeCELCostBudget)
	// The errors are in the random order of a map, so they are sorted.
	slices.SortStableFunc(broken, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return append(errs, broken...)
}

// Default returns a copy of obj with the defaults of its schema. It returns an error if the
// definitions don't have the kind of obj.
func (v *Validator) Default(obj map[string]any) (map[string]any, error) {
	_, o, err := v.read(obj)
	if err != nil {
		return nil, err
	}
	return o, nil
}

// read returns an object as an API server reads it, and its kind.
func (v *Validator) read(obj map[string]any) (kind, map[string]any, *field.Error) {
	apiVersion, _ := obj["apiVersion"].(string)
	name, _ := obj["kind"].(string)
	k, ok := v.kinds[schema.FromAPIVersionAndKind(apiVersion, name)]
	if !ok {
		return kind{}, nil, field.NotSupported(field.NewPath("kind"), apiVersion+" "+name, v.known())
	}
	// The object goes through JSON, so that numbers have the same Go types as on an API
	// server.
	b, err := json.Marshal(obj)
	if err != nil {
		return kind{}, nil, field.InternalError(nil, err)
	}
	var o map[string]any
	if err := utiljson.Unmarshal(b, &o); err != nil {
		return kind{}, nil, field.InternalError(nil, err)
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(o, k.structural)
	defaulting.Default(o, k.structural)
	return k, o, nil
}

func (v *Validator) known() []string {
	known := make([]string, 0, len(v.kinds))
	for gvk := range v.kinds {
		known = append(known, gvk.GroupVersion().String()+" "+gvk.Kind)
	}
	slices.Sort(known)
	return known
}

// hidesRules tells whether an API server skips the CEL rules because of an error.
func hidesRules(err *field.Error) bool {
	return slices.Contains([]field.ErrorType{
		field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid,
	}, err.Type)
}
