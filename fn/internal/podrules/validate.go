// SPDX-License-Identifier: Apache-2.0

// Package podrules knows what of a podTemplate Kubernetes takes. The rules are those by which
// Kubernetes refuses a Deployment, written again for the fields that people set: Kubernetes'
// own package brings all of its internal types.
package podrules

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// Validate returns everything that is wrong with a podTemplate in a spec, but for images. The
// template is laid over a pod of the platform with one container. The rules are those by
// which Kubernetes refuses a Deployment, and a few by which a pod never starts.
func Validate(t *v1alpha08.PodTemplateSpec, own corev1.PodSpec, path *field.Path) field.ErrorList {
	c := checker{
		grace:    ptr.Deref(t.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds),
		ownUsers: !ptr.Deref(t.HostUsers, true),
		linux:    t.OS != nil,
	}
	if t.Replicas != nil {
		c.notNegative(path.Child("replicas"), *t.Replicas)
	}
	if b := t.PodDisruptionBudget; b != nil {
		c.budget(b, path.Child("podDisruptionBudget"))
	}
	c.pod(&t.PodSpec, path)
	c.scheduling(&t.PodSpec, path)
	c.devicesOf = c.claims(t.ResourceClaims, path.Child("resourceClaims"))
	c.volumes = c.usable(t.Volumes, own.Volumes, path.Child("volumes"))
	c.containers(t, own.Containers[0], path)
	return c.errs
}

// pod checks what concerns the pod as a whole.
func (c *checker) pod(p *v1alpha08.PodSpec, path *field.Path) {
	oneOf(c, path.Child("restartPolicy"), p.RestartPolicy, corev1.RestartPolicyAlways)
	if p.ActiveDeadlineSeconds != nil {
		c.forbid(path.Child("activeDeadlineSeconds"), "a service runs for good, and no Deployment takes a deadline: remove it")
	}
	c.dns(p, path)
	c.host(p, path)
	if p.SecurityContext != nil {
		c.podSecurity(*p.SecurityContext, p, path.Child("securityContext"))
	}
	c.quantities(p.Overhead, path.Child("overhead"))
	// A pod may do without each of these.
	c.add(names.ValidateSubdomain(p.ServiceAccountName, path.Child("serviceAccountName"))...)
	c.add(names.ValidateSubdomain(p.PriorityClassName, path.Child("priorityClassName"))...)
	c.add(names.ValidateSubdomain(p.NodeName, path.Child("nodeName"))...)
	pull := map[string]bool{}
	for i, s := range p.ImagePullSecrets {
		at := path.Child("imagePullSecrets").Index(i).Child("name")
		c.add(names.ValidateSubdomain(s.Name, at)...)
		c.once(pull, at, s.Name)
	}
	if p.RuntimeClassName != nil {
		c.object(path.Child("runtimeClassName"), *p.RuntimeClassName)
	}
}

// ValidateEnv returns what is wrong with the environment variables of a container.
func ValidateEnv(vars []corev1.EnvVar, path *field.Path) field.ErrorList {
	c := checker{}
	c.env(vars, path)
	return c.errs
}

// ValidateResources returns what is wrong with what a container reserves.
func ValidateResources(r corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	c := checker{}
	c.resources(r, nil, path)
	return c.errs
}
