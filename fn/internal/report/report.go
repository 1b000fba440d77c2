// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// Condition returns the condition of a type that has a reason. Its status, and whether it
// is an alarm, stand in the table.
func Condition(typ, reason, message string) composition.Condition {
	r := reasonOf(typ, reason)
	return composition.Condition{Type: typ, Status: cmp.Or(r.Status, metav1.ConditionUnknown), Reason: reason, Message: message, Alarm: r.Alarm}
}

// Valid returns the condition about a spec that makes sense. Warnings name what of the
// spec has no effect, or not the one that it seems to have.
func Valid(warnings []string) composition.Condition {
	if len(warnings) > 0 {
		return Condition(v1alpha08.ConditionSpecValid, v1alpha08.ReasonValidWithWarnings, strings.Join(warnings, "; "))
	}
	return Condition(v1alpha08.ConditionSpecValid, v1alpha08.ReasonValid, "")
}

// Invalid returns the result for a spec that makes no sense. Nothing changes until the
// spec is mended. Warnings name fields that may have been mistyped, which is why others are
// missed.
func Invalid(composite *unstructured.Unstructured, errs field.ErrorList, warnings []string) *composition.Result {
	texts := make([]string, 0, len(errs)+len(warnings))
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return unfit(composite, v1alpha08.ReasonInvalid, strings.Join(append(slices.Compact(texts), warnings...), "; "), "The spec is invalid")
}

// MissingImage returns the result for a workflow without image. The warnings are told along
// with the error.
func MissingImage(composite *unstructured.Unstructured, err *field.Error, warnings []string) *composition.Result {
	message := strings.Join(append([]string{err.Error()}, warnings...), "; ")
	return unfit(composite, v1alpha08.ReasonMissingImage, message, "There is no image to run")
}

// NameTaken returns the result for a spec that can't be composed, because objects of other
// owners have the names of some of its objects. Nothing changes until that is mended.
func NameTaken(composite *unstructured.Unstructured, problems []string) *composition.Result {
	return unfit(composite, v1alpha08.ReasonNameTaken, strings.Join(problems, "; "), "Objects of other owners have the names of some that are to be composed")
}

// unfit returns the result for a spec that can't be composed, for a reason of the condition
// about the spec.
func unfit(composite *unstructured.Unstructured, reason, message, summary string) *composition.Result {
	stopped := stopped(composite, summary)
	stopped.Alarm = false // One warning is enough.
	return &composition.Result{
		Conditions: []composition.Condition{Condition(v1alpha08.ConditionSpecValid, reason, message), stopped},
		Fatal:      errors.New(message),
	}
}

// Refused returns the result for a request that no composer can work with, for a reason
// that the spec has no part in.
func Refused(composite *unstructured.Unstructured, err error) *composition.Result {
	return &composition.Result{
		Conditions: []composition.Condition{stopped(composite, err.Error())},
		Fatal:      err,
	}
}

// stopped is the condition by which users see first that nothing can be composed. That of a
// workflow also tells whether the workflow runs, which doesn't change.
func stopped(composite *unstructured.Unstructured, message string) composition.Condition {
	switch composite.GetKind() {
	case v1alpha08.KindSonataFlow, v1alpha08.KindXSonataFlow:
		out := Condition(v1alpha08.ConditionRunning, v1alpha08.ReasonUnchanged, message)
		if last := meta.FindStatusCondition(composition.Conditions(composite), v1alpha08.ConditionRunning); last != nil {
			out.Status = last.Status
		}
		return out
	}
	return Condition(v1alpha08.ConditionSucceed, v1alpha08.ReasonFailure, message)
}

// Outdated makes those conditions Unknown that the composite still has from an earlier
// spec, and that the composer has nothing to say about any more. Crossplane would keep
// them as they are.
func Outdated(composite *unstructured.Unstructured, told []composition.Condition) []composition.Condition {
	last := composition.Conditions(composite)
	var out []composition.Condition
	always := []string{v1alpha08.ConditionSpecValid, v1alpha08.ConditionSucceed, v1alpha08.ConditionRunning}
	for _, typ := range Types() {
		if !slices.Contains(always, typ) && meta.FindStatusCondition(last, typ) != nil && !slices.ContainsFunc(told, ofType(typ)) {
			out = append(out, Condition(typ, v1alpha08.ReasonNotAskedFor, "The spec doesn't ask for it"))
		}
	}
	return out
}

// Summary returns the condition Succeed as it follows from the other conditions: what a
// person has to mend comes first, then what is waited for, then the composed resources
// that aren't ready, by their keys. done is the message when all is well; it may be
// empty.
func Summary(told []composition.Condition, unready []string, done string) composition.Condition {
	var subjects []string
	var others []composition.Condition
	for _, row := range table {
		i := slices.IndexFunc(told, ofType(row.Type))
		if i < 0 {
			continue
		}
		c := told[i]
		switch {
		case reasonOf(c.Type, c.Reason).Settled:
		case c.Alarm && row.OnAlarm != "":
			return summary(row.OnAlarm, about(row.Subject, c.Message))
		case row.OnWait != "" && row.Subject != "":
			subjects = append(subjects, row.Subject)
		case row.OnWait != "":
			others = append(others, summary(row.OnWait, c.Message))
		}
	}
	switch {
	case len(subjects) > 0:
		return summary(v1alpha08.ReasonCreating, "Waiting for "+strings.Join(subjects, " and "))
	case len(others) > 0:
		return others[0]
	case len(unready) > 0:
		return summary(v1alpha08.ReasonCreating, "Waiting for "+strings.Join(unready, ", "))
	}
	return summary(v1alpha08.ReasonSucceeded, done)
}

// conditionResponsive is Crossplane's condition of a composite. The status is False while
// Crossplane's watch circuit breaker is open. See
// https://docs.crossplane.io/latest/guides/troubleshoot-crossplane/.
const conditionResponsive = "Responsive"

// Slowed returns a condition that says what is waited for, with a note while Crossplane looks
// at the composite only once in a while: without the note, users would look for the cause
// elsewhere.
func Slowed(composite *unstructured.Unstructured, c composition.Condition) composition.Condition {
	if c.Status == metav1.ConditionTrue || !meta.IsStatusConditionFalse(composition.Conditions(composite), conditionResponsive) {
		return c
	}
	const note = "Crossplane looks at the composite only once in a while at the moment, because very many changes of its objects came at once; to avoid that, start Crossplane with --circuit-breaker-burst=1000"
	if c.Message != "" {
		c.Message += "; "
	}
	c.Message += note
	return c
}

func summary(reason, message string) composition.Condition {
	return Condition(v1alpha08.ConditionSucceed, reason, message)
}

func about(subject, message string) string {
	if subject == "" {
		return message
	}
	return subject + ": " + message
}

func ofType(typ string) func(composition.Condition) bool {
	return func(c composition.Condition) bool { return c.Type == typ }
}
