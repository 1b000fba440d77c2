// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// A KnativeService runs pods as requests arrive: a Service of Knative Serving. It has the fields
// of Knative's type that are composed. What Knative defaults or writes itself isn't among them:
// every field that is named here is applied again and again. See
// https://knative.dev/docs/serving/services/.
type KnativeService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec KnativeServiceSpec `json:"spec"`
}

// KnativeServiceSpec says what each revision is made of. A change of the template makes a new
// revision.
type KnativeServiceSpec struct {
	Template corev1.PodTemplateSpec `json:"template"`
}

// DeepCopyObject makes a KnativeService an object of Kubernetes.
func (k *KnativeService) DeepCopyObject() runtime.Object {
	out, meta := *k, k.ObjectMeta
	out.ObjectMeta = *meta.DeepCopy()
	out.Spec.Template = *k.Spec.Template.DeepCopy()
	return &out
}

// lookForServing finds out whether Knative Serving is installed. Where a Knative Service is
// observed, it is.
func lookForServing(req *composition.Request, observed *unstructured.Unstructured) composition.State {
	kind := component.RunnerKnativeService.Object()
	return req.LookForKind(composition.KindQuery{Name: "knative-service", APIVersion: kind.GroupVersion().String(), Kind: kind.Kind}, observed != nil)
}

// servingHold keeps a Knative Service from being made where Knative Serving isn't installed, or
// isn't known to be.
func servingHold(c *component.Component, s Seen) component.Hold {
	if c.Kind.Runner != component.RunnerKnativeService || s.Runs != nil {
		return component.Hold{}
	}
	switch s.serving {
	case composition.StatePending:
		return component.Hold{Gate: component.Withheld, Reason: c.Kind.Progressing, Message: "Looking for Knative Serving"}
	case composition.StateAbsent:
		return component.Hold{
			Gate: component.Withheld, Reason: v1alpha08.ReasonKnativeServingNotAvailable,
			Message: "Knative Serving isn't installed: the cluster doesn't know Services of serving.knative.dev; install it (https://knative.dev/docs/install/), or remove spec.podTemplate.deploymentModel; for an offline render, give --required-schemas",
		}
	case composition.StateFound, composition.StateUnknown:
	}
	return component.Hold{}
}

// knativeService runs the component on Knative Serving.
func (s state) knativeService() *KnativeService {
	kind := component.RunnerKnativeService.Object()
	template := s.template(s.Labels())
	maps.Copy(template.Annotations, s.Annotations)
	out := &KnativeService{
		TypeMeta:   metav1.TypeMeta{APIVersion: kind.GroupVersion().String(), Kind: kind.Kind},
		ObjectMeta: s.Meta(s.Name()),
		Spec:       KnativeServiceSpec{Template: template},
	}
	s.mark(out, out.Spec)
	return out
}

// configured tells whether the latest revision of a Knative Service that is composed as desired
// could serve: it may still wait for the name of the Service.
func configured(observed *unstructured.Unstructured, desired composition.Object) bool {
	if observed == nil || observed.GetAnnotations()[health.AnnotationSpecChecksum] != desired.GetAnnotations()[health.AnnotationSpecChecksum] {
		return false
	}
	seen, found, err := unstructured.NestedInt64(observed.Object, "status", "observedGeneration")
	return err == nil && found && seen == observed.GetGeneration() && meta.IsStatusConditionTrue(composition.Conditions(observed), "ConfigurationsReady")
}

// addresses are where a Knative Service is reached, within the cluster and as its users reach
// it; empty before Knative has decided.
func addresses(knativeService *unstructured.Unstructured) (address, url string) {
	if knativeService == nil {
		return "", ""
	}
	// What isn't as Knative writes it says nothing.
	address, _, _ = unstructured.NestedString(knativeService.Object, "status", "address", "url")
	url, _, _ = unstructured.NestedString(knativeService.Object, "status", "url")
	return address, strings.TrimSuffix(url, "/")
}
