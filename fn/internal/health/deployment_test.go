// SPDX-License-Identifier: Apache-2.0

package health_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// deployment returns a Deployment of generation 1 with a number of pods, as its
// controller sees it.
func deployment(replicas int, status string) string {
	return fmt.Sprintf("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, generation: 1}, spec: {replicas: %d, progressDeadlineSeconds: 600}, status: {%s}}", replicas, status)
}

func TestOfDeployment(t *testing.T) {
	t.Parallel()
	in := func(state compositiontest.State, replicas int32) string {
		return compositiontest.Text(t, compositiontest.Observe(t, &appsv1.Deployment{
			TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
			Spec:     appsv1.DeploymentSpec{Replicas: &replicas},
		}, state))
	}
	cases := map[string]struct {
		reason string
		object string
		want   health.Verdict
	}{
		"Unseen": {
			reason: "A Deployment that its controller hasn't seen isn't ready.",
			object: deployment(1, ""),
			want:   health.Verdict{Phase: health.Progressing, Message: "Replicas: 0/1"},
		},
		"Stale": {
			reason: "What the controller said about an earlier generation doesn't count.",
			object: in(compositiontest.Stale, 1),
			want:   health.Verdict{Phase: health.Progressing, Message: "Deployment generation is 2, but latest observed generation is 1"},
		},
		"StaleFailure": {
			reason: "A failure of an earlier generation doesn't count either: the user may have mended it just now.",
			object: deployment(1, `
  observedGeneration: 0, conditions: [
    {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: It took too long},
    {type: ReplicaFailure, status: "True", reason: FailedCreate, message: quota exceeded}]`),
			want: health.Verdict{Phase: health.Progressing, Message: "Deployment generation is 1, but latest observed generation is 0"},
		},
		"Unavailable": {
			reason: "Pods that ended after the rollout are no rollout that takes its time.",
			object: deployment(2, `
  observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1, conditions: [
    {type: Available, status: "False", reason: MinimumReplicasUnavailable},
    {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]`),
			want: health.Verdict{Phase: health.Unavailable, Message: "Available: 1/2"},
		},
		"Progressing": {
			reason: "A rollout takes its time.",
			object: deployment(2, `
  observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1, conditions: [
    {type: Available, status: "False", reason: MinimumReplicasUnavailable},
    {type: Progressing, status: "True", reason: ReplicaSetUpdated}]`),
			want: health.Verdict{Phase: health.Progressing, Message: "Available: 1/2"},
		},
		"DeadlineExceeded": {
			reason: "A rollout that doesn't get on failed, in the Deployment's own words.",
			object: in(compositiontest.Stuck, 1),
			want:   health.Verdict{Phase: health.Failed, Message: "ReplicaSet has timed out progressing"},
		},
		"DeadlineExceededSilently": {
			reason: "A Deployment without words of its own is summed up.",
			object: deployment(1, `observedGeneration: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]`),
			want:   health.Verdict{Phase: health.Failed, Message: "Progress deadline exceeded"},
		},
		"ReplicaFailure": {
			reason: "Pods that can't even be created are a failure long before the deadline.",
			object: deployment(1, `
  observedGeneration: 1, unavailableReplicas: 1, conditions: [
    {type: Progressing, status: "True", reason: NewReplicaSetCreated},
    {type: Available, status: "False", reason: MinimumReplicasUnavailable},
    {type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "d-5" is forbidden: exceeded quota'}]`),
			want: health.Verdict{Phase: health.Failed, Message: `pods "d-5" is forbidden: exceeded quota`},
		},
		"ReplicaFailureOver": {
			reason: "A failure that is over is none.",
			object: deployment(1, `observedGeneration: 1, conditions: [{type: ReplicaFailure, status: "False", reason: FailedCreate, message: quota exceeded}]`),
			want:   health.Verdict{Phase: health.Progressing, Message: "Replicas: 0/1"},
		},
		"ReplicaFailureSilently": {
			reason: "A failure that doesn't say what failed could still be a rollout that takes its time.",
			object: deployment(1, `observedGeneration: 1, conditions: [{type: ReplicaFailure, status: "True"}]`),
			want:   health.Verdict{Phase: health.Progressing, Message: "Replicas: 0/1"},
		},
		"Available": {
			reason: "An available Deployment does its work.",
			object: in(compositiontest.Ready, 1),
			want:   health.Verdict{Phase: health.Ready, Message: "Deployment is available. Replicas: 1"},
		},
		"ScaledToZero": {
			reason: "A Deployment that should have no pods and has none is as it should be.",
			object: in(compositiontest.Ready, 0),
			want:   health.Verdict{Phase: health.Ready, Message: "Deployment is available. Replicas: 0"},
		},
		"Terminating": {
			reason: "A Deployment that is being deleted doesn't do its work.",
			object: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, generation: 1, deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {observedGeneration: 1}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Resource scheduled for deletion"},
		},
		"Unreadable": {
			reason: "A status that no API server writes is no reason to fail.",
			object: deployment(1, "observedGeneration: one"),
			want:   health.Verdict{Phase: health.Progressing, Message: "Its status can't be read: looking up status.observedGeneration from resource: .status.observedGeneration accessor error: one is of the type string, expected int64"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, health.Of(observed(t, tc.object))); diff != "" {
				t.Errorf("%s\nOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
