// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Platform is a spec with every default applied and every precedence decided.
type Platform struct {
	Name, Namespace string
	Cluster         v1alpha08.ClusterKind
	// Services are those that the spec names, the Data Index first.
	Services []*Service
	// ClusterPlatform is what a cluster platform offers; nil when there is none.
	ClusterPlatform *Cluster
	// Eventing is what carries the events of the services; nil when they travel over HTTP
	// alone.
	Eventing *Eventing
	// Warnings name what of the spec has no effect, or not the one it seems to have.
	Warnings []string
}

// A Service is one service of a platform, and what decides about it as it runs.
type Service struct {
	*service.Service

	// Existing is its Deployment, composed or not; nil when there is none.
	Existing *unstructured.Unstructured
	// Source is the Broker that the service takes events from; nil when it takes them over
	// HTTP alone.
	Source *eventing.Broker
	// Sink is where the service sends events; nil when it sends them to other services
	// directly.
	Sink *duckv1.Destination
	// WithoutSink are the properties with which a service that runs already keeps running
	// until it knows its sink.
	WithoutSink string
	// WaitsForSink tells whether the service is kept down until it knows its sink.
	WaitsForSink bool
	// Asked is what the user asked of the number of pods.
	Asked Scale
	// Target is what a Job migrates before the service starts; nil when none does.
	Target *migration.Target
	// Migration is how far that is; nil when none does.
	Migration *Migration
}

// Scale is what a user asked of the number of pods.
type Scale struct {
	Replicas *int32
	Budget   *v1alpha08.PodDisruptionBudgetSpec
}

// resolver carries what the decisions about one platform depend on.
type resolver struct {
	doc    *document
	input  *v1beta1.Input
	images images.Set
}

// resolve decides everything that follows from spec and input alone. The spec has
// passed validation; what can't be merged comes to light here.
func resolve(doc *document, input *v1beta1.Input, set images.Set) (*Platform, field.ErrorList) {
	r := &resolver{doc: doc, input: input, images: set}
	p := &Platform{
		Name:      doc.Name,
		Namespace: doc.Namespace,
		Cluster:   v1alpha08.ClusterKubernetes,
		Warnings:  r.withoutEffect(),
	}
	if input.Cluster == v1beta1.ClusterOpenShift {
		p.Cluster = v1alpha08.ClusterOpenShift
	}
	var errs field.ErrorList
	for _, w := range doc.services() {
		s, warnings, err := r.service(w)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		source, _ := doc.source(w)
		p.Services = append(p.Services, &Service{
			Service:     s,
			Source:      source,
			Sink:        doc.sink(w),
			WithoutSink: properties.Encode(r.properties(w.kind, false)),

			Asked:  Scale{Replicas: w.spec.PodTemplate.Replicas, Budget: w.spec.PodTemplate.PodDisruptionBudget},
			Target: r.target(w, s.Database),
		})
		p.Warnings = append(p.Warnings, warnings...)
	}
	return p, errs
}

// service decides about one service.
func (r *resolver) service(w wanted) (*service.Service, []string, *field.Error) {
	name := w.kind.Name(r.doc.Name)
	db := r.database(w, name)
	sends := r.doc.sink(w) != nil
	var injected []string
	if sends {
		injected = []string{eventing.VariableSink, eventing.VariableOverrides}
	}
	pod, warnings, err := podtemplate.Merge(service.NewPod(service.PodOptions{
		Kind:            w.kind,
		Image:           r.image(w.kind, db != nil),
		ConfigMap:       service.ConfigMapName(w.kind, r.doc.Name),
		Database:        db,
		MigrateAtStart:  migratesAtStart(w.spec.Persistence),
		PullSecrets:     r.input.Images.PullSecrets,
		SecurityContext: r.securityContext(w.spec),
	}), podtemplate.Template{Spec: &w.spec.PodTemplate, Raw: r.podTemplate(w), Path: w.path.Child("podTemplate"), Injected: injected})
	if err != nil {
		return nil, nil, field.Invalid(w.path.Child("podTemplate"), field.OmitValueType{}, err.Error()+": every volume needs a name, every mount a mountPath")
	}
	image := cmp.Or(w.spec.PodTemplate.Container.Image, r.image(w.kind, db != nil))
	return &service.Service{
		Kind:       w.kind,
		Platform:   r.doc.Name,
		Namespace:  r.doc.Namespace,
		Name:       name,
		Image:      image,
		Version:    images.Version(image),
		Database:   db,
		Properties: properties.Encode(r.properties(w.kind, sends)),
		Pod:        pod,

		BoundToSink: sends,
	}, append(warnings, r.remarks(w, db)...), nil
}

