// SPDX-License-Identifier: Apache-2.0

// Package xrdschema validates objects of our API as an API server does, for tests. It
// uses Crossplane's own code for what Crossplane derives from a
// CompositeResourceDefinition, and the API server's code for the rest: unknown fields,
// defaults, the schema, CEL rules.
package xrdschema

import (
	"context"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xcrd"
	xpv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
)

// CRDs returns the CustomResourceDefinitions that Crossplane derives from the definitions
// in the folders of dir. It returns an error if an API server would refuse one, for
// instance because a CEL rule doesn't compile or costs too much.
func CRDs(dir string) ([]*extv1.CustomResourceDefinition, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "definition.yaml"))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list %s", dir)
	}
	if len(files) == 0 {
		return nil, errors.Errorf("cannot find definitions: no folder in %s has one", dir)
	}
	var crds []*extv1.CustomResourceDefinition
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, errors.Wrap(err, "cannot read the definition")
		}
		derived, err := derive(b)
		if err != nil {
			return nil, errors.Wrapf(err, "cannot use %s", file)
		}
		crds = append(crds, derived...)
	}
	return crds, nil
}

// derive returns the CustomResourceDefinitions of the composite and, if there is
// one, of the claim.
func derive(definition []byte) ([]*extv1.CustomResourceDefinition, error) {
	xrd := &xpv1.CompositeResourceDefinition{}
	if err := yaml.UnmarshalStrict(definition, xrd); err != nil {
		return nil, errors.Wrap(err, "cannot parse the definition")
	}
	xrd.SetUID("of-the-definition") // On a cluster, the definition owns the derived CustomResourceDefinitions.
	derivations := []func(*xpv1.CompositeResourceDefinition) (*extv1.CustomResourceDefinition, error){xcrd.ForCompositeResource}
	if xrd.OffersClaim() {
		derivations = append(derivations, xcrd.ForCompositeResourceClaim)
	}
	var crds []*extv1.CustomResourceDefinition
	for _, forKind := range derivations {
		crd, err := forKind(xrd)
		if err != nil {
			return nil, errors.Wrap(err, "cannot derive the CustomResourceDefinition")
		}
		if err := accepted(crd); err != nil {
			return nil, errors.Wrapf(err, "an API server would refuse %s", crd.GetName())
		}
		crds = append(crds, crd)
	}
	return crds, nil
}

// accepted returns the error of an API server for a CustomResourceDefinition.
func accepted(crd *extv1.CustomResourceDefinition) error {
	defaulted := crd.DeepCopy()
	extv1.SetDefaults_CustomResourceDefinition(defaulted)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&defaulted.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(defaulted, internal, nil); err != nil {
		return errors.Wrap(err, "cannot convert the CustomResourceDefinition")
	}
	return validation.ValidateCustomResourceDefinition(context.Background(), internal).ToAggregate()
}
