// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"maps"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
)

// What the XRDs accept too.
var (
	jdbcURL    = regexp.MustCompile(v1alpha08.JDBCURLPattern)
	percentage = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)
)

// Where a URL may have credentials.
var (
	userinfo = regexp.MustCompile(`//[^/@]*@`)
	password = regexp.MustCompile(`(?i)([?&]password=)[^&]*`)
)

// redact takes out of a URL what must not stand in messages that others read.
func redact(url string) string {
	return password.ReplaceAllString(userinfo.ReplaceAllString(url, "//…@"), "$1…")
}

// validate returns everything that is wrong with a spec. The XRDs refuse most of it
// at kubectl apply; an offline render has nobody else to tell.
func (d *document) validate() field.ErrorList {
	return append(validate(&d.spec), d.validateSources()...)
}

func validate(s *v1alpha08.SonataFlowPlatformSpec) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	common := false
	if s.Persistence != nil && s.Persistence.PostgreSQL != nil {
		common = true
		errs = append(errs, validatePostgreSQL(s.Persistence.PostgreSQL, path.Child("persistence", "postgresql"))...)
	}
	if s.Eventing != nil && s.Eventing.Broker != nil {
		errs = append(errs, validateBroker(s.Eventing.Broker, path.Child("eventing", "broker"), "the broker")...)
	}
	if s.Properties != nil {
		for i, p := range s.Properties.Flow {
			errs = append(errs, validateProperty(p, path.Child("properties", "flow").Index(i))...)
		}
	}
	if s.Services == nil {
		return errs
	}
	if di := s.Services.DataIndex; di != nil {
		at := path.Child("services", "dataIndex")
		errs = append(errs, validateService(&di.ServiceSpec, common, at)...)
		if di.Source != nil {
			errs = append(errs, validateBroker(di.Source, at.Child("source"), "a source")...)
		}
	}
	if js := s.Services.JobService; js != nil {
		at := path.Child("services", "jobService")
		errs = append(errs, validateService(&js.ServiceSpec, common, at)...)
		if js.Source != nil {
			errs = append(errs, validateBroker(js.Source, at.Child("source"), "a source")...)
		}
		if js.Sink != nil {
			errs = append(errs, validateDestination(js.Sink, at.Child("sink"))...)
		}
	}
	return errs
}

func validateService(s *v1alpha08.ServiceSpec, common bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p := s.Persistence; p != nil {
		at := path.Child("persistence")
		if p.PostgreSQL != nil {
			errs = append(errs, validatePostgreSQL(p.PostgreSQL, at.Child("postgresql"))...)
		}
		if err := validateStrategy(p.DBMigrationStrategy, common || p.PostgreSQL != nil, at); err != nil {
			errs = append(errs, err)
		}
	}
	return append(errs, validatePodTemplate(&s.PodTemplate, path.Child("podTemplate"))...)
}

func validateStrategy(s v1alpha08.DBMigrationStrategy, postgres bool, persistence *field.Path) *field.Error {
	path := persistence.Child("dbMigrationStrategy")
	known := []v1alpha08.DBMigrationStrategy{
		v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyJob, v1alpha08.DBMigrationStrategyNone,
	}
	switch s {
	case "", v1alpha08.DBMigrationStrategyService, v1alpha08.DBMigrationStrategyNone:
		return nil
	case v1alpha08.DBMigrationStrategyJob:
		if !postgres {
			return field.Invalid(path, s, "the job strategy migrates a PostgreSQL database: set "+persistence.Child("postgresql").String()+" or spec.persistence.postgresql, or use another strategy")
		}
		return nil
	}
	return field.NotSupported(path, s, known)
}

