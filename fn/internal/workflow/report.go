// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// tell reports how the workflow does.
func tell(req *composition.Request, w *Workflow, plans planned, composed []composition.Composed) *composition.Result {
	conditions := conditionsOf(req.Composite, w, plans)
	var unready []string
	for _, c := range composed {
		if !c.Ready {
			unready = append(unready, c.Key)
		}
	}
	return &composition.Result{
		Composed:   composed,
		Status:     statusOf(req, w, plans),
		Conditions: append(conditions, report.Outdated(req.Composite, conditions)...),
		Incomplete: report.Summary(conditions, unready, "").Status != metav1.ConditionTrue,
	}
}

// conditionsOf lists the conditions, that about the spec itself first.
func conditionsOf(composite *unstructured.Unstructured, w *Workflow, plans planned) []composition.Condition {
	warnings := w.Warnings
	if plans.monitoring.Warning != "" {
		warnings = append(slices.Clip(warnings), plans.monitoring.Warning)
	}
	out := []composition.Condition{
		report.Valid(warnings),
		report.Slowed(composite, plans.workload.Condition),
	}
	switch {
	case w.Build != nil:
		out = append(out, plans.build.Condition)
	case w.Dev == nil:
		out = append(out, report.Condition(v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildSkipped, w.Built))
	}
	out = append(out, flowCondition(w.Findings))
	if plans.references.Condition != nil {
		out = append(out, *plans.references.Condition)
	}
	if plans.eventing != nil {
		out = append(out, plans.eventing.Condition)
	}
	return out
}

// image is what the workflow runs; empty while there is none.
func (p planned) image(w *Workflow) string {
	if w.Build != nil {
		return p.build.Image
	}
	return w.Component.Image
}

// mostFindings is how many findings a condition names.
const mostFindings = 5

// flowCondition says what is wrong with a flow. What is only worth knowing isn't wrong.
func flowCondition(findings []flow.Finding) composition.Condition {
	reason := v1alpha08.ReasonValid
	texts := make([]string, 0, len(findings))
	for _, f := range findings {
		switch f.Level {
		case flow.Error:
			reason = v1alpha08.ReasonInvalid
		case flow.Warning:
			if reason == v1alpha08.ReasonValid {
				reason = v1alpha08.ReasonValidWithWarnings
			}
		case flow.Note:
			continue
		}
		texts = append(texts, f.String())
	}
	message := strings.Join(texts[:min(len(texts), mostFindings)], "; ")
	if len(texts) > mostFindings {
		message += "; and more"
	}
	return report.Condition(v1alpha08.ConditionFlowValid, reason, message)
}

// refuseFlow returns the result for a flow that would fail when it is compiled: what
// runs goes on as it is. It is nil for any other workflow.
func refuseFlow(req *composition.Request, w *Workflow) *composition.Result {
	broken := func(f flow.Finding) bool { return f.Level == flow.Error }
	if w.Dev == nil && w.Build == nil || !slices.ContainsFunc(w.Findings, broken) {
		return nil
	}
	condition := flowCondition(w.Findings)
	out := report.Refused(req.Composite, errors.New("the flow can't run: "+condition.Message))
	condition.Alarm = false // One warning is enough.
	out.Conditions = append([]composition.Condition{report.Valid(w.Warnings), condition}, out.Conditions...)
	return out
}

// statusOf describes the workflow.
func statusOf(req *composition.Request, w *Workflow, plans planned) *v1alpha08.SonataFlowStatus {
	endpoint := plans.workload.URL
	if w.Host != "" {
		endpoint = "https://" + w.Host
	}
	if endpoint != "" {
		endpoint += "/" + w.Identity.ID
	}
	out := &v1alpha08.SonataFlowStatus{
		Endpoint:        endpoint,
		NodePort:        w.NodePort,
		Services:        w.Services,
		Wiring:          w.Wiring,
		Platform:        w.Platform,
		ClusterPlatform: w.ClusterPlatform,
		Replicas:        plans.workload.Pods,
		Selector:        labels.FormatLabels(plans.workload.Selector),
		Image:           plans.image(w),
		Build:           plans.build.Status,
		Definition:      &v1alpha08.WorkflowDefinitionStatus{ID: w.Identity.ID, Version: w.Identity.Version},
	}
	if plans.workload.Address != "" {
		out.Address = &v1alpha08.WorkflowAddress{URL: plans.workload.Address}
	}
	// As for platforms: a claim has the composite's status, but not its generation.
	if !composition.Claimed(req.Composite) {
		out.ObservedGeneration = req.Composite.GetGeneration()
	}
	if plans.eventing != nil {
		out.Triggers = plans.eventing.Triggers
	}
	return out
}
