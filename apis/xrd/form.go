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

// A form is how a kind is defined. Its value is the folder of its definitions.
type form string

const (
	// claimed is v1: a namespaced kind is a claim, and its composite cluster scoped.
	claimed form = "."
	// namespaced is v2: a namespaced kind is a composite itself.
	namespaced form = "namespaced"
)

func (f form) apiVersion() string {
	if f == namespaced {
		return "apiextensions.crossplane.io/v2"
	}
	return "apiextensions.crossplane.io/v1"
}

// composition writes a form's Composition of a kind. That of the claimed form is
// written by hand; the other is the same for another kind.
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
		// Crossplane v2 keeps what is its own apart.
		"spec.compositionRef", "spec.crossplane.compositionRef",
	).Replace(string(b)))
	origin := "# Generated from " + claim.Plural + "/composition.yaml of the form that is claimed.\n"
	path := filepath.Join(out, string(f), claim.Plural, "composition.yaml")
	return errors.Wrap(os.WriteFile(path, bytes.Join([][]byte{[]byte(origin), b}, nil), 0o644), "cannot write the Composition") //nolint:gosec // Everybody may read it.
}
