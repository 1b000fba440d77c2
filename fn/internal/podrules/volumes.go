// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumes checks the volumes of a template, beside the platform's own.
func (c *checker) volumes(theirs, own []corev1.Volume, path *field.Path) {
	c.mountable = map[string]bool{}
	for _, v := range own {
		c.mountable[v.Name] = true
	}
	seen := map[string]bool{}
	for i, v := range theirs {
		if slices.ContainsFunc(own, func(o corev1.Volume) bool { return o.Name == v.Name }) {
			continue // Merge leaves it out.
		}
		at := path.Index(i)
		c.label(at.Child("name"), v.Name)
		c.once(seen, at.Child("name"), v.Name)
		c.mountable[v.Name] = true
		set, _ := pointers(v.VolumeSource) // A volume without source is an emptyDir.
		c.notTwo(at, set)
		c.source(v.VolumeSource, at)
	}
}

// source checks those sources of a volume that name an object or a path.
func (c *checker) source(s corev1.VolumeSource, at *field.Path) {
	if s.Secret != nil {
		c.object(at.Child("secret", "secretName"), s.Secret.SecretName)
		c.items(s.Secret.Items, at.Child("secret", "items"))
	}
	if s.ConfigMap != nil {
		c.object(at.Child("configMap", "name"), s.ConfigMap.Name)
		c.items(s.ConfigMap.Items, at.Child("configMap", "items"))
	}
	if s.PersistentVolumeClaim != nil {
		c.object(at.Child("persistentVolumeClaim", "claimName"), s.PersistentVolumeClaim.ClaimName)
	}
	if s.HostPath != nil && s.HostPath.Path == "" {
		c.require(at.Child("hostPath", "path"), "name a directory of the node")
	}
	if s.Projected == nil {
		return
	}
	for i, p := range s.Projected.Sources {
		at := at.Child("projected", "sources").Index(i)
		set, _ := pointers(p)
		c.notTwo(at, set)
		if p.Secret != nil {
			c.object(at.Child("secret", "name"), p.Secret.Name)
			c.items(p.Secret.Items, at.Child("secret", "items"))
		}
		if p.ConfigMap != nil {
			c.object(at.Child("configMap", "name"), p.ConfigMap.Name)
			c.items(p.ConfigMap.Items, at.Child("configMap", "items"))
		}
		if p.ServiceAccountToken != nil {
			c.within(p.ServiceAccountToken.Path, at.Child("serviceAccountToken", "path"))
		}
	}
}

// items checks which keys of an object become files, and where.
func (c *checker) items(items []corev1.KeyToPath, at *field.Path) {
	for i, item := range items {
		c.keyName(at.Index(i).Child("key"), item.Key)
		c.within(item.Path, at.Index(i).Child("path"))
	}
}

// within wants a path within a volume.
func (c *checker) within(p string, at *field.Path) {
	switch {
	case p == "":
		c.require(at, "name a file within the volume")
	case path.IsAbs(p) || slices.Contains(strings.Split(p, "/"), ".."):
		c.refuse(at, p, "must stay within the volume: use a path that neither starts with / nor has .. in it")
	}
}

func (c *checker) mounts(mounts []corev1.VolumeMount, at *field.Path) {
	seen := map[string]bool{}
	for i, m := range mounts {
		at := at.Index(i)
		if !c.mountable[m.Name] {
			c.refuse(at.Child("name"), m.Name, "the pod has no volume of this name: add it to volumes, or correct the name")
		}
		if m.MountPath == "" {
			c.require(at.Child("mountPath"), "say where in the container the volume is mounted")
		}
		c.once(seen, at.Child("mountPath"), m.MountPath)
		if m.SubPath != "" {
			c.within(m.SubPath, at.Child("subPath"))
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			c.forbid(at.Child("subPathExpr"), "subPath and subPathExpr exclude each other: set one of them")
		}
	}
}
