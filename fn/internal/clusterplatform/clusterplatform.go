// SPDX-License-Identifier: Apache-2.0

// Package clusterplatform reports on a SonataFlowClusterPlatform: whether the
// platform that it points at exists and is ready. It composes nothing.
package clusterplatform

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/primary"
)

// Compose reports on a SonataFlowClusterPlatform. Reasons are the operator's.
func Compose(req *composition.Request) *composition.Result {
	all := AllRequirement()
	self, err := read(req.Composite)
	if err != nil {
		return refuse(err, all)
	}
	if errs := validate(self.Spec.PlatformRef); len(errs) > 0 {
		return refuse(errs.ToAggregate(), all)
	}
	behind := PlatformRequirement(self.Spec.PlatformRef)
	succeed := judge(req.Answer(behind), self.Spec.PlatformRef)
	if first := primary.Of(primary.With(req.Answer(all).Objects, req.Composite)); first != nil && first.GetName() != self.Name && !primary.IsSecondary(req.Composite) {
		succeed = composition.Condition{
			Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonDuplicated, Alarm: true,
			Message: fmt.Sprintf("Cluster platform %s is older, and there is one for a cluster: delete one of the two, or give one the annotation %s: \"true\"",
				first.GetName(), primary.AnnotationSecondary),
		}
	}
	return &composition.Result{
		Requirements: []composition.Requirement{all, behind},
		Status: &v1alpha08.SonataFlowClusterPlatformStatus{
			ObservedGeneration: req.Composite.GetGeneration(),
			Version:            v1alpha08.SpecVersion,
			Capabilities:       &v1alpha08.SonataFlowClusterPlatformCapStatus{Workflows: Capabilities(self.Spec)},
		},
		Conditions: []composition.Condition{
			{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid},
			succeed,
		},
		Incomplete: succeed.Status != metav1.ConditionTrue,
	}
}

func validate(ref v1alpha08.SonataFlowPlatformRef) field.ErrorList {
	path := field.NewPath("spec", "platformRef")
	var errs field.ErrorList
	if ref.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the SonataFlowPlatform whose services the cluster shares"))
	}
	if ref.Namespace == "" {
		errs = append(errs, field.Required(path.Child("namespace"), "name the namespace of that SonataFlowPlatform"))
	}
	return errs
}

// judge tells what the referenced platform means for the cluster platform.
func judge(answer composition.Answer, ref v1alpha08.SonataFlowPlatformRef) composition.Condition {
	c := composition.Condition{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonWarming}
	switch answer.State {
	case composition.StatePending:
		c.Message = fmt.Sprintf("Looking for the referenced SonataFlowPlatform '%s/%s'", ref.Namespace, ref.Name)
	case composition.StateUnknown:
		c.Message = fmt.Sprintf("Whether the referenced SonataFlowPlatform '%s/%s' is ready isn't known: this Crossplane doesn't look resources up for functions (v2.2 and later do)", ref.Namespace, ref.Name)
	case composition.StateAbsent:
		c.Status, c.Reason = metav1.ConditionFalse, v1alpha08.ReasonPlatformNotFound
		c.Message = fmt.Sprintf("%s platform does not exist in %s namespace", ref.Name, ref.Namespace)
	case composition.StateFound:
		switch succeed(answer.Objects[0]) {
		case metav1.ConditionTrue:
			c.Status, c.Reason = metav1.ConditionTrue, v1alpha08.ReasonSucceeded
			c.Message = fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' is ready", ref.Namespace, ref.Name)
		case metav1.ConditionFalse:
			c.Status, c.Reason = metav1.ConditionFalse, v1alpha08.ReasonFailure
			c.Message = fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' not ready", ref.Namespace, ref.Name)
		case metav1.ConditionUnknown:
			c.Message = fmt.Sprintf("Waiting for referenced SonataFlowPlatform '%s/%s' to be ready", ref.Namespace, ref.Name)
		}
	}
	return c
}

// refuse reports a spec that makes no sense.
func refuse(err error, asked ...composition.Requirement) *composition.Result {
	return &composition.Result{
		Requirements: asked,
		Conditions: []composition.Condition{
			{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Message: err.Error(), Alarm: true},
			{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: "The spec is invalid"},
		},
		Fatal: err,
	}
}
