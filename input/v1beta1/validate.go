// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The bounds and the default of resync.
const (
	MinResync     = time.Minute
	MaxResync     = 24 * time.Hour
	DefaultResync = time.Hour
)

// ResyncOrDefault returns how long a platform at rest may be left alone.
func (in *Input) ResyncOrDefault() time.Duration {
	if in.Resync == nil {
		return DefaultResync
	}
	return in.Resync.Duration
}

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
	errs = append(errs, oneOf(path.Child("migration", "pods"), in.Migration.Pods, MigrationPodsIgnore, MigrationPodsLookUp)...)
	if in.Resync != nil && (in.Resync.Duration < MinResync || in.Resync.Duration > MaxResync) {
		errs = append(errs, field.Invalid(path.Child("resync"), in.Resync.Duration.String(), "must be between 1m and 24h, such as 1h"))
	}
	errs = append(errs, oneOf(path.Child("brokers"), in.Brokers, BrokersCluster, BrokersNamespace)...)
	errs = append(errs, oneOf(path.Child("workflows", "discovery"), in.Workflows.Discovery, DiscoveryCluster, DiscoveryNamespace, DiscoveryOff)...)
	errs = append(errs, oneOf(path.Child("workflows", "devReload"), in.Workflows.DevReload, DevReloadLive, DevReloadRoll)...)
	for i, f := range in.Workflows.ServingFeatures {
		if !slices.Contains(ServingFeatures(), f) {
			errs = append(errs, field.NotSupported(path.Child("workflows", "servingFeatures").Index(i), f, ServingFeatures()))
		}
	}
	errs = append(errs, oneOf(path.Child("workflows", "builder"), in.Workflows.Builder, BuilderLayer, BuilderNone)...)
	errs = append(errs, oneOf(path.Child("workflows", "buildPods"), in.Workflows.BuildPods, BuildPodsIgnore, BuildPodsLookUp)...)
	for i, s := range in.Images.PullSecrets {
		at := path.Child("images", "pullSecrets").Index(i).Child("name")
		switch problems := validation.IsDNS1123Subdomain(s.Name); {
		case s.Name == "":
			errs = append(errs, field.Required(at, "name the Secret"))
		case len(problems) > 0:
			errs = append(errs, field.Invalid(at, s.Name, "no Secret has such a name: "+strings.Join(problems, "; ")))
		case slices.Contains(in.Images.PullSecrets[:i], s): // Kubernetes would take no pod with both.
			errs = append(errs, field.Duplicate(at, s.Name))
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
