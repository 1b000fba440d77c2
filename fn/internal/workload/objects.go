// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// objects are those of a workload that should exist, with the one that runs the pods.
func (s state) objects(req *composition.Request, runs composition.Object) []composition.Composed {
	out := []composition.Composed{s.composed(req, component.ResourceConfig, s.configMap())}
	if s.serviceNamed {
		out = append(out, s.composed(req, component.ResourceService, s.service()))
	}
	if s.gate != component.Withheld {
		out = append(out, s.composed(req, s.Kind.Runner.Resource(), runs))
	}
	if s.moving {
		out = append(out, composition.Composed{Key: s.Key(s.Kind.Runner.Other().Resource()), Object: s.kept(s.seen.Earlier), Ready: true})
	}
	budget := s.Key(component.ResourceBudget)
	switch {
	case s.budget != nil:
		out = append(out, s.composed(req, component.ResourceBudget, s.disruptionBudget()))
	case s.moving && req.Observed[budget] != nil: // It is about the pods that still serve.
		out = append(out, composition.Composed{Key: budget, Object: s.kept(req.Observed[budget]), Ready: true})
	}
	return out
}

// reserved are those of a workload that don't exist yet, or any more, because of what the
// plans say at the moment. A budget also depends on how many pods an autoscaler asks for;
// where the user asks for one pod or none, there will hardly be one.
func (s state) reserved(runs composition.Object) []composition.Composed {
	var out []composition.Composed
	if s.gate == component.Withheld && s.seen.installed() {
		out = append(out, composition.Composed{Key: s.RunnerKey(), Object: runs})
	}
	if s.budget == nil && s.Budget != nil && !s.Kind.Singleton && ptr.Deref(s.Replicas, 2) > 1 {
		later := s
		later.budget = s.Budget
		out = append(out, composition.Composed{Key: s.Key(component.ResourceBudget), Object: later.disruptionBudget()})
	}
	return out
}

func (s state) composed(req *composition.Request, resource string, o composition.Object) composition.Composed {
	key := s.Key(resource)
	return composition.Composed{Key: key, Object: o, Ready: health.OfComposed(req.Observed[key], o).Phase == health.Ready}
}

// configMap holds the component's properties.
func (s state) configMap() *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: s.Meta(s.ConfigMap()),
		Data:       map[string]string{s.Kind.PropertiesFile: s.properties},
	}
}

// service is the Kubernetes Service in front of the component's pods.
func (s state) service() *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: s.Meta(s.Name()),
		Spec: corev1.ServiceSpec{
			Type:     s.Kind.ServiceType,
			Selector: s.Selector(),
			Ports: []corev1.ServicePort{{
				Name: s.Kind.ServicePort, Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(component.Port),
			}},
		},
	}
}

// runs is the object that runs the component's pods.
func (s state) runs() composition.Object {
	if s.Kind.Runner == component.RunnerKnativeService {
		return s.knativeService()
	}
	return s.deployment()
}

// deployment runs the component.
func (s state) deployment() *appsv1.Deployment {
	labels := s.Labels()
	maps.Copy(labels, s.selector)
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: s.Meta(s.Name()),
		Spec: appsv1.DeploymentSpec{
			Replicas: s.replicas,
			Selector: &metav1.LabelSelector{MatchLabels: s.selector},
			Template: s.template(labels),
		},
	}
	if s.Kind.Singleton {
		d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
	}
	s.mark(d, d.Spec)
	return d
}

// template is that of the component's pods.
func (s state) template(labels map[string]string) corev1.PodTemplateSpec {
	annotations := map[string]string{}
	if !s.Properties.Live {
		annotations[component.AnnotationConfigChecksum] = checksum(s.Properties.Beside + s.properties)
	}
	maps.Copy(annotations, s.versions)
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations}, Spec: s.Pod}
}

// mark gives an object that runs the pods the labels and annotations by which Knative and later
// calls of the function recognize it.
func (s state) mark(o metav1.Object, spec any) {
	if s.Sink != nil {
		labels := o.GetLabels()
		labels[component.LabelBindingInclude] = "true"
		o.SetLabels(labels)
	}
	annotations := map[string]string{health.AnnotationSpecChecksum: checksumOf(spec)}
	maps.Copy(annotations, s.annotations)
	o.SetAnnotations(annotations)
}

// disruptionBudget says how many of the component's pods may be away.
func (s state) disruptionBudget() *policyv1.PodDisruptionBudget {
	out := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: s.Meta(s.Name()),
		Spec:       *s.budget,
	}
	out.Spec.Selector = &metav1.LabelSelector{MatchLabels: s.Selector()}
	return out
}

// checksumOf returns a checksum of a spec, in the order in which Go writes fields and
// sorts maps.
func checksumOf(spec any) string {
	text, err := json.Marshal(spec)
	if err != nil {
		panic(err) // A Kubernetes type can be encoded.
	}
	return checksum(string(text))
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
