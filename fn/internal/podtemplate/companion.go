// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// trust matches the names of environment variables that decide whom a program trusts, and how
// Java runs.
var trust = regexp.MustCompile(`^(SSL_CERT_(FILE|DIR)|_?(JAVA|JDK)_\w*(OPTIONS|OPTS|OPTS_APPEND)|QUARKUS_TLS_\w+|JAVAX_NET_SSL_\w+)$`)

// Companion returns what a pod needs that ends by itself and works with the same systems as
// another one: all that lets the other one be scheduled, find and trust those systems, and
// read its files. The other one is a pod of the platform (own) with a template merged in. The
// companion has one container, without name and image, with the files of own's.
//
// Of the other containers it has those that don't keep it from ending: native sidecars, and
// init containers that fill an emptyDir for own's. Own's volumes, which the platform fills,
// are left out unless one of these needs them.
func Companion(pod, own corev1.PodSpec) corev1.PodSpec {
	container, service := corev1.Container{}, corev1.Container{}
	if i := slices.IndexFunc(pod.Containers, func(c corev1.Container) bool { return c.Name == own.Containers[0].Name }); i >= 0 {
		service = pod.Containers[i]
	}
	container.Env = trusting(service.Env)
	for _, m := range service.VolumeMounts {
		if !slices.ContainsFunc(own.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			container.VolumeMounts = append(container.VolumeMounts, reading(m))
		}
	}
	out := corev1.PodSpec{
		Containers:         []corev1.Container{container},
		ServiceAccountName: pod.ServiceAccountName, AutomountServiceAccountToken: pod.AutomountServiceAccountToken,
		ImagePullSecrets: pod.ImagePullSecrets, NodeSelector: pod.NodeSelector, Tolerations: pod.Tolerations, Affinity: pod.Affinity,
		SchedulerName: pod.SchedulerName, PriorityClassName: pod.PriorityClassName, RuntimeClassName: pod.RuntimeClassName, SecurityContext: startable(pod.SecurityContext, service.SecurityContext),
		HostUsers: pod.HostUsers, HostNetwork: pod.HostNetwork, HostAliases: pod.HostAliases, DNSPolicy: pod.DNSPolicy, DNSConfig: pod.DNSConfig,
		EnableServiceLinks: pod.EnableServiceLinks,
	}
	for _, c := range pod.InitContainers {
		if native(c) || fills(c, container, pod.Volumes) {
			c.ResizePolicy = nil // A pod that ends isn't resized, and Kubernetes takes no restart there.
			out.InitContainers = append(out.InitContainers, c)
		}
	}
	if len(out.InitContainers) > 0 {
		out.ResourceClaims = pod.ResourceClaims
	}
	for _, v := range pod.Volumes {
		if slices.ContainsFunc(append(out.InitContainers, container), func(c corev1.Container) bool { return uses(c, v.Name) }) {
			out.Volumes = append(out.Volumes, v)
		}
	}
	if out.AutomountServiceAccountToken == nil {
		out.AutomountServiceAccountToken = token(out)
	}
	return *out.DeepCopy()
}

// reading returns a mount with which a container without privileges reads the same files.
func reading(m corev1.VolumeMount) corev1.VolumeMount {
	if ptr.Deref(m.MountPropagation, "") == corev1.MountPropagationBidirectional {
		m.MountPropagation = new(corev1.MountPropagationHostToContainer)
	}
	return m
}

// startable returns the security context of a pod. One by which containers are root and
// mustn't be starts none; what the service's container says instead holds for all then.
func startable(pod *corev1.PodSecurityContext, service *corev1.SecurityContext) *corev1.PodSecurityContext {
	if pod == nil || service == nil || ptr.Deref(pod.RunAsUser, 1) != 0 || !ptr.Deref(pod.RunAsNonRoot, false) {
		return pod
	}
	out := *pod
	out.RunAsUser, out.RunAsNonRoot = cmp.Or(service.RunAsUser, pod.RunAsUser), cmp.Or(service.RunAsNonRoot, pod.RunAsNonRoot)
	return &out
}

// trusting returns those variables that decide whom a program trusts, and those that these
// refer to.
func trusting(env []corev1.EnvVar) []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, e := range slices.Backward(env) { // A variable refers to earlier ones.
		referred := func(o corev1.EnvVar) bool { return strings.Contains(o.Value, "$("+e.Name+")") }
		if trust.MatchString(canonical(e.Name)) || slices.ContainsFunc(out, referred) {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// token withholds the service account's token from a pod in which nothing but the platform's
// own container runs, as the namespace's default account.
func token(pod corev1.PodSpec) *bool {
	if len(pod.Containers) > 1 || len(pod.InitContainers) > 0 || pod.ServiceAccountName != "" {
		return nil
	}
	return new(false)
}

// native tells whether an init container goes on running beside the others.
func native(c corev1.Container) bool {
	return ptr.Deref(c.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways
}

// fills tells whether an init container prepares files for another container.
func fills(c, reader corev1.Container, volumes []corev1.Volume) bool {
	return slices.ContainsFunc(volumes, func(v corev1.Volume) bool {
		empty := v.EmptyDir != nil || v.VolumeSource == (corev1.VolumeSource{})
		return empty && uses(c, v.Name) && uses(reader, v.Name)
	})
}

// uses tells whether a container uses a volume, in any of the ways that there are.
func uses(c corev1.Container, volume string) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume }) ||
		slices.ContainsFunc(c.VolumeDevices, func(d corev1.VolumeDevice) bool { return d.Name == volume }) ||
		slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
			return e.ValueFrom != nil && e.ValueFrom.FileKeyRef != nil && e.ValueFrom.FileKeyRef.VolumeName == volume
		})
}

// CompanionWarnings name the containers of a template, laid over a pod of the platform, that
// a companion can't have.
func CompanionWarnings(t *v1alpha08.PodTemplateSpec, own corev1.PodSpec, path *field.Path) []string {
	var names []string
	for _, c := range t.Containers {
		if c.Name != own.Containers[0].Name {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	var warn warnings
	warn.add(path.Child("containers"), strings.Join(names, ", "), "would keep the migration's Job from ending, so that the Job does without; if one takes part in reaching the database, move it to initContainers and set restartPolicy: Always there")
	return warn
}
