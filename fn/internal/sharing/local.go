// SPDX-License-Identifier: Apache-2.0

package sharing

import (
	"cmp"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/election"
)

// A Local is the platform that counts in a workflow's namespace.
type Local struct {
	// State is what is known about it.
	State composition.State
	// Name is the one that its user gave it; empty when there is none.
	Name string
	// Composite is the platform's; nil when there is none.
	Composite *unstructured.Unstructured
	// Spec is what the user asked for; empty when there is no platform.
	Spec v1alpha08.SonataFlowPlatformSpec
	// Problem is why nothing can be told from the spec; empty when something can.
	Problem string
}

// LookForLocal finds the platform that counts in the namespace of a workflow, by the same
// rules as the platforms themselves.
func LookForLocal(req *composition.Request, namespace string) Local {
	kind := v1alpha08.KindXSonataFlowPlatform
	if req.Composite.GetNamespace() != "" {
		kind = v1alpha08.KindSonataFlowPlatform
	}
	answer := req.Look(platformsOf(req, kind, namespace))
	winner := election.Winner(answer.Objects)
	if winner == nil {
		if answer.State == composition.StateFound {
			answer.State = composition.StateAbsent // There are none but secondary ones.
		}
		return Local{State: answer.State}
	}
	out := Local{State: composition.StateFound, Name: composition.Identity(winner).Name, Composite: winner}
	out.Problem = specOf(winner, &out.Spec)
	return out
}

// specOf reads what a user asked a platform for, and returns why nothing can be told from that;
// nothing when something can. The platform itself may have refused what can be read: it runs on
// as its user asked for before.
func specOf(platform *unstructured.Unstructured, into *v1alpha08.SonataFlowPlatformSpec) (problem string) {
	if c := meta.FindStatusCondition(composition.Conditions(platform), v1alpha08.ConditionSpecValid); c != nil && c.Status == metav1.ConditionFalse && c.Reason == v1alpha08.ReasonInvalid {
		problem = c.Message
	}
	if errs := decoding.Field(platform.Object["spec"], into, field.NewPath("spec")); len(errs) > 0 {
		return cmp.Or(problem, errs.ToAggregate().Error())
	}
	return problem
}

// Ref names the platform; nil when there is none.
func (l Local) Ref(namespace string) *v1alpha08.SonataFlowPlatformRef {
	if l.Composite == nil {
		return nil
	}
	return &v1alpha08.SonataFlowPlatformRef{Name: l.Name, Namespace: namespace}
}
