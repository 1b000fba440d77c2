// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// recorded returns the kinds of which every change is kept: claims and composites, composed
// objects, and pods.
func recorded() []kube.Resource {
	out := []kube.Resource{
		kube.Platforms, kube.Deployments, kube.Services, kube.ConfigMaps, kube.Jobs, kube.Pods,
		kube.Triggers, kube.SinkBindings,
	}
	if api.composites != kube.Platforms {
		out = append(out, api.composites)
	}
	return out
}

// A history has every change of the recorded kinds. Polling would miss an object that is
// deleted and made again, which must not happen.
type history struct {
	mu      sync.Mutex
	changes []change
}

func (h *history) note(c change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = append(h.changes, c)
}

// since returns the changes that were seen after a time.
func (h *history) since(begin time.Time) []change {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.changes), func(c change) bool { return c.at.Before(begin) })
}

// key names an object in messages: kind/namespace/name.
func key(o *unstructured.Unstructured) string {
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}

// lost lists the composed objects that were deleted since a time, without those that may
// be deleted.
func (h *history) lost(begin time.Time, may func(o *unstructured.Unstructured) bool) []string {
	var out []string
	for _, c := range h.since(begin) {
		composed := c.object.GetLabels()["crossplane.io/composite"] != ""
		kept := slices.Contains([]string{"Deployment", "Service", "ConfigMap", "Job", "Trigger", "SinkBinding"}, c.object.GetKind())
		if c.deleted && composed && kept && !may(c.object) {
			out = append(out, key(c.object))
		}
	}
	return out
}

// replaced lists the pods of services that were deleted since a time, without those in
// namespaces that the fault touched.
func (h *history) replaced(begin time.Time, touched map[string]bool) []string {
	var out []string
	for _, c := range h.since(begin) {
		if c.deleted && c.object.GetKind() == "Pod" && serviceOf(c.object) != "" && !touched[c.object.GetNamespace()] {
			out = append(out, key(c.object))
		}
	}
	return out
}

// said lists the conditions of claims and composites that weren't True since a time, each
// with the number of objects that had it.
func (h *history) said(begin time.Time, of func(namespace string) bool) string {
	who := map[string]map[string]bool{}
	for _, c := range h.since(begin) {
		kind := c.object.GetKind()
		if c.deleted || kind != "SonataFlowPlatform" && kind != api.kind || !of(claimNamespace(c.object)) {
			continue
		}
		for _, said := range kube.Conditions(c.object) {
			if said.Status == "True" || said.Reason == "NotAskedFor" {
				continue
			}
			what := fmt.Sprintf("%s=%s %s", said.Type, said.Status, said.Reason)
			if kind != "SonataFlowPlatform" {
				// The claim has the other conditions of its composite, too.
				if said.Type != "Synced" && said.Type != "Responsive" {
					continue
				}
				what = "composite " + what
			}
			if who[what] == nil {
				who[what] = map[string]bool{}
			}
			who[what][key(c.object)] = true
		}
	}
	out := make([]string, 0, len(who))
	for _, what := range slices.Sorted(maps.Keys(who)) {
		out = append(out, fmt.Sprintf("%s (%d)", what, len(who[what])))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

// claimNamespace returns the namespace of a claim, or of a composite's claim.
func claimNamespace(o *unstructured.Unstructured) string {
	if o.GetNamespace() != "" {
		return o.GetNamespace()
	}
	return o.GetLabels()["crossplane.io/claim-namespace"]
}

// saw returns how long after a time a claim had a condition with a status and one of
// several reasons, and the condition. An empty status matches any status but True.
func (h *history) saw(begin time.Time, p *platform, conditionType, status string, reasons []string) (time.Duration, kube.Condition, error) {
	for _, c := range h.since(begin) {
		if c.object.GetKind() != "SonataFlowPlatform" || c.object.GetNamespace() != p.namespace || c.object.GetName() != p.name {
			continue
		}
		if said := kube.Conditions(c.object)[conditionType]; (said.Status == status || status == "" && said.Status != "True") && slices.Contains(reasons, said.Reason) {
			return c.at.Sub(begin), said, nil
		}
	}
	return 0, kube.Condition{}, fmt.Errorf("%s in %s hasn't said %s=%s %v", p.name, p.namespace, conditionType, status, reasons)
}

// A life is the life of one Job or pod, in resource versions. The API server gives every
// change of any kind the next version, so versions tell which change came first, also if
// the test sees it late.
type life struct {
	key, namespace, service string
	// complete is for Jobs only.
	born, complete, died uint64
}

// lives returns the lives of the migration Jobs, and of the pods of services.
func (h *history) lives() (jobs, pods []*life) {
	known := map[types.UID]*life{}
	for _, c := range h.since(time.Time{}) {
		o := c.object
		service := serviceOf(o)
		if service == "" || o.GetKind() != "Job" && o.GetKind() != "Pod" {
			continue
		}
		version, _ := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
		l := known[o.GetUID()]
		if l == nil {
			l = &life{key: key(o), namespace: o.GetNamespace(), service: service, born: version, complete: math.MaxUint64, died: math.MaxUint64}
			known[o.GetUID()] = l
			if o.GetKind() == "Job" {
				jobs = append(jobs, l)
			} else {
				pods = append(pods, l)
			}
		}
		if kube.Conditions(o)["Complete"].Status == "True" {
			l.complete = min(l.complete, version)
		}
		if c.deleted {
			l.died = version
		}
	}
	return jobs, pods
}

// serviceOf returns the service that a Job migrates, or that a pod belongs to.
func serviceOf(o *unstructured.Unstructured) string {
	name := o.GetLabels()["app.kubernetes.io/name"]
	switch {
	case o.GetKind() == "Job" && strings.Contains(o.GetName(), "-data-index-migration-"):
		return "data-index-service"
	case o.GetKind() == "Job" && strings.Contains(o.GetName(), "-jobs-service-migration-"):
		return "jobs-service"
	case o.GetKind() == "Pod" && (name == "data-index-service" || name == "jobs-service"):
		return name
	}
	return ""
}

// premature lists the pods of a service that existed while a Job for its schema was
// neither complete nor deleted.
func (h *history) premature() []string {
	jobs, pods := h.lives()
	var out []string
	for _, j := range jobs {
		end := min(j.complete, j.died)
		for _, p := range pods {
			if p.namespace == j.namespace && p.service == j.service && p.born < end && p.died > j.born {
				out = append(out, fmt.Sprintf("%s (%d to %d) beside %s (%d to %d)", p.key, p.born, p.died, j.key, j.born, end))
			}
		}
	}
	return out
}
