// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumeField matches the fields of a pod that files know, and the label or annotation that
// is meant.
var volumeField = regexp.MustCompile(`^metadata\.(?:name|namespace|uid|labels|annotations|(?:labels|annotations)\['(.*)'\])$`)

// projected checks a volume whose files are of several sources.
func (c *checker) projected(v corev1.ProjectedVolumeSource, at *field.Path) {
	c.mode(v.DefaultMode, at.Child("defaultMode"))
	files := map[string]bool{}
	for i, p := range v.Sources {
		at := at.Child("sources").Index(i)
		set, _ := pointers(p)
		c.notTwo(at, set)
		if p.Secret != nil {
			c.object(at.Child("secret", "name"), p.Secret.Name)
			c.items(p.Secret.Items, files, at.Child("secret", "items"))
		}
		if p.ConfigMap != nil {
			c.object(at.Child("configMap", "name"), p.ConfigMap.Name)
			c.items(p.ConfigMap.Items, files, at.Child("configMap", "items"))
		}
		if p.DownwardAPI != nil {
			c.downward(p.DownwardAPI.Items, files, at.Child("downwardAPI", "items"))
		}
		if t := p.ServiceAccountToken; t != nil {
			at := at.Child("serviceAccountToken")
			c.file(t.Path, at.Child("path"))
			if t.ExpirationSeconds != nil {
				c.between(at.Child("expirationSeconds"), *t.ExpirationSeconds, 10*60, 1<<32)
			}
		}
	}
}

// items checks which keys of an object become files, and where. Two files of a projected
// volume can't have one path; files has those of the sources before.
func (c *checker) items(items []corev1.KeyToPath, files map[string]bool, at *field.Path) {
	for i, item := range items {
		at := at.Index(i)
		c.keyName(at.Child("key"), item.Key)
		c.file(item.Path, at.Child("path"))
		c.mode(item.Mode, at.Child("mode"))
		if files != nil {
			c.once(files, at.Child("path"), item.Path)
		}
	}
}

// downward checks which fields of the pod become files, and where.
func (c *checker) downward(items []corev1.DownwardAPIVolumeFile, files map[string]bool, at *field.Path) {
	for i, item := range items {
		at := at.Index(i)
		c.file(item.Path, at.Child("path"))
		c.mode(item.Mode, at.Child("mode"))
		if files != nil {
			c.once(files, at.Child("path"), item.Path)
		}
		pod, resource := item.FieldRef, item.ResourceFieldRef
		switch {
		case pod == nil && resource == nil:
			c.require(at, "set one of fieldRef, resourceFieldRef")
		case pod != nil && resource != nil:
			c.notTwo(at, []string{"fieldRef", "resourceFieldRef"})
		case pod != nil:
			c.field(*pod, volumeField, "not a field of a pod that files know: use one such as metadata.name, metadata.labels or metadata.labels['KEY']", at.Child("fieldRef"))
		default:
			if resource.ContainerName == "" {
				c.require(at.Child("resourceFieldRef", "containerName"), "name the container whose resource is meant")
			}
			c.resourceField(*resource, at.Child("resourceFieldRef"))
		}
	}
}

// mode checks who may read, write and run a file.
func (c *checker) mode(mode *int32, at *field.Path) {
	if mode != nil && (*mode < 0 || *mode > 0o777) {
		c.refuse(at, *mode, "must be between 0 and 0777, which is 511 as a decimal number")
	}
}

// file wants the path of a file in a volume that Kubernetes fills.
func (c *checker) file(p string, at *field.Path) {
	if strings.HasPrefix(p, "..") && !strings.HasPrefix(p, "../") && p != ".." {
		c.refuse(at, p, "Kubernetes keeps names that start with .. for itself: use another one")
		return
	}
	c.within(p, at)
}

// within wants a path within a volume.
func (c *checker) within(p string, at *field.Path) {
	switch {
	case p == "":
		c.require(at, "name a file within the volume")
	case path.IsAbs(p) || climbs(p):
		c.refuse(at, p, "must stay within the volume: use a path that neither starts with / nor has .. in it")
	}
}

// climbs tells whether a path leads to a folder above.
func climbs(p string) bool { return slices.Contains(strings.Split(p, "/"), "..") }
