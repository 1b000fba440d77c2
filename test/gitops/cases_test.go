// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// held returns a document of a kind and its conditions, each written Type=Status/Reason.
func held(kind string, conditions ...string) string {
	list := make([]string, 0, len(conditions))
	for _, c := range conditions {
		typ, rest, _ := strings.Cut(c, "=")
		status, reason, _ := strings.Cut(rest, "/")
		list = append(list, fmt.Sprintf("{type: %s, status: %q, reason: %s, message: its message, observedGeneration: 3}", typ, status, reason))
	}
	return fmt.Sprintf("{kind: %s, metadata: {generation: 3}, status: {conditions: [%s]}}", kind, strings.Join(list, ", "))
}

// TestHealth shows what both tools make of states that no example has.
func TestHealth(t *testing.T) {
	t.Parallel()
	const platform, cluster, workflow = "SonataFlowPlatform", "SonataFlowClusterPlatform", "SonataFlow"
	cases := map[string]struct {
		reason string
		object string
		want   verdict
		// flux is Flux's verdict where Flux has no word for Argo CD's.
		flux health
	}{
		"New": {
			reason: "An object that Crossplane hasn't seen isn't healthy.",
			object: `{kind: SonataFlowPlatform, metadata: {generation: 1}}`,
			want:   verdict{progressing, "Crossplane hasn't looked at it yet"},
		},
		"NoConditions": {
			reason: "A status without conditions says nothing.",
			object: `{kind: SonataFlowPlatform, metadata: {generation: 1}, status: {cluster: kubernetes}}`,
			want:   verdict{progressing, "Crossplane hasn't looked at it yet"},
		},
		"SyncedOnly": {
			reason: "A claim whose composite wasn't composed yet is only synced.",
			object: held(platform, "Synced=True/ReconcileSuccess"),
			want:   verdict{progressing, "Crossplane hasn't looked at it yet"},
		},
		"Deleted": {
			reason: "An object that is being deleted isn't healthy, also if its conditions say so.",
			object: `{kind: SonataFlowPlatform, metadata: {generation: 1, deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {conditions: [
				{type: Synced, status: "True", reason: ReconcileSuccess}, {type: Ready, status: "True", reason: Available}, {type: Succeed, status: "True", reason: Succeeded}]}}`,
			want: verdict{progressing, "Waiting until Crossplane has deleted what it composed"},
		},
		"Changed": {
			reason: "Conditions of an older generation say nothing about the last change.",
			object: `{kind: SonataFlowPlatform, metadata: {generation: 2}, status: {conditions: [
				{type: Synced, status: "True", reason: ReconcileSuccess, observedGeneration: 1}, {type: Ready, status: "True", reason: Available, observedGeneration: 1},
				{type: Succeed, status: "True", reason: Succeeded, observedGeneration: 1}]}}`,
			want: verdict{progressing, "Crossplane hasn't looked at the last change yet"},
		},
		"Paused": {
			reason: "Somebody stopped Crossplane, and starts it again.",
			object: held(platform, "Synced=False/ReconcilePaused", "Ready=True/Available", "Succeed=True/Succeeded"),
			want:   verdict{suspended, "ReconcilePaused: its message"},
			flux:   progressing,
		},
		"Healthy": {
			reason: "All is well, also if the spec has warnings.",
			object: held(platform, "Synced=True/ReconcileSuccess", "Ready=True/Available", "SpecValid=True/ValidWithWarnings", "Succeed=True/Succeeded"),
			want:   verdict{healthy, "Succeeded: its message"},
		},
		"Invalid": {
			reason: "The message of an invalid spec names the field, so it comes before Crossplane's, which quotes it.",
			object: held(platform, "Synced=False/ReconcileError", "Ready=True/Available", "SpecValid=False/Invalid", "Succeed=False/Failure"),
			want:   verdict{degraded, "Invalid: its message"},
		},
		"NotComposed": {
			reason: "Crossplane's errors are told where the function has none.",
			object: held(platform, "Synced=False/ReconcileError", "SpecValid=True/Valid"),
			want:   verdict{degraded, "ReconcileError: its message"},
		},
		"Duplicated": {
			reason: "One of two platforms must go.",
			object: held(platform, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Succeed=False/Duplicated"),
			want:   verdict{degraded, "Duplicated: its message"},
		},
		"NotReady": {
			reason: "Crossplane may say later than the function that all is ready.",
			object: held(platform, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "Succeed=True/Succeeded"),
			want:   verdict{progressing, "Creating: its message"},
		},
		"ClusterPlatformWaits": {
			reason: "A cluster platform waits for its platform, although the operator calls it a failure.",
			object: held(cluster, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Succeed=False/Failure"),
			want:   verdict{progressing, "Failure: its message"},
		},
		"ClusterPlatformFirst": {
			reason: "A cluster platform may be applied before its platform.",
			object: held(cluster, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Succeed=False/PlatformNotFound"),
			want:   verdict{progressing, "PlatformNotFound: its message"},
		},
		"ClusterPlatformDuplicated": {
			reason: "One of two cluster platforms must go.",
			object: held(cluster, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Succeed=False/Duplicated"),
			want:   verdict{degraded, "Duplicated: its message"},
		},
		"WorkflowRuns": {
			reason: "A workflow whose image is given isn't built, and needn't be.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=True/Available", "SpecValid=True/Valid", "FlowValid=True/Valid", "Built=False/BuildSkipped", "Running=True/Available"),
			want:   verdict{healthy, "Available: its message"},
		},
		"WorkflowStarts": {
			reason: "A workflow that starts isn't healthy yet.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Running=False/WaitingForDeployment"),
			want:   verdict{progressing, "WaitingForDeployment: its message"},
		},
		"WorkflowFails": {
			reason: "A rollout that makes no progress needs a person.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Running=False/DeploymentFailure"),
			want:   verdict{degraded, "DeploymentFailure: its message"},
		},
		"WorkflowNotBuilt": {
			reason: "A build that fails needs a person, also while an earlier image runs.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Built=False/BuildFailedReason", "Running=True/Available"),
			want:   verdict{degraded, "BuildFailedReason: its message"},
		},
		"WorkflowBuilding": {
			reason: "An image that is being built is on its way.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=False/Creating", "SpecValid=True/Valid", "Built=False/BuildIsRunning", "Running=False/WaitingForBuild"),
			want:   verdict{progressing, "WaitingForBuild: its message"},
		},
		"WorkflowIncoherent": {
			reason: "What is wrong with a flow doesn't stop an image that runs.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=True/Available", "SpecValid=True/Valid", "FlowValid=False/Invalid", "Running=True/Available"),
			want:   verdict{healthy, "Available: its message"},
		},
		"WorkflowScaledToZero": {
			reason: "A workflow without pods is what its user wants.",
			object: held(workflow, "Synced=True/ReconcileSuccess", "Ready=True/Available", "SpecValid=True/Valid", "Running=False/ScaledToZero"),
			want:   verdict{healthy, "ScaledToZero: its message"},
		},
		"WorkflowInvalid": {
			reason: "A spec that is refused needs a person.",
			object: held(workflow, "Synced=False/ReconcileError", "SpecValid=False/MissingImage", "Running=False/Unchanged"),
			want:   verdict{degraded, "MissingImage: its message"},
		},
	}
	argo, flux := newArgo(t), newFlux(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, tc.object)
			if diff := cmp.Diff(tc.want, argo.health(t, doc)); diff != "" {
				t.Errorf("%s\nArgo CD: -want, +got:\n%s", tc.reason, diff)
			}
			want := tc.want.Status
			if tc.flux != "" {
				want = tc.flux
			}
			if diff := cmp.Diff(want, flux.health(t, doc)); diff != "" {
				t.Errorf("%s\nFlux: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
