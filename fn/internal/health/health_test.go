// SPDX-License-Identifier: Apache-2.0

package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		object string
		want   health.Verdict
	}{
		"Missing": {
			reason: "What isn't there yet is waited for.",
			want:   health.Verdict{Phase: health.Missing, Message: "Not created yet"},
		},
		"DeploymentUnseen": {
			reason: "A Deployment that its controller hasn't seen isn't ready.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Replicas: 0/1"},
		},
		"DeploymentStale": {
			reason: "What the controller said about an earlier generation doesn't count.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 2}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: 1
  updatedReplicas: 1
  readyReplicas: 1
  availableReplicas: 1
  conditions:
  - {type: Available, status: "True", reason: MinimumReplicasAvailable}
  - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Deployment generation is 2, but latest observed generation is 1"},
		},
		"DeploymentStaleFailure": {
			reason: "Nor does its failure: the user may have mended it just now.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 2}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: It took too long}
  - {type: ReplicaFailure, status: "True", reason: FailedCreate, message: quota exceeded}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Deployment generation is 2, but latest observed generation is 1"},
		},
		"DeploymentProgressing": {
			reason: "A rollout takes its time.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 2, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: 2
  updatedReplicas: 2
  readyReplicas: 1
  availableReplicas: 1
  conditions:
  - {type: Available, status: "False", reason: MinimumReplicasUnavailable}
  - {type: Progressing, status: "True", reason: ReplicaSetUpdated}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Available: 1/2"},
		},
		"DeploymentDeadlineExceeded": {
			reason: "A rollout that doesn't get on failed, in the Deployment's own words.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: 1
  updatedReplicas: 1
  conditions:
  - {type: Available, status: "False", reason: MinimumReplicasUnavailable}
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet "d-5" has timed out progressing.}`,
			want: health.Verdict{Phase: health.Failed, Message: `ReplicaSet "d-5" has timed out progressing.`},
		},
		"DeploymentDeadlineExceededSilently": {
			reason: "Without words of its own, the summary must do.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded}`,
			want: health.Verdict{Phase: health.Failed, Message: "Progress deadline exceeded"},
		},
		"DeploymentReplicaFailure": {
			reason: "Pods that can't even be created are a failure long before the deadline.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  unavailableReplicas: 1
  conditions:
  - {type: Progressing, status: "True", reason: NewReplicaSetCreated}
  - {type: Available, status: "False", reason: MinimumReplicasUnavailable}
  - {type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "d-5" is forbidden: exceeded quota'}`,
			want: health.Verdict{Phase: health.Failed, Message: `pods "d-5" is forbidden: exceeded quota`},
		},
		"DeploymentReplicaFailureOver": {
			reason: "A failure that is over is none.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  conditions:
  - {type: ReplicaFailure, status: "False", reason: FailedCreate, message: quota exceeded}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Replicas: 0/1"},
		},
		"DeploymentAvailable": {
			reason: "An available Deployment does its work.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 3}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 3
  replicas: 1
  updatedReplicas: 1
  readyReplicas: 1
  availableReplicas: 1
  conditions:
  - {type: Available, status: "True", reason: MinimumReplicasAvailable}
  - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}`,
			want: health.Verdict{Phase: health.Ready, Message: "Deployment is available. Replicas: 1"},
		},
		"DeploymentScaledToZero": {
			reason: "A Deployment that should have no pods and has none is as it should be.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 3}
spec: {replicas: 0, progressDeadlineSeconds: 600}
status:
  observedGeneration: 3
  conditions:
  - {type: Available, status: "True", reason: MinimumReplicasAvailable}
  - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}`,
			want: health.Verdict{Phase: health.Ready, Message: "Deployment is available. Replicas: 0"},
		},
		"DeploymentTerminating": {
			reason: "What is on its way out doesn't do its work.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1, deletionTimestamp: "2026-01-01T00:00:00Z"}
status: {observedGeneration: 1}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Resource scheduled for deletion"},
		},
		"DeploymentUnreadable": {
			reason: "A status that no API server writes is no reason to fail.",
			object: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
status: {observedGeneration: one}`,
			want: health.Verdict{Phase: health.Progressing, Message: "Its status can't be read: looking up status.observedGeneration from resource: .status.observedGeneration accessor error: one is of the type string, expected int64"},
		},
		"JobNew": {
			reason: "A Job that its controller hasn't seen has done nothing.",
			object: `{apiVersion: batch/v1, kind: Job, metadata: {name: j}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Job not started"},
		},
		"JobRunning": {
			reason: "A Job has done its work when it is complete, not when it has begun.",
			object: `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {startTime: "2026-01-01T00:00:00Z", active: 1}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "Job in progress. success:0, active: 1, failed: 0"},
		},
		"JobComplete": {
			reason: "Then it has.",
			object: `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {startTime: "2026-01-01T00:00:00Z", succeeded: 1, conditions: [{type: Complete, status: "True"}]}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Job Completed. succeeded: 1/1"},
		},
		"JobFailed": {
			reason: "A Job that gave up failed.",
			object: `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {startTime: "2026-01-01T00:00:00Z", failed: 1, conditions: [{type: Failed, status: "True", message: too often}]}}`,
			want:   health.Verdict{Phase: health.Failed, Message: "Job Failed. failed: 1/1"},
		},
		"ConfigMap": {
			reason: "A ConfigMap does its work by being there.",
			object: `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Resource is always ready"},
		},
		"Service": {
			reason: "So does a Service.",
			object: `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ClusterIP, clusterIP: 10.0.0.1}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "Service is ready"},
		},
		"PodDisruptionBudget": {
			reason: "A budget does its work once its controller has seen it.",
			object: `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, generation: 1}, status: {observedGeneration: 1}}`,
			want:   health.Verdict{Phase: health.Ready, Message: "AllowedDisruptions has been computed."},
		},
		"PodDisruptionBudgetStale": {
			reason: "Until then it doesn't.",
			object: `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, generation: 2}, status: {observedGeneration: 1}}`,
			want:   health.Verdict{Phase: health.Progressing, Message: "PodDisruptionBudget generation is 2, but latest observed generation is 1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := health.Of(object(t, tc.object))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// object reads an object as it comes from the API server. There is none in an empty
// text.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("cannot read object: %v\n%s", err, text)
	}
	out := &unstructured.Unstructured{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &out.Object); err != nil {
		t.Fatalf("cannot read object: %v\n%s", err, text)
	}
	return out
}
