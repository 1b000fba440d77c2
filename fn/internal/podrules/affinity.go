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
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

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
		c.term(t, path.Child(required).Index(i))
	}
	for i, t := range should {
		at := path.Child(preferred).Index(i)
		c.between(at.Child("weight"), int64(t.Weight), 1, 100)
		c.term(t.PodAffinityTerm, at.Child("podAffinityTerm"))
	}
}

func (c *checker) term(t corev1.PodAffinityTerm, path *field.Path) {
	c.topology(t.TopologyKey, t.LabelSelector, path)
	c.add(metav1validation.ValidateLabelSelector(t.NamespaceSelector, metav1validation.LabelSelectorValidationOptions{}, path.Child("namespaceSelector"))...)
	for i, n := range t.Namespaces {
		at := path.Child("namespaces").Index(i)
		if n == "" {
			c.require(at, "say which one is meant")
		}
		c.add(names.ValidateNamespace(n, at)...)
	}
	c.labelKeys(t.MatchLabelKeys, t.LabelSelector, path.Child("matchLabelKeys"))
	c.selecting(t.MismatchLabelKeys, t.LabelSelector, path.Child("mismatchLabelKeys"))
	for i, key := range t.MatchLabelKeys {
		if slices.Contains(t.MismatchLabelKeys, key) {
			c.refuse(path.Child("matchLabelKeys").Index(i), key, "is in mismatchLabelKeys, too: remove one of the two")
		}
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

// labelKeys checks the labels whose values a pod has in common with those that a selector
// selects.
func (c *checker) labelKeys(keys []string, pods *metav1.LabelSelector, path *field.Path) {
	c.selecting(keys, pods, path)
	if pods == nil {
		return
	}
	selected := slices.Collect(maps.Keys(pods.MatchLabels))
	for _, e := range pods.MatchExpressions {
		selected = append(selected, e.Key)
	}
	for i, key := range keys {
		if slices.Contains(selected, key) {
			c.refuse(path.Index(i), key, "is in labelSelector, too: remove one of the two")
		}
	}
}

// selecting wants labels beside a selector, which they narrow.
func (c *checker) selecting(keys []string, pods *metav1.LabelSelector, path *field.Path) {
	if len(keys) > 0 && pods == nil {
		c.forbid(path, "only narrows a labelSelector: set one, or remove this")
	}
	for i, key := range keys {
		c.add(metav1validation.ValidateLabelName(key, path.Index(i))...)
	}
}

func (c *checker) nodes(n *corev1.NodeAffinity, path *field.Path) {
	if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		at := path.Child(required, "nodeSelectorTerms")
		if len(r.NodeSelectorTerms) == 0 {
			c.require(at, "give at least one term")
		}
		for i, t := range r.NodeSelectorTerms {
			c.node(t, at.Index(i))
		}
	}
	for i, t := range n.PreferredDuringSchedulingIgnoredDuringExecution {
		at := path.Child(preferred).Index(i)
		c.between(at.Child("weight"), int64(t.Weight), 1, 100)
		c.node(t.Preference, at.Child("preference"))
	}
}

// node checks which nodes are meant. Of their fields, only the name can be compared.
func (c *checker) node(t corev1.NodeSelectorTerm, path *field.Path) {
	c.expressions(t.MatchExpressions, path.Child("matchExpressions"))
	for i, f := range t.MatchFields {
		at := path.Child("matchFields").Index(i)
		choice(c, at.Child("key"), &f.Key, metav1.ObjectNameField)
		choice(c, at.Child("operator"), &f.Operator, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn)
		if len(f.Values) != 1 {
			c.require(at.Child("values"), "give the name of one node")
		}
		for j, name := range f.Values {
			c.object(at.Child("values").Index(j), name)
		}
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
