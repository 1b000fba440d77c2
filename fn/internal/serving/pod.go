// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"fmt"
	stdpath "path"
	"reflect"
	"slices"
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// ValidatePod returns what Knative Serving refuses of a pod that Kubernetes takes: a pod with a
// user's podTemplate merged in, whose paths begin with path. container is the one that is shaped
// by podTemplate.container, and the only one with a port. features are those that Serving's
// administrator has enabled.
func ValidatePod(pod *corev1.PodSpec, container string, features []string, path *field.Path) field.ErrorList {
	c := checker{features: features}
	c.fields(path, *pod, podFields)
	if ptr.Deref(pod.AutomountServiceAccountToken, false) {
		c.refuse(path.Child("automountServiceAccountToken"), true, "Knative Serving takes only false here: remove the field, and Kubernetes mounts the token")
	}
	if pod.SecurityContext != nil {
		c.fields(path.Child("securityContext"), *pod.SecurityContext, podSecurityFields)
	}
	for _, x := range pod.Containers {
		if x.Name == container {
			c.container(path.Child("container"), &x, true)
			c.mounts(path.Child("container"), &x, pod.Volumes, readsAlone)
			c.onePort(path.Child("container", "ports"), x.Ports)
			continue
		}
		at := path.Child("containers").Key(x.Name)
		c.container(at, &x, false)
		c.mounts(at, &x, pod.Volumes, readsAlone)
		c.noProbes(at, &x)
		if len(x.Ports) > 0 {
			c.forbid(at.Child("ports"), "Knative Serving takes one port in a pod, which the workflow has: remove this")
		}
	}
	for _, x := range pod.InitContainers {
		at := path.Child("initContainers").Key(x.Name)
		c.container(at, &x, false)
		c.mounts(at, &x, pod.Volumes, func(s *corev1.VolumeSource) bool { return readsAlone(s) || files(s) })
		c.freePorts(at.Child("ports"), x.Ports)
	}
	for _, v := range pod.Volumes {
		c.volume(path.Child("volumes").Key(v.Name), &v, pod)
	}
	return c.errs
}

// A checker collects what Serving refuses.
type checker struct {
	features []string
	errs     field.ErrorList
}

func (c *checker) refuse(path *field.Path, value any, why string) {
	c.errs = append(c.errs, field.Invalid(path, value, why))
}

func (c *checker) forbid(path *field.Path, why string) {
	c.errs = append(c.errs, field.Forbidden(path, why))
}

// enabled tells whether Serving takes what needs a feature. What it doesn't take is refused.
func (c *checker) enabled(path *field.Path, needs feature) {
	if needs != always && !slices.Contains(c.features, string(needs)) {
		c.forbid(path, fmt.Sprintf("Knative Serving takes this only where its feature %s is enabled: remove it or, where the feature is enabled, name the feature in workflows.servingFeatures of the function's input", needs))
	}
}

// fields refuses those fields of a struct that have a value and that Serving doesn't take.
func (c *checker) fields(path *field.Path, of any, known taken) {
	v := reflect.ValueOf(of)
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || empty(v.FieldByIndex(f.Index)) {
			continue // The fields of an embedded struct come by themselves.
		}
		needs, found := known[name]
		if !found {
			c.forbid(path.Child(name), "Knative Serving takes no such field: remove it, or let the workflow run on a Deployment, with spec.podTemplate.deploymentModel: kubernetes")
			continue
		}
		c.enabled(path.Child(name), needs)
	}
}

