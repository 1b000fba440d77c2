// SPDX-License-Identifier: Apache-2.0

//go:build generate

// Package apis generates code and definitions from the Go types in v1alpha08: their
// deepcopy methods, the CompositeResourceDefinitions of each kind, and the tables of
// README.md. `make generate` runs these commands.
package apis

// The CustomResourceDefinitions are only the input of ./xrd. They are never installed.
//go:generate rm -rf ../.cache/crd
//go:generate controller-gen object:headerFile=boilerplate.go.txt crd:generateEmbeddedObjectMeta=true paths=./v1alpha08 output:crd:artifacts:config=../.cache/crd
//go:generate go run ./xrd -crds ../.cache/crd -out .
//go:generate go run ./reference -types ./v1alpha08 -page README.md
