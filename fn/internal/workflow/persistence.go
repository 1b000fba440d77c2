// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// database decides where the workflow keeps its data: in its own database, else in the
// platform's, else nowhere that lasts (nil). Documentation and operator disagree about a
// persistence that says nothing.
func (r resolver) database() *postgres.Database {
	if r.dev() {
		return nil
	}
	own, shared := r.doc.spec.Persistence.Database(), r.sharedDatabase()
	return postgres.Resolve(own, shared, postgres.Defaults{Namespace: r.doc.Namespace, Schema: component.Workflow().Name(r.doc.Name)})
}

// sharedDatabase is the platform's, if the workflow would use it.
func (r resolver) sharedDatabase() *v1alpha08.PersistencePostgreSQL {
	operator := r.input.Compatibility == v1beta1.CompatibilityOperator
	if r.doc.spec.Persistence != nil && operator {
		return nil
	}
	shared := r.around.local.Spec.Persistence.Database().DeepCopy()
	if shared != nil && shared.ServiceRef != nil && operator {
		shared.ServiceRef.DatabaseSchema = "" // The operator's API has no such field here.
	}
	return shared
}
