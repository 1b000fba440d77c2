// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
)

// profileWarnings name a profile that there isn't: it is ignored.
func (d *document) profileWarnings() []string {
	profiles := []string{string(flow.Dev), string(flow.Preview), string(flow.GitOps)}
	given := d.annotations[v1alpha08.AnnotationProfile]
	if given == "" || slices.Contains(profiles, given) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %q is no profile, so that the workflow has the profile %s; write %s", field.NewPath("metadata", "annotations").Key(v1alpha08.AnnotationProfile), given, d.profile(), strings.Join(profiles, ", "))}
}

// warnings name what the workflow asks for in vain, or in a way that few would want.
func (r resolver) warnings(c *component.Component) []string {
	s, path := r.doc.spec, field.NewPath("spec")
	template := path.Child("podTemplate")
	if r.dev() {
		return slices.Concat(r.doc.profileWarnings(), r.doc.warnings, r.around.shared.warnings, devmode.Warnings(&s), r.hidden(), r.around.addresses.Warnings, r.propertyWarnings(c))
	}
	out := slices.Concat(r.doc.profileWarnings(), r.doc.warnings, r.around.shared.warnings, postgres.Warnings(s.Persistence.Database(), path.Child("persistence", "postgresql")))
	if p := s.Persistence; p != nil && p.DBMigrationStrategy == v1alpha08.DBMigrationStrategyJob {
		out = append(out, path.Child("persistence", "dbMigrationStrategy").String()+": job has no effect on a workflow, whose tables the workflow itself migrates; set kie.flyway.enabled = true among its properties")
	}
	if r.knative() {
		out = append(out, r.knativeWarnings(c)...)
	} else if ptr.Deref(s.PodTemplate.Replicas, 1) > 1 && c.Database == nil {
		out = append(out, template.Child("replicas").String()+": each replica keeps its instances to itself, so that callbacks and timers may reach another one; set persistence.postgresql to share them")
	}
	if !r.knative() {
		out = append(out, podtemplate.BudgetWarnings(&s.PodTemplate.PodTemplateSpec, template)...)
	}
	for i, source := range s.Sources {
		if _, isBroker := component.BrokerOf(&source.Destination, r.doc.Namespace); !isBroker {
			out = append(out, fmt.Sprintf("%s: isn't a ref to a Broker, so that no Trigger brings its events; let it send them to %s itself", path.Child("sources").Index(i), c.URL()))
		}
	}
	if r.order != nil {
		out = slices.Concat(out, r.hidden(), r.order.Warnings)
	}
	return slices.Concat(out, r.around.addresses.Warnings, r.propertyWarnings(c))
}

// propertyWarnings name what of the user's properties has no effect, or not the one that it
// seems to have.
func (r resolver) propertyWarnings(c *component.Component) []string {
	user := r.around.properties
	where := user.where()
	given, err := properties.Decode(user.text)
	if err != nil {
		return []string{fmt.Sprintf("%s: can't be read, so that the workflow doesn't start: %s", where, err)}
	}
	managed, err := properties.Decode(c.Properties.Text)
	if err != nil {
		managed = nil // It was encoded here.
	}
	given = properties.In(r.quarkusProfile(), given)
	var out []string
	for _, p := range given {
		i := slices.IndexFunc(managed, func(m properties.Property) bool { return m.Key == p.Key })
		switch {
		case i >= 0 && discovery.Names(p.Value) && slices.Contains(r.around.addresses.Properties, managed[i]):
		case i >= 0 && managed[i].Value != p.Value:
			// Neither value is named: either may be a password.
			out = append(out, fmt.Sprintf("%s: %s has no effect, because the platform sets another value, which ConfigMap %s has; remove it", where, p.Key, c.ConfigMap()))
		}
	}
	if c.Database != nil && !r.migrates(append(given, managed...)) {
		out = append(out, fmt.Sprintf("%s: nothing makes the tables of the workflow; set kie.flyway.enabled = true, or see that they exist in schema %s", where, c.Database.Schema))
	}
	return out
}

// quarkusProfile is the profile of Quarkus that the workflow runs in: its file of properties is
// application-<profile>.properties.
func (r resolver) quarkusProfile() string {
	if r.dev() {
		return "dev"
	}
	return "prod"
}

// migrating are the properties by which a workflow makes its tables, in newer and in older
// images.
var migrating = []string{"kie.flyway.enabled", "quarkus.flyway.migrate-at-start"} //nolint:gochecknoglobals // A table that doesn't change.

// migrates tells whether the workflow makes its tables itself, as far as is known: a Secret or
// ConfigMap of variables may say so, too.
func (r resolver) migrates(given []properties.Property) bool {
	container := r.doc.spec.PodTemplate.Container
	if len(container.EnvFrom) > 0 {
		return true
	}
	ofProfile := "_" + strings.ToUpper(r.quarkusProfile()) + "_"
	for _, e := range container.Env {
		given = append(given, properties.Property{Key: strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(e.Name, ofProfile)), "_", "."), Value: e.Value})
	}
	return slices.ContainsFunc(given, func(p properties.Property) bool {
		key := strings.ReplaceAll(p.Key, "-", ".")
		return slices.ContainsFunc(migrating, func(m string) bool { return key == strings.ReplaceAll(m, "-", ".") }) && p.Value != no
	})
}
