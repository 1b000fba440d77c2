// SPDX-License-Identifier: Apache-2.0

package build

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// TestDecide combines all that is known of a Job, a Deployment and the last status.
func TestDecide(t *testing.T) {
	t.Parallel()
	const image = "r/wf:new"
	old, current, dev := runs{image: "r/wf:old", compiled: true}, runs{image: image, compiled: true}, runs{image: "devmode"}
	withheld := verdict{hold: component.Hold{Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForBuild}}
	zero := func(image string) verdict {
		return verdict{hold: component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForBuild, Image: image, Annotations: map[string]string{"sonataflow.org/waits-for-build": image}}}
	}
	before := verdict{hold: component.Hold{Image: "r/wf:old"}}
	for _, job := range []jobs.Progress{jobs.Absent, jobs.Created, jobs.Running, jobs.Failed, jobs.Complete} {
		for _, told := range []bool{false, true} {
			for _, tc := range []struct {
				reason   string
				deployed bool
				runs     runs
				want     verdict
			}{
				{reason: "A workflow that never ran has no Deployment until the image is there.", want: withheld},
				{reason: "A Deployment that was deleted is made again with the image before.", runs: old, want: before},
				{reason: "A workflow that runs goes on with the image before.", deployed: true, runs: old, want: before},
				{reason: "An image that runs is there.", deployed: true, runs: current, want: verdict{built: true}},
				{reason: "The image of the profile dev has no flow in it.", deployed: true, runs: dev, want: zero("devmode")},
				{reason: "A Deployment without the workflow's container runs no image of it.", deployed: true, runs: runs{compiled: true}, want: zero("")},
			} {
				want := tc.want
				if job == jobs.Complete || told {
					want = verdict{built: true}
				}
				got := decide(facts{job: job, image: image, deployed: tc.deployed, runs: tc.runs, told: told})
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(verdict{})); diff != "" {
					t.Errorf("%s\nJob %s, told %t, runs %v: -want, +got:\n%s", tc.reason, job, told, tc.runs, diff)
				}
			}
		}
	}
}

// TestRunning reads what a Deployment runs.
func TestRunning(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.Workflow()}
	const compiled = `{spec: {template: {spec: {containers: [{name: side, image: s}, {name: workflow, image: i}], volumes: [{name: x}, {name: workflow-properties}]}}}}`
	waits := `{metadata: {annotations: {sonataflow.org/waits-for-build: i}}, ` + compiled[1:]
	cases := map[string]struct {
		reason, deployment, told string
		want                     runs
	}{
		"None":       {reason: "There is no Deployment.", told: "i"},
		"Deleted":    {reason: "There is none any more, and the image was built.", told: "r/wf:1", want: runs{image: "r/wf:1", compiled: true}},
		"Compiled":   {reason: "The workflow's container counts.", deployment: compiled, want: runs{image: "i", compiled: true}},
		"Told":       {reason: "A Deployment may be seen as it was.", deployment: compiled, told: "newer", want: runs{image: "newer", compiled: true}},
		"Dev":        {reason: "A workflow in the profile dev has its files in another volume.", deployment: `{spec: {template: {spec: {containers: [{name: workflow, image: i}], volumes: [{name: resources}]}}}}`, want: runs{image: "i"}},
		"Waits":      {reason: "A workflow that comes from the profile dev has the volumes of a compiled one before it has its image.", deployment: waits, want: runs{image: "i"}},
		"WaitsTold":  {reason: "Both may be seen as they were.", deployment: waits, told: "i", want: runs{image: "i"}},
		"Waited":     {reason: "Once it has its image, only the Deployment may be seen as it was.", deployment: waits, told: "r/wf:1", want: runs{image: "r/wf:1", compiled: true}},
		"Unreadable": {reason: "What isn't a Deployment runs nothing.", deployment: `{spec: many}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var deployment *unstructured.Unstructured
			if tc.deployment != "" {
				deployment = object(t, tc.deployment)
			}
			if diff := cmp.Diff(tc.want, running(deployment, c, "r/wf", tc.told), cmp.AllowUnexported(runs{})); diff != "" {
				t.Errorf("%s\nrunning(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}
