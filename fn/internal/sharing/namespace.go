// SPDX-License-Identifier: Apache-2.0

package sharing

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/election"
)

// labelClaimNamespace is on every composite that is claimed. Crossplane sets it.
const labelClaimNamespace = "crossplane.io/claim-namespace"

// LookForOlder returns the name of the platform that counts in the namespace instead of
// this one, or "". The platforms are composites, so that they are compared with a
// composite.
//
// A platform looks at the others of its namespace before it composes anything, while it
// is a duplicate, and when it is at rest, also after a failure. In between its own updates come
// thick and fast, and each would count twice towards Crossplane's limit of updates (the watch
// circuit breaker), because the query matches the platform, too.
func LookForOlder(req *composition.Request, self Platform) string {
	last := meta.FindStatusCondition(composition.Conditions(req.Composite), v1alpha08.ConditionSucceed)
	resting := last != nil && last.Reason != v1alpha08.ReasonCreating && last.Reason != v1alpha08.ReasonWarming
	if len(req.Observed) > 0 && !resting {
		return ""
	}
	all := req.Look(platformsOf(req, req.Composite.GetKind(), self.Namespace)).Objects
	if election.IsSecondary(req.Composite) {
		return ""
	}
	// A platform that was deleted and made again isn't the one that is still going.
	going := func(o *unstructured.Unstructured) bool {
		return o.GetDeletionTimestamp() != nil && o.GetUID() != req.Composite.GetUID() && composition.Identity(o) == composition.Identity(req.Composite)
	}
	winner := election.Winner(election.With(slices.DeleteFunc(slices.Clone(all), going), req.Composite))
	if name := composition.Identity(winner).Name; name != self.Name {
		return name
	}
	return ""
}

// platformsOf asks for all platforms of a namespace, which are composites of a kind: in a
// namespace themselves, where the composite is, else claimed there.
func platformsOf(req *composition.Request, kind, namespace string) composition.Query {
	q := composition.Query{Name: "platforms", APIVersion: req.Composite.GetAPIVersion(), Kind: kind}
	if req.Composite.GetNamespace() != "" {
		q.Namespace = namespace
	} else {
		q.Labels = map[string]string{labelClaimNamespace: namespace}
	}
	return q
}

// OlderMessage says what to do about a platform that isn't the one of its namespace.
func OlderMessage(older string) string {
	return fmt.Sprintf("Platform %s of this namespace is older: delete one of the two, or give one the annotation %s: \"true\"", older, election.AnnotationSecondary)
}
