// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// What is wrong with the name of a volume that a container uses.
const noVolume = "the pod has no volume of this name: add it to volumes, or correct the name"

// mounts checks where a container has volumes as folders.
func (c *checker) mounts(x corev1.Container, at *field.Path) {
	privileged := x.SecurityContext != nil && ptr.Deref(x.SecurityContext.Privileged, false)
	seen := map[string]bool{}
	for i, m := range x.VolumeMounts {
		at := at.Index(i)
		if _, found := c.volumes[m.Name]; !found {
			c.refuse(at.Child("name"), m.Name, noVolume)
		}
		if m.MountPath == "" {
			c.require(at.Child("mountPath"), "say where in the container the volume is mounted")
		}
		c.once(seen, at.Child("mountPath"), m.MountPath)
		if m.SubPath != "" {
			c.within(m.SubPath, at.Child("subPath"))
		}
		if m.SubPathExpr != "" {
			c.within(m.SubPathExpr, at.Child("subPathExpr"))
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			c.forbid(at.Child("subPathExpr"), "subPath and subPathExpr exclude each other: set one of them")
		}
		choice(c, at.Child("mountPropagation"), m.MountPropagation, corev1.MountPropagationNone, corev1.MountPropagationHostToContainer, corev1.MountPropagationBidirectional)
		propagation := ptr.Deref(m.MountPropagation, corev1.MountPropagationNone)
		if propagation == corev1.MountPropagationBidirectional && !privileged {
			c.forbid(at.Child("mountPropagation"), "only a privileged container shows its mounts to the node: use another value, or set securityContext.privileged")
		}
		choice(c, at.Child("recursiveReadOnly"), m.RecursiveReadOnly, corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyIfPossible, corev1.RecursiveReadOnlyEnabled)
		if r := ptr.Deref(m.RecursiveReadOnly, corev1.RecursiveReadOnlyDisabled); r != corev1.RecursiveReadOnlyDisabled && (!m.ReadOnly || propagation != corev1.MountPropagationNone) {
			c.forbid(at.Child("recursiveReadOnly"), "needs readOnly, and no mountPropagation: set readOnly to true and remove mountPropagation, or remove this")
		}
	}
}

// devices checks where a container has volumes as block devices.
func (c *checker) devices(x corev1.Container, at *field.Path) {
	volumes, places := map[string]bool{}, map[string]bool{}
	for _, m := range x.VolumeMounts {
		volumes[m.Name], places[m.MountPath] = true, true
	}
	for i, d := range x.VolumeDevices {
		at := at.Index(i)
		if c.ownUsers {
			c.forbid(at, "a pod whose users aren't the node's can't use block devices: remove this or hostUsers")
		}
		source, found := c.volumes[d.Name]
		switch {
		case !found:
			c.refuse(at.Child("name"), d.Name, noVolume)
		case source.PersistentVolumeClaim == nil && source.Ephemeral == nil:
			c.refuse(at.Child("name"), d.Name, "only a volume with a claim is a block device: use persistentVolumeClaim or ephemeral, or mount the volume")
		}
		c.once(volumes, at.Child("name"), d.Name)
		switch {
		case d.DevicePath == "":
			c.require(at.Child("devicePath"), "say where in the container the device is")
		case climbs(d.DevicePath):
			c.refuse(at.Child("devicePath"), d.DevicePath, "must not have .. in it: use the path itself")
		}
		c.once(places, at.Child("devicePath"), d.DevicePath)
	}
}
