// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A form is a way to define a kind. Its value is the folder of its definitions.
type form string

const (
	// claimed uses v1 of CompositeResourceDefinition: a namespaced kind is a claim, and
	// the composite of the claim is cluster scoped.
	claimed form = "."
	// namespaced uses v2 of CompositeResourceDefinition: a namespaced kind is itself a
	// composite.
	namespaced form = "namespaced"
)

func (f form) apiVersion() string {
	if f == namespaced {
		return "apiextensions.crossplane.io/v2"
	}
	return "apiextensions.crossplane.io/v1"
}

// composition writes a form's Composition of a kind. The Composition of the claimed form
// is written by hand; that of the namespaced form is a copy for another kind.
func (f form) composition(out string, claim extv1.CustomResourceDefinitionNames) error {
	if f == claimed {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(out, claim.Plural, "composition.yaml")) //nolint:gosec // The developer names the folder.
	if err != nil {
		return errors.Wrap(err, "cannot read the Composition")
	}
	names := composite(claim)
	b = []byte(strings.NewReplacer(
		"kind: "+names.Kind+"\n", "kind: "+claim.Kind+"\n",
		"name: "+names.Plural+".", "name: "+claim.Plural+".",
		// In the namespaced form, Crossplane's own fields are below spec.crossplane.
		"spec.compositionRef", "spec.crossplane.compositionRef",
	).Replace(string(b)))
	origin := "# Generated from " + claim.Plural + "/composition.yaml of the claimed form.\n"
	path := filepath.Join(out, string(f), claim.Plural, "composition.yaml")
	return errors.Wrap(os.WriteFile(path, bytes.Join([][]byte{[]byte(origin), b}, nil), 0o644), "cannot write the Composition") //nolint:gosec // A Composition has no secrets: all users may read it.
}
