// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

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
				o := &unstructured.Unstructured{}
				if err := yaml.Unmarshal([]byte(p), &o.Object); err != nil {
					t.Fatal(err)
				}
				pods = append(pods, o)
			}
			if diff := cmp.Diff(tc.want, LastWords(pods)); diff != "" {
				t.Errorf("%s\nLastWords(...): -want, +got:\n%s", tc.reason, diff)
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