// empty tells whether a field isn't applied.
func empty(v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // All others have a zero value.
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// container checks a container; serves tells that it is the one with the port.
func (c *checker) container(path *field.Path, x *corev1.Container, serves bool) {
	c.fields(path, *x, containerFields)
	if slices.Contains(reservedContainers, x.Name) {
		c.refuse(path.Child("name"), x.Name, "Knative Serving has a container of this name itself: choose another")
	}
	c.image(path.Child("image"), x.Image)
	c.fields(path.Child("resources"), x.Resources, resourceFields)
	if s := x.SecurityContext; s != nil {
		at := path.Child("securityContext")
		c.fields(at, *s, securityFields)
		if ptr.Deref(s.Privileged, false) {
			c.refuse(at.Child("privileged"), true, "Knative Serving runs no privileged containers: remove this")
		}
		if s.Capabilities != nil {
			c.fields(at.Child("capabilities"), *s.Capabilities, capabilityFields)
		}
	}
	for _, e := range x.Env {
		at := path.Child("env").Key(e.Name)
		if slices.Contains(reservedVariables, e.Name) || serves && e.Name == portVariable {
			c.refuse(at.Child("name"), e.Name, "Knative Serving sets this variable itself: remove it")
		}
		if e.ValueFrom != nil {
			c.fields(at.Child("valueFrom"), *e.ValueFrom, variableFields)
		}
	}
	for _, p := range x.Ports {
		c.fields(path.Child("ports").Key(p.Name), p, portFields)
	}
	mounted := map[string]string{}
	for _, m := range x.VolumeMounts {
		at := path.Child("volumeMounts").Key(m.MountPath)
		c.fields(at, m, mountFields)
		clean := stdpath.Clean(m.MountPath)
		if !stdpath.IsAbs(clean) {
			c.refuse(at.Child("mountPath"), m.MountPath, "Knative Serving takes only paths that begin with a slash: write the whole path")
		}
		// The same text twice is refused anyway.
		if other, taken := mounted[clean]; taken && other != m.MountPath {
			c.refuse(at.Child("mountPath"), m.MountPath, fmt.Sprintf("Knative Serving takes no path twice, and %s is the same one: mount the volume elsewhere", other))
		}
		mounted[clean] = m.MountPath
		if slices.Contains(reservedPaths, clean) {
			c.refuse(at.Child("mountPath"), m.MountPath, "Knative Serving keeps this path for itself: mount the volume elsewhere")
		}
		if ptr.Deref(m.MountPropagation, "") == corev1.MountPropagationBidirectional {
			c.refuse(at.Child("mountPropagation"), *m.MountPropagation, "Knative Serving takes None and HostToContainer: use one of these")
		}
	}
	if serves {
		c.probes(path, x)
	}
}

// mounts refuses mounts that aren't read-only of volumes that Serving mounts only so.
func (c *checker) mounts(path *field.Path, x *corev1.Container, volumes []corev1.Volume, only func(*corev1.VolumeSource) bool) {
	for _, m := range x.VolumeMounts {
		i := slices.IndexFunc(volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if i >= 0 && !m.ReadOnly && only(&volumes[i].VolumeSource) {
			c.refuse(path.Child("volumeMounts").Key(m.MountPath).Child("readOnly"), false, "Knative Serving mounts this volume only to read: set readOnly: true")
		}
	}
}

// readsAlone tells whether a volume is declared as one that is only read.
func readsAlone(s *corev1.VolumeSource) bool {
	return s.PersistentVolumeClaim != nil && s.PersistentVolumeClaim.ReadOnly
}

// files tells whether a volume is of a kind that Serving mounts only to read. Serving's webhook
// sets readOnly on such mounts by itself, but not on those of init containers.
func files(s *corev1.VolumeSource) bool {
	return s.EmptyDir == nil && s.PersistentVolumeClaim == nil && s.Ephemeral == nil
}

// freePorts refuses those ports of an init container that Serving's own container has.
func (c *checker) freePorts(path *field.Path, ports []corev1.ContainerPort) {
	for _, p := range ports {
		if slices.Contains(reservedPorts, p.ContainerPort) {
			c.refuse(path.Key(p.Name).Child("containerPort"), p.ContainerPort, "Knative Serving has this port itself: choose another")
		}
	}
}

// image checks an image that a container runtime understands: Serving reads images with a library
// of its own, which takes fewer.
func (c *checker) image(path *field.Path, image string) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return // Refused by itself.
	}
	if digested, ok := named.(reference.Digested); ok && digested.Digest().Algorithm().String() != "sha256" {
		c.refuse(path, image, "Knative Serving takes only a digest of the kind sha256: use that, or a tag")
	}
	if len(strings.TrimPrefix(reference.Path(named), "library/")) < shortestImage {
		c.refuse(path, image, "Knative Serving takes no image whose name has one letter: rename the image")
	}
}

