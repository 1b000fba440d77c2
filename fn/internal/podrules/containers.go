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
	taken, hosts := map[string]bool{own.Name: true}, map[string]bool{}
	c.hostPorts(service.Ports, t.HostNetwork, hosts, at.Child("ports"))
	for _, p := range own.Ports {
		hosts[hostPort(p, t.HostNetwork)] = true
	}
	if slices.ContainsFunc(slices.Concat([]corev1.Container{service}, t.Containers, t.InitContainers), inherits) {
		c.root(ptr.Deref(pod.RunAsUser, 1), ptr.Deref(pod.RunAsNonRoot, false), path.Child("securityContext"))
	}

	for i, x := range t.Containers {
		if x.Name == own.Name {
			continue // Merge leaves it out.
		}
		at := path.Child("containers").Index(i)
		c.named(x, taken, at)
		c.container(x, nil, pod, at)
		c.hooks(x, x.Ports, at)
		c.hostPorts(x.Ports, t.HostNetwork, hosts, at.Child("ports"))
	}
	for i, x := range t.InitContainers {
		at := path.Child("initContainers").Index(i)
		c.named(x, taken, at)
		c.container(x, nil, pod, at)
		if ptr.Deref(x.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways { // A native sidecar.
			c.hooks(x, x.Ports, at)
			continue
		}
		for j, p := range x.ResizePolicy {
			if p.RestartPolicy == corev1.RestartContainer {
				c.refuse(at.Child("resizePolicy").Index(j).Child("restartPolicy"), p.RestartPolicy, "an init container ends before the service starts: use NotRequired")
			}
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
		Ports: s.Ports, Env: s.Env, EnvFrom: s.EnvFrom, VolumeMounts: s.VolumeMounts, VolumeDevices: s.VolumeDevices,
		Resources: s.Resources, ResizePolicy: s.ResizePolicy, Lifecycle: s.Lifecycle,
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
	choice(c, path.Child("restartPolicy"), x.RestartPolicy,
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
	c.mounts(x, path.Child("volumeMounts"))
	c.devices(x, path.Child("volumeDevices"))
	c.resources(x.Resources, limits, path.Child("resources"))
	c.resizing(x.ResizePolicy, path.Child("resizePolicy"))
	if x.SecurityContext != nil {
		c.security(*x.SecurityContext, pod, path.Child("securityContext"))
	}
}
