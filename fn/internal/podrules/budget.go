// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// percentage is what the XRDs accept, too.
var percentage = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)

func (c *checker) budget(b *v1alpha08.PodDisruptionBudgetSpec, path *field.Path) {
	if b.MinAvailable != nil && b.MaxUnavailable != nil {
		c.forbid(path, "minAvailable and maxUnavailable exclude each other: set one of them")
	}
	c.share(b.MinAvailable, path.Child("minAvailable"))
	c.share(b.MaxUnavailable, path.Child("maxUnavailable"))
}

// share wants a number of pods, or a percentage of them.
func (c *checker) share(v *intstr.IntOrString, path *field.Path) {
	if v == nil || v.Type == intstr.Int && v.IntVal >= 0 || v.Type == intstr.String && percentage.MatchString(v.StrVal) {
		return
	}
	c.refuse(path, v.String(), "must be a number of pods, such as 1, or a percentage of them, such as 50%")
}
