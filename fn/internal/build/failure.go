// SPDX-License-Identifier: Apache-2.0

package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// failed says why a build failed, and how to try again.
func failed(req *composition.Request, c *component.Component, job *batchv1.Job, why jobs.Failure, pods v1beta1.BuildPods) string {
	words := ""
	if pods == v1beta1.BuildPodsLookUp {
		words = lastWords(req.Look(jobs.Pods(job)).Objects)
	}
	return fmt.Sprintf("Job %s failed: %s; mend the cause, then delete the Job to try again, or change the annotation %s of workflow %s",
		job.Name, cmp.Or(words, explain(why, job)), v1alpha08.AnnotationBuildAttempt, c.Owner)
}

// explain says why a Job failed, as far as it says so itself, in words that follow "Job x
// failed".
func explain(why jobs.Failure, job *batchv1.Job) string {
	logs := fmt.Sprintf("kubectl logs --namespace %s --selector %s=%s --all-containers shows why", job.Namespace, jobs.LabelName, job.Name)
	const minute = 60
	switch why.Reason {
	case batchv1.JobReasonBackoffLimitExceeded:
		return fmt.Sprintf("none of its %d tries succeeded; %s", backoffLimit+1, logs)
	case batchv1.JobReasonDeadlineExceeded:
		return fmt.Sprintf("the build didn't end within %d minutes, which spec.build.config.timeout of the platform may change; %s", *job.Spec.ActiveDeadlineSeconds/minute, logs)
	}
	return cmp.Or(why.Message, "it doesn't say why") + "; " + logs
}

// lastWords is what the container that failed last said at the end, in words that follow "Job
// x failed". It is empty when no pod tells.
func lastWords(pods []*unstructured.Unstructured) string {
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
