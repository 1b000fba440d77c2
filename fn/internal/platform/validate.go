// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podrules"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// validate returns everything that is wrong with a spec. The XRDs refuse most of it at
// kubectl apply; an offline render has only the function to tell.
func validate(d *document, compatibility v1beta1.Compatibility) field.ErrorList {
	spec := field.NewPath("spec")
	shared, check := d.spec.Persistence.Database(), postgres.ValidateUnused
	if slices.ContainsFunc(d.services(), func(s service) bool { return s.spec.Persistence.Database() == nil }) {
		check = postgres.Validate
	}
	errs := check(shared, spec.Child("persistence", "postgresql"))
	if e := d.spec.Eventing; e != nil {
		errs = append(errs, eventing.ValidateBroker(e.Broker, spec.Child("eventing", "broker"), "the broker")...)
	}
	if p := d.spec.Properties; p != nil {
		for i, property := range p.Flow {
			errs = append(errs, properties.Validate(property, spec.Child("properties", "flow").Index(i))...)
		}
	}
	for _, s := range d.services() {
		errs = append(errs, validateService(s, shared, compatibility)...)
	}
	return errs
}

// validateService returns everything that is wrong with one service. shared is the platform's
// database for services without their own.
func validateService(s service, shared *v1alpha08.PersistencePostgreSQL, compatibility v1beta1.Compatibility) field.ErrorList {
	own := s.spec.Persistence.Database()
	persistence := s.path.Child("persistence")
	errs := postgres.Validate(own, persistence.Child("postgresql"))
	switch {
	case s.kind.Reactive && own != nil:
		errs = append(errs, postgres.ValidateReactive(own, persistence.Child("postgresql"), "the "+s.kind.Title)...)
	case s.kind.Reactive:
		errs = append(errs, postgres.ValidateReactive(shared, field.NewPath("spec", "persistence", "postgresql"), "the "+s.kind.Title+", which inherits it,")...)
	}
	if p := s.spec.Persistence; p != nil {
		errs = append(errs, migration.Validate(p.DBMigrationStrategy, own != nil || shared != nil, persistence)...)
	}
	template := s.path.Child("podTemplate")
	pod := component.NewPod(component.PodOptions{Kind: s.kind})
	if compatibility == v1beta1.CompatibilityOperator {
		// The operator composes requests above its own limits, too; a warning names them.
		pod.Containers[0].Resources = corev1.ResourceRequirements{}
	}
	errs = append(errs, podrules.Validate(&s.spec.PodTemplate, pod, template)...)
	errs = append(errs, images.ValidateTemplate(&s.spec.PodTemplate, s.kind.Container, template)...)
	errs = append(errs, eventing.ValidateBroker(s.source, s.path.Child("source"), "a source")...)
	return append(errs, eventing.ValidateDestination(s.sink, s.path.Child("sink"))...)
}
