// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
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
// given (nil) is fine. What Knative's webhook would refuse is refused here: Crossplane
// doesn't report a webhook's refusal in a condition, and composes nothing more.
func ValidateDestination(d *v1alpha08.Destination, path *field.Path) field.ErrorList {
	if d == nil {
		return nil
	}
	if d.Ref == nil && d.URI.IsEmpty() {
		return field.ErrorList{field.Required(path, "a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri")}
	}
	var errs field.ErrorList
	if ref := d.Ref; ref != nil {
		at := path.Child("ref")
		if ref.Kind == "" {
			errs = append(errs, field.Required(at.Child("kind"), "name the kind of the object, for instance Broker"))
		}
		if ref.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), "name the object that takes the events"))
		}
		errs = append(errs, names.ValidateSubdomain(ref.Name, at.Child("name"))...)
		errs = append(errs, names.ValidateNamespace(ref.Namespace, at.Child("namespace"))...)
	}
	if len(errs) > 0 {
		return errs
	}
	// Any namespace does here: Knative's webhook fills in the platform's.
	const someNamespace = "default"
	return fromKnative(component.Sink((*duckv1.Destination)(d), someNamespace).Validate(context.Background()), path)
}

// ValidateReach returns an error for a Broker of another namespace than that of the platform
// or workflow that names it, where the function's input allows none.
func ValidateReach(d *v1alpha08.Destination, path *field.Path, namespace string, allowed v1beta1.Brokers) field.ErrorList {
	b, isBroker := component.BrokerOf((*duckv1.Destination)(d), namespace)
	if !isBroker || b.Namespace == namespace || allowed != v1beta1.BrokersNamespace {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("ref", "namespace"), b.Namespace,
		"Brokers of other namespaces may not be named here, by the Composition (brokers: Namespace): use a Broker in namespace "+namespace)}
}

// fromKnative turns errors of Knative's validation into those of Kubernetes. An error about
// several fields at once is about the destination as a whole.
func fromKnative(err *apis.FieldError, path *field.Path) field.ErrorList {
	wrapped := err.WrappedErrors()
	out := make(field.ErrorList, 0, len(wrapped))
	for _, e := range wrapped {
		text := e.Message
		if e.Details != "" {
			text += ": " + e.Details
		}
		at := path
		if len(e.Paths) == 1 {
			for name := range strings.SplitSeq(e.Paths[0], ".") {
				switch name {
				case "":
				case "caCert": // Knative's errors have another name for it than its API.
					at = at.Child("CACerts")
				default:
					at = at.Child(name)
				}
			}
		}
		if missing := apis.ErrMissingField(e.Paths...); e.Message == missing.Message && len(e.Paths) == 1 {
			out = append(out, field.Required(at, "Knative takes no such destination without this field: set it"))
			continue
		}
		out = append(out, field.Invalid(at, field.OmitValueType{}, "Knative takes no such destination: "+text))
	}
	return out
}
