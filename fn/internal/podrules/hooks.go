// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hooks checks the probes and the lifecycle of a container with some ports.
func (c *checker) hooks(x corev1.Container, ports []corev1.ContainerPort, path *field.Path) {
	c.probe(x.LivenessProbe, ports, path.Child("livenessProbe"))
	c.probe(x.StartupProbe, ports, path.Child("startupProbe"))
	readiness := path.Child("readinessProbe")
	c.probe(x.ReadinessProbe, ports, readiness)
	if p := x.ReadinessProbe; p != nil && p.TerminationGracePeriodSeconds != nil {
		c.forbid(readiness.Child("terminationGracePeriodSeconds"), "a readinessProbe ends no container: remove it")
	}
	if x.Lifecycle != nil {
		c.lifecycle(x.Lifecycle.PostStart, ports, path.Child("lifecycle", "postStart"))
		c.lifecycle(x.Lifecycle.PreStop, ports, path.Child("lifecycle", "preStop"))
	}
}

func (c *checker) probe(p *corev1.Probe, ports []corev1.ContainerPort, path *field.Path) {
	if p == nil {
		return
	}
	c.oneField(path, p.ProbeHandler)
	c.handler(p.Exec, p.HTTPGet, p.TCPSocket, ports, path)
	if p.GRPC != nil {
		c.target(path.Child("grpc", "port"), intstr.FromInt32(p.GRPC.Port), ports)
	}
	c.notNegative(path.Child("initialDelaySeconds"), p.InitialDelaySeconds)
	c.notNegative(path.Child("timeoutSeconds"), p.TimeoutSeconds)
	c.notNegative(path.Child("periodSeconds"), p.PeriodSeconds)
	c.notNegative(path.Child("successThreshold"), p.SuccessThreshold)
	c.notNegative(path.Child("failureThreshold"), p.FailureThreshold)
	if s := p.TerminationGracePeriodSeconds; s != nil && *s < 1 {
		c.refuse(path.Child("terminationGracePeriodSeconds"), *s, "must be 1 or more")
	}
	if p.SuccessThreshold > 1 && !strings.HasSuffix(path.String(), ".readinessProbe") {
		c.refuse(path.Child("successThreshold"), p.SuccessThreshold, "must be 1: only a readinessProbe counts successes")
	}
}

func (c *checker) lifecycle(h *corev1.LifecycleHandler, ports []corev1.ContainerPort, path *field.Path) {
	if h != nil {
		c.oneField(path, *h)
		c.handler(h.Exec, h.HTTPGet, h.TCPSocket, ports, path)
		if s := h.Sleep; s != nil && (s.Seconds < 0 || s.Seconds > c.grace) {
			c.refuse(path.Child("sleep", "seconds"), s.Seconds, fmt.Sprintf("must be between 0 and terminationGracePeriodSeconds, %d", c.grace))
		}
	}
}

func (c *checker) handler(exec *corev1.ExecAction, get *corev1.HTTPGetAction, socket *corev1.TCPSocketAction, ports []corev1.ContainerPort, path *field.Path) {
	if exec != nil && len(exec.Command) == 0 {
		c.require(path.Child("exec", "command"), "say what to run")
	}
	if get != nil {
		c.target(path.Child("httpGet", "port"), get.Port, ports)
		oneOf(c, path.Child("httpGet", "scheme"), get.Scheme, corev1.URISchemeHTTP, corev1.URISchemeHTTPS)
		for i, h := range get.HTTPHeaders {
			c.all(path.Child("httpGet", "httpHeaders").Index(i).Child("name"), h.Name, validation.IsHTTPHeaderName(h.Name))
		}
	}
	if socket != nil {
		c.target(path.Child("tcpSocket", "port"), socket.Port, ports)
	}
}

// target checks the port that a handler calls.
func (c *checker) target(path *field.Path, port intstr.IntOrString, ports []corev1.ContainerPort) {
	if port.Type == intstr.Int {
		c.all(path, port.IntValue(), validation.IsValidPortNum(port.IntValue()))
		return
	}
	if !slices.ContainsFunc(ports, func(p corev1.ContainerPort) bool { return p.Name == port.StrVal && p.Name != "" }) {
		c.refuse(path, port.StrVal, "the container has no port of this name: add it to its ports, or use a number")
	}
}
