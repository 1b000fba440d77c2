// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// claims checks the devices that the pod claims, and returns the names under which its
// containers use them.
func (c *checker) claims(claims []corev1.PodResourceClaim, path *field.Path) map[string]bool {
	out := map[string]bool{}
	for i, claim := range claims {
		at := path.Index(i)
		c.label(at.Child("name"), claim.Name)
		c.once(out, at.Child("name"), claim.Name)
		c.oneField(at, claim)
		if n := claim.ResourceClaimName; n != nil {
			c.object(at.Child("resourceClaimName"), *n)
		}
		if n := claim.ResourceClaimTemplateName; n != nil {
			c.object(at.Child("resourceClaimTemplateName"), *n)
		}
	}
	return out
}

// claimed checks which of the pod's devices a container uses: all of a claim, or some by
// their request.
func (c *checker) claimed(claims []corev1.ResourceClaim, path *field.Path) {
	for i, claim := range claims {
		at := path.Index(i)
		if slices.ContainsFunc(claims[:i], func(o corev1.ResourceClaim) bool {
			return o.Name == claim.Name && (o.Request == claim.Request || o.Request == "" || claim.Request == "")
		}) {
			c.duplicate(at.Child("name"), claim.Name)
		}
		if !c.devicesOf[claim.Name] {
			c.refuse(at.Child("name"), claim.Name, "the pod claims no device of this name: add it to resourceClaims, or correct the name")
		}
		if claim.Request != "" {
			c.label(at.Child("request"), claim.Request)
		}
	}
}

// ephemeral checks the claim of a volume that lives as long as its pod.
func (c *checker) ephemeral(t *corev1.PersistentVolumeClaimTemplate, path *field.Path) {
	if t == nil {
		c.require(path, "say what the volume is like")
		return
	}
	meta, spec := path.Child("metadata"), path.Child("spec")
	c.add(metav1validation.ValidateLabels(t.Labels, meta.Child("labels"))...)
	c.add(validation.ValidateAnnotations(t.Annotations, meta.Child("annotations"))...)
	if !reflect.DeepEqual(t.ObjectMeta, metav1.ObjectMeta{Labels: t.Labels, Annotations: t.Annotations}) {
		c.forbid(meta, "a volume of a pod gets its name from the pod: keep only labels and annotations")
	}

	modes := spec.Child("accessModes")
	if len(t.Spec.AccessModes) == 0 {
		c.require(modes, "give at least one, such as ReadWriteOnce")
	}
	for i, m := range t.Spec.AccessModes {
		choice(c, modes.Index(i), &m, corev1.ReadWriteOnce, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOncePod)
	}
	if len(t.Spec.AccessModes) > 1 && slices.Contains(t.Spec.AccessModes, corev1.ReadWriteOncePod) {
		c.forbid(modes, "ReadWriteOncePod excludes all others: use it alone, or remove it")
	}
	storage := spec.Child("resources", "requests").Key(string(corev1.ResourceStorage))
	if size, given := t.Spec.Resources.Requests[corev1.ResourceStorage]; !given {
		c.require(storage, "say how large the volume is, such as 1Gi")
	} else if size.Sign() <= 0 {
		c.refuse(storage, size.String(), "must be more than 0")
	}
	c.add(names.ValidateSubdomain(ptr.Deref(t.Spec.StorageClassName, ""), spec.Child("storageClassName"))...)
	choice(c, spec.Child("volumeMode"), t.Spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)
	c.add(metav1validation.ValidateLabelSelector(t.Spec.Selector, metav1validation.LabelSelectorValidationOptions{}, spec.Child("selector"))...)
}
