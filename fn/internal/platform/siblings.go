// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/primary"
)

// labelClaimNamespace is on every composite that is claimed. Crossplane sets it.
const labelClaimNamespace = "crossplane.io/claim-namespace"

// siblingsRequirement asks for the platforms of a namespace: composites, so that they
// are compared with a composite.
func siblingsRequirement(req *composition.Request, doc *document) composition.Requirement {
	q := composition.Requirement{Name: "platforms", APIVersion: req.Composite.GetAPIVersion(), Kind: req.Composite.GetKind()}
	if doc.namespaced {
		q.Namespace = doc.Namespace
	} else {
		q.Labels = map[string]string{labelClaimNamespace: doc.Namespace}
	}
	return q
}

// asksSiblings tells whether a platform looks at the others of its namespace: before it
// composes anything, when it yielded to one, and when it is at rest. In between its own
// updates come thick and fast, and each would count twice towards Crossplane's limit of
// updates (the watch circuit breaker), because the requirement matches the platform too.
func asksSiblings(req *composition.Request) bool {
	if len(req.Observed) == 0 {
		return true
	}
	last, _ := composition.ConditionOf(req.Composite, v1alpha08.ConditionSucceed)
	return last.Status == metav1.ConditionTrue || last.Reason == v1alpha08.ReasonDuplicated
}

// elder returns the name of the platform that counts in the namespace instead of this
// one, or "".
func elder(req *composition.Request, doc *document) string {
	if primary.IsSecondary(req.Composite) || !asksSiblings(req) {
		return ""
	}
	answer := req.Answer(siblingsRequirement(req, doc))
	first := primary.Of(primary.With(answer.Objects, req.Composite))
	if name := composition.Identity(first).Name; name != doc.Name {
		return name
	}
	return ""
}

// yield makes a result that of a platform that doesn't count: it gets nothing that it
// hasn't already got, and loses nothing.
func yield(req *composition.Request, elder string, r *composition.Result) {
	if elder == "" || r.Fatal != nil {
		return
	}
	r.Composed = slices.DeleteFunc(r.Composed, func(c composition.Composed) bool { return req.Observed[c.Key] == nil })
	message := fmt.Sprintf("Platform %s of this namespace is older: delete one of the two, or give one the annotation %s: \"true\"", elder, primary.AnnotationSecondary)
	if len(r.Composed) > 0 {
		message += "; what this one has composed before stays"
	} else {
		r.Conditions = append(specOnly(r.Conditions), outdated(req.Composite, specOnly(r.Conditions))...)
	}
	r.Conditions = slices.DeleteFunc(r.Conditions, func(c composition.Condition) bool { return c.Type == v1alpha08.ConditionSucceed })
	r.Conditions = append(r.Conditions, composition.Condition{
		Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonDuplicated, Message: message, Alarm: true,
	})
	r.Incomplete = true
}

// specOnly returns the condition about the spec: all that there is to say of a platform
// without services.
func specOnly(all []composition.Condition) []composition.Condition {
	return slices.DeleteFunc(slices.Clone(all), func(c composition.Condition) bool { return c.Type != v1alpha08.ConditionSpecValid })
}
