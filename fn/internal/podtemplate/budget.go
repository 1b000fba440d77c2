// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// Budget returns the disruption budget that a template asks for. It is nil where the template
// says nothing, or neither how many pods stay nor how many may go: Kubernetes would let no
// pod go.
func Budget(b *v1alpha08.PodDisruptionBudgetSpec) *policyv1.PodDisruptionBudgetSpec {
	if b == nil || b.MinAvailable == nil && b.MaxUnavailable == nil {
		return nil
	}
	return &policyv1.PodDisruptionBudgetSpec{MinAvailable: b.MinAvailable, MaxUnavailable: b.MaxUnavailable}
}

// BudgetWarnings name what of a template's disruption budget has no effect, or keeps nodes
// from being drained.
func BudgetWarnings(t *v1alpha08.PodTemplateSpec, path *field.Path) []string {
	b, replicas := t.PodDisruptionBudget, int(ptr.Deref(t.Replicas, 0))
	if b == nil {
		return nil
	}
	var warn warnings
	at := path.Child("podDisruptionBudget")
	switch {
	case b.MinAvailable == nil && b.MaxUnavailable == nil:
		warn.say(at, "has no effect, because it says neither minAvailable nor maxUnavailable; set one of them")
	case replicas == 1:
		warn.say(at, "has no effect while there is 1 replica; set replicas to 2 or more")
	case b.MaxUnavailable != nil && pods(b.MaxUnavailable, 100) == 0:
		warn.say(at.Child("maxUnavailable"), "lets no pod go, so that draining a node never ends; set 1 or more")
	case b.MinAvailable != nil && b.MinAvailable.String() == "100%":
		warn.say(at.Child("minAvailable"), "lets no pod go, so that draining a node never ends; set less than 100%")
	case b.MinAvailable != nil && replicas > 0 && pods(b.MinAvailable, replicas) >= replicas:
		warn.say(at.Child("minAvailable"), fmt.Sprintf("lets none of %d pods go, so that draining a node never ends; set %d or less", replicas, replicas-1))
	}
	return warn
}

// pods is how many of some pods a number or percentage means. Kubernetes rounds up.
func pods(v *intstr.IntOrString, of int) int {
	n, err := intstr.GetScaledValueFromIntOrPercent(v, of, true)
	if err != nil {
		return 0 // Package podrules refuses it.
	}
	return n
}
