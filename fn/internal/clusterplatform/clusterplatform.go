// SPDX-License-Identifier: Apache-2.0

// Package clusterplatform reports on a SonataFlowClusterPlatform: whether the platform that
// it refers to exists and is ready. It composes nothing.
package clusterplatform

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/election"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// Compose reports on a SonataFlowClusterPlatform. Reasons are the operator's. Nothing of
// the input matters to it.
func Compose(req *composition.Request, _ *v1beta1.Input) *composition.Result {
	all := sharing.LookForClusterPlatforms(req)
	self, errs := sharing.ParseClusterPlatform(req.Composite)
	if len(errs) > 0 {
		return report.Invalid(req.Composite, errs, self.Warnings)
	}
	succeed := succeedOf(sharing.LookForPlatform(req, self.Spec.PlatformRef), self.Spec.PlatformRef)
	if winner := election.Winner(election.With(all, req.Composite)); winner != nil && winner.GetName() != self.Name && !election.IsSecondary(req.Composite) {
		succeed = report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonDuplicated, fmt.Sprintf(
			"Cluster platform %s is older, and there is one for a cluster: delete one of the two, or give one the annotation %s: \"true\"",
			winner.GetName(), election.AnnotationSecondary))
	}
	return &composition.Result{
		Status: &v1alpha08.SonataFlowClusterPlatformStatus{
			ObservedGeneration: req.Composite.GetGeneration(),
			Version:            v1alpha08.SpecVersion,
			Capabilities:       &v1alpha08.SonataFlowClusterPlatformCapStatus{Workflows: self.Capabilities()},
		},
		Conditions: []composition.Condition{report.Valid(self.Warnings), succeed},
		Incomplete: succeed.Status != metav1.ConditionTrue,
	}
}

// succeedOf tells what the referenced platform means for the cluster platform.
func succeedOf(platform composition.Answer, ref v1alpha08.SonataFlowPlatformRef) composition.Condition {
	switch platform.State {
	case composition.StatePending:
		return warming(fmt.Sprintf("Looking for the referenced SonataFlowPlatform '%s/%s'", ref.Namespace, ref.Name))
	case composition.StateUnknown:
		return warming(fmt.Sprintf("Whether the referenced SonataFlowPlatform '%s/%s' is ready isn't known: this Crossplane doesn't look resources up for functions (v2.2 and later do)", ref.Namespace, ref.Name))
	case composition.StateAbsent:
		return report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonPlatformNotFound, fmt.Sprintf("%s platform does not exist in %s namespace", ref.Name, ref.Namespace))
	case composition.StateFound:
	}
	switch sharing.Succeed(platform.First()) {
	case metav1.ConditionTrue:
		return report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonSucceeded, fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' is ready", ref.Namespace, ref.Name))
	case metav1.ConditionFalse:
		c := report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonFailure, fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' not ready", ref.Namespace, ref.Name))
		c.Alarm = false // It is the platform's owner who has something to mend.
		return c
	case metav1.ConditionUnknown:
	}
	return warming(fmt.Sprintf("Waiting for referenced SonataFlowPlatform '%s/%s' to be ready", ref.Namespace, ref.Name))
}

// warming is Unknown for a cluster platform: the operator says so.
func warming(message string) composition.Condition {
	c := report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonWarming, message)
	c.Status = metav1.ConditionUnknown
	return c
}
