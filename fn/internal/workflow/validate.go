// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/files"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podrules"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// validateProfile returns an error for a workflow that has no image and no profile that brings
// one.
func validateProfile(d *document, builder v1beta1.Builder) *field.Error {
	image := field.NewPath("spec", "podTemplate", "container", "image")
	switch d.profile() {
	case flow.Dev:
		return nil // The image has a default.
	case flow.Preview:
		if builder != v1beta1.BuilderNone {
			return nil
		}
		return field.Required(image, fmt.Sprintf("images aren't built in the cluster, as the input of the function says (workflows.builder: %s): build an image of the workflow and name it here; the profile is then %s", v1beta1.BuilderNone, flow.GitOps))
	case flow.GitOps:
	}
	if d.image() == "" {
		return field.Required(image, fmt.Sprintf("the profile %s runs an image: build one of the workflow and name it here", flow.GitOps))
	}
	return nil
}

// validate returns everything that is wrong with a spec. The XRDs refuse some of it at
// kubectl apply; an offline render has only the function to tell.
func (r resolver) validate() field.ErrorList {
	s, path := r.doc.spec, field.NewPath("spec")
	template, at := &s.PodTemplate.PodTemplateSpec, path.Child("podTemplate")
	kind := r.kind()
	errs := podrules.Validate(template, component.NewPod(component.PodOptions{Kind: kind}), at)
	errs = append(errs, images.ValidateTemplate(template, kind.Container, at)...)
	errs = append(errs, validateModel(s.PodTemplate.DeploymentModel, at.Child("deploymentModel"))...)
	if p := s.Persistence; p != nil {
		errs = append(errs, postgres.Validate(p.PostgreSQL, path.Child("persistence", "postgresql"))...)
		errs = append(errs, validateStrategy(p.DBMigrationStrategy, path.Child("persistence", "dbMigrationStrategy"))...)
	}
	errs = append(errs, r.validateEvents()...)
	for i, c := range s.Resources.ConfigMaps {
		errs = append(errs, names.ValidateSubdomain(c.ConfigMap.Name, path.Child("resources", "configMaps").Index(i).Child("configMap", "name"))...)
	}
	if r.doc.profile() != flow.GitOps {
		errs = append(errs, names.ValidateKey(r.doc.flowFile(), field.NewPath("metadata", "annotations").Key(v1alpha08.AnnotationID))...)
	}
	errs = append(errs, files.Validate(r.doc.files(), path.Child("resources", "configMaps"))...)
	errs = append(errs, r.validateDev()...)
	if r.builds() && r.around.local.State != composition.StatePending {
		errs = append(errs, r.buildSetting().Validate()...)
	}
	return append(errs, r.validatePlatform()...)
}

func validateModel(m v1alpha08.DeploymentModel, path *field.Path) field.ErrorList {
	switch m {
	case "", v1alpha08.DeploymentModelKubernetes, v1alpha08.DeploymentModelKnative:
		return nil
	}
	return field.ErrorList{field.NotSupported(path, m, []v1alpha08.DeploymentModel{v1alpha08.DeploymentModelKubernetes, v1alpha08.DeploymentModelKnative})}
}

func validateStrategy(s v1alpha08.DBMigrationStrategy, path *field.Path) field.ErrorList {
	switch s {
	case "", v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyJob, v1alpha08.DBMigrationStrategyNone:
		return nil
	}
	return field.ErrorList{field.NotSupported(path, s, []v1alpha08.DBMigrationStrategy{v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyJob, v1alpha08.DBMigrationStrategyNone})}
}

// validateEvents returns what is wrong with where events go to and come from.
func (r resolver) validateEvents() field.ErrorList {
	s, path := r.doc.spec, field.NewPath("spec")
	errs := eventing.ValidateDestination(s.Sink, path.Child("sink"))
	errs = append(errs, eventing.ValidateReach(s.Sink, path.Child("sink"), r.doc.Namespace, r.input.Brokers)...)
	seen := map[string]bool{}
	for i := range s.Sources {
		source, at := &s.Sources[i], path.Child("sources").Index(i)
		destination := (*v1alpha08.Destination)(&source.Destination)
		errs = append(errs, eventing.ValidateDestination(destination, at)...)
		errs = append(errs, eventing.ValidateReach(destination, at, r.doc.Namespace, r.input.Brokers)...)
		errs = append(errs, r.validateSource(source, at)...)
		switch {
		case source.EventType == "":
			errs = append(errs, field.Required(at.Child("eventType"), "name the type of the events, as an event of the flow has it"))
		case seen[source.EventType]:
			errs = append(errs, field.Duplicate(at.Child("eventType"), source.EventType))
		}
		seen[source.EventType] = true
	}
	return errs
}

// validateSource finds a Broker that the workflow can't have Triggers for. Triggers live where
// their Broker does, and what a namespaced composite composes lives where the composite does.
func (r resolver) validateSource(s *v1alpha08.SonataFlowSourceSpec, path *field.Path) field.ErrorList {
	if s.Ref == nil || !r.doc.namespaced || s.Ref.Kind != component.KindBroker || s.Ref.Namespace == "" || s.Ref.Namespace == r.doc.Namespace {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("ref", "namespace"), s.Ref.Namespace, fmt.Sprintf(
		"a workflow that is a namespaced composite can't have Triggers in other namespaces: use a Broker in namespace %s, or a %s that is a claim", r.doc.Namespace, v1alpha08.KindSonataFlow))}
}

// validatePlatform returns what is wrong with the database of the platform, if the workflow
// uses that. The platform itself may need none.
func (r resolver) validatePlatform() field.ErrorList {
	if r.doc.spec.Persistence.Database() != nil || r.dev() {
		return nil
	}
	errs := postgres.Validate(r.sharedDatabase(), field.NewPath("spec", "persistence", "postgresql"))
	for _, err := range errs {
		err.Detail += fmt.Sprintf("; this is the field of platform %s, whose database the workflow uses unless it has its own spec.persistence.postgresql", r.around.local.Name)
	}
	return errs
}
