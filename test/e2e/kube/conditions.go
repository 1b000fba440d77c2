// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Condition is one of an object's conditions, without its time.
type Condition struct {
	Type, Status, Reason, Message string
}

// String returns the condition in one line, for messages.
func (c Condition) String() string {
	return fmt.Sprintf("%s=%s (%s) %s", c.Type, c.Status, c.Reason, c.Message)
}

// Conditions returns an object's conditions by type.
func Conditions(o *unstructured.Unstructured) map[string]Condition {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	out := make(map[string]Condition, len(list))
	for _, item := range list {
		fields, ok := item.(map[string]any)
		if !ok {
			continue
		}
		text := func(key string) string {
			s, _, _ := unstructured.NestedString(fields, key)
			return s
		}
		out[text("type")] = Condition{Type: text("type"), Status: text("status"), Reason: text("reason"), Message: text("message")}
	}
	return out
}

// ObservedGeneration returns the object's generation that a condition is about.
func ObservedGeneration(o *unstructured.Unstructured, conditionType string) int64 {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok && fields["type"] == conditionType {
			generation, _, _ := unstructured.NestedInt64(fields, "observedGeneration")
			return generation
		}
	}
	return 0
}

// Since returns when a condition got its status; the zero time if the object doesn't have it.
func Since(o *unstructured.Unstructured, conditionType string) time.Time {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok && fields["type"] == conditionType {
			text, _, _ := unstructured.NestedString(fields, "lastTransitionTime")
			since, _ := time.Parse(time.RFC3339, text)
			return since
		}
	}
	return time.Time{}
}

// Want returns an error unless a condition has the status, and the reason where one is
// given.
func Want(o *unstructured.Unstructured, conditionType, status, reason string) error {
	c, found := Conditions(o)[conditionType]
	switch {
	case !found:
		return fmt.Errorf("%s %s has no condition %s yet, only %v", o.GetKind(), o.GetName(), conditionType, Conditions(o))
	case c.Status != status, reason != "" && c.Reason != reason:
		return fmt.Errorf("%s %s is %s, want %s (%s)", o.GetKind(), o.GetName(), c, status, reason)
	}
	return nil
}
