// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// document is a composite as far as this package reads it.
type document struct {
	types.NamespacedName

	spec v1alpha08.SonataFlowPlatformSpec
	// raw is the spec before it was decoded.
	raw map[string]any
	// namespaced is a composite that lives in a namespace itself. All that it composes
	// must be in the same one.
	namespaced bool
	// status is what was said of the composite last.
	status v1alpha08.SonataFlowPlatformStatus
	// lent is the Broker of the platform behind the cluster platform, if this one may use
	// it.
	lent *v1alpha08.Destination
	// attempt is the value of the annotation that asks for another migration.
	attempt string
}

// wanted is a service as the spec names it.
type wanted struct {
	kind         service.Kind
	spec         *v1alpha08.ServiceSpec
	source, sink *v1alpha08.Destination
	path         *field.Path
}

// services lists what the spec names, the Data Index first.
func (d *document) services() []wanted {
	s := d.spec.Services
	if s == nil {
		return nil
	}
	path := field.NewPath("spec", "services")
	var out []wanted
	if di := s.DataIndex; di != nil {
		out = append(out, wanted{kind: service.DataIndex, spec: &di.ServiceSpec, source: di.Source, path: path.Child("dataIndex")})
	}
	if js := s.JobService; js != nil {
		out = append(out, wanted{kind: service.JobsService, spec: &js.ServiceSpec, source: js.Source, sink: js.Sink, path: path.Child("jobService")})
	}
	return out
}

// parse reads a composite. Fields that the API doesn't have are passed over: a live
// composite carries Crossplane's own.
func parse(composite *unstructured.Unstructured) (*document, field.ErrorList) {
	doc := &document{
		NamespacedName: composition.Identity(composite),
		status:         readStatus(composite),
		namespaced:     composite.GetNamespace() != "",
		attempt:        composite.GetAnnotations()[migration.AnnotationAttempt],
	}
	spec := field.NewPath("spec")
	if doc.Namespace == "" || doc.Name == "" {
		return doc, field.ErrorList{field.Required(spec.Child("claimRef"),
			"a platform lives in a namespace: create a "+v1alpha08.KindSonataFlowPlatform+" there instead of a composite without claim; for an offline render, set spec.claimRef.name and spec.claimRef.namespace")}
	}
	if errs := validateIdentity(doc.NamespacedName, composite); len(errs) > 0 {
		return doc, errs
	}
	switch raw := composite.Object["spec"].(type) {
	case nil:
		return doc, nil
	case map[string]any:
		doc.raw = raw
	default:
		return doc, field.ErrorList{field.TypeInvalid(spec, raw, "must be an object")}
	}
	if err := decode(doc.raw, &doc.spec); err != nil {
		if wrong := (&json.UnmarshalTypeError{}); errors.As(err, &wrong) {
			return doc, field.ErrorList{field.Invalid(spec.Child(jsonPath(wrong.Field)), field.OmitValueType{}, "must be of type "+wrong.Type.String()+", is a "+wrong.Value)}
		}
		return doc, field.ErrorList{field.Invalid(spec, field.OmitValueType{}, "cannot be read: "+err.Error())}
	}
	return doc, nil
}

// validateIdentity finds names that no API server accepts: a render's composite is
// written by hand, and everything composed is named after it.
func validateIdentity(id types.NamespacedName, composite *unstructured.Unstructured) field.ErrorList {
	path := field.NewPath("metadata")
	if composite.GetNamespace() == "" {
		path = field.NewPath("spec", "claimRef")
	}
	name, namespace := validation.IsDNS1123Subdomain(id.Name), validation.IsDNS1123Label(id.Namespace)
	errs := make(field.ErrorList, 0, len(name)+len(namespace))
	for _, problem := range name {
		errs = append(errs, field.Invalid(path.Child("name"), id.Name, "not a name that Kubernetes accepts: "+problem))
	}
	for _, problem := range namespace {
		errs = append(errs, field.Invalid(path.Child("namespace"), id.Namespace, "not a namespace that Kubernetes accepts: "+problem))
	}
	return errs
}

// decode reads a spec as the API server does. The way through text is the one that
// tells where a value has the wrong type, and doesn't wrap a number around that is
// too large.
func decode(raw map[string]any, into *v1alpha08.SonataFlowPlatformSpec) error {
	text, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(text, into)
}

// jsonPath takes the names of Go's embedded structs, which no user knows, out of a
// path. They start with a capital; of the API's fields, only CACerts does.
func jsonPath(path string) string {
	segments := slices.DeleteFunc(strings.Split(path, "."), func(s string) bool {
		return s != "" && unicode.IsUpper(rune(s[0])) && s != "CACerts"
	})
	return strings.Join(segments, ".")
}
