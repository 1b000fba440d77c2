// SPDX-License-Identifier: Apache-2.0

//go:build generate

// Package input generates code and schema from the Go types in v1beta1: their deepcopy
// methods, the schema that is part of the function's package, and the table of README.md.
// `make generate` runs these commands.
package input

//go:generate controller-gen object:headerFile=../apis/boilerplate.go.txt crd paths=./v1beta1 output:crd:artifacts:config=../package/input
//go:generate go run ../apis/reference -types ./v1beta1 -page README.md
