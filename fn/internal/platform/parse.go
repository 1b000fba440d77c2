// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

// A document is a composite as far as this package reads it.
type document struct {
	types.NamespacedName

	spec v1alpha08.SonataFlowPlatformSpec
	// raw is the spec before it was decoded.
	raw map[string]any
	// warnings name what of the document isn't part of the API.
	warnings []string
	// namespaced is a composite that lives in a namespace itself. All that it composes must
	// be in the same one.
	namespaced bool
	// status is what was said of the composite last.
	status v1alpha08.SonataFlowPlatformStatus
	// attempt is the value of the annotation that asks for another migration.
	attempt string
}

// A service is a supporting service as the spec names it.
type service struct {
	kind component.Kind
	// name is that of the service's fields in spec and status.
	name         string
	spec         *v1alpha08.ServiceSpec
	source, sink *v1alpha08.Destination
	path         *field.Path
}

// services lists what the spec names, the Data Index first.
func (d *document) services() []service {
	s := d.spec.Services
	if s == nil {
		return nil
	}
	path := field.NewPath("spec", "services")
	var out []service
	if di := s.DataIndex; di != nil {
		out = append(out, service{kind: component.DataIndex(), name: "dataIndex", spec: &di.ServiceSpec, source: di.Source, path: path.Child("dataIndex")})
	}
	if js := s.JobService; js != nil {
		out = append(out, service{kind: component.JobsService(), name: "jobService", spec: &js.ServiceSpec, source: js.Source, sink: js.Sink, path: path.Child("jobService")})
	}
	return out
}

// platform is what other platforms of the cluster mean for.
func (d *document) platform() sharing.Platform {
	return sharing.Platform{
		NamespacedName: d.NamespacedName, Namespaced: d.namespaced,
		NamesServices: d.spec.Services != nil, Used: d.status.ClusterPlatformRef,
	}
}

// parse reads a composite.
func parse(composite *unstructured.Unstructured) (*document, field.ErrorList) {
	doc := &document{
		NamespacedName: composition.Identity(composite),
		namespaced:     composite.GetNamespace() != "",
		attempt:        composite.GetAnnotations()[component.AnnotationMigrationAttempt],
	}
	if errs := names.ValidateIdentity(doc.NamespacedName, doc.namespaced, "a platform", v1alpha08.KindSonataFlowPlatform); len(errs) > 0 {
		return doc, errs
	}
	if errs := decoding.Field(composite.Object["status"], &doc.status, field.NewPath("status")); len(errs) > 0 {
		doc.status = v1alpha08.SonataFlowPlatformStatus{} // It isn't ours.
	}
	var errs field.ErrorList
	if doc.warnings, errs = decoding.Spec(composite, &doc.spec); len(errs) > 0 {
		return doc, errs
	}
	doc.raw, _ = composite.Object["spec"].(map[string]any) // Decoding has checked the type.
	return doc, nil
}
