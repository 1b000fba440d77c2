// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ports checks the ports of one container.
func (c *checker) ports(ports []corev1.ContainerPort, path *field.Path) {
	named, numbers := map[string]bool{}, map[string]bool{}
	for i, p := range ports {
		at := path.Index(i)
		protocol := cmp.Or(p.Protocol, corev1.ProtocolTCP)
		oneOf(c, at.Child("protocol"), protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
		c.all(at.Child("containerPort"), p.ContainerPort, validation.IsValidPortNum(int(p.ContainerPort)))
		c.once(numbers, at.Child("containerPort"), fmt.Sprintf("%d/%s", p.ContainerPort, protocol))
		if p.HostPort != 0 {
			c.all(at.Child("hostPort"), p.HostPort, validation.IsValidPortNum(int(p.HostPort)))
		}
		if p.Name != "" {
			c.all(at.Child("name"), p.Name, validation.IsValidPortName(p.Name))
		}
		c.once(named, at.Child("name"), p.Name)
	}
}

// hostPorts checks which ports of the node a container takes, when containers before have
// taken some.
func (c *checker) hostPorts(ports []corev1.ContainerPort, hostNetwork bool, taken map[string]bool, path *field.Path) {
	for i, p := range ports {
		at := path.Index(i).Child("hostPort")
		if hostNetwork && p.HostPort != 0 && p.HostPort != p.ContainerPort {
			c.refuse(at, p.HostPort, fmt.Sprintf("with hostNetwork the node's port is the container's, %d: remove this", p.ContainerPort))
			continue
		}
		c.once(taken, at, hostPort(p, hostNetwork))
	}
}

// hostPort is the port of the node that a port of a container takes, if any. On the node's
// network every port is the node's.
func hostPort(p corev1.ContainerPort, hostNetwork bool) string {
	number := p.HostPort
	if hostNetwork {
		number = p.ContainerPort
	}
	if number == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d/%s %s", number, cmp.Or(p.Protocol, corev1.ProtocolTCP), p.HostIP))
}
