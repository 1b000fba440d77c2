// SPDX-License-Identifier: Apache-2.0

package composition

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// A Result is what a composer wants for one composite, and what it reports.
type Result struct {
	// Composed are all resources that should exist. One that is left out is deleted.
	Composed []Composed
	// Status is a pointer to the composite's status, without conditions. It replaces the
	// last one as a whole. A result that isn't fatal has one.
	Status any
	// Conditions are set on the composite and on its claim, in this order.
	Conditions []Condition
	// Incomplete makes the composite unready, although all its resources may be ready: Crossplane would
	// call it ready while a resource is withheld.
	Incomplete bool
	// Fatal, when not nil, is why nothing can be composed. Crossplane then changes nothing,
	// and shows the error and the conditions.
	Fatal error
}

// Object is a typed Kubernetes object.
type Object interface {
	runtime.Object
	metav1.Object
}

// Composed is one resource that should exist.
type Composed struct {
	// Key identifies the resource for as long as it exists. It is stable and made of
	// [a-z0-9-]; Crossplane's messages show it.
	Key string
	// Object holds the fields that we own, with apiVersion and kind.
	Object Object
	// Ready tells whether the observed resource does its work.
	Ready bool
}

// Condition is something to tell the user.
type Condition struct {
	// Type is one of the Condition constants of the API.
	Type   string
	Status metav1.ConditionStatus
	// Reason is one of the Reason constants of the API.
	Reason string
	// Message is one line without a trailing dot: what is the matter and what to do.
	Message string
	// Alarm is for what the user must mend: its event is a warning, and there is another
	// event whenever the message changes.
	Alarm bool
}
