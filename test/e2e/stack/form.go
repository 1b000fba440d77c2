// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"fmt"
	"os"
)

// formVariable says which form of the API a stack is to have.
const formVariable = "SONATAFLOW_E2E_FORM"

// A Form is a form of the API. A cluster has one form.
type Form string

const (
	// Claimed is the form whose platforms are claims.
	Claimed Form = "claimed"
	// Namespaced is the form whose platforms are composites themselves.
	Namespaced Form = "namespaced"
)

// wantedForm returns the form that the environment asks for, by default the claimed one.
func wantedForm() (Form, error) {
	switch form := Form(os.Getenv(formVariable)); form {
	case "":
		return Claimed, nil
	case Claimed, Namespaced:
		return form, nil
	default:
		return "", fmt.Errorf("%s is %q: there are %s and %s", formVariable, form, Claimed, Namespaced)
	}
}

// name is the name of the Configuration package in its repository.
func (f Form) name() string {
	if f == Namespaced {
		return "configuration-sonataflow-namespaced"
	}
	return "configuration-sonataflow"
}

// Package is the reference of the Configuration package, without a version.
func (f Form) Package() string { return "ghcr.io/" + repository + "/" + f.name() }

// Configuration is the name that the package is installed under.
func (f Form) Configuration() string { return repository + "-" + f.name() }

// Installation returns the arguments of the Crossplane CLI that install a version of the
// packages.
func (f Form) Installation(version string) []string {
	return []string{"xpkg", "install", "configuration", f.Package() + ":" + version}
}
