// SPDX-License-Identifier: Apache-2.0

// Package knative_test checks the Knative objects that the function composes, and the
// Brokers of the examples, with Knative itself: its Go types, the validation of its
// webhook, and the schemas that it installs. It also holds the function's own rules of what
// Knative Serving refuses (fn/internal/serving) against Serving's webhook. The function has
// small structs and rules of its own, because the types of knative.dev/eventing would add
// 16 MB to its binary, and those of knative.dev/serving come on top. For the same reason this
// package is a module of its own: it reads files of the repository, and imports nothing of it.
package knative_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Where the documents are: what is composed for each example, and the examples.
const (
	renders  = "../render/testdata/*/*.yaml"
	examples = "../../example/*/*.yaml"
)

// An object has the methods that Knative's webhook calls on every type.
type object interface {
	apis.Defaultable
	apis.Validatable
}

// A kind is one of Knative's kinds that the function composes.
type kind struct {
	schema.GroupKind

	// empty returns Knative's own type.
	empty func() object
	// sample is a document that Knative accepts. Tests of the checks make it invalid.
	sample string
}

func composed() []kind {
	return []kind{
		{
			GroupKind: schema.GroupKind{Group: "eventing.knative.dev", Kind: "Trigger"},
			empty:     func() object { return &eventingv1.Trigger{} },
			sample:    trigger,
		},
		{
			GroupKind: schema.GroupKind{Group: "sources.knative.dev", Kind: "SinkBinding"},
			empty:     func() object { return &sourcesv1.SinkBinding{} },
			sample:    sinkBinding,
		},
		{
			GroupKind: schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"},
			empty:     func() object { return &servingv1.Service{} },
			sample:    service,
		},
	}
}

// named returns the kind of a sample.
func named(t *testing.T, name string) kind {
	t.Helper()
	for _, k := range composed() {
		if k.Kind == name {
			return k
		}
	}
	t.Fatalf("nothing of kind %s is composed", name)
	return kind{}
}
