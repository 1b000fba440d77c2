// SPDX-License-Identifier: Apache-2.0

package platform

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// scale decides how many pods each service gets, and which of them may be away.
func scale(req *composition.Request, p *Platform) {
	for _, s := range p.Services {
		if s.Kind == service.JobsService {
			s.Replicas = singleton(s.Asked.Replicas)
			continue
		}
		var autoscaler *autoscalingv2.HorizontalPodAutoscaler
		answer := req.Answer(autoscalersRequirement(p.Namespace))
		if s.Asked.Replicas != nil || s.Asked.Budget != nil {
			autoscaler = scaling.Target(answer.Objects, s.Name)
		}
		d := scaling.Decide(s.Asked.Replicas, autoscaler, req.Observed[s.Kind.Key(service.ResourceDeployment)])
		s.Replicas = d.Replicas
		if s.Asked.Budget == nil {
			continue
		}
		// A budget doesn't go because an autoscaler wasn't looked up yet.
		kept := answer.State == composition.StatePending && req.Observed[s.Kind.Key(service.ResourceBudget)] != nil
		if d.Expected > 1 || kept {
			s.Budget = &policyv1.PodDisruptionBudgetSpec{MinAvailable: s.Asked.Budget.MinAvailable, MaxUnavailable: s.Asked.Budget.MaxUnavailable}
		}
	}
}

// singleton is the number of pods of a service that must not run twice.
func singleton(asked *int32) *int32 {
	if asked != nil && *asked == 0 {
		return ptr.To[int32](0)
	}
	return ptr.To[int32](1)
}
