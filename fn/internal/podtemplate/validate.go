// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"maps"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// percentage is what the XRDs accept, too.
var percentage = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)

// Validate returns everything that is wrong with a podTemplate in a spec, but for its
// image.
func Validate(t *v1alpha08.PodTemplateSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if t.Replicas != nil && *t.Replicas < 0 {
		errs = append(errs, field.Invalid(path.Child("replicas"), *t.Replicas, "must be 0 or more"))
	}
	if b := t.PodDisruptionBudget; b != nil {
		errs = append(errs, validateBudget(b, path.Child("podDisruptionBudget"))...)
	}
	return append(errs, validateResources(t.Container.Resources, path.Child("container", "resources"))...)
}

func validateResources(r corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request := r.Requests[name]
		if limit, ok := r.Limits[name]; ok && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests").Key(string(name)), request.String(), "must not be more than the limit, "+limit.String()))
		}
	}
	return errs
}

func validateBudget(b *v1alpha08.PodDisruptionBudgetSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if b.MinAvailable != nil && b.MaxUnavailable != nil {
		errs = append(errs, field.Forbidden(path, "minAvailable and maxUnavailable exclude each other: set one of them"))
	}
	errs = append(errs, validatePods(b.MinAvailable, path.Child("minAvailable"))...)
	return append(errs, validatePods(b.MaxUnavailable, path.Child("maxUnavailable"))...)
}

func validatePods(v *intstr.IntOrString, path *field.Path) field.ErrorList {
	if v == nil || v.Type == intstr.Int && v.IntVal >= 0 || v.Type == intstr.String && percentage.MatchString(v.StrVal) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, v.String(), "must be a number of pods, such as 1, or a percentage of them, such as 50%")}
}
