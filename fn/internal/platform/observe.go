// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// observation is how a platform does.
type observation struct {
	// secrets is nil when there is nothing to say about Secrets.
	secrets *composition.Condition
	// eventing is nil when events travel over HTTP alone.
	eventing *composition.Condition
	// health is that of everything composed, by key.
	health   map[string]health.Verdict
	services []serviceObservation
}

// serviceObservation is how one service does.
type serviceObservation struct {
	kind      service.Kind
	condition composition.Condition
	// phase is that of the Deployment. A Deployment without pods that nobody wants is
	// ready, though the service isn't.
	phase    health.Phase
	replicas string
}

// observe judges what is composed of a platform.
func observe(req *composition.Request, p *Platform, secrets *composition.Condition, verdicts map[string]health.Verdict, composed []composition.Composed) observation {
	out := observation{secrets: secrets, health: make(map[string]health.Verdict, len(composed))}
	for _, c := range composed {
		out.health[c.Key] = latest(verdicts[c.Key], req.Observed[c.Key], c.Object)
	}
	out.eventing = eventingReady(p, out.health)
	for _, s := range p.Services {
		key := s.Kind.Key(service.ResourceDeployment)
		out.services = append(out.services, observeService(s, out.health[key], req.Observed[key]))
	}
	return out
}

// judge tells how everything observed does, by key.
func judge(observed map[string]*unstructured.Unstructured) map[string]health.Verdict {
	out := make(map[string]health.Verdict, len(observed))
	for key, o := range observed {
		out[key] = health.Of(o)
	}
	return out
}

// latest tells how an object does that is composed as desired. One that was asked for
// before, and still does well, isn't what is asked for now.
func latest(v health.Verdict, observed *unstructured.Unstructured, desired composition.Object) health.Verdict {
	if observed == nil {
		return health.Of(nil)
	}
	if v.Phase == health.Ready && observed.GetAnnotations()[service.AnnotationSpecChecksum] != desired.GetAnnotations()[service.AnnotationSpecChecksum] {
		return health.Verdict{Phase: health.Progressing, Message: "Its latest change hasn't been applied yet"}
	}
	return v
}

func observeService(s *Service, verdict health.Verdict, deployment *unstructured.Unstructured) serviceObservation {
	available, wanted := replicas(s, deployment)
	out := serviceObservation{
		kind:     s.Kind,
		phase:    verdict.Phase,
		replicas: fmt.Sprintf("%d/%d", available, wanted),
		condition: composition.Condition{
			Type: conditionType(s.Kind), Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonProgressing,
			Message: fmt.Sprintf("Deployment %s: %s", s.Name, verdict.Message),
		},
	}
	switch m := s.Migration; {
	case m != nil && m.Deployment != migration.Open && m.Progress == migration.Failed:
		out.phase = health.Failed
		out.condition.Reason, out.condition.Message, out.condition.Alarm = v1alpha08.ReasonDBMigrationFailure, m.Waiting, true
	case m != nil && m.Deployment != migration.Open:
		out.phase = health.Progressing
		out.condition.Reason, out.condition.Message = v1alpha08.ReasonWaitingForDBMigration, m.Waiting
	case s.WaitsForSink:
		out.phase = health.Progressing
		out.condition.Reason = v1alpha08.ReasonWaitingForSink
		out.condition.Message = fmt.Sprintf("Deployment %s has no pods until Knative has told it where to send events: see the condition %s", s.Name, v1alpha08.ConditionEventingReady)
	case verdict.Phase == health.Failed:
		out.condition.Reason, out.condition.Alarm = v1alpha08.ReasonDeploymentFailure, true
	case verdict.Phase == health.Ready && wanted == 0:
		out.condition.Reason = v1alpha08.ReasonScaledToZero
		out.condition.Message = fmt.Sprintf("Deployment %s is scaled to zero", s.Name)
	case verdict.Phase == health.Ready:
		out.condition.Status, out.condition.Reason, out.condition.Message = metav1.ConditionTrue, v1alpha08.ReasonAvailable, ""
	}
	return out
}

func conditionType(k service.Kind) string {
	if k == service.DataIndex {
		return v1alpha08.ConditionDataIndexReady
	}
	return v1alpha08.ConditionJobServiceReady
}

// replicas returns how many pods are available, and how many are wanted: by us where
// we say so, else by whoever scaled the Deployment.
func replicas(s *Service, deployment *unstructured.Unstructured) (available, wanted int64) {
	wanted = 1
	if deployment != nil {
		if n, found, err := unstructured.NestedInt64(deployment.Object, "spec", "replicas"); err == nil && found {
			wanted = n
		}
		if n, found, err := unstructured.NestedInt64(deployment.Object, "status", "availableReplicas"); err == nil && found {
			available = n
		}
	}
	return available, int64(ptr.Deref(s.Replicas, int32(wanted)))
}
