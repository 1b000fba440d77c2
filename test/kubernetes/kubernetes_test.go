// SPDX-License-Identifier: Apache-2.0

// Package kubernetes_test checks that Kubernetes accepts the objects that the function
// composes. It runs the function as a process and asks it over gRPC for the objects of many
// specs: the examples, the manifests of test/seeds, and random changes of both. Whenever
// the function accepts a spec, every composed object goes through Kubernetes' own defaults
// and validation. The function has rules of its own (fn/internal/podrules), because Kubernetes'
// package would bring all of its internal types. For the same reason this package is a
// module of its own: it reads files of the repository, and imports nothing of it. The
// composed objects of Knative's kinds are left to test/knative.
package kubernetes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install" // Registers the defaults and conversions.
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install" // Registers the defaults and conversions.
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install" // Registers the defaults and conversions.
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install" // Registers the defaults and conversions.
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	kjson "sigs.k8s.io/json"
)

// init lets pods be privileged, as nearly all API servers do. The Pod Security Standards
// decide which pods may be privileged.
func init() { //nolint:gochecknoinits // Kubernetes reads the setting once, at its first validation.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
}

// A kind is one of Kubernetes' kinds that the function composes.
type kind struct {
	// empty returns the type in the version that is composed, and Kubernetes' internal type.
	empty func() (versioned, internal runtime.Object)
	// validate does what an API server does when an object of the internal type is created.
	validate func(internal runtime.Object) field.ErrorList
}

// kinds returns the kinds by apiVersion and kind.
func kinds() map[string]kind {
	return map[string]kind{
		"apps/v1 Deployment": {
			empty: func() (runtime.Object, runtime.Object) { return &appsv1.Deployment{}, &apps.Deployment{} },
			validate: func(o runtime.Object) field.ErrorList {
				d := o.(*apps.Deployment)
				podutil.DropDisabledTemplateFields(&d.Spec.Template, nil)
				return appsvalidation.ValidateDeployment(d, podutil.GetValidationOptionsFromPodTemplate(&d.Spec.Template, nil))
			},
		},
		"batch/v1 Job": {
			empty: func() (runtime.Object, runtime.Object) { return &batchv1.Job{}, &batch.Job{} },
			validate: func(o runtime.Object) field.ErrorList {
				j := o.(*batch.Job)
				podutil.DropDisabledTemplateFields(&j.Spec.Template, nil)
				selectOwnPods(j)
				return batchvalidation.ValidateJobCreate(j, batchvalidation.JobValidationOptions{
					PodValidationOptions:  podutil.GetValidationOptionsFromPodTemplate(&j.Spec.Template, nil),
					RequirePrefixedLabels: true,
				})
			},
		},
		"v1 Service": {
			empty:    func() (runtime.Object, runtime.Object) { return &corev1.Service{}, &core.Service{} },
			validate: func(o runtime.Object) field.ErrorList { return corevalidation.ValidateServiceCreate(o.(*core.Service)) },
		},
		"v1 ConfigMap": {
			empty:    func() (runtime.Object, runtime.Object) { return &corev1.ConfigMap{}, &core.ConfigMap{} },
			validate: func(o runtime.Object) field.ErrorList { return corevalidation.ValidateConfigMap(o.(*core.ConfigMap)) },
		},
		"policy/v1 PodDisruptionBudget": {
			empty: func() (runtime.Object, runtime.Object) {
				return &policyv1.PodDisruptionBudget{}, &policy.PodDisruptionBudget{}
			},
			validate: func(o runtime.Object) field.ErrorList {
				b := o.(*policy.PodDisruptionBudget)
				// The API server checks the metadata of every object; this validation alone doesn't.
				errs := corevalidation.ValidateObjectMeta(&b.ObjectMeta, true, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
				return append(errs, policyvalidation.ValidatePodDisruptionBudget(b, policyvalidation.PodDisruptionBudgetValidationOptions{})...)
			},
		},
	}
}

// selectOwnPods gives a Job the selector and the labels that an API server gives it before
// the validation.
func selectOwnPods(j *batch.Job) {
	if j.Spec.ManualSelector != nil && *j.Spec.ManualSelector {
		return
	}
	j.UID = "2e2e7a4f-0000-4000-8000-000000000000"
	if j.Spec.Template.Labels == nil {
		j.Spec.Template.Labels = map[string]string{}
	}
	for label, value := range map[string]string{
		batch.LegacyJobNameLabel: j.Name, batch.JobNameLabel: j.Name,
		batch.LegacyControllerUidLabel: string(j.UID), batch.ControllerUidLabel: string(j.UID),
	} {
		if _, found := j.Spec.Template.Labels[label]; !found {
			j.Spec.Template.Labels[label] = value
		}
	}
	j.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batch.ControllerUidLabel: string(j.UID)}}
}

// refusals returns the reasons for which an API server would refuse an object in JSON: each
// is an unknown field or an error of the validation. An error means that the test itself
// failed.
func refusals(ctx context.Context, k kind, json []byte) ([]string, error) {
	versioned, internal := k.empty()
	strict, err := kjson.UnmarshalStrict(json, versioned)
	if err != nil {
		return []string{err.Error()}, nil
	}
	var out []string
	for _, err := range strict {
		out = append(out, err.Error())
	}
	legacyscheme.Scheme.Default(versioned)
	if err := legacyscheme.Scheme.Convert(versioned, internal, nil); err != nil {
		return nil, fmt.Errorf("cannot convert the object: %w", err)
	}
	refused := map[string]bool{}
	for _, err := range k.validate(internal) {
		out = append(out, err.Error())
		refused[err.Field] = true
	}
	// The rules that Kubernetes generates from its types. Many of them repeat rules of the
	// validation in other words. Rules of level alpha refuse nothing yet. The option is a
	// feature that is off by default; the rules of a Job need its value.
	for _, err := range legacyscheme.Scheme.Validate(ctx, map[string]bool{"WorkloadWithJob": false}, versioned) {
		if !err.IsAlpha() && !refused[err.Field] {
			out = append(out, err.Error())
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

var errUnknownKind = errors.New("the function composes a kind that this test doesn't know: add it to kinds")
