// SPDX-License-Identifier: Apache-2.0

package service

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

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// LabelService selects the pods of a service. It is all that selects them: a
// selector is immutable, and the other labels aren't.
const LabelService = "sonataflow.org/service"

// Annotations of the pods. A pod is rolled when one changes, so that a change of
// its configuration takes effect.
const (
	AnnotationConfigChecksum = "sonataflow.org/checksum-config"
	AnnotationSecretVersion  = "sonataflow.org/checksum-secret"
)

// AnnotationSpecChecksum is on the Deployment itself. It tells whether an observed
// Deployment is the one that is asked for, or still the one before: that one may look
// healthy.
const AnnotationSpecChecksum = "sonataflow.org/checksum-spec"

// managedBy tells these objects from those of the operator, which writes its own
// name.
const managedBy = "crossplane"

// ConfigMap holds the service's properties.
func (s *Service) ConfigMap() *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: s.Meta(s.configMap()),
		Data:       map[string]string{propertiesFile: s.Properties},
	}
}

// NetworkService is the Kubernetes Service in front of the service's pods.
func (s *Service) NetworkService() *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: s.Meta(s.Name),
		Spec: corev1.ServiceSpec{
			Selector: s.selector(),
			Ports: []corev1.ServicePort{{
				Name: portName, Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(containerPort),
			}},
		},
	}
}

// Deployment runs the service.
func (s *Service) Deployment() *appsv1.Deployment {
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: s.Meta(s.Name),
		Spec: appsv1.DeploymentSpec{
			Replicas: s.Replicas,
			Selector: &metav1.LabelSelector{MatchLabels: s.selector()},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{
					Labels:      s.labels(),
					Annotations: map[string]string{AnnotationConfigChecksum: checksum(s.Properties)},
				},
				Spec: s.Pod,
			},
		},
	}
	if s.SecretVersion != "" {
		d.Spec.Template.Annotations[AnnotationSecretVersion] = s.SecretVersion
	}
	if s.Kind == JobsService {
		// Two Jobs Services at once would fire every timer twice.
		d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
	}
	if s.BoundToSink {
		d.Labels[eventing.LabelInclude] = "true"
	}
	d.Annotations = map[string]string{AnnotationSpecChecksum: checksumOf(d.Spec)}
	maps.Copy(d.Annotations, s.Annotations)
	return d
}

// PodDisruptionBudget says how many of the service's pods may be away. It is nil
// when the service has no budget.
func (s *Service) PodDisruptionBudget() *policyv1.PodDisruptionBudget {
	if s.Budget == nil {
		return nil
	}
	b := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: s.Meta(s.Name),
		Spec:       *s.Budget,
	}
	b.Spec.Selector = &metav1.LabelSelector{MatchLabels: s.selector()}
	return b
}

// Meta is the metadata of an object of the service.
func (s *Service) Meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: s.Namespace, Labels: s.labels()}
}

func (s *Service) selector() map[string]string {
	return map[string]string{LabelService: s.Name}
}

// labels are those of the operator, plus the Kubernetes recommended ones. See
// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/.
func (s *Service) labels() map[string]string {
	platform := names.LabelValue(s.Platform)
	return map[string]string{
		"app":                          platform,
		"app-namespace":                s.Namespace,
		LabelService:                   s.Name,
		"app.kubernetes.io/name":       s.Kind.Container(),
		"app.kubernetes.io/instance":   platform,
		"app.kubernetes.io/component":  s.Name,
		"app.kubernetes.io/part-of":    platform,
		"app.kubernetes.io/managed-by": managedBy,
		"app.kubernetes.io/version":    s.Version,
	}
}

// checksumOf returns a checksum of a spec, in the order in which Go writes fields and
// sorts maps.
func checksumOf(spec appsv1.DeploymentSpec) string {
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
