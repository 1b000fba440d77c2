// SPDX-License-Identifier: Apache-2.0

// Package platform composes a SonataFlowPlatform. It reads the composite, finds out what
// the cluster platform offers, resolves what the spec means, lets each subject plan its
// part, builds the objects, and reports.
package platform

import (
	"slices"

	policyv1 "k8s.io/api/policy/v1"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/references"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// Compose returns what a SonataFlowPlatform needs, and how it does.
func Compose(req *composition.Request, input *v1beta1.Input) *composition.Result {
	doc, errs := parse(req.Composite)
	if len(errs) > 0 {
		return report.Invalid(req.Composite, errs, doc.warnings)
	}
	offer := sharing.LookForOffer(req, doc.platform(), input.Compatibility)
	older := sharing.LookForOlder(req, doc.platform())
	if offer.Problem != "" {
		return report.Refused(req.Composite, errors.New(offer.Problem))
	}
	p, errs := resolve(doc, input, offer)
	if len(errs) > 0 {
		return report.Invalid(req.Composite, errs, doc.warnings)
	}
	plans := plan(req, p, input)
	// A duplicate composes nothing for the first time.
	if taken := ownership.Taken(req, plans.names()); len(taken) > 0 && older == "" {
		return report.NameTaken(req.Composite, taken)
	}
	return tell(req, p, plans, build(req, plans, older), older)
}

// A planned platform is what the subjects say about it.
type planned struct {
	references references.Plan
	migrations []*migration.Plan
	eventing   *eventing.Plan
	components []plannedComponent
}

// A plannedComponent is what the subjects say about one component.
type plannedComponent struct {
	component *component.Component
	migration *migration.Plan
	// budget is how many pods may be away; nil where there is no such object.
	budget   *policyv1.PodDisruptionBudgetSpec
	workload workload.Plan
}

// plan lets each subject look up what it needs, and plan its part.
func plan(req *composition.Request, p *Platform, input *v1beta1.Input) planned {
	out := planned{references: references.For(req, p.Components, input.Secrets)}
	workloads := make([]eventing.Workload, 0, len(p.Components))
	for _, c := range p.Components {
		workloads = append(workloads, eventing.Workload{Component: c, Runs: workload.Look(req, c).Runs})
	}
	out.eventing = eventing.For(req, workloads, p.BrokerPending)
	for _, w := range workloads {
		pods := scaling.For(req, w.Component)
		orders := workload.Orders{Replicas: pods.Replicas, Autoscaled: pods.Autoscaled, Budget: pods.Budget, Versions: out.references.Versions(w.Component)}
		m := migration.For(req, w.Component, w.Runs, input.Migration.Pods)
		if m != nil {
			orders.Holds = append(orders.Holds, m.Hold)
		}
		if w.Migration != nil {
			out.migrations = append(out.migrations, m)
		}
		orders.Holds = append(orders.Holds, out.eventing.Hold(w.Component))
		out.components = append(out.components, plannedComponent{component: w.Component, migration: m, budget: pods.Budget, workload: workload.For(req, w.Component, orders)})
	}
	return out
}

// names are all objects that exist, or will once nothing holds them back.
func (p planned) names() []composition.Composed {
	out := p.objects()
	for _, c := range p.components {
		if c.migration != nil && c.migration.Reserved != nil {
			out = append(out, *c.migration.Reserved)
		}
		out = append(out, c.workload.Reserved...)
	}
	if p.eventing != nil {
		out = append(out, p.eventing.Reserved...)
	}
	return out
}

// objects are all that the plans want to exist now.
func (p planned) objects() []composition.Composed {
	var out []composition.Composed
	for _, c := range p.components {
		if c.migration != nil {
			out = append(out, c.migration.Ending...)
		}
		if c.migration != nil && c.migration.Job != nil {
			out = append(out, *c.migration.Job)
		}
		out = append(out, c.workload.Objects...)
	}
	if p.eventing != nil {
		out = append(out, p.eventing.Objects...)
	}
	return out
}

// build lists the objects that should exist. A platform that isn't the one of its
// namespace gets no object that it hasn't got already, and loses none. What it has may need
// another migration: its Deployment waits for that.
func build(req *composition.Request, plans planned, older string) []composition.Composed {
	out := plans.objects()
	if older == "" {
		return out
	}
	migrates := func(key string) bool {
		return slices.ContainsFunc(plans.components, func(c plannedComponent) bool {
			return c.migration != nil && c.migration.Job != nil && c.migration.Job.Key == key && req.Observed[c.component.RunnerKey()] != nil
		})
	}
	return slices.DeleteFunc(out, func(c composition.Composed) bool { return req.Observed[c.Key] == nil && !migrates(c.Key) })
}
