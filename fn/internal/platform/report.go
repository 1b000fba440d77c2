// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"runtime"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

// tell reports how the platform does.
func tell(req *composition.Request, p *Platform, plans planned, composed []composition.Composed, older string) *composition.Result {
	conditions := conditionsOf(p, plans)
	var succeed composition.Condition
	switch {
	case older == "":
		succeed = report.Slowed(req.Composite, succeedOf(p, conditions, composed))
	case len(composed) > 0:
		succeed = report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonDuplicated, sharing.OlderMessage(older)+"; what this one has composed before stays")
	default:
		// There is nothing to say of a platform without components but how its spec is.
		conditions = conditions[:1]
		succeed = report.Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonDuplicated, sharing.OlderMessage(older))
	}
	conditions = append(conditions, report.Outdated(req.Composite, conditions)...)
	return &composition.Result{
		Composed:   composed,
		Status:     statusOf(req, p, plans),
		Conditions: append(conditions, succeed),
		Incomplete: succeed.Status != metav1.ConditionTrue,
	}
}

// conditionsOf lists the conditions about what the spec asks for, that about the spec
// itself first.
func conditionsOf(p *Platform, plans planned) []composition.Condition {
	out := []composition.Condition{report.Valid(slices.Concat(p.Warnings, plans.waiting(p.paths)))}
	if plans.references.Condition != nil {
		out = append(out, *plans.references.Condition)
	}
	if c := migration.Condition(plans.migrations); c != nil {
		out = append(out, *c)
	}
	if plans.eventing != nil {
		out = append(out, plans.eventing.Condition)
	}
	for _, c := range plans.components {
		out = append(out, c.workload.Condition)
	}
	return out
}

func succeedOf(p *Platform, conditions []composition.Condition, composed []composition.Composed) composition.Condition {
	var unready []string
	for _, c := range composed {
		if !c.Ready {
			unready = append(unready, c.Key)
		}
	}
	done := ""
	if len(p.Components) == 0 {
		done = "The spec names no service to deploy"
	}
	return report.Summary(conditions, unready, done)
}

// statusOf describes the platform.
func statusOf(req *composition.Request, p *Platform, plans planned) *v1alpha08.SonataFlowPlatformStatus {
	out := &v1alpha08.SonataFlowPlatformStatus{
		Cluster:            p.Cluster,
		Version:            v1alpha08.SpecVersion,
		Info:               map[string]string{"goVersion": runtime.Version(), "goOS": runtime.GOOS},
		ClusterPlatformRef: p.ClusterPlatform,

		SonataFlowPlatformDBMigrationPhase: migration.Phase(plans.migrations),
	}
	// Crossplane copies the status to the claim, which counts its generations by itself. With
	// the composite's generation there, tools that compare the two would wait for ever.
	if !composition.Claimed(req.Composite) {
		out.ObservedGeneration = req.Composite.GetGeneration()
	}
	if plans.eventing != nil {
		out.Triggers = plans.eventing.Triggers
	}
	if len(plans.components) > 0 {
		out.Services = &v1alpha08.PlatformServicesStatus{}
	}
	for _, c := range plans.components {
		described := &v1alpha08.ServiceStatus{
			URL:         c.component.URL(),
			Image:       c.component.Image,
			Persistence: v1alpha08.PersistenceEphemeral,
			Enabled:     &c.component.Enabled,
			Replicas:    c.workload.Replicas,
		}
		if c.component.Database != nil {
			described.Persistence = v1alpha08.PersistencePostgreSQLServer
		}
		switch c.component.Kind.Key {
		case component.DataIndex().Key:
			out.Services.DataIndex = described
		case component.JobsService().Key:
			out.Services.JobService = described
		}
	}
	return out
}
