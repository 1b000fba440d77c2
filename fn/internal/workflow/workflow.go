// SPDX-License-Identifier: Apache-2.0

// Package workflow composes a SonataFlow. It reads the composite, finds out what the
// platform of the namespace and the cluster platform mean for it, resolves what the spec
// means, lets each subject plan its part, builds the objects, and reports.
package workflow

import (
	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/build"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/files"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/monitoring"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/references"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/scaling"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// Compose returns what a SonataFlow needs, and how it does.
func Compose(req *composition.Request, input *v1beta1.Input) *composition.Result {
	doc, errs := parse(req)
	if len(errs) > 0 {
		return report.Invalid(req.Composite, errs, doc.warnings)
	}
	if err := validateProfile(doc, input.Workflows.Builder); err != nil {
		return report.MissingImage(req.Composite, err, doc.warnings)
	}
	around := lookAround(req, doc, input)
	if around.local.State == composition.StateUnknown {
		return report.Refused(req.Composite, errors.New("workflows need a Crossplane that looks resources up for functions, which v2.2 and later do: without that, a workflow knows neither its platform nor its user's properties"))
	}
	if waiting := around.waiting(doc); waiting != "" {
		return &composition.Result{
			Conditions: []composition.Condition{report.Condition(v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForPlatform, waiting)},
			Fatal:      errors.New(waiting),
		}
	}
	if err := validateRegistry(doc, input, around); err != nil {
		return report.MissingImage(req.Composite, err, doc.warnings)
	}
	w, errs := resolve(doc, input, around)
	if len(errs) > 0 {
		return report.Invalid(req.Composite, errs, doc.warnings)
	}
	if refused := refuseFlow(req, w); refused != nil {
		return refused
	}
	plans := plan(req, w, input)
	if taken := ownership.Taken(req, plans.names()); len(taken) > 0 {
		return report.NameTaken(req.Composite, taken)
	}
	return tell(req, w, plans, append(plans.objects(), around.properties.objects(req, w.Component)...))
}

// A planned workflow is what the subjects say about it.
type planned struct {
	references references.Plan
	eventing   *eventing.Plan
	workload   workload.Plan
	monitoring monitoring.Plan
	// build is that of the image, for a workflow in the profile preview.
	build build.Plan
	// dev are the objects that only the profile dev has.
	dev []composition.Composed
}

// plan lets each subject look up what it needs, and plan its part.
func plan(req *composition.Request, w *Workflow, input *v1beta1.Input) planned {
	c := w.Component
	out := planned{references: references.For(req, []*component.Component{c}, input.Secrets)}
	seen := workload.Look(req, c)
	out.eventing = eventing.For(req, []eventing.Workload{{Component: c, Runs: seen.Runs, Moving: seen.Earlier != nil}}, w.BrokerPending)
	pods := scaling.For(req, c)
	if w.Build != nil {
		out.build = build.For(req, c, w.Build, seen.Runs, w.Last, input.Workflows.BuildPods)
	}
	out.workload = workload.For(req, c, workload.Orders{
		Replicas: pods.Replicas, Autoscaled: pods.Autoscaled, Budget: pods.Budget, Versions: out.references.Versions(c),
		Holds: []component.Hold{files.Hold(w.MissingFiles, seen.Runs != nil), out.build.Hold, out.eventing.Hold(c)},
	})
	if w.MissingFiles != "" && w.Dev != nil {
		out.workload.Condition = report.Condition(v1alpha08.ConditionRunning, v1alpha08.ReasonExternalResourcesNotFound, w.MissingFiles)
	}
	if w.Dev != nil {
		out.dev = devmode.For(req, c, *w.Dev)
	}
	if w.Monitored {
		out.monitoring = monitoring.For(req, c)
	}
	return out
}

// names are all objects that exist, or will once nothing holds them back.
func (p planned) names() []composition.Composed {
	out := append(p.objects(), p.workload.Reserved...)
	if p.eventing != nil {
		out = append(out, p.eventing.Reserved...)
	}
	return out
}

// objects are all that the plans want to exist now.
func (p planned) objects() []composition.Composed {
	var out []composition.Composed
	out = append(out, p.workload.Objects...)
	out = append(out, p.build.Objects...)
	out = append(out, p.dev...)
	if p.monitoring.Object != nil {
		out = append(out, *p.monitoring.Object)
	}
	if p.eventing != nil {
		out = append(out, p.eventing.Objects...)
	}
	return out
}
