// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

// ValidateBroker returns what is wrong with a destination that must be a Broker: Triggers
// take events from nothing else. A destination that isn't given (nil) is fine. what is how
// the message calls the destination.
func ValidateBroker(d *v1alpha08.Destination, path *field.Path, what string) field.ErrorList {
	if d == nil {
		return nil
	}
	if d.Ref == nil {
		return field.ErrorList{field.Required(path.Child("ref"), what+" must be a ref to a Broker: set ref.kind, ref.name and, for a Broker elsewhere, ref.namespace")}
	}
	errs := ValidateDestination(d, path)
	if d.Ref.Kind != "" && d.Ref.Kind != component.KindBroker {
		errs = append(errs, field.NotSupported(path.Child("ref", "kind"), d.Ref.Kind, []string{component.KindBroker}))
	}
	return errs
}

// ValidateDestination returns what is wrong with a destination of events. One that isn't
// given (nil) is fine.
func ValidateDestination(d *v1alpha08.Destination, path *field.Path) field.ErrorList {
	if d == nil {
		return nil
	}
	if d.Ref == nil && d.URI.IsEmpty() {
		return field.ErrorList{field.Required(path, "a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri")}
	}
	if d.Ref == nil {
		return nil
	}
	var errs field.ErrorList
	if d.Ref.Kind == "" {
		errs = append(errs, field.Required(path.Child("ref", "kind"), "name the kind of the object, for instance Broker"))
	}
	if d.Ref.Name == "" {
		errs = append(errs, field.Required(path.Child("ref", "name"), "name the object that takes the events"))
	}
	return errs
}
