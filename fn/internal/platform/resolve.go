// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Platform is a spec with every default applied and every precedence decided. It never
// changes after that.
type Platform struct {
	types.NamespacedName

	// Cluster is the kind of cluster that the platform runs on.
	Cluster v1alpha08.ClusterKind
	// Components are the services that the spec names, the Data Index first.
	Components []*component.Component
	// ClusterPlatform is the cluster platform that can be used; nil when there is none.
	ClusterPlatform *v1alpha08.SonataFlowClusterPlatformRefStatus
	// BrokerPending tells that components without Broker may get one yet.
	BrokerPending bool
	// Warnings name what of the spec has no effect, or not the one that it seems to have.
	Warnings []string

	// paths are where the components stand in the spec, in their order.
	paths []*field.Path
}

// A resolver has what the decisions about a platform depend on.
type resolver struct {
	doc    *document
	input  *v1beta1.Input
	offer  sharing.Offer
	images images.Set
}

// resolve decides everything that follows from the spec, the input and what the cluster
// platform offers. It returns everything that is wrong with the spec.
func resolve(doc *document, input *v1beta1.Input, offer sharing.Offer) (*Platform, field.ErrorList) {
	r := resolver{doc: doc, input: input, offer: offer, images: images.Resolve(input.Images)}
	errs := validate(doc, input.Compatibility)
	errs = append(errs, r.validateReach()...)
	for _, s := range doc.services() {
		errs = append(errs, r.validateSource(s)...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	p := &Platform{
		NamespacedName:  doc.NamespacedName,
		Cluster:         v1alpha08.ClusterKubernetes,
		ClusterPlatform: offer.Ref,
		BrokerPending:   offer.BrokerPending && r.mayBorrow(),
		Warnings:        r.warnings(),
	}
	if input.Cluster == v1beta1.ClusterOpenShift {
		p.Cluster = v1alpha08.ClusterOpenShift
	}
	for _, s := range doc.services() {
		c, warnings, err := r.component(s)
		if err != nil {
			errs = append(errs, err)
		}
		p.Components, p.paths = append(p.Components, c), append(p.paths, s.path)
		p.Warnings = append(p.Warnings, warnings...)
	}
	shared, fields := r.sharedTables(p.Components)
	p.Warnings = slices.Concat(p.Warnings, shared, r.defaultSchemas(fields))
	return p, errs
}

// component decides about one service.
func (r resolver) component(s service) (*component.Component, []string, *field.Error) {
	source, _ := r.source(s)
	sink := r.sink(s)
	database := r.database(s)
	ephemeral, postgresql := s.kind.Images(r.images)
	image := ephemeral
	if database != nil {
		image = postgresql
	}
	var injected []string
	if sink != nil {
		injected = []string{component.VariableSink, component.VariableOverrides}
	}
	own := component.NewPod(component.PodOptions{
		Kind:            s.kind,
		Image:           image,
		ConfigMap:       s.kind.ConfigMap(r.doc.Name),
		Database:        database,
		MigrateAtStart:  strategy(s) == v1alpha08.DBMigrationStrategyService,
		PullSecrets:     r.input.Images.PullSecrets,
		SecurityContext: r.securityContext(&s.spec.PodTemplate),
	})
	pod, warnings, err := podtemplate.Merge(own, podtemplate.Template{Spec: &s.spec.PodTemplate, Raw: r.rawTemplate(s), Path: s.path.Child("podTemplate"), Injected: injected})
	if err != nil {
		return nil, nil, field.Invalid(s.path.Child("podTemplate"), field.OmitValueType{}, err.Error()+": every volume needs a name, every mount a mountPath")
	}
	image = cmp.Or(s.spec.PodTemplate.Container.Image, image)
	return &component.Component{
		Kind:          s.kind,
		Owner:         r.doc.Name,
		Namespace:     r.doc.Namespace,
		Enabled:       sharing.Enabled(s.spec.Enabled, r.input.Compatibility),
		Image:         image,
		Version:       images.Version(image),
		Pod:           pod,
		Properties:    component.Properties{Text: r.properties(s, sink != nil), WithoutSink: r.properties(s, false)},
		Database:      database,
		Migration:     r.migration(s, database, podtemplate.Companion(pod, own)),
		Subscriptions: subscriptions(s, source),
		Sink:          sink,
		Replicas:      s.spec.PodTemplate.Replicas,
		Budget:        podtemplate.Budget(s.spec.PodTemplate.PodDisruptionBudget),
	}, append(warnings, r.serviceWarnings(s, database)...), nil
}

// rawTemplate returns a service's podTemplate as the user wrote it.
func (r resolver) rawTemplate(s service) map[string]any {
	services, _ := r.doc.raw["services"].(map[string]any) // Decoding has checked the types.
	spec, _ := services[s.name].(map[string]any)
	raw, _ := spec["podTemplate"].(map[string]any)
	return raw
}

// broker is the Broker of services without source or sink of their own: the platform's,
// else the one that is offered. It returns the field that says so, too.
func (r resolver) broker() (*v1alpha08.Destination, *field.Path) {
	if e := r.doc.spec.Eventing; e != nil && e.Broker != nil {
		return e.Broker, field.NewPath("spec", "eventing", "broker")
	}
	return r.offer.Broker, nil
}

// source decides which Broker a service takes events from: its own, else that of services
// without one, else none (nil). It returns the field that says so, too.
func (r resolver) source(s service) (*component.Broker, *field.Path) {
	destination, path := r.broker()
	if s.source != nil {
		destination, path = s.source, s.path.Child("source")
	}
	broker, found := component.BrokerOf((*duckv1.Destination)(destination), r.doc.Namespace)
	if !found {
		return nil, nil
	}
	return &broker, path
}

// subscriptions are the events that a service takes from its Broker, or none (nil).
func subscriptions(s service, source *component.Broker) []component.Subscription {
	if source == nil {
		return nil
	}
	return s.kind.SubscribeTo(*source)
}

// validateSource finds a Broker that a service can't have Triggers for. Triggers live where
// their Broker does, and what a namespaced composite composes lives where the composite
// does.
func (r resolver) validateSource(s service) field.ErrorList {
	broker, path := r.source(s)
	if broker == nil || !r.doc.namespaced || broker.Namespace == r.doc.Namespace {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("ref", "namespace"), broker.Namespace, fmt.Sprintf(
		"a platform that is a namespaced composite can't have Triggers in other namespaces: use a Broker in namespace %s, or a %s that is a claim",
		r.doc.Namespace, v1alpha08.KindSonataFlowPlatform))}
}

// validateReach finds Brokers that the spec may not name.
func (r resolver) validateReach() field.ErrorList {
	var errs field.ErrorList
	check := func(d *v1alpha08.Destination, path *field.Path) {
		errs = append(errs, eventing.ValidateReach(d, path, r.doc.Namespace, r.input.Brokers)...)
	}
	if e := r.doc.spec.Eventing; e != nil {
		check(e.Broker, field.NewPath("spec", "eventing", "broker"))
	}
	for _, s := range r.doc.services() {
		check(s.source, s.path.Child("source"))
		check(s.sink, s.path.Child("sink"))
	}
	return errs
}

// sink decides where a service sends events: to its own sink, else to the Broker of
// services without one, else directly to other services (nil).
func (r resolver) sink(s service) *duckv1.Destination {
	if !s.kind.Sends {
		return nil
	}
	destination, _ := r.broker()
	if s.sink != nil {
		destination = s.sink
	}
	return component.Sink((*duckv1.Destination)(destination), r.doc.Namespace)
}

// mayBorrow tells whether a service would use a Broker that is offered.
func (r resolver) mayBorrow() bool {
	if e := r.doc.spec.Eventing; e != nil && e.Broker != nil {
		return false
	}
	return slices.ContainsFunc(r.doc.services(), func(s service) bool { return s.source == nil || s.kind.Sends && s.sink == nil })
}

// database decides where a service keeps its data: in its own database, else in the
// platform's, else nowhere that lasts (nil).
func (r resolver) database(s service) *postgres.Database {
	return postgres.Resolve(s.spec.Persistence.Database(), r.sharedDatabase(), postgres.Defaults{
		Namespace: r.doc.Namespace, Schema: s.kind.Name(r.doc.Name),
	})
}

// sharedDatabase is the database of services without their own.
func (r resolver) sharedDatabase() *v1alpha08.PersistencePostgreSQL {
	shared := r.doc.spec.Persistence.Database().DeepCopy()
	if shared != nil && shared.ServiceRef != nil && r.input.Compatibility == v1beta1.CompatibilityOperator {
		shared.ServiceRef.DatabaseSchema = "" // The operator's API has no such field here.
	}
	return shared
}

// strategy is how the schema of a service is brought up to date. The documented default
// is that the service does it.
func strategy(s service) v1alpha08.DBMigrationStrategy {
	if s.spec.Persistence == nil {
		return v1alpha08.DBMigrationStrategyService
	}
	return cmp.Or(s.spec.Persistence.DBMigrationStrategy, v1alpha08.DBMigrationStrategyService)
}

// migration decides how a Job brings the schema of a service up to date, if one does.
func (r resolver) migration(s service, database *postgres.Database, pod corev1.PodSpec) *component.Migration {
	if database == nil || strategy(s) != v1alpha08.DBMigrationStrategyJob {
		return nil
	}
	// The migrator has an image of its own: of the template, only what holds for the whole pod
	// is about it.
	template := v1alpha08.PodTemplateSpec{PodSpec: v1alpha08.PodSpec{SecurityContext: pod.SecurityContext}}
	return &component.Migration{
		Image: r.images.DBMigrator, Attempt: r.doc.attempt, Pod: pod, SecurityContext: r.securityContext(&template),
	}
}

func (r resolver) securityContext(t *v1alpha08.PodTemplateSpec) *corev1.SecurityContext {
	if r.input.PodSecurity == v1beta1.PodSecurityNone {
		return nil
	}
	return podtemplate.Restricted(t)
}

// properties decides the application.properties of a service that sends events to a sink,
// or doesn't.
func (r resolver) properties(s service, sink bool) string {
	around := component.Surroundings{URL: s.kind.URL(r.doc.Name, r.doc.Namespace), Sink: sink}
	if services := r.doc.spec.Services; services.DataIndex != nil && sharing.Enabled(services.DataIndex.Enabled, r.input.Compatibility) {
		around.DataIndexURL = component.DataIndex().URL(r.doc.Name, r.doc.Namespace)
	}
	return properties.Encode(s.kind.Properties(around))
}
