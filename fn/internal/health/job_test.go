// SPDX-License-Identifier: Apache-2.0

package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

func TestOfJob(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		state  compositiontest.State
		want   health.Verdict
	}{
		"New": {
			reason: "A Job that its controller hasn't seen has done nothing.",
			state:  compositiontest.Created,
			want:   health.Verdict{Phase: health.Progressing, Message: "Job not started"},
		},
		"Running": {
			reason: "A Job has done its work when it is complete, not when it has begun.",
			state:  compositiontest.Running,
			want:   health.Verdict{Phase: health.Progressing, Message: "Job in progress. success:0, active: 1, failed: 0"},
		},
		"Complete": {
			reason: "A Job that is complete has done its work.",
			state:  compositiontest.Complete,
			want:   health.Verdict{Phase: health.Ready, Message: "Job Completed. succeeded: 1/1"},
		},
		"Failed": {
			reason: "A Job that gave up failed.",
			state:  compositiontest.Failed,
			want:   health.Verdict{Phase: health.Failed, Message: "Job Failed. failed: 7/1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := &batchv1.Job{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}}
			o := observed(t, compositiontest.Text(t, compositiontest.Observe(t, job, tc.state)))
			if diff := cmp.Diff(tc.want, health.Of(o)); diff != "" {
				t.Errorf("%s\nOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
