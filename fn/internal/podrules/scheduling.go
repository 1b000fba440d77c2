// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// scheduling checks what decides about the nodes of a pod.
func (c *checker) scheduling(p *v1alpha08.PodSpec, path *field.Path) {
	c.add(metav1validation.ValidateLabels(p.NodeSelector, path.Child("nodeSelector"))...)
	choice(c, path.Child("preemptionPolicy"), p.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever)
	c.tolerations(p.Tolerations, path.Child("tolerations"))
	c.spread(p.TopologySpreadConstraints, path.Child("topologySpreadConstraints"))
	if p.Affinity != nil {
		c.affinity(p.Affinity, path.Child("affinity"))
	}
	gates := map[string]bool{}
	for i, g := range p.SchedulingGates {
		at := path.Child("schedulingGates").Index(i).Child("name")
		c.add(metav1validation.ValidateLabelName(g.Name, at)...)
		c.once(gates, at, g.Name)
	}
	if p.NodeName != "" && len(p.SchedulingGates) > 0 {
		c.forbid(path.Child("schedulingGates"), "a pod that has its node can't wait to be scheduled: remove this or nodeName")
	}
	for i, g := range p.ReadinessGates {
		c.add(metav1validation.ValidateLabelName(string(g.ConditionType), path.Child("readinessGates").Index(i).Child("conditionType"))...)
	}
}

// spread checks how pods are spread over the cluster.
func (c *checker) spread(constraints []corev1.TopologySpreadConstraint, path *field.Path) {
	seen := map[string]bool{}
	for i, s := range constraints {
		at := path.Index(i)
		if s.MaxSkew < 1 {
			c.refuse(at.Child("maxSkew"), s.MaxSkew, "must be 1 or more")
		}
		c.topology(s.TopologyKey, s.LabelSelector, at)
		c.labelKeys(s.MatchLabelKeys, s.LabelSelector, at.Child("matchLabelKeys"))
		if s.WhenUnsatisfiable == "" {
			c.require(at.Child("whenUnsatisfiable"), "set DoNotSchedule or ScheduleAnyway")
		}
		oneOf(c, at.Child("whenUnsatisfiable"), s.WhenUnsatisfiable, corev1.DoNotSchedule, corev1.ScheduleAnyway)
		c.once(seen, at.Child("topologyKey"), s.TopologyKey+" "+string(s.WhenUnsatisfiable))
		if n := s.MinDomains; n != nil && (*n < 1 || s.WhenUnsatisfiable != corev1.DoNotSchedule) {
			c.refuse(at.Child("minDomains"), *n, "must be 1 or more, and needs whenUnsatisfiable: DoNotSchedule")
		}
		choice(c, at.Child("nodeAffinityPolicy"), s.NodeAffinityPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
		choice(c, at.Child("nodeTaintsPolicy"), s.NodeTaintsPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
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
		case t.Operator == corev1.TolerationOpLt || t.Operator == corev1.TolerationOpGt:
			if n, err := strconv.ParseInt(t.Value, 10, 64); err != nil || strconv.FormatInt(n, 10) != t.Value {
				c.refuse(at.Child("value"), t.Value, "must be a whole number, with which the taint's is compared")
			}
		case t.Operator != corev1.TolerationOpExists:
			c.all(at.Child("value"), t.Value, validation.IsValidLabelValue(t.Value))
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			c.refuse(at.Child("effect"), t.Effect, "must be NoExecute where tolerationSeconds is given")
		}
	}
}
