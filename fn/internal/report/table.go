// SPDX-License-Identifier: Apache-2.0

// Package report says in conditions how a composite does. Which conditions there are,
// which reasons each can have, and what they mean for the summary stands in one table.
package report

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// A Row describes the conditions of one type.
type Row struct {
	// Type of the condition.
	Type string
	// Subject is what the condition is about, as people call it. It is empty where messages
	// name their objects anyway.
	Subject string
	// Reasons that the condition can have.
	Reasons []Reason
	// OnAlarm and OnWait are the reasons of the summary while this condition is an alarm, or
	// waits for something. Where one is empty, another condition tells of the same.
	OnAlarm, OnWait string
}

// A Reason is one that a condition can have.
type Reason struct {
	Name   string
	Status metav1.ConditionStatus
	// Alarm tells that a person has to mend something.
	Alarm bool
	// Settled tells that nothing is waited for, although the status may not be True.
	Settled bool
}

// Table lists the conditions from which the summary follows, the gravest first, and then
// the summary itself.
func Table() []Row { return slices.Clone(table) }

var table = []Row{ //nolint:gochecknoglobals // Immutable.
	{
		Type: v1alpha08.ConditionSpecValid,
		Reasons: []Reason{
			good(v1alpha08.ReasonValid),
			{Name: v1alpha08.ReasonValidWithWarnings, Status: metav1.ConditionTrue, Alarm: true, Settled: true},
			alarm(v1alpha08.ReasonInvalid),
			alarm(v1alpha08.ReasonNameTaken),
			alarm(v1alpha08.ReasonMissingImage),
		},
	},
	{
		Type: v1alpha08.ConditionRunning, Subject: "the workflow", OnAlarm: v1alpha08.ReasonFailure, OnWait: v1alpha08.ReasonCreating,
		Reasons: []Reason{
			good(v1alpha08.ReasonAvailable),
			alarm(v1alpha08.ReasonDeploymentFailure),
			alarm(v1alpha08.ReasonWaitingForPlatform),
			alarm(v1alpha08.ReasonExternalResourcesNotFound),
			alarm(v1alpha08.ReasonKnativeServingNotAvailable),
			alarm(v1alpha08.ReasonUnchanged),
			wait(v1alpha08.ReasonWaitingForBuild),
			wait(v1alpha08.ReasonWaitingForSink),
			wait(v1alpha08.ReasonWaitingForDeployment),
			wait(v1alpha08.ReasonDeploymentIsUnavailable),
			{Name: v1alpha08.ReasonScaledToZero, Status: metav1.ConditionFalse, Settled: true},
		},
	},
	component(v1alpha08.ConditionDataIndexReady, "Data Index"),
	component(v1alpha08.ConditionJobServiceReady, "Jobs Service"),
	{
		Type: v1alpha08.ConditionSecretsReady, OnAlarm: v1alpha08.ReasonWarming,
		Reasons: []Reason{
			good(v1alpha08.ReasonSecretsFound),
			alarm(v1alpha08.ReasonSecretNotFound),
			alarm(v1alpha08.ReasonConfigMapNotFound),
			alarm(v1alpha08.ReasonKeyNotFound),
			{Name: v1alpha08.ReasonNotChecked, Status: metav1.ConditionUnknown},
		},
	},
	{
		Type: v1alpha08.ConditionEventingReady, OnAlarm: v1alpha08.ReasonWarming, OnWait: v1alpha08.ReasonCreating,
		Reasons: []Reason{
			good(v1alpha08.ReasonConnected),
			alarm(v1alpha08.ReasonKnativeNotInstalled),
			alarm(v1alpha08.ReasonBrokerNotFound),
			alarm(v1alpha08.ReasonBrokerNotReady),
			alarm(v1alpha08.ReasonSinkNotFound),
			alarm(v1alpha08.ReasonBrokerElsewhere),
			wait(v1alpha08.ReasonInProgress),
		},
	},
	{
		Type: v1alpha08.ConditionBuilt, OnAlarm: v1alpha08.ReasonFailure, OnWait: v1alpha08.ReasonCreating,
		Reasons: []Reason{
			good(v1alpha08.ReasonBuildSuccessful),
			alarm(v1alpha08.ReasonBuildFailed),
			alarm(v1alpha08.ReasonExternalResourcesNotFound),
			wait(v1alpha08.ReasonBuildIsRunning),
			{Name: v1alpha08.ReasonBuildSkipped, Status: metav1.ConditionFalse, Settled: true},
		},
	},
	{
		// The image runs the flow that it holds, also if the flow in the spec is invalid.
		Type: v1alpha08.ConditionFlowValid,
		Reasons: []Reason{
			good(v1alpha08.ReasonValid),
			{Name: v1alpha08.ReasonValidWithWarnings, Status: metav1.ConditionTrue, Alarm: true, Settled: true},
			{Name: v1alpha08.ReasonInvalid, Status: metav1.ConditionFalse, Alarm: true, Settled: true},
		},
	},
	{
		// The conditions of the components say what a migration means for them.
		Type: v1alpha08.ConditionDatabaseMigrated,
		Reasons: []Reason{
			good(v1alpha08.ReasonMigrated),
			alarm(v1alpha08.ReasonFailed),
			wait(v1alpha08.ReasonInProgress),
		},
	},
	{
		Type: v1alpha08.ConditionSucceed,
		Reasons: []Reason{
			good(v1alpha08.ReasonSucceeded),
			alarm(v1alpha08.ReasonFailure),
			alarm(v1alpha08.ReasonDuplicated),
			wait(v1alpha08.ReasonPlatformNotFound),
			wait(v1alpha08.ReasonWarming),
			wait(v1alpha08.ReasonCreating),
		},
	},
}

// component is the row of a condition about a component, something that runs.
func component(typ, subject string) Row {
	return Row{
		Type: typ, Subject: subject, OnAlarm: v1alpha08.ReasonFailure, OnWait: v1alpha08.ReasonCreating,
		Reasons: []Reason{
			good(v1alpha08.ReasonAvailable),
			alarm(v1alpha08.ReasonDBMigrationFailure),
			alarm(v1alpha08.ReasonDeploymentFailure),
			wait(v1alpha08.ReasonWaitingForDBMigration),
			wait(v1alpha08.ReasonWaitingForSink),
			wait(v1alpha08.ReasonProgressing),
			{Name: v1alpha08.ReasonScaledToZero, Status: metav1.ConditionFalse, Settled: true},
		},
	}
}

func good(name string) Reason {
	return Reason{Name: name, Status: metav1.ConditionTrue, Settled: true}
}

func wait(name string) Reason { return Reason{Name: name, Status: metav1.ConditionFalse} }

func alarm(name string) Reason {
	return Reason{Name: name, Status: metav1.ConditionFalse, Alarm: true}
}

// Types lists the types of all conditions.
func Types() []string {
	out := make([]string, 0, len(table))
	for _, row := range table {
		out = append(out, row.Type)
	}
	return out
}

// reasonOf returns what the table says of a reason of a type. It is empty for what isn't in
// the table.
func reasonOf(typ, reason string) Reason {
	for _, row := range table {
		if row.Type != typ {
			continue
		}
		if i := slices.IndexFunc(row.Reasons, func(r Reason) bool { return r.Name == reason }); i >= 0 {
			return row.Reasons[i]
		}
	}
	return Reason{}
}
