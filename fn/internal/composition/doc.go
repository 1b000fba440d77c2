// SPDX-License-Identifier: Apache-2.0

// Package composition is where Crossplane's protocol ends: it turns a
// RunFunctionRequest into plain Kubernetes objects, and what a composer wants into a
// RunFunctionResponse. No other package below fn knows Crossplane's protobufs, and this
// package knows no kind of object.
//
// The protocol is described at
// https://github.com/crossplane/crossplane/blob/main/contributing/specifications/functions.md.
package composition
