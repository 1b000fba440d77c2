// SPDX-License-Identifier: Apache-2.0

package references

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// The kinds of objects that pods refer to.
const (
	kindSecret    = "Secret"
	kindConfigMap = "ConfigMap"
)

// A use is one place in a pod that refers to a Secret or a ConfigMap.
type use struct {
	kind, name string
	// keys are those that are read one by one; none where all are.
	keys []string
	// optional tells that the pod does without the object, or without the keys.
	optional bool
	// unread is for what the pod itself doesn't read, so that the pod needn't be rolled when
	// the object changes: what its image is pulled with, or a volume mounted.
	unread bool
	// pulls tells that the pod's images are pulled with the object.
	pulls bool
}

// usesOf lists what a pod refers to, in the order of the pod.
func usesOf(pod corev1.PodSpec) []use {
	out := make([]use, 0, len(pod.ImagePullSecrets))
	for _, s := range pod.ImagePullSecrets {
		out = append(out, use{kind: kindSecret, name: s.Name, optional: true, unread: true, pulls: true})
	}
	for _, v := range pod.Volumes {
		out = append(out, usesOfVolume(v.VolumeSource)...)
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		out = append(out, usesOfContainer(c)...)
	}
	return slices.DeleteFunc(out, func(u use) bool { return u.name == "" })
}

func usesOfContainer(c corev1.Container) []use {
	var out []use
	for _, from := range c.EnvFrom {
		if r := from.SecretRef; r != nil {
			out = append(out, use{kind: kindSecret, name: r.Name, optional: isTrue(r.Optional)})
		}
		if r := from.ConfigMapRef; r != nil {
			out = append(out, use{kind: kindConfigMap, name: r.Name, optional: isTrue(r.Optional)})
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			out = append(out, use{kind: kindSecret, name: r.Name, keys: []string{r.Key}, optional: isTrue(r.Optional)})
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			out = append(out, use{kind: kindConfigMap, name: r.Name, keys: []string{r.Key}, optional: isTrue(r.Optional)})
		}
	}
	return out
}

func usesOfVolume(v corev1.VolumeSource) []use {
	var out []use
	if s := v.Secret; s != nil {
		out = append(out, use{kind: kindSecret, name: s.SecretName, keys: keysOf(s.Items), optional: isTrue(s.Optional)})
	}
	if s := v.ConfigMap; s != nil {
		out = append(out, use{kind: kindConfigMap, name: s.Name, keys: keysOf(s.Items), optional: isTrue(s.Optional)})
	}
	for _, name := range mountedWith(v) {
		out = append(out, use{kind: kindSecret, name: name, unread: true})
	}
	if v.Projected == nil {
		return out
	}
	for _, source := range v.Projected.Sources {
		if s := source.Secret; s != nil {
			out = append(out, use{kind: kindSecret, name: s.Name, keys: keysOf(s.Items), optional: isTrue(s.Optional)})
		}
		if s := source.ConfigMap; s != nil {
			out = append(out, use{kind: kindConfigMap, name: s.Name, keys: keysOf(s.Items), optional: isTrue(s.Optional)})
		}
	}
	return out
}

// mountedWith lists the Secrets that a node mounts a volume with.
func mountedWith(v corev1.VolumeSource) []string {
	var refs []*corev1.LocalObjectReference
	if v.CSI != nil {
		refs = append(refs, v.CSI.NodePublishSecretRef)
	}
	if v.ISCSI != nil {
		refs = append(refs, v.ISCSI.SecretRef)
	}
	if v.FlexVolume != nil {
		refs = append(refs, v.FlexVolume.SecretRef)
	}
	if v.CephFS != nil {
		refs = append(refs, v.CephFS.SecretRef)
	}
	if v.RBD != nil {
		refs = append(refs, v.RBD.SecretRef)
	}
	if v.ScaleIO != nil {
		refs = append(refs, v.ScaleIO.SecretRef)
	}
	if v.StorageOS != nil {
		refs = append(refs, v.StorageOS.SecretRef)
	}
	var out []string
	for _, ref := range refs {
		if ref != nil {
			out = append(out, ref.Name)
		}
	}
	if v.AzureFile != nil {
		out = append(out, v.AzureFile.SecretName)
	}
	return out
}

func keysOf(items []corev1.KeyToPath) []string {
	out := make([]string, 0, len(items))
	for _, item := range items {
		out = append(out, item.Key)
	}
	return out
}

func isTrue(b *bool) bool { return b != nil && *b }
