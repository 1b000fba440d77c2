// SPDX-License-Identifier: Apache-2.0

//go:build generate

// Package input writes what follows from the Go types in v1beta1: their deepcopy
// methods, and the schema that the function's package brings. `make generate` runs
// it.
package input

//go:generate controller-gen object:headerFile=../apis/boilerplate.go.txt crd paths=./v1beta1 output:crd:artifacts:config=../package/input
