// SPDX-License-Identifier: Apache-2.0

// Package composition is where Crossplane's protocol ends: it turns a
// RunFunctionRequest into plain Kubernetes objects, and what a composer wants into
// a RunFunctionResponse. Nothing below it knows Crossplane's protobufs.
//
// The protocol is described at
// https://github.com/crossplane/crossplane/blob/main/contributing/specifications/functions.md.
package composition
