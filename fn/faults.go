// SPDX-License-Identifier: Apache-2.0

//go:build faults

package main

import (
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// annotationPanic on a platform makes this program panic whenever it composes for the
// platform. No program for users is built with the tag faults: the scenarios of faults
// show with it what a panic does to the platforms of a cluster.
const annotationPanic = "e2e.sonataflow.org/panic"

func init() {
	for kind := range composers {
		compose := composers[kind]
		composers[kind] = func(req *composition.Request, input *v1beta1.Input) *composition.Result {
			if req.Composite.GetAnnotations()[annotationPanic] != "" {
				panic("as demanded")
			}
			return compose(req, input)
		}
	}
}
