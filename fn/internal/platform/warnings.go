// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// warnings name what the spec as a whole asks for in vain, or in a way that few would
// want.
func (r resolver) warnings() []string {
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
	out = append(out, postgres.Warnings(s.Persistence.Database(), spec.Child("persistence", "postgresql"))...)
	for _, s := range r.doc.services() {
		out = append(out, postgres.Warnings(s.spec.Persistence.Database(), s.path.Child("persistence", "postgresql"))...)
	}
	return append(out, r.sharedSchema()...)
}

// sharedSchema warns when services inherit one JDBC URL, or one schema: they would work on
// the same tables.
func (r resolver) sharedSchema() []string {
	shared := r.sharedDatabase()
	var heirs []string
	for _, s := range r.doc.services() {
		if s.spec.Persistence.Database() == nil {
			heirs = append(heirs, s.path.String())
		}
	}
	if shared == nil || len(heirs) < 2 { //nolint:mnd // It takes two to share.
		return nil
	}
	path := field.NewPath("spec", "persistence", "postgresql")
	switch {
	case shared.ServiceRef == nil:
		path = path.Child("jdbcUrl")
	case shared.ServiceRef.DatabaseSchema != "":
		path = path.Child("serviceRef", "databaseSchema")
	default:
		return nil
	}
	return []string{path.String() + ": " + strings.Join(heirs, " and ") + " share one database schema; give each service its own persistence.postgresql to keep them apart"}
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
	if s.kind.Singleton && s.spec.PodTemplate.PodDisruptionBudget != nil {
		out = append(out, template.Child("podDisruptionBudget").String()+": the "+s.kind.Title+" is a singleton and gets no PodDisruptionBudget")
	}
	if strategy(s) == v1alpha08.DBMigrationStrategyNone && database == nil {
		out = append(out, s.path.Child("persistence", "dbMigrationStrategy").String()+": has no effect on an ephemeral database, which is always made anew")
	}
	return out
}
