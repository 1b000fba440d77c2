// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// LastWords is what the container that failed last of a Job's pods said at the end, in words that
// follow "Job x failed". It is empty when no pod tells.
func LastWords(pods []*unstructured.Unstructured) string {
	var last *corev1.ContainerStateTerminated
	name := ""
	for _, o := range pods {
		pod := &corev1.Pod{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, pod); err != nil {
			continue
		}
		for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			if t := s.State.Terminated; t != nil && t.ExitCode != 0 && (last == nil || !t.FinishedAt.Before(&last.FinishedAt)) {
				last, name = t, s.Name
			}
		}
	}
	if last == nil {
		return ""
	}
	return fmt.Sprintf("its container %s ended with exit code %d and the words: %s", name, last.ExitCode, cmp.Or(lastLines(last.Message), last.Reason, "none"))
}

// How much of a container's last words a message has. Maven says what is wrong in its last
// error lines, before some lines of advice.
const (
	mostLines      = 12
	mostCharacters = 1200
)

// lastLines returns the last lines of a log as one line, without what a terminal would colour.
func lastLines(log string) string {
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(log, "")) {
		if line = strings.TrimSpace(printable(line)); line != "" {
			lines = append(lines, line)
		}
	}
	text := []rune(strings.Join(lines[max(0, len(lines)-mostLines):], " | "))
	return string(text[max(0, len(text)-mostCharacters):])
}

// printable leaves out control characters, and the sequences by which terminals change
// colours: an escape, a bracket, and all up to a letter.
func printable(line string) string {
	var out strings.Builder
	escaped := false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = !unicode.IsLetter(r)
		case r == '\t':
			out.WriteRune(' ')
		case unicode.IsPrint(r):
			out.WriteRune(r)
		}
	}
	return out.String()
}
