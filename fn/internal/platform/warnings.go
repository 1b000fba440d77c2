// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// remarks warns about what the spec of a service asks for in vain, or in a way that
// few would want. db is nil for an ephemeral service.
func (r *resolver) remarks(w wanted, db *postgres.Database) []string {
	var out []string
	template := w.path.Child("podTemplate")
	several := ptr.Deref(w.spec.PodTemplate.Replicas, 1) > 1
	switch {
	case several && w.kind == service.JobsService:
		out = append(out, template.Child("replicas").String()+": the Jobs Service is a singleton and gets 1 replica; several would fire every timer more than once")
	case several && db == nil:
		out = append(out, template.Child("replicas").String()+": each replica has an ephemeral database of its own, so their answers differ; set persistence.postgresql to share one")
	}
	if w.kind == service.JobsService && w.spec.PodTemplate.PodDisruptionBudget != nil {
		out = append(out, template.Child("podDisruptionBudget").String()+": the Jobs Service is a singleton and gets no PodDisruptionBudget")
	}
	if p := w.spec.Persistence; p != nil && p.DBMigrationStrategy == v1alpha08.DBMigrationStrategyNone && db == nil {
		out = append(out, w.path.Child("persistence", "dbMigrationStrategy").String()+": has no effect on an ephemeral database, which is always made anew")
	}
	return out
}

// withoutEffect warns about what the spec asks for in vain, and about services that
// share a schema.
func (r *resolver) withoutEffect() []string {
	s := r.doc.spec
	spec := field.NewPath("spec")
	var out []string
	if s.Build != nil {
		out = append(out, spec.Child("build").String()+": has no effect, because no images are built in the cluster")
	}
	if s.DevMode != nil {
		out = append(out, spec.Child("devMode").String()+": has no effect, because workflows in the dev profile are not composed")
	}
	if s.Properties != nil && len(s.Properties.Flow) > 0 {
		out = append(out, spec.Child("properties", "flow").String()+": has no effect in this version, which composes no workflows")
	}
	if s.Monitoring != nil && s.Monitoring.Enabled {
		out = append(out, spec.Child("monitoring", "enabled").String()+": has no effect in this version, which composes no workflows")
	}
	out = append(out, r.clearPasswords()...)
	return append(out, r.sharedSchema()...)
}

// clearPasswords warns about passwords that everybody can read who may read
// Deployments.
func (r *resolver) clearPasswords() []string {
	databases := map[string]*v1alpha08.PersistencePostgreSQL{"spec.persistence.postgresql.jdbcUrl": r.doc.spec.Persistence.Database()}
	for _, w := range r.doc.services() {
		databases[w.path.Child("persistence", "postgresql", "jdbcUrl").String()] = w.spec.Persistence.Database()
	}
	var out []string
	for _, path := range slices.Sorted(maps.Keys(databases)) {
		if db := databases[path]; db != nil && password.MatchString(db.JdbcURL) {
			out = append(out, path+": has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef")
		}
	}
	return out
}

// sharedSchema warns when services inherit one JDBC URL, or one schema: they would
// work on the same tables.
func (r *resolver) sharedSchema() []string {
	common := r.doc.spec.Persistence.Database()
	if common == nil {
		return nil
	}
	var heirs []string
	for _, w := range r.doc.services() {
		if w.spec.Persistence.Database() == nil {
			heirs = append(heirs, w.path.String())
		}
	}
	path := field.NewPath("spec", "persistence", "postgresql")
	switch ref := common.ServiceRef; {
	case len(heirs) < 2: //nolint:mnd // It takes two to share.
		return nil
	case ref == nil:
		path = path.Child("jdbcUrl")
	case ref.DatabaseSchema != "" && r.input.Compatibility != v1beta1.CompatibilityOperator:
		path = path.Child("serviceRef", "databaseSchema")
	default:
		return nil
	}
	return []string{path.String() + ": " + strings.Join(heirs, " and ") + " share one database schema; give each service its own persistence.postgresql to keep them apart"}
}
