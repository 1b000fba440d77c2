// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// conditionOf sums up what carries events. What has to be mended outside of the platform
// comes first.
func conditionOf(k knowledge, unreachable []string, objects []object, waiting []string) composition.Condition {
	if missing := k.missing(); len(missing) > 0 {
		return report.Condition(v1alpha08.ConditionEventingReady, v1alpha08.ReasonKnativeNotInstalled, fmt.Sprintf(
			"Knative Eventing isn't installed: the cluster doesn't know %s; install it (https://knative.dev/docs/install/), or remove eventing, source and sink from the spec; for an offline render, give --required-schemas",
			strings.Join(missing, ", ")))
	}
	if len(unreachable) > 0 {
		return report.Condition(v1alpha08.ConditionEventingReady, v1alpha08.ReasonBrokerElsewhere, strings.Join(unreachable, "; "))
	}
	if reason, problems := brokerProblems(k.brokers); len(problems) > 0 {
		return report.Condition(v1alpha08.ConditionEventingReady, reason, strings.Join(problems, "; "))
	}
	if lost := unresolved(objects); len(lost) > 0 {
		return report.Condition(v1alpha08.ConditionEventingReady, v1alpha08.ReasonSinkNotFound, strings.Join(lost, "; "))
	}
	if all := append(unready(k.brokers, objects), waiting...); len(all) > 0 {
		return report.Condition(v1alpha08.ConditionEventingReady, v1alpha08.ReasonInProgress, strings.Join(all, "; "))
	}
	return report.Condition(v1alpha08.ConditionEventingReady, v1alpha08.ReasonConnected, "")
}

// unreachableBy says which Brokers components can't take events from.
func unreachableBy(workloads []Workload) []string {
	var out []string
	for _, w := range workloads {
		for _, b := range w.Unreachable {
			out = append(out, fmt.Sprintf("%s takes no events from %s, because what is composed for a namespaced composite must be in its namespace: use a Broker in namespace %s, or the form of the API that is claimed",
				w.Kind.Title, b, w.Namespace))
		}
	}
	return out
}

// brokerProblems says what is the matter with the Brokers. The reason is that of the
// worst.
func brokerProblems(brokers []broker) (reason string, problems []string) {
	for _, b := range brokers {
		users := strings.Join(b.users, " and ")
		switch {
		case b.state == composition.StateAbsent:
			reason = v1alpha08.ReasonBrokerNotFound
			problems = append(problems, fmt.Sprintf("%s doesn't exist, which %s should use: create it, or name another", b.Broker, users))
		case b.state == composition.StateFound && b.verdict.Phase != health.Ready:
			if reason == "" {
				reason = v1alpha08.ReasonBrokerNotReady
			}
			problems = append(problems, fmt.Sprintf("%s isn't ready, which %s should use: %s", b.Broker, users, b.verdict.Message))
		}
	}
	return reason, problems
}

// reasonsOfSubject are those of a SinkBinding that isn't ready because of the Deployment
// that it binds, which may be withheld: nothing is the matter with the sink. See
// https://github.com/knative/pkg/blob/main/webhook/psbinding/reconciler.go.
var reasonsOfSubject = []string{"SubjectMissing", "SubjectUnavailable", "BindingFailed"} //nolint:gochecknoglobals // A table that doesn't change.

// unresolved says which sinks Knative can't find, or finds no address of. A Broker has been
// looked at by then.
func unresolved(objects []object) []string {
	var out []string
	for _, o := range objects {
		binding, ok := o.desired.(*SinkBinding)
		if !ok || o.observed == nil {
			continue
		}
		ready := meta.FindStatusCondition(composition.Conditions(o.observed), "Ready")
		if ready == nil || ready.Status != metav1.ConditionFalse || slices.Contains(reasonsOfSubject, ready.Reason) {
			continue
		}
		if _, isBroker := component.BrokerOf(&binding.Spec.Sink, binding.Namespace); isBroker {
			continue
		}
		out = append(out, fmt.Sprintf("%s takes no events: %s; create it, or name another sink", describe(binding.Spec.Sink), ready.Message))
	}
	return out
}

// describe is what people call a sink.
func describe(sink duckv1.Destination) string {
	if sink.Ref == nil {
		return "The sink " + sink.URI.String()
	}
	return fmt.Sprintf("%s %s in namespace %s", sink.Ref.Kind, sink.Ref.Name, sink.Ref.Namespace)
}

// unready says what isn't ready yet.
func unready(brokers []broker, objects []object) []string {
	var out []string
	for _, b := range brokers {
		if b.state == composition.StatePending {
			out = append(out, "Looking for "+b.String())
		}
	}
	var triggers, others []string
	namespaces := map[string]bool{}
	for _, o := range objects {
		if o.verdict.Phase == health.Ready {
			continue
		}
		kind := o.desired.GetObjectKind().GroupVersionKind().Kind
		text := fmt.Sprintf("%s %s: %s", kind, o.desired.GetName(), o.verdict.Message)
		if kind != kindTrigger {
			others = append(others, text)
			continue
		}
		triggers = append(triggers, text)
		namespaces[o.desired.GetNamespace()] = true
	}
	if len(triggers) > 1 {
		// To name each would be another message, and another write, whenever one gets ready.
		triggers = []string{"Waiting for Triggers in namespace " + strings.Join(slices.Sorted(maps.Keys(namespaces)), " and ")}
	}
	return append(append(out, triggers...), others...)
}
