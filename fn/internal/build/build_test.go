// SPDX-License-Identifier: Apache-2.0

package build

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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
	stopped := verdict{hold: component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForBuild, Image: "devmode"}}
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
				{reason: "The image of the profile dev has no flow in it.", deployed: true, runs: dev, want: stopped},
				{reason: "A Deployment without the workflow's container runs no image of it.", deployed: true, runs: runs{compiled: true}, want: verdict{hold: component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForBuild}}},
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
	cases := map[string]struct {
		reason, deployment, told string
		want                     runs
	}{
		"None":       {reason: "There is no Deployment.", told: "i"},
		"Deleted":    {reason: "There is none any more, and the image was built.", told: "r/wf:1", want: runs{image: "r/wf:1", compiled: true}},
		"Compiled":   {reason: "The workflow's container counts.", deployment: compiled, want: runs{image: "i", compiled: true}},
		"Told":       {reason: "A Deployment may be seen as it was.", deployment: compiled, told: "newer", want: runs{image: "newer", compiled: true}},
		"Dev":        {reason: "A workflow in the profile dev has its files in another volume.", deployment: `{spec: {template: {spec: {containers: [{name: workflow, image: i}], volumes: [{name: resources}]}}}}`, want: runs{image: "i"}},
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

// TestLastWords holds what a user reads of a build that failed, as far as its pods tell.
func TestLastWords(t *testing.T) {
	t.Parallel()
	pod := func(field, container, state string) string {
		return `{kind: Pod, status: {` + field + `: [{name: ` + container + `, state: {terminated: {` + state + `}}}]}}`
	}
	cases := map[string]struct {
		reason string
		pods   []string
		want   string
	}{
		"None":      {reason: "There is no pod."},
		"Running":   {reason: "A pod that runs tells nothing.", pods: []string{`{kind: Pod, status: {initContainerStatuses: [{name: compile, state: {running: {}}}]}}`}},
		"Succeeded": {reason: "What ended well isn't why.", pods: []string{pod("initContainerStatuses", "compile", `exitCode: 0, message: fine`)}},
		"Compile": {
			reason: "Maven's last lines are one line.", pods: []string{pod("initContainerStatuses", "compile", `exitCode: 1, message: "[INFO] x\n\n\u001b[1;31m[ERROR]\u001b[m no such function\n"`)},
			want: "its container compile ended with exit code 1 and the words: [INFO] x | [ERROR] no such function",
		},
		"Publish": {reason: "The publisher may fail, too.", pods: []string{pod("containerStatuses", "publish", `exitCode: 1, message: "401 Unauthorized"`)}, want: "its container publish ended with exit code 1 and the words: 401 Unauthorized"},
		"OOM":     {reason: "A container that was killed has no words but Kubernetes'.", pods: []string{pod("initContainerStatuses", "compile", `exitCode: 137, reason: OOMKilled`)}, want: "its container compile ended with exit code 137 and the words: OOMKilled"},
		"Last": {
			reason: "The last of several tries counts.",
			pods:   []string{pod("containerStatuses", "publish", `exitCode: 2, message: later, finishedAt: "2026-01-01T00:00:02Z"`), pod("initContainerStatuses", "compile", `exitCode: 1, message: earlier, finishedAt: "2026-01-01T00:00:01Z"`)},
			want:   "its container publish ended with exit code 2 and the words: later",
		},
		"Unreadable": {reason: "What isn't a pod tells nothing.", pods: []string{`{status: many}`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pods := make([]*unstructured.Unstructured, 0, len(tc.pods))
			for _, p := range tc.pods {
				pods = append(pods, object(t, p))
			}
			if diff := cmp.Diff(tc.want, lastWords(pods)); diff != "" {
				t.Errorf("%s\nlastWords(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// FuzzLastLines holds the promise of a message for any log: one line that can be printed, of
// bounded length.
func FuzzLastLines(f *testing.F) {
	for _, log := range []string{"", "a\nb", "\x1b[31mred\x1b[0m", "\xff\xfe", strings.Repeat("x", 5000), strings.Repeat("line\n", 50), "\x1b", "a\tb\r\n", "\u2028", "ünïcödé\n"} {
		f.Add(log)
	}
	f.Fuzz(func(t *testing.T, log string) {
		got := lastLines(log)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > mostCharacters || strings.Count(got, " | ") >= mostLines+strings.Count(log, " | ") {
			t.Errorf("lastLines(%q) = %q", log, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("lastLines(%q) has a character that isn't printed at %d: %q", log, i, got)
		}
	})
}
