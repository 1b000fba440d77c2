// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// usable checks the volumes of a template, beside the platform's own, and returns all that
// containers may use.
func (c *checker) usable(theirs, own []corev1.Volume, at *field.Path) map[string]corev1.VolumeSource {
	out := map[string]corev1.VolumeSource{}
	for _, v := range own {
		out[v.Name] = v.VolumeSource
	}
	seen := map[string]bool{}
	for i, v := range theirs {
		if slices.ContainsFunc(own, func(o corev1.Volume) bool { return o.Name == v.Name }) {
			continue // Merge leaves it out.
		}
		at := at.Index(i)
		c.label(at.Child("name"), v.Name)
		c.once(seen, at.Child("name"), v.Name)
		out[v.Name] = v.VolumeSource
		set, _ := pointers(v.VolumeSource) // A volume without source is an emptyDir.
		c.notTwo(at, set)
		c.source(v.VolumeSource, at)
	}
	return out
}

// source checks those sources of a volume that people use.
func (c *checker) source(s corev1.VolumeSource, at *field.Path) {
	if d := s.EmptyDir; d != nil && d.SizeLimit != nil && d.SizeLimit.Sign() < 0 {
		c.refuse(at.Child("emptyDir", "sizeLimit"), d.SizeLimit.String(), "must be 0 or more")
	}
	if s.Image != nil {
		at := at.Child("image")
		if s.Image.Reference == "" {
			c.require(at.Child("reference"), "name the image whose files are mounted")
		}
		oneOf(c, at.Child("pullPolicy"), s.Image.PullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	}
	if s.Secret != nil {
		at := at.Child("secret")
		c.object(at.Child("secretName"), s.Secret.SecretName)
		c.mode(s.Secret.DefaultMode, at.Child("defaultMode"))
		c.items(s.Secret.Items, nil, at.Child("items"))
	}
	if s.ConfigMap != nil {
		at := at.Child("configMap")
		c.object(at.Child("name"), s.ConfigMap.Name)
		c.mode(s.ConfigMap.DefaultMode, at.Child("defaultMode"))
		c.items(s.ConfigMap.Items, nil, at.Child("items"))
	}
	if s.DownwardAPI != nil {
		at := at.Child("downwardAPI")
		c.mode(s.DownwardAPI.DefaultMode, at.Child("defaultMode"))
		c.downward(s.DownwardAPI.Items, nil, at.Child("items"))
	}
	if s.Projected != nil {
		c.projected(*s.Projected, at.Child("projected"))
	}
	if s.PersistentVolumeClaim != nil {
		c.object(at.Child("persistentVolumeClaim", "claimName"), s.PersistentVolumeClaim.ClaimName)
	}
	if s.Ephemeral != nil {
		c.ephemeral(s.Ephemeral.VolumeClaimTemplate, at.Child("ephemeral", "volumeClaimTemplate"))
	}
	if s.HostPath != nil {
		c.hostPath(*s.HostPath, at.Child("hostPath"))
	}
	if s.NFS != nil {
		c.nfs(*s.NFS, at.Child("nfs"))
	}
	if s.CSI != nil {
		c.csi(*s.CSI, at.Child("csi"))
	}
}

// hostPath checks a file or folder of the node.
func (c *checker) hostPath(v corev1.HostPathVolumeSource, at *field.Path) {
	switch {
	case v.Path == "":
		c.require(at.Child("path"), "name a directory of the node")
	case climbs(v.Path):
		c.refuse(at.Child("path"), v.Path, "must not have .. in it: use the path itself")
	}
	choice(c, at.Child("type"), v.Type, corev1.HostPathUnset, corev1.HostPathDirectoryOrCreate, corev1.HostPathDirectory,
		corev1.HostPathFileOrCreate, corev1.HostPathFile, corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev)
}

func (c *checker) nfs(v corev1.NFSVolumeSource, at *field.Path) {
	if v.Server == "" {
		c.require(at.Child("server"), "name the server")
	}
	if !path.IsAbs(v.Path) {
		c.refuse(at.Child("path"), v.Path, "must be a path of the server that starts with /")
	}
}

func (c *checker) csi(v corev1.CSIVolumeSource, at *field.Path) {
	const longest = 63
	switch {
	case v.Driver == "":
		c.require(at.Child("driver"), "name the driver")
	case len(v.Driver) > longest:
		c.add(field.TooLong(at.Child("driver"), v.Driver, longest))
	default:
		c.add(names.ValidateSubdomain(strings.ToLower(v.Driver), at.Child("driver"))...)
	}
	if v.NodePublishSecretRef != nil {
		c.object(at.Child("nodePublishSecretRef", "name"), v.NodePublishSecretRef.Name)
	}
}
