// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"runtime"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// report tells the user how the platform does.
func report(req *composition.Request, p *Platform, o observation, composed []composition.Composed, asked []composition.Requirement) *composition.Result {
	var waiting []string
	for i, c := range composed {
		composed[i].Ready = o.health[c.Key].Phase == health.Ready
		if !composed[i].Ready {
			waiting = append(waiting, c.Key)
		}
	}
	conditions := []composition.Condition{specValid(p.Warnings)}
	if o.secrets != nil {
		conditions = append(conditions, *o.secrets)
	}
	if c := databaseMigrated(p); c != nil {
		conditions = append(conditions, *c)
	}
	if o.eventing != nil {
		conditions = append(conditions, *o.eventing)
	}
	for _, s := range o.services {
		conditions = append(conditions, s.condition)
	}
	conditions = append(conditions, outdated(req.Composite, conditions)...)
	succeed := succeeded(o, waiting)
	return &composition.Result{
		Requirements: asked,
		Composed:     composed,
		Status:       status(req, p, o),
		Conditions:   append(conditions, succeed),
		Incomplete:   succeed.Status != metav1.ConditionTrue,
	}
}

// succeeded sums up how the platform does. What the user must mend comes first, then
// what the platform waits for.
func succeeded(o observation, waiting []string) composition.Condition {
	c := composition.Condition{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse}
	var unready []string
	for _, s := range o.services {
		switch s.phase {
		case health.Failed:
			c.Reason, c.Message, c.Alarm = v1alpha08.ReasonFailure, s.kind.Title()+": "+s.condition.Message, true
			return c
		case health.Missing, health.Progressing:
			unready = append(unready, s.kind.Title())
		case health.Ready:
		}
	}
	switch {
	case o.secrets != nil && o.secrets.Status == metav1.ConditionFalse:
		c.Reason, c.Message = v1alpha08.ReasonWarming, o.secrets.Message
	case o.eventing != nil && o.eventing.Alarm:
		c.Reason, c.Message = v1alpha08.ReasonWarming, o.eventing.Message
	case len(unready) > 0:
		c.Reason, c.Message = v1alpha08.ReasonCreating, "Waiting for "+strings.Join(unready, " and ")
	case o.eventing != nil && o.eventing.Status != metav1.ConditionTrue:
		c.Reason, c.Message = v1alpha08.ReasonCreating, o.eventing.Message
	case len(waiting) > 0:
		c.Reason, c.Message = v1alpha08.ReasonCreating, "Waiting for "+strings.Join(waiting, ", ")
	case len(o.services) == 0:
		c.Status, c.Reason, c.Message = metav1.ConditionTrue, v1alpha08.ReasonSucceeded, "The spec names no service to deploy"
	default:
		c.Status, c.Reason = metav1.ConditionTrue, v1alpha08.ReasonSucceeded
	}
	return c
}

// outdated makes those conditions Unknown that the composite still has from an earlier
// spec, and that there is nothing to say about any more.
func outdated(composite *unstructured.Unstructured, current []composition.Condition) []composition.Condition {
	var out []composition.Condition
	for _, typ := range conditionTypes() {
		told := slices.ContainsFunc(current, func(c composition.Condition) bool { return c.Type == typ })
		if _, found := composition.ConditionOf(composite, typ); found && !told {
			out = append(out, composition.Condition{Type: typ, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonNotAskedFor, Message: "The spec doesn't ask for it"})
		}
	}
	return out
}

// conditionTypes are those that come and go with the spec.
func conditionTypes() []string {
	return []string{
		v1alpha08.ConditionSecretsReady, v1alpha08.ConditionDatabaseMigrated, v1alpha08.ConditionEventingReady,
		v1alpha08.ConditionDataIndexReady, v1alpha08.ConditionJobServiceReady,
	}
}

func specValid(warnings []string) composition.Condition {
	c := composition.Condition{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid}
	if len(warnings) > 0 {
		c.Reason, c.Message, c.Alarm = v1alpha08.ReasonValidWithWarnings, strings.Join(warnings, "; "), true
	}
	return c
}

// status describes the platform.
func status(req *composition.Request, p *Platform, o observation) *v1alpha08.SonataFlowPlatformStatus {
	out := &v1alpha08.SonataFlowPlatformStatus{
		ObservedGeneration: req.Composite.GetGeneration(),
		Cluster:            p.Cluster,
		Version:            v1alpha08.SpecVersion,
		Info:               map[string]string{"goVersion": runtime.Version(), "goOS": runtime.GOOS},

		SonataFlowPlatformDBMigrationPhase: migrationPhase(p),
	}
	if p.ClusterPlatform != nil && p.ClusterPlatform.Usable {
		out.ClusterPlatformRef = &p.ClusterPlatform.Ref
	}
	if p.Eventing != nil {
		out.Triggers = p.Eventing.Triggers
	}
	for i, s := range p.Services {
		if out.Services == nil {
			out.Services = &v1alpha08.PlatformServicesStatus{}
		}
		described := &v1alpha08.ServiceStatus{
			URL:         service.URL(s.Name, s.Namespace),
			Image:       s.Image,
			Persistence: v1alpha08.PersistenceEphemeral,
			Replicas:    o.services[i].replicas,
		}
		if s.Database != nil {
			described.Persistence = v1alpha08.PersistencePostgreSQLServer
		}
		if s.Kind == service.DataIndex {
			out.Services.DataIndex = described
			continue
		}
		out.Services.JobService = described
	}
	return out
}

// invalid reports a spec that makes no sense. Nothing changes until it
// is mended.
func invalid(errs field.ErrorList) *composition.Result {
	texts := make([]string, 0, len(errs))
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	message := strings.Join(slices.Compact(texts), "; ")
	return &composition.Result{
		Conditions: []composition.Condition{
			{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Message: message, Alarm: true},
			{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: "The spec is invalid"},
		},
		Fatal: errors.New(message),
	}
}