// podTemplate returns a service's podTemplate as the user wrote it.
func (r *resolver) podTemplate(w wanted) map[string]any {
	services, _ := r.doc.raw["services"].(map[string]any) // Decoding has checked the types.
	key := "dataIndex"
	if w.kind == service.JobsService {
		key = "jobService"
	}
	spec, _ := services[key].(map[string]any)
	raw, _ := spec["podTemplate"].(map[string]any)
	return raw
}

// database decides where a service keeps its data: what it says itself, else what
// the platform says, else nowhere (nil).
func (r *resolver) database(w wanted, name string) *postgres.Database {
	defaults := postgres.Defaults{Namespace: r.doc.Namespace, Schema: name}
	if own := w.spec.Persistence.Database(); own != nil {
		return postgres.New(own, defaults)
	}
	shared := r.doc.spec.Persistence.Database().DeepCopy()
	if shared == nil {
		return nil
	}
	if shared.ServiceRef != nil && r.input.Compatibility == v1beta1.CompatibilityOperator {
		// The operator's API has no such field here.
		shared.ServiceRef.DatabaseSchema = ""
	}
	return postgres.New(shared, defaults)
}

// target decides what a Job migrates before a service starts, if one does.
func (r *resolver) target(w wanted, db *postgres.Database) *migration.Target {
	if db == nil || w.spec.Persistence == nil || w.spec.Persistence.DBMigrationStrategy != v1alpha08.DBMigrationStrategyJob {
		return nil
	}
	tool := migration.ToolDataIndex
	if w.kind == service.JobsService {
		tool = migration.ToolJobsService
	}
	return &migration.Target{Tool: tool, Image: r.images.DBMigrator, Database: db, Attempt: r.doc.attempt}
}

// migratesAtStart tells whether a service brings its own schema up to date, which is
// the documented default.
func migratesAtStart(p *v1alpha08.PersistenceOptionsSpec) bool {
	return p == nil || cmp.Or(p.DBMigrationStrategy, v1alpha08.DBMigrationStrategyService) == v1alpha08.DBMigrationStrategyService
}

func (r *resolver) image(k service.Kind, postgresql bool) string {
	switch {
	case k == service.DataIndex && postgresql:
		return r.images.DataIndexPostgreSQL
	case k == service.DataIndex:
		return r.images.DataIndexEphemeral
	case postgresql:
		return r.images.JobServicePostgreSQL
	}
	return r.images.JobServiceEphemeral
}

func (r *resolver) securityContext(s *v1alpha08.ServiceSpec) *corev1.SecurityContext {
	if r.input.PodSecurity == v1beta1.PodSecurityNone {
		return nil
	}
	return podtemplate.Restricted(&s.PodTemplate)
}

// properties decides the application.properties of a service that sends events to a
// sink, or doesn't.
func (r *resolver) properties(k service.Kind, sink bool) map[string]string {
	url := service.URL(k.Name(r.doc.Name), r.doc.Namespace)
	if k == service.DataIndex {
		return service.DataIndexProperties(url)
	}
	dataIndex := ""
	if r.dataIndexEnabled() {
		dataIndex = service.URL(service.DataIndex.Name(r.doc.Name), r.doc.Namespace)
	}
	return service.JobsServiceProperties(url, dataIndex, sink)
}

// dataIndexEnabled tells whether others are wired to this platform's Data Index.
func (r *resolver) dataIndexEnabled() bool {
	s := r.doc.spec.Services
	return s != nil && s.DataIndex != nil && enabled(s.DataIndex.Enabled, r.input.Compatibility)
}