// onePort refuses every port of the workflow's container but the first, which is the workflow's
// own.
func (c *checker) onePort(path *field.Path, ports []corev1.ContainerPort) {
	for _, p := range ports[min(1, len(ports)):] {
		c.refuse(path, p.ContainerPort, "Knative Serving takes one port in a pod, which the workflow has: remove this one")
	}
}

// probes checks those of the container with the port. What else Kubernetes wants of a probe has
// been checked.
func (c *checker) probes(path *field.Path, x *corev1.Container) {
	for _, p := range probesOf(x) {
		at := path.Child(p.name)
		c.fields(at, *p.probe, probeFields)
		for _, port := range portsOf(p.probe) {
			if port.Type == intstr.String && port.StrVal != x.Ports[0].Name {
				c.refuse(at, port.StrVal, fmt.Sprintf("Knative Serving takes no name of a port in a probe but %s: give the number", x.Ports[0].Name))
			}
		}
		c.period(at, p)
	}
}

// period refuses a readiness probe without a period that has what needs one.
func (c *checker) period(path *field.Path, p namedProbe) {
	if p.name == readiness && p.probe.PeriodSeconds == 0 && (p.probe.TimeoutSeconds != 0 || p.probe.FailureThreshold != 0) {
		c.refuse(path.Child("periodSeconds"), 0, "to Knative Serving, 0 means that it probes as often as it likes, and takes neither timeoutSeconds nor failureThreshold: give a number, or remove the field")
	}
}

// noProbes refuses the probes of a container without port, unless the feature for them is enabled.
func (c *checker) noProbes(path *field.Path, x *corev1.Container) {
	for _, p := range probesOf(x) {
		c.enabled(path.Child(p.name), featureProbing)
		c.fields(path.Child(p.name), *p.probe, probeFields)
		if slices.Contains(c.features, string(featureProbing)) {
			c.period(path.Child(p.name), p)
		}
	}
}

const readiness = "readinessProbe"

// A namedProbe is one of a container, by the name of its field.
type namedProbe struct {
	name  string
	probe *corev1.Probe
}

// probesOf are the probes that a container has.
func probesOf(x *corev1.Container) []namedProbe {
	all := []namedProbe{{"livenessProbe", x.LivenessProbe}, {readiness, x.ReadinessProbe}, {"startupProbe", x.StartupProbe}}
	return slices.DeleteFunc(all, func(p namedProbe) bool { return p.probe == nil })
}

// portsOf are the ports that a probe names.
func portsOf(p *corev1.Probe) []intstr.IntOrString {
	var out []intstr.IntOrString
	if p.HTTPGet != nil {
		out = append(out, p.HTTPGet.Port)
	}
	if p.TCPSocket != nil {
		out = append(out, p.TCPSocket.Port)
	}
	return out
}

// volume checks a volume of a pod.
func (c *checker) volume(path *field.Path, v *corev1.Volume, pod *corev1.PodSpec) {
	mounted := func(x corev1.Container) bool {
		return slices.ContainsFunc(x.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
	}
	if !slices.ContainsFunc(pod.Containers, mounted) && !slices.ContainsFunc(pod.InitContainers, mounted) {
		c.refuse(path, v.Name, "Knative Serving takes no volume that no container mounts: mount it, or remove it")
	}
	if v.VolumeSource == (corev1.VolumeSource{}) {
		c.errs = append(c.errs, field.Required(path, "Knative Serving takes no volume without a source: write emptyDir: {}, if that is what you want"))
	}
	c.fields(path, v.VolumeSource, volumeFields)
	if d := v.EmptyDir; d != nil && d.Medium != corev1.StorageMediumDefault && d.Medium != corev1.StorageMediumMemory {
		c.refuse(path.Child("emptyDir", "medium"), d.Medium, "Knative Serving takes Memory alone: use that, or remove the field")
	}
	if p := v.PersistentVolumeClaim; p != nil && !p.ReadOnly {
		c.enabled(path.Child("persistentVolumeClaim", "readOnly"), featureWriting)
	}
	if v.Projected != nil {
		for i, source := range v.Projected.Sources {
			c.fields(path.Child("projected", "sources").Index(i), source, projectionFields)
		}
	}
}
