// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// Conditions returns the conditions of an object as they were last set, but for those that
// can't be read: the API server lets none of these happen.
func Conditions(o *unstructured.Unstructured) []metav1.Condition {
	field, _, _ := unstructured.NestedFieldNoCopy(o.Object, "status", "conditions")
	list, _ := field.([]any)
	out := make([]metav1.Condition, 0, len(list))
	for _, item := range list {
		raw, ok := item.(map[string]any)
		var c metav1.Condition
		if ok && runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

// repeated returns the conditions of some types as they were last set, but for those that
// are reported anyway.
func repeated(last []metav1.Condition, types []string, reported []Condition) []*fnv1.Condition {
	told := make(map[string]bool, len(reported))
	for _, c := range reported {
		told[c.Type] = true
	}
	var out []*fnv1.Condition
	for _, typ := range types {
		if c := meta.FindStatusCondition(last, typ); c != nil && !told[typ] {
			out = append(out, condition(Condition{Type: c.Type, Status: c.Status, Reason: c.Reason, Message: c.Message}))
		}
	}
	return out
}

func condition(c Condition) *fnv1.Condition {
	out := &fnv1.Condition{
		Type: c.Type, Status: fnv1.Status_STATUS_CONDITION_UNKNOWN, Reason: c.Reason,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}
	switch c.Status {
	case metav1.ConditionTrue:
		out.Status = fnv1.Status_STATUS_CONDITION_TRUE
	case metav1.ConditionFalse:
		out.Status = fnv1.Status_STATUS_CONDITION_FALSE
	case metav1.ConditionUnknown:
	}
	if c.Message != "" {
		out.Message = &c.Message
	}
	return out
}

// changed tells whether a condition says something that the composite doesn't say yet.
// Crossplane records an event for each result of each call, so results are for changes
// alone.
func changed(last []metav1.Condition, c Condition) bool {
	known := meta.FindStatusCondition(last, c.Type)
	return known == nil || known.Status != c.Status || known.Reason != c.Reason || c.Alarm && known.Message != c.Message
}

func event(c Condition) *fnv1.Result {
	out := &fnv1.Result{
		Severity: fnv1.Severity_SEVERITY_NORMAL, Message: c.Type + " is " + string(c.Status), Reason: &c.Reason,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}
	if c.Alarm {
		out.Severity = fnv1.Severity_SEVERITY_WARNING
	}
	if c.Message != "" {
		out.Message += ": " + c.Message
	}
	return out
}
