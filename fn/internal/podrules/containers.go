// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// containers checks all containers of a template, whose container is laid over the
// platform's own.
func (c *checker) containers(t *v1alpha08.PodTemplateSpec, own corev1.Container, path *field.Path) {
	pod := ptr.Deref(t.SecurityContext, corev1.PodSecurityContext{})
	at, service := path.Child("container"), overlay(t.Container, own)
	c.container(service, own.Resources.Limits, pod, at)
	c.hooks(service, slices.Concat(own.Ports, service.Ports), at)
	c.hostPorts(service.Ports, t.HostNetwork, at.Child("ports"))
	if s := ptr.Deref(service.SecurityContext, corev1.SecurityContext{}); s.RunAsUser == nil && s.RunAsNonRoot == nil {
		c.root(ptr.Deref(pod.RunAsUser, 1), ptr.Deref(pod.RunAsNonRoot, false), path.Child("securityContext"))
	}

	taken := map[string]bool{own.Name: true}
	for i, x := range t.Containers {
		if x.Name == own.Name {
			continue // Merge leaves it out.
		}
		at := path.Child("containers").Index(i)
		c.named(x, taken, at)
		c.container(x, nil, pod, at)
		c.hooks(x, x.Ports, at)
		c.hostPorts(x.Ports, t.HostNetwork, at.Child("ports"))
	}
	for i, x := range t.InitContainers {
		at := path.Child("initContainers").Index(i)
		c.named(x, taken, at)
		c.container(x, nil, pod, at)
		if ptr.Deref(x.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways { // A native sidecar.
			c.hooks(x, x.Ports, at)
			continue
		}
		set, _ := pointers(x)
		for _, name := range set {
			if slices.Contains([]string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}, name) {
				c.forbid(at.Child(name), "an init container ends before the service starts: remove it, or set restartPolicy: Always to let the container run beside the service")
			}
		}
	}
}

// overlay returns the platform's container with those fields of a template's that are
// checked. Where the template's probe has no handler, the platform's stays.
func overlay(s v1alpha08.ContainerSpec, own corev1.Container) corev1.Container {
	probe := func(theirs, ours *corev1.Probe) *corev1.Probe {
		out := theirs.DeepCopy()
		if out == nil || ours == nil {
			return out
		}
		if set, _ := pointers(out.ProbeHandler); len(set) == 0 {
			out.ProbeHandler = ours.ProbeHandler
		}
		return out
	}
	return corev1.Container{
		ImagePullPolicy: s.ImagePullPolicy, TerminationMessagePolicy: s.TerminationMessagePolicy, SecurityContext: s.SecurityContext,
		Ports: s.Ports, Env: s.Env, EnvFrom: s.EnvFrom, VolumeMounts: s.VolumeMounts, Resources: s.Resources, Lifecycle: s.Lifecycle,
		LivenessProbe: probe(s.LivenessProbe, own.LivenessProbe), ReadinessProbe: probe(s.ReadinessProbe, own.ReadinessProbe),
		StartupProbe: probe(s.StartupProbe, own.StartupProbe),
	}
}

// named checks what a container has to say that isn't the platform's own.
func (c *checker) named(x corev1.Container, taken map[string]bool, path *field.Path) {
	c.label(path.Child("name"), x.Name)
	c.once(taken, path.Child("name"), x.Name)
	if x.Image == "" {
		c.require(path.Child("image"), "name the image that the container runs")
	}
	oneOf(c, path.Child("restartPolicy"), ptr.Deref(x.RestartPolicy, ""),
		corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyOnFailure, corev1.ContainerRestartPolicyNever)
	seen := map[string]bool{}
	for i, e := range x.Env {
		c.once(seen, path.Child("env").Index(i).Child("name"), e.Name)
	}
}

// container checks what all containers have in common. Limits are those that a container has
// already.
func (c *checker) container(x corev1.Container, limits corev1.ResourceList, pod corev1.PodSecurityContext, path *field.Path) {
	oneOf(c, path.Child("imagePullPolicy"), x.ImagePullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	oneOf(c, path.Child("terminationMessagePolicy"), x.TerminationMessagePolicy, corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)
	c.ports(x.Ports, path.Child("ports"))
	c.env(x.Env, path.Child("env"))
	c.envFrom(x.EnvFrom, path.Child("envFrom"))
	c.mounts(x.VolumeMounts, path.Child("volumeMounts"))
	c.resources(x.Resources, limits, path.Child("resources"))
	if x.SecurityContext != nil {
		c.security(*x.SecurityContext, pod, path.Child("securityContext"))
	}
}

// security refuses what contradicts itself.
func (c *checker) security(s corev1.SecurityContext, pod corev1.PodSecurityContext, path *field.Path) {
	if !ptr.Deref(s.AllowPrivilegeEscalation, true) {
		at := path.Child("allowPrivilegeEscalation")
		if ptr.Deref(s.Privileged, false) {
			c.refuse(at, false, "a privileged container can't be kept from gaining privileges: set privileged to false, or remove this")
		}
		if s.Capabilities != nil && slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
			c.refuse(at, false, "a container with CAP_SYS_ADMIN can't be kept from gaining privileges: remove the capability, or this")
		}
	}
	if s.RunAsUser == nil && s.RunAsNonRoot == nil {
		return
	}
	c.root(ptr.Deref(s.RunAsUser, ptr.Deref(pod.RunAsUser, 1)), ptr.Deref(s.RunAsNonRoot, ptr.Deref(pod.RunAsNonRoot, false)), path)
}

// root refuses a user that is root and mustn't be.
func (c *checker) root(user int64, nonRoot bool, path *field.Path) {
	if user == 0 && nonRoot {
		c.refuse(path.Child("runAsUser"), 0, "user 0 is root, and with runAsNonRoot such a pod never starts: set another user, or runAsNonRoot to false")
	}
}
