// SPDX-License-Identifier: Apache-2.0

package build

import (
	"cmp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
)

// facts are what a decision about a workflow depends on.
type facts struct {
	// job is how far the Job is that builds the image.
	job   jobs.Progress
	image string
	// deployed tells that the workflow has a Deployment, runs what it runs.
	deployed bool
	runs     runs
	// told tells that the last status says that the image was built.
	told bool
}

// runs is what a workflow runs.
type runs struct {
	// image is that of the workflow's container; empty when there is none.
	image string
	// compiled tells that the image has the flow in it, unlike that of the profile dev.
	compiled bool
}

// A verdict is whether the image is there, and what the workflow has to wait for if it isn't.
type verdict struct {
	built bool
	hold  component.Hold
}

// decide finds out whether the image of what the spec has now is there. A Deployment runs the
// image only if it was: then a Job that looks otherwise is an old view of it, or runs once
// more. Until the image is there, pods run the image before.
func decide(f facts) verdict {
	switch {
	case f.job == jobs.Complete, f.told, f.image != "" && f.runs.image == f.image && f.runs.compiled:
		return verdict{built: true}
	case !f.deployed && !f.runs.compiled:
		return verdict{hold: component.Hold{Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForBuild}}
	case !f.runs.compiled || f.runs.image == "":
		// An image without the flow would run nothing. The Deployment stays, because leaving it
		// out would delete it.
		return verdict{hold: component.Hold{
			Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForBuild, Image: f.runs.image,
			Annotations: map[string]string{annotationWaits: f.runs.image},
		}}
	}
	return verdict{hold: component.Hold{Image: f.runs.image}}
}

// annotationWaits is an annotation of a Deployment that has the pods of a compiled workflow, but
// for their image. Its value is that image, which has no flow in it.
const annotationWaits = "sonataflow.org/waits-for-build"

// running is what a workflow runs, given its Deployment (nil when there is none). What the last
// status told counts more than the Deployment, of which an old view may be seen: pods must not
// go back to an image that they have left. A Deployment that was deleted by hand is made again
// with the image that was told, if that was built into the repository.
func running(deployment *unstructured.Unstructured, c *component.Component, repository, told string) runs {
	if deployment == nil {
		if strings.HasPrefix(told, repository+":") {
			return runs{image: told, compiled: true}
		}
		return runs{}
	}
	d := &appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(deployment.Object, d); err != nil {
		return runs{}
	}
	out := runs{}
	for _, container := range d.Spec.Template.Spec.Containers {
		if container.Name == c.Kind.Container {
			out.image = container.Image
		}
	}
	waits := d.Annotations[annotationWaits]
	out.image = cmp.Or(told, out.image)
	out.compiled = (waits == "" || out.image != waits) && slices.ContainsFunc(d.Spec.Template.Spec.Volumes, isProperties)
	return out
}

// isProperties tells whether a volume has the properties of a workflow that is compiled.
func isProperties(v corev1.Volume) bool { return v.Name == component.VolumeProperties }
