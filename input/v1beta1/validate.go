// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate returns an error for each invalid field of an input. Crossplane doesn't
// validate the input of a pipeline step against the schema of the input, so the function
// must. An empty value means the default.
func (in *Input) Validate() field.ErrorList {
	path := field.NewPath("input")
	var errs field.ErrorList
	errs = append(errs, oneOf(path.Child("compatibility"), in.Compatibility, CompatibilityDocumentation, CompatibilityOperator)...)
	errs = append(errs, oneOf(path.Child("cluster"), in.Cluster, ClusterKubernetes, ClusterOpenShift)...)
	errs = append(errs, oneOf(path.Child("images", "profile"), in.Images.Profile, ImageProfileApache, ImageProfileKubeSmarts, ImageProfileRedHat)...)
	errs = append(errs, oneOf(path.Child("podSecurity"), in.PodSecurity, PodSecurityRestricted, PodSecurityNone)...)
	errs = append(errs, oneOf(path.Child("secrets"), in.Secrets, SecretsCheck, SecretsIgnore)...)
	for i, s := range in.Images.PullSecrets {
		if s.Name == "" {
			errs = append(errs, field.Required(path.Child("images", "pullSecrets").Index(i).Child("name"), "name the Secret"))
		}
	}
	return errs
}

func oneOf[T ~string](path *field.Path, value T, known ...T) field.ErrorList {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, known)}
}
