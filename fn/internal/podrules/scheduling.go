// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"errors"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// scheduling checks what decides about the nodes of a pod.
func (c *checker) scheduling(p *v1alpha08.PodSpec, path *field.Path) {
	c.add(metav1validation.ValidateLabels(p.NodeSelector, path.Child("nodeSelector"))...)
	if p.PreemptionPolicy != nil {
		oneOf(c, path.Child("preemptionPolicy"), *p.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever)
	}
	c.tolerations(p.Tolerations, path.Child("tolerations"))
	seen := map[string]bool{}
	for i, s := range p.TopologySpreadConstraints {
		at := path.Child("topologySpreadConstraints").Index(i)
		if s.MaxSkew < 1 {
			c.refuse(at.Child("maxSkew"), s.MaxSkew, "must be 1 or more")
		}
		c.topology(s.TopologyKey, s.LabelSelector, at)
		if s.WhenUnsatisfiable == "" {
			c.require(at.Child("whenUnsatisfiable"), "set DoNotSchedule or ScheduleAnyway")
		}
		oneOf(c, at.Child("whenUnsatisfiable"), s.WhenUnsatisfiable, corev1.DoNotSchedule, corev1.ScheduleAnyway)
		c.once(seen, at.Child("topologyKey"), s.TopologyKey+" "+string(s.WhenUnsatisfiable))
	}
	if p.Affinity != nil {
		c.affinity(p.Affinity, path.Child("affinity"))
	}
}

func (c *checker) tolerations(tolerations []corev1.Toleration, path *field.Path) {
	for i, t := range tolerations {
		at := path.Index(i)
		if t.Key != "" {
			c.add(metav1validation.ValidateLabelName(t.Key, at.Child("key"))...)
		} else if t.Operator != corev1.TolerationOpExists {
			c.refuse(at.Child("operator"), t.Operator, "must be Exists where no key is given: set a key, or tolerate every taint with Exists")
		}
		oneOf(c, at.Child("effect"), t.Effect, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)
		oneOf(c, at.Child("operator"), t.Operator, corev1.TolerationOpEqual, corev1.TolerationOpExists, corev1.TolerationOpLt, corev1.TolerationOpGt)
		switch {
		case t.Operator == corev1.TolerationOpExists && t.Value != "":
			c.refuse(at.Child("value"), t.Value, "Exists tolerates any value: remove it, or use Equal")
		case t.Operator != corev1.TolerationOpExists:
			c.all(at.Child("value"), t.Value, validation.IsValidLabelValue(t.Value))
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			c.refuse(at.Child("effect"), t.Effect, "must be NoExecute where tolerationSeconds is given")
		}
	}
}

// The two strengths of a rule of affinity.
const (
	required  = "requiredDuringSchedulingIgnoredDuringExecution"
	preferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

func (c *checker) affinity(a *corev1.Affinity, path *field.Path) {
	if n := a.NodeAffinity; n != nil {
		c.nodes(n, path.Child("nodeAffinity"))
	}
	if p := a.PodAffinity; p != nil {
		c.pods(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))
	}
	if p := a.PodAntiAffinity; p != nil {
		c.pods(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))
	}
}

func (c *checker) pods(must []corev1.PodAffinityTerm, should []corev1.WeightedPodAffinityTerm, path *field.Path) {
	for i, t := range must {
		c.topology(t.TopologyKey, t.LabelSelector, path.Child(required).Index(i))
	}
	for i, t := range should {
		at := path.Child(preferred).Index(i)
		c.weight(t.Weight, at)
		c.topology(t.PodAffinityTerm.TopologyKey, t.PodAffinityTerm.LabelSelector, at.Child("podAffinityTerm"))
	}
}

// topology checks which nodes count as one place, and which pods are meant.
func (c *checker) topology(key string, pods *metav1.LabelSelector, path *field.Path) {
	if key == "" {
		c.require(path.Child("topologyKey"), "name a label of nodes, such as topology.kubernetes.io/zone")
	} else {
		c.add(metav1validation.ValidateLabelName(key, path.Child("topologyKey"))...)
	}
	c.add(metav1validation.ValidateLabelSelector(pods, metav1validation.LabelSelectorValidationOptions{}, path.Child("labelSelector"))...)
}

func (c *checker) nodes(n *corev1.NodeAffinity, path *field.Path) {
	if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		at := path.Child(required, "nodeSelectorTerms")
		if len(r.NodeSelectorTerms) == 0 {
			c.require(at, "give at least one term")
		}
		for i, t := range r.NodeSelectorTerms {
			c.expressions(t.MatchExpressions, at.Index(i).Child("matchExpressions"))
		}
	}
	for i, t := range n.PreferredDuringSchedulingIgnoredDuringExecution {
		at := path.Child(preferred).Index(i)
		c.weight(t.Weight, at)
		c.expressions(t.Preference.MatchExpressions, at.Child("preference", "matchExpressions"))
	}
}

func (c *checker) expressions(expressions []corev1.NodeSelectorRequirement, path *field.Path) {
	operators := map[corev1.NodeSelectorOperator]selection.Operator{
		corev1.NodeSelectorOpIn: selection.In, corev1.NodeSelectorOpNotIn: selection.NotIn,
		corev1.NodeSelectorOpExists: selection.Exists, corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
		corev1.NodeSelectorOpGt: selection.GreaterThan, corev1.NodeSelectorOpLt: selection.LessThan,
	}
	for i, e := range expressions {
		operator, known := operators[e.Operator]
		if !known {
			c.add(field.NotSupported(path.Index(i).Child("operator"), e.Operator, slices.Sorted(maps.Keys(operators))))
			continue
		}
		_, err := labels.NewRequirement(e.Key, operator, e.Values, field.WithPath(path.Index(i)))
		problems, _ := errors.AsType[utilerrors.Aggregate](err)
		if problems == nil {
			continue
		}
		for _, p := range problems.Errors() {
			if wrong, ok := errors.AsType[*field.Error](p); ok {
				c.add(wrong)
			}
		}
	}
}

func (c *checker) weight(w int32, path *field.Path) {
	if w < 1 || w > 100 {
		c.refuse(path.Child("weight"), w, "must be between 1 and 100")
	}
}
