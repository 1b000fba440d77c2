// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestGate holds what may exist in each situation: the Job, and how much of the
// component's Deployment.
func TestGate(t *testing.T) {
	t.Parallel()
	c := migrated(component.DataIndex())
	before := earlier(c.Kind)
	in := func(state compositiontest.State) map[string]any { return job(t, c, state) }
	with := func(replicas int32, annotations map[string]string) map[string]any {
		return deployment(t, c, replicas, annotations, compositiontest.Ready)
	}
	running := func(annotations map[string]string) map[string]any { return with(2, annotations) }
	stopped := with(0, stoppedFor(t, c))
	// leaving is a Deployment that was stopped for the target, with pods that the status
	// counts in a field.
	leaving := func(field string) map[string]any {
		o := with(0, stoppedFor(t, c))
		o["status"].(map[string]any)[field] = 1.0
		return o
	}
	type want struct {
		Job  bool
		Gate component.Gate
	}
	cases := map[string]struct {
		reason    string
		situation situation
		want      want
	}{
		"FirstInstall":         {reason: "Where nothing exists, the migration comes first.", want: want{Job: true, Gate: component.Withheld}},
		"FirstInstallCreated":  {reason: "A Job without status isn't complete.", situation: situation{job: in(compositiontest.Created)}, want: want{Job: true, Gate: component.Withheld}},
		"FirstInstallRunning":  {reason: "A running Job isn't complete.", situation: situation{job: in(compositiontest.Running)}, want: want{Job: true, Gate: component.Withheld}},
		"FirstInstallFailed":   {reason: "A failed Job stays, so that people can look at it.", situation: situation{job: in(compositiontest.Failed)}, want: want{Job: true, Gate: component.Withheld}},
		"FirstInstallComplete": {reason: "When the schema is right, the component runs.", situation: situation{job: in(compositiontest.Complete)}, want: want{Job: true}},
		"FirstInstallChanged":  {reason: "When the target changes during a migration, the next migration waits for the end of the first.", situation: situation{jobsOf: []*component.Component{before}}, want: want{Gate: component.Withheld}},

		"AnotherComponent": {reason: "The Job of another component uses another schema, so nothing waits for that Job.", situation: situation{jobsOf: []*component.Component{migrated(component.JobsService())}}, want: want{Job: true, Gate: component.Withheld}},

		"RunningComplete":     {reason: "A component that runs with a complete migration goes on.", situation: situation{job: in(compositiontest.Complete), deployment: running(letRun(t, c))}, want: want{Job: true}},
		"UpgradeRunning":      {reason: "A component that runs with the old schema is stopped first.", situation: situation{jobsOf: []*component.Component{before}, deployment: running(letRun(t, before))}, want: want{Gate: component.Zero}},
		"UpgradeOtherJobGone": {reason: "The component still runs when the old Job is gone, so the new Job waits.", situation: situation{deployment: running(letRun(t, before))}, want: want{Gate: component.Zero}},
		"UpgradeStoppedOther": {reason: "The component is stopped, but the old Job isn't gone, so the new Job waits.", situation: situation{jobsOf: []*component.Component{before}, deployment: stopped}, want: want{Gate: component.Zero}},
		"UpgradeStopped":      {reason: "When none of the component's pods is left, the Job is made.", situation: situation{deployment: stopped}, want: want{Job: true, Gate: component.Zero}},
		"UpgradeCreated":      {reason: "The component waits for a Job that is new.", situation: situation{job: in(compositiontest.Created), deployment: stopped}, want: want{Job: true, Gate: component.Zero}},
		"UpgradeMigrating":    {reason: "The component waits for a Job that runs.", situation: situation{job: in(compositiontest.Running), deployment: stopped}, want: want{Job: true, Gate: component.Zero}},
		"UpgradeFailed":       {reason: "The component stays down when the Job failed.", situation: situation{job: in(compositiontest.Failed), deployment: stopped}, want: want{Job: true, Gate: component.Zero}},
		"UpgradeComplete":     {reason: "When the schema is right, the component runs again.", situation: situation{job: in(compositiontest.Complete), deployment: stopped}, want: want{Job: true}},

		"JobDeleted":            {reason: "A Job that was deleted by hand runs again, and the component stops for the Job.", situation: situation{deployment: running(letRun(t, c))}, want: want{Gate: component.Zero}},
		"StrategyChanged":       {reason: "A component that ran without any Job is stopped for its first Job.", situation: situation{deployment: running(nil)}, want: want{Gate: component.Zero}},
		"ScaledByHand":          {reason: "When a person scales up while the Job runs, the Job stays and the component goes down again.", situation: situation{job: in(compositiontest.Running), deployment: running(letRun(t, before))}, want: want{Job: true, Gate: component.Zero}},
		"StaleStatus":           {reason: "A status that doesn't know of the scaling yet proves nothing.", situation: situation{deployment: deployment(t, c, 0, stoppedFor(t, c), compositiontest.Stale)}, want: want{Gate: component.Zero}},
		"StillTerminating":      {reason: "A pod that ends still runs.", situation: situation{deployment: leaving("terminatingReplicas")}, want: want{Gate: component.Zero}},
		"PodsLeft":              {reason: "Zero replicas are wanted, but pods are left.", situation: situation{deployment: leaving("replicas")}, want: want{Gate: component.Zero}},
		"ZeroByHand":            {reason: "A Deployment that a person scaled to zero may be scaled up again by that person.", situation: situation{deployment: with(0, nil)}, want: want{Gate: component.Zero}},
		"StoppedForAnother":     {reason: "A Deployment that was stopped for another target may have run since.", situation: situation{deployment: with(0, stoppedFor(t, before))}, want: want{Gate: component.Zero}},
		"StoppedButScaledUp":    {reason: "A Deployment that was stopped for the target, and was scaled up by hand since, is stopped again.", situation: situation{deployment: with(2, stoppedFor(t, c))}, want: want{Gate: component.Zero}},
		"Unreadable":            {reason: "A Deployment whose status can't be read proves nothing.", situation: situation{deployment: unreadable(with(0, stoppedFor(t, c)))}, want: want{Gate: component.Zero}},
		"OldViewOfJob":          {reason: "A Deployment was let run with this target because the Job was complete, so an old view of the Job changes nothing.", situation: situation{job: in(compositiontest.Running), deployment: running(letRun(t, c))}, want: want{Job: true}},
		"OldViewOfJobNoStatus":  {reason: "An old view of the Job without any status changes nothing either.", situation: situation{job: in(compositiontest.Created), deployment: running(letRun(t, c))}, want: want{Job: true}},
		"OldViewOfFailedTry":    {reason: "A failure of the past changes nothing either.", situation: situation{job: in(compositiontest.Failed), deployment: running(letRun(t, c))}, want: want{Job: true}},
		"OldViewOfDeployment":   {reason: "A Deployment that looks as before the upgrade stays down while the new Job runs.", situation: situation{job: in(compositiontest.Running), jobsOf: []*component.Component{before}, deployment: running(letRun(t, before))}, want: want{Job: true, Gate: component.Zero}},
		"CompleteWhileOldThere": {reason: "The end of the old Job takes its time, but the new Job is complete.", situation: situation{job: in(compositiontest.Complete), jobsOf: []*component.Component{before}, deployment: stopped}, want: want{Job: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := tc.situation.plan(t, c)
			if diff := cmp.Diff(tc.want, want{Job: plan.Job != nil, Gate: plan.Hold.Gate}); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// unreadable makes the status of an object one that no API server has.
func unreadable(o map[string]any) map[string]any {
	o["status"] = map[string]any{"replicas": "none"}
	return o
}
