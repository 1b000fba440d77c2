// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// warnings name what the spec as a whole asks for in vain, or in a way that few would
// want.
func (r resolver) warnings() []string {
	s := r.doc.spec
	spec := field.NewPath("spec")
	out := slices.Clone(r.doc.warnings)
	if builds(s.Build) {
		out = append(out, r.buildWarnings(spec.Child("build"))...)
	}
	if s.Properties != nil {
		out = append(out, properties.Warnings(s.Properties.Flow, spec.Child("properties", "flow"))...)
	}
	shared := spec.Child("persistence", "postgresql")
	out = append(out, postgres.Warnings(s.Persistence.Database(), shared)...)
	for _, service := range r.doc.services() {
		own, path := service.spec.Persistence.Database(), service.path.Child("persistence", "postgresql")
		out = append(out, postgres.Warnings(own, path)...)
		if own == nil {
			own, path = s.Persistence.Database(), shared
		}
		if service.kind.Reactive {
			out = append(out, postgres.ReactiveWarnings(own, path, service.kind.Title, service.spec.PodTemplate.Container.Env)...)
		}
	}
	return out
}

// builds tells whether a spec says what is in an image that is built, or where it goes. How
// a build runs matters to no one who builds elsewhere.
func builds(b *v1alpha08.BuildPlatformSpec) bool {
	return b != nil && (b.Config.BaseImage != "" || b.Config.Registry != v1alpha08.RegistrySpec{} ||
		len(b.Template.Arguments)+len(b.Template.BuildArgs)+len(b.Template.Envs) > 0)
}

// buildWarnings name what of a platform that says how images are built has no effect.
func (r resolver) buildWarnings(path *field.Path) []string {
	if r.input.Workflows.Builder == v1beta1.BuilderNone {
		return []string{path.String() + ": has no effect, because no images are built in the cluster, as the input of the function says; build the images of workflows elsewhere"}
	}
	b, idle := r.doc.spec.Build, []string(nil)
	for _, f := range []struct {
		path  *field.Path
		given bool
	}{
		{path.Child("config", "strategy"), b.Config.BuildStrategy != ""},
		{path.Child("config", "strategyOptions"), len(b.Config.BuildStrategyOptions) > 0},
		{path.Child("template", "arguments"), len(b.Template.Arguments) > 0},
	} {
		if f.given {
			idle = append(idle, f.path.String())
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return []string{strings.Join(idle, ", ") + ": no effect, because images are built without the operator's builders; remove the fields"}
}

// sharedTables warns when services work on the same tables, however their databases were
// written. It returns the fields that decide about the schemas, too.
func (r resolver) sharedTables(components []*component.Component) (warnings, fields []string) {
	services := r.doc.services()
	for i, a := range components {
		for j := i + 1; j < len(components); j++ {
			if !postgres.SameTables(a.Database, components[j].Database, r.doc.Namespace) {
				continue
			}
			deciding := slices.Compact([]string{r.schemaField(services[i]), r.schemaField(services[j])})
			fields = append(fields, deciding...)
			warnings = append(warnings, fmt.Sprintf("%s: %s and %s share one database schema, %s; give each service its own to keep them apart",
				strings.Join(deciding, " and "), services[i].path, services[j].path, a.Database.Schema))
		}
	}
	return warnings, fields
}

// defaultSchemas warns where a URL selects no schema, but for fields of which worse is said.
func (r resolver) defaultSchemas(but []string) []string {
	var out []string
	check := func(database *v1alpha08.PersistencePostgreSQL, path *field.Path) {
		if !slices.Contains(but, path.Child("jdbcUrl").String()) {
			out = append(out, postgres.SchemaWarnings(database, path)...)
		}
	}
	check(r.doc.spec.Persistence.Database(), field.NewPath("spec", "persistence", "postgresql"))
	for _, s := range r.doc.services() {
		check(s.spec.Persistence.Database(), s.path.Child("persistence", "postgresql"))
	}
	return out
}

// schemaField is the path of what decides about the schema of a service with PostgreSQL.
func (r resolver) schemaField(s service) string {
	database, path := s.spec.Persistence.Database(), s.path.Child("persistence", "postgresql")
	if database == nil {
		database, path = r.sharedDatabase(), field.NewPath("spec", "persistence", "postgresql")
	}
	switch {
	case database.ServiceRef == nil:
		return path.Child("jdbcUrl").String()
	case database.ServiceRef.DatabaseSchema == "":
		return path.Child("serviceRef").String()
	}
	return path.Child("serviceRef", "databaseSchema").String()
}

// serviceWarnings name the same of one service.
func (r resolver) serviceWarnings(s service, database *postgres.Database) []string {
	var out []string
	template := s.path.Child("podTemplate")
	several := ptr.Deref(s.spec.PodTemplate.Replicas, 1) > 1
	switch {
	case several && s.kind.Singleton:
		out = append(out, template.Child("replicas").String()+": the "+s.kind.Title+" is a singleton and gets 1 replica; several would fire every timer more than once")
	case several && database == nil:
		out = append(out, template.Child("replicas").String()+": each replica has an ephemeral database of its own, so their answers differ; set persistence.postgresql to share one")
	}
	switch {
	case !s.kind.Singleton:
		out = append(out, podtemplate.BudgetWarnings(&s.spec.PodTemplate, template)...)
	case s.spec.PodTemplate.PodDisruptionBudget != nil:
		out = append(out, template.Child("podDisruptionBudget").String()+": the "+s.kind.Title+" is a singleton and gets no PodDisruptionBudget")
	}
	if database != nil && strategy(s) == v1alpha08.DBMigrationStrategyJob {
		out = append(out, podtemplate.CompanionWarnings(&s.spec.PodTemplate, component.NewPod(component.PodOptions{Kind: s.kind}), template)...)
	}
	if strategy(s) == v1alpha08.DBMigrationStrategyNone && database == nil {
		out = append(out, s.path.Child("persistence", "dbMigrationStrategy").String()+": has no effect on an ephemeral database, which is always made anew")
	}
	return out
}

// waiting names what a spec asks for that is there only later.
func (p planned) waiting(paths []*field.Path) []string {
	var out []string
	for i, c := range p.components {
		if c.component.Budget != nil && c.component.Replicas == nil && c.budget == nil {
			out = append(out, paths[i].Child("podTemplate", "podDisruptionBudget").String()+
				": has no effect until the service has 2 or more replicas; set replicas, or let an autoscaler set them")
		}
	}
	return out
}
