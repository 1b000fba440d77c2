// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
)

// validate returns everything that is wrong with a spec. The XRDs refuse most of it at
// kubectl apply; an offline render has only the function to tell.
func validate(d *document) field.ErrorList {
	spec := field.NewPath("spec")
	errs := postgres.Validate(d.spec.Persistence.Database(), spec.Child("persistence", "postgresql"))
	if e := d.spec.Eventing; e != nil {
		errs = append(errs, eventing.ValidateBroker(e.Broker, spec.Child("eventing", "broker"), "the broker")...)
	}
	if p := d.spec.Properties; p != nil {
		for i, property := range p.Flow {
			errs = append(errs, properties.Validate(property, spec.Child("properties", "flow").Index(i))...)
		}
	}
	for _, s := range d.services() {
		errs = append(errs, validateService(s, d.spec.Persistence.Database() != nil)...)
	}
	return errs
}

// validateService returns everything that is wrong with one service. shared tells whether
// the platform has a database for services without their own.
func validateService(s service, shared bool) field.ErrorList {
	own := s.spec.Persistence.Database()
	persistence := s.path.Child("persistence")
	errs := postgres.Validate(own, persistence.Child("postgresql"))
	if p := s.spec.Persistence; p != nil {
		errs = append(errs, migration.Validate(p.DBMigrationStrategy, own != nil || shared, persistence)...)
	}
	template := s.path.Child("podTemplate")
	errs = append(errs, podtemplate.Validate(&s.spec.PodTemplate, template)...)
	if image := s.spec.PodTemplate.Container.Image; image != "" {
		if err := images.Check(image, template.Child("container", "image")); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, eventing.ValidateBroker(s.source, s.path.Child("source"), "a source")...)
	return append(errs, eventing.ValidateDestination(s.sink, s.path.Child("sink"))...)
}
