// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// eventingReady is the condition about what carries the events of a platform, or nil
// when they travel over HTTP alone. What others must mend comes first.
func eventingReady(p *Platform, verdicts map[string]health.Verdict) *composition.Condition {
	e := p.Eventing
	if e == nil {
		return nil
	}
	c := &composition.Condition{Type: v1alpha08.ConditionEventingReady, Status: metav1.ConditionFalse, Alarm: true}
	if missing := e.missing(); len(missing) > 0 {
		c.Reason = v1alpha08.ReasonKnativeNotInstalled
		c.Message = fmt.Sprintf("Knative Eventing isn't installed: the cluster doesn't know %s; install it (https://knative.dev/docs/install/), or remove eventing, source and sink from the spec; for an offline render, give --required-schemas",
			strings.Join(missing, ", "))
		return c
	}
	if reason, problems := e.brokerProblems(); len(problems) > 0 {
		c.Reason, c.Message = reason, strings.Join(problems, "; ")
		return c
	}
	c.Alarm = false
	if waiting := e.unready(verdicts); len(waiting) > 0 {
		c.Reason, c.Message = v1alpha08.ReasonInProgress, strings.Join(waiting, "; ")
		return c
	}
	c.Status, c.Reason = metav1.ConditionTrue, v1alpha08.ReasonConnected
	return c
}

// brokerProblems says what is the matter with the Brokers. The reason is that of the
// worst.
func (e *Eventing) brokerProblems() (reason string, problems []string) {
	for _, b := range e.Brokers {
		users := strings.Join(b.Users, " and ")
		switch {
		case b.State == composition.StateAbsent:
			reason = v1alpha08.ReasonBrokerNotFound
			problems = append(problems, fmt.Sprintf("%s doesn't exist, which %s should use: create it, or name another", b.Broker, users))
		case b.State == composition.StateFound && b.Phase != health.Ready:
			if reason == "" {
				reason = v1alpha08.ReasonBrokerNotReady
			}
			problems = append(problems, fmt.Sprintf("%s isn't ready, which %s should use: %s", b.Broker, users, b.Message))
		}
	}
	return reason, problems
}

// unready says what isn't ready yet.
func (e *Eventing) unready(verdicts map[string]health.Verdict) []string {
	var out []string
	for _, b := range e.Brokers {
		if b.State == composition.StatePending {
			out = append(out, "Looking for "+b.String())
		}
	}
	var triggers, others []string
	namespaces := map[string]bool{}
	for _, c := range e.Composed {
		v := verdicts[c.Key]
		if v.Phase == health.Ready {
			continue
		}
		kind := c.Object.GetObjectKind().GroupVersionKind().Kind
		text := fmt.Sprintf("%s %s: %s", kind, c.Object.GetName(), v.Message)
		if kind != eventing.KindTrigger {
			others = append(others, text)
			continue
		}
		triggers = append(triggers, text)
		namespaces[c.Object.GetNamespace()] = true
	}
	if len(triggers) > 1 {
		// To name each would be another message, and another write, whenever one gets ready.
		triggers = []string{"Waiting for Triggers in namespace " + strings.Join(slices.Sorted(maps.Keys(namespaces)), " and ")}
	}
	out = append(append(out, triggers...), others...)
	if e.Waiting != "" {
		out = append(out, e.Waiting)
	}
	return out
}
