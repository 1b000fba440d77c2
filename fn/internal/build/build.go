// SPDX-License-Identifier: Apache-2.0

// Package build makes the image of a workflow in the profile preview: a Job compiles the flow
// and pushes the image, and until the image is there the workflow runs the one before.
package build

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/jobs"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Plan is how far the build of a workflow is, and what that means for the workflow.
type Plan struct {
	// Objects are the Job, what it builds from while that is needed, and an earlier Job whose
	// image runs.
	Objects []composition.Composed
	// Hold is what the workflow has to wait for, and what it runs meanwhile.
	Hold component.Hold
	// Condition is about the build.
	Condition composition.Condition
	// Image is what the workflow runs; empty while there is no image.
	Image string
	// Status tells of the build: of the last one while it isn't known what is to be built, nil
	// when there was none.
	Status *v1alpha08.WorkflowBuildStatus
}

// Last is what the last status said.
type Last struct {
	// Image is what the workflow ran; empty when it ran nothing.
	Image string
	// Build is about the build; nil when there was none.
	Build *v1alpha08.WorkflowBuildStatus
}

// For plans the build of a workflow, given its Deployment (nil when there is none) and what
// was said last. It looks for pods only where the input chooses so, and only when
// a build has failed.
func For(req *composition.Request, c *component.Component, o *Order, deployment *unstructured.Unstructured, last Last, pods v1beta1.BuildPods) Plan {
	runs := running(deployment, c, o.Repository, last.Image)
	if o.Incomplete != "" {
		hold := decide(facts{deployed: deployment != nil, runs: runs}).hold
		hold.Message = o.Incomplete
		return Plan{Objects: paused(req, c, last.Build, runs.image), Hold: hold, Image: meanwhile(hold), Condition: incomplete(o), Status: last.Build}
	}
	key := keyOf(c, o.hash)
	observed := req.Observed[key]
	job := newJob(c, o, observed)
	at, why := jobs.Observe(observed)
	verdict := decide(facts{job: at, image: o.Image(), deployed: deployment != nil, runs: runs, told: toldOf(last.Build, o.Image())})
	out := Plan{
		Objects: []composition.Composed{{Key: key, Object: job, Ready: verdict.built}},
		Hold:    verdict.hold,
		Image:   o.Image(),
		Status:  &v1alpha08.WorkflowBuildStatus{Hash: o.hash, Image: o.Image(), Phase: phase(at, verdict.built)},
	}
	if at != jobs.Complete {
		out.Objects = append(out.Objects, o.inputs(req, c)...)
	}
	if verdict.built {
		out.Condition = report.Condition(v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildSuccessful, "")
		return out
	}
	out.Image = meanwhile(verdict.hold)
	out.Objects = append(out.Objects, superseded(req, c, key, runs.image)...)
	reason, message := v1alpha08.ReasonBuildIsRunning, fmt.Sprintf("Waiting for Job %s to build the image %s", job.Name, o.Image())
	if at == jobs.Failed {
		reason, message = v1alpha08.ReasonBuildFailed, failed(req, c, job, why, pods)
	}
	out.Hold.Message = message
	if out.Image != "" {
		message += "; until then the workflow runs " + out.Image
	}
	out.Condition = report.Condition(v1alpha08.ConditionBuilt, reason, message)
	return out
}

// meanwhile is the image that pods run while the workflow waits for its own; empty where it has no
// pods.
func meanwhile(hold component.Hold) string {
	if hold.Gate != component.Open {
		return ""
	}
	return hold.Image
}

// incomplete says what isn't known yet.
func incomplete(o *Order) composition.Condition {
	return report.Condition(v1alpha08.ConditionBuilt, v1alpha08.ReasonExternalResourcesNotFound, o.Incomplete)
}

// keyOf is the key of the Job with a hash.
func keyOf(c *component.Component, hash string) string { return prefixOf(c) + hash }

// prefixOf starts the keys of all Jobs of builds. A hash follows.
func prefixOf(c *component.Component) string { return c.Key(component.ResourceBuild) + "-" }

// superseded are the Jobs of earlier builds that stay: the one whose image runs. It is complete,
// and says that the image is there if the workflow is changed back.
func superseded(req *composition.Request, c *component.Component, own, runs string) []composition.Composed {
	var out []composition.Composed
	for _, j := range jobs.WithPrefix(req.Observed, prefixOf(c), own) {
		at, _ := jobs.Observe(j.Object)
		image := j.Object.GetAnnotations()[annotationImage]
		if at != jobs.Complete || image == "" || image != runs {
			continue
		}
		last := jobs.Read(j.Object)
		meta := c.Meta(last.Name)
		meta.Annotations = map[string]string{annotationImage: image}
		out = append(out, composition.Composed{Key: j.Key, Object: jobs.Again(last, meta), Ready: true})
	}
	return out
}

// paused is what stays while it isn't known what is to be built: all of the build that the last
// status tells of (nil when there was none), which may be the one that is wanted, and the Job
// whose image runs.
func paused(req *composition.Request, c *component.Component, last *v1alpha08.WorkflowBuildStatus, runs string) []composition.Composed {
	if last == nil {
		return superseded(req, c, "", runs)
	}
	own := keyOf(c, last.Hash)
	out := append(superseded(req, c, own, runs), copies(req, c, last.Hash)...)
	for _, j := range jobs.WithPrefix(req.Observed, own, "") {
		if job := jobs.Read(j.Object); job != nil && j.Key == own {
			at, _ := jobs.Observe(j.Object)
			out = append(out, composition.Composed{Key: own, Object: jobs.Again(job, jobMeta(c, last.Hash, last.Image)), Ready: at == jobs.Complete})
		}
	}
	return out
}

// toldOf tells whether the last status says that an image was built.
func toldOf(last *v1alpha08.WorkflowBuildStatus, image string) bool {
	return last != nil && last.Image == image && last.Phase == v1alpha08.BuildPhaseSucceeded
}

// phase is how far a build is, in the operator's words. An image that is there stays built
// while its Job runs once more.
func phase(at jobs.Progress, built bool) v1alpha08.WorkflowBuildPhase {
	if built {
		return v1alpha08.BuildPhaseSucceeded
	}
	switch at {
	case jobs.Running:
		return v1alpha08.BuildPhaseRunning
	case jobs.Failed:
		return v1alpha08.BuildPhaseFailed
	case jobs.Absent, jobs.Created, jobs.Complete:
	}
	return v1alpha08.BuildPhasePending
}
