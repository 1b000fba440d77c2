// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// deployment is an observed Deployment.
type deployment struct {
	generation, observed          int64
	wanted, replicas, terminating int64
	letRunWith, stoppedFor        string
}

func (d *deployment) object() *unstructured.Unstructured {
	if d == nil {
		return nil
	}
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "d", "generation": d.generation},
		"spec":     map[string]any{"replicas": d.wanted},
		"status":   map[string]any{"observedGeneration": d.observed, "replicas": d.replicas, "terminatingReplicas": d.terminating},
	}}
	o.SetAnnotations(map[string]string{AnnotationLetRun: d.letRunWith, AnnotationStopped: d.stoppedFor})
	return o
}

func TestDecide(t *testing.T) {
	t.Parallel()
	running := func(hash string) *deployment {
		return &deployment{generation: 2, observed: 2, wanted: 2, replicas: 2, letRunWith: hash}
	}
	stopped := &deployment{generation: 3, observed: 3, stoppedFor: "new"}
	cases := map[string]struct {
		reason     string
		job        Progress
		otherJob   bool
		deployment *deployment
		want       Decision
	}{
		"FirstInstall":         {reason: "Nothing is there: migrate first.", job: Absent, want: Decision{Job: true, Deployment: Withheld}},
		"FirstInstallCreated":  {reason: "A Job without status isn't complete.", job: Created, want: Decision{Job: true, Deployment: Withheld}},
		"FirstInstallRunning":  {reason: "A running Job isn't complete.", job: Running, want: Decision{Job: true, Deployment: Withheld}},
		"FirstInstallFailed":   {reason: "A failed Job stays, for people to look at.", job: Failed, want: Decision{Job: true, Deployment: Withheld}},
		"FirstInstallComplete": {reason: "The schema is right: run.", job: Complete, want: Decision{Job: true, Deployment: Open}},
		"FirstInstallChanged":  {reason: "The target changed while it was migrated to: one migration at a time.", job: Absent, otherJob: true, want: Decision{Deployment: Withheld}},

		"RunningComplete":     {reason: "At rest.", job: Complete, deployment: running("new"), want: Decision{Job: true, Deployment: Open}},
		"UpgradeRunning":      {reason: "The service runs with the old schema: stop it first.", job: Absent, otherJob: true, deployment: running("old"), want: Decision{Deployment: Zero}},
		"UpgradeOtherJobGone": {reason: "It still runs.", job: Absent, deployment: running("old"), want: Decision{Deployment: Zero}},
		"UpgradeStoppedOther": {reason: "It is stopped, but the old Job isn't gone.", job: Absent, otherJob: true, deployment: stopped, want: Decision{Deployment: Zero}},
		"UpgradeStopped":      {reason: "None of its pods is left: migrate.", job: Absent, deployment: stopped, want: Decision{Job: true, Deployment: Zero}},
		"UpgradeCreated":      {reason: "The Job is new.", job: Created, deployment: stopped, want: Decision{Job: true, Deployment: Zero}},
		"UpgradeMigrating":    {reason: "The Job runs.", job: Running, deployment: stopped, want: Decision{Job: true, Deployment: Zero}},
		"UpgradeFailed":       {reason: "The service stays down.", job: Failed, deployment: stopped, want: Decision{Job: true, Deployment: Zero}},
		"UpgradeComplete":     {reason: "The schema is right: run.", job: Complete, deployment: stopped, want: Decision{Job: true, Deployment: Open}},

		"JobDeleted":            {reason: "A Job deleted by hand runs again, and the service stops for it.", job: Absent, deployment: running("new"), want: Decision{Deployment: Zero}},
		"StrategyChanged":       {reason: "A service that ran without any Job is stopped for its first.", job: Absent, deployment: running(""), want: Decision{Deployment: Zero}},
		"ScaledByHand":          {reason: "Somebody scales up while the Job runs: the Job stays, the service goes down again.", job: Running, deployment: running("old"), want: Decision{Job: true, Deployment: Zero}},
		"StaleStatus":           {reason: "The status doesn't know of the scaling yet.", job: Absent, deployment: &deployment{generation: 3, observed: 2, replicas: 0, stoppedFor: "new"}, want: Decision{Deployment: Zero}},
		"StillTerminating":      {reason: "A pod that ends still runs.", job: Absent, deployment: &deployment{generation: 3, observed: 3, terminating: 1, stoppedFor: "new"}, want: Decision{Deployment: Zero}},
		"ZeroByHand":            {reason: "Somebody else scaled to zero, and may scale up again.", job: Absent, deployment: &deployment{generation: 3, observed: 3}, want: Decision{Deployment: Zero}},
		"StoppedForAnother":     {reason: "It was stopped for another target, and may have run since.", job: Absent, deployment: &deployment{generation: 3, observed: 3, stoppedFor: "old"}, want: Decision{Deployment: Zero}},
		"PodsLeft":              {reason: "Zero is wanted, but pods are left.", job: Absent, deployment: &deployment{generation: 3, observed: 3, replicas: 1, stoppedFor: "new"}, want: Decision{Deployment: Zero}},
		"OldViewOfJob":          {reason: "A Deployment that was let run with this target was so because its Job was complete: no flapping.", job: Running, deployment: running("new"), want: Decision{Job: true, Deployment: Open}},
		"OldViewOfJobNoStatus":  {reason: "The same without any status.", job: Created, deployment: running("new"), want: Decision{Job: true, Deployment: Open}},
		"OldViewOfFailedTry":    {reason: "The same with a failure of the past.", job: Failed, deployment: running("new"), want: Decision{Job: true, Deployment: Open}},
		"OldViewOfDeployment":   {reason: "A Deployment that looks as before the upgrade, with the new Job running.", job: Running, otherJob: true, deployment: running("old"), want: Decision{Job: true, Deployment: Zero}},
		"CompleteWhileOldThere": {reason: "The old Job's end takes its time.", job: Complete, otherJob: true, deployment: stopped, want: Decision{Job: true, Deployment: Open}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Decide(Facts{Hash: "new", Job: tc.job, Busy: tc.otherJob, Deployment: tc.deployment.object()})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nDecide(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
