// SPDX-License-Identifier: Apache-2.0

//go:build generate

// Package apis writes what follows from the Go types in v1alpha08: their deepcopy
// methods, and a CompositeResourceDefinition per kind. `make generate` runs it.
package apis

// The CustomResourceDefinitions are a step in between, which nobody installs.
//go:generate rm -rf ../.cache/crd
//go:generate controller-gen object:headerFile=boilerplate.go.txt crd:generateEmbeddedObjectMeta=true paths=./v1alpha08 output:crd:artifacts:config=../.cache/crd
//go:generate go run ./xrd -crds ../.cache/crd -out .