func validatePostgreSQL(p *v1alpha08.PersistencePostgreSQL, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p.SecretRef.Name == "" {
		errs = append(errs, field.Required(path.Child("secretRef", "name"), "name the Secret with the database's user name and password"))
	}
	switch {
	case p.ServiceRef == nil && p.JdbcURL == "":
		return append(errs, field.Required(path, "exactly one of serviceRef and jdbcUrl must be set: say where the database is"))
	case p.ServiceRef != nil && p.JdbcURL != "":
		errs = append(errs, field.Forbidden(path.Child("jdbcUrl"), "exactly one of serviceRef and jdbcUrl must be set: remove one of them"))
	}
	if p.JdbcURL != "" && !jdbcURL.MatchString(p.JdbcURL) {
		errs = append(errs, field.Invalid(path.Child("jdbcUrl"), redact(p.JdbcURL), "must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"))
	}
	if p.ServiceRef == nil {
		return errs
	}
	at := path.Child("serviceRef")
	if p.ServiceRef.Name == "" {
		errs = append(errs, field.Required(at.Child("name"), "name the Service of the database"))
	}
	if port := p.ServiceRef.Port; port != nil && (*port < 1 || *port > 65535) {
		errs = append(errs, field.Invalid(at.Child("port"), *port, "must be between 1 and 65535, or left out for 5432"))
	}
	return errs
}

func validatePodTemplate(t *v1alpha08.PodTemplateSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if t.Replicas != nil && *t.Replicas < 0 {
		errs = append(errs, field.Invalid(path.Child("replicas"), *t.Replicas, "must be 0 or more"))
	}
	if b := t.PodDisruptionBudget; b != nil {
		errs = append(errs, validateBudget(b, path.Child("podDisruptionBudget"))...)
	}
	errs = append(errs, validateResources(t.Container.Resources, path.Child("container", "resources"))...)
	if image := t.Container.Image; image != "" {
		if err := images.Check(image, path.Child("container", "image")); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func validateResources(r corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request := r.Requests[name]
		if limit, ok := r.Limits[name]; ok && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests").Key(string(name)), request.String(), "must not be more than the limit, "+limit.String()))
		}
	}
	return errs
}

func validateBudget(b *v1alpha08.PodDisruptionBudgetSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if b.MinAvailable != nil && b.MaxUnavailable != nil {
		errs = append(errs, field.Forbidden(path, "minAvailable and maxUnavailable exclude each other: set one of them"))
	}
	errs = append(errs, validatePods(b.MinAvailable, path.Child("minAvailable"))...)
	return append(errs, validatePods(b.MaxUnavailable, path.Child("maxUnavailable"))...)
}

func validatePods(v *intstr.IntOrString, path *field.Path) field.ErrorList {
	if v == nil || v.Type == intstr.Int && v.IntVal >= 0 || v.Type == intstr.String && percentage.MatchString(v.StrVal) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, v.String(), "must be a number of pods, such as 1, or a percentage of them, such as 50%")}
}

// validateBroker checks a destination that must be a Broker: Triggers take events
// from nothing else.
func validateBroker(d *v1alpha08.Destination, path *field.Path, what string) field.ErrorList {
	if d.Ref == nil {
		return field.ErrorList{field.Required(path.Child("ref"), what+" must be a ref to a Broker: set ref.kind, ref.name and, for a Broker elsewhere, ref.namespace")}
	}
	errs := validateDestination(d, path)
	if d.Ref.Kind != "" && d.Ref.Kind != eventing.KindBroker {
		errs = append(errs, field.NotSupported(path.Child("ref", "kind"), d.Ref.Kind, []string{eventing.KindBroker}))
	}
	return errs
}

func validateDestination(d *v1alpha08.Destination, path *field.Path) field.ErrorList {
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

func validateProperty(p v1alpha08.PropertyVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the property"))
	}
	if p.ValueFrom == nil {
		return errs
	}
	if r := p.ValueFrom.ConfigMapKeyRef; r != nil && (r.Name == "" || r.Key == "") {
		errs = append(errs, field.Required(path.Child("valueFrom", "configMapKeyRef"), "name and key are needed: set the ConfigMap's name and the key within it"))
	}
	if r := p.ValueFrom.SecretKeyRef; r != nil && (r.Name == "" || r.Key == "") {
		errs = append(errs, field.Required(path.Child("valueFrom", "secretKeyRef"), "name and key are needed: set the Secret's name and the key within it"))
	}
	return errs
}
