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
// init containers that fill an empty volume for own's or for one of these. Own's volumes, which
// the platform fills, are left out unless one of these needs them. So is what only makes sense in
// the other pod: that it runs beside pods of its own kind, and files that tell of its container.
func Companion(pod, own corev1.PodSpec) corev1.PodSpec {
	container, service := corev1.Container{}, corev1.Container{}
	if i := slices.IndexFunc(pod.Containers, func(c corev1.Container) bool { return c.Name == own.Containers[0].Name }); i >= 0 {
		service = pod.Containers[i]
	}
	for _, m := range service.VolumeMounts {
		mounted := func(v corev1.Volume) bool { return v.Name == m.Name }
		about := func(v corev1.Volume) bool { return mounted(v) && informs(v, service.Name) }
		if !slices.ContainsFunc(own.Volumes, mounted) && !slices.ContainsFunc(pod.Volumes, about) {
			container.VolumeMounts = append(container.VolumeMounts, reading(m))
		}
	}
	container.Env = trusting(service.Env, container.VolumeMounts)
	out := corev1.PodSpec{
		Containers:         []corev1.Container{container},
		ServiceAccountName: pod.ServiceAccountName, AutomountServiceAccountToken: pod.AutomountServiceAccountToken,
		ImagePullSecrets: pod.ImagePullSecrets, NodeSelector: pod.NodeSelector, Tolerations: pod.Tolerations, Affinity: alone(pod.Affinity),
		SchedulerName: pod.SchedulerName, PriorityClassName: pod.PriorityClassName, RuntimeClassName: pod.RuntimeClassName, SecurityContext: startable(pod.SecurityContext, service.SecurityContext),
		HostUsers: pod.HostUsers, HostNetwork: pod.HostNetwork, HostAliases: pod.HostAliases, DNSPolicy: pod.DNSPolicy, DNSConfig: pod.DNSConfig,
		EnableServiceLinks: pod.EnableServiceLinks,
	}
	for _, c := range slices.Backward(pod.InitContainers) { // One fills volumes for later ones.
		if native(c) || fills(c, append(out.InitContainers, container), pod.Volumes) {
			c.ResizePolicy = nil // A pod that ends isn't resized, and Kubernetes takes no restart there.
			out.InitContainers = append(out.InitContainers, c)
		}
	}
	slices.Reverse(out.InitContainers)
	if len(out.InitContainers) > 0 {
		out.ResourceClaims = pod.ResourceClaims
		out.TerminationGracePeriodSeconds = pod.TerminationGracePeriodSeconds // Sidecars may need it.
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

// trusting returns those variables that decide whom a program trusts, those by which mounts are
// named, and those that these refer to.
func trusting(env []corev1.EnvVar, mounts []corev1.VolumeMount) []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, e := range slices.Backward(env) { // A variable refers to earlier ones.
		reference := "$(" + e.Name + ")"
		referred := slices.ContainsFunc(out, func(o corev1.EnvVar) bool { return strings.Contains(o.Value, reference) }) ||
			slices.ContainsFunc(mounts, func(m corev1.VolumeMount) bool { return strings.Contains(m.SubPathExpr, reference) })
		if trust.MatchString(canonical(e.Name)) || referred {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// alone returns an affinity without what wants other pods to be there: these may wait for the
// companion to end.
func alone(a *corev1.Affinity) *corev1.Affinity {
	if a == nil || a.PodAffinity == nil {
		return a
	}
	out, pods := *a, *a.PodAffinity
	pods.RequiredDuringSchedulingIgnoredDuringExecution = nil
	out.PodAffinity = &pods
	return &out
}

// informs tells whether a volume has files about a container's resources. Kubernetes mounts it
// only in a pod that has the container.
func informs(v corev1.Volume, container string) bool {
	about := func(f corev1.DownwardAPIVolumeFile) bool {
		return f.ResourceFieldRef != nil && f.ResourceFieldRef.ContainerName == container
	}
	if v.DownwardAPI != nil {
		return slices.ContainsFunc(v.DownwardAPI.Items, about)
	}
	return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool {
		return s.DownwardAPI != nil && slices.ContainsFunc(s.DownwardAPI.Items, about)
	})
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

// fills tells whether an init container prepares files for one of other containers.
func fills(c corev1.Container, readers []corev1.Container, volumes []corev1.Volume) bool {
	return slices.ContainsFunc(volumes, func(v corev1.Volume) bool {
		empty := v.EmptyDir != nil || v.Ephemeral != nil || v.VolumeSource == (corev1.VolumeSource{})
		return empty && uses(c, v.Name) && slices.ContainsFunc(readers, func(r corev1.Container) bool { return uses(r, v.Name) })
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
