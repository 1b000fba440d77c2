// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A Query asks Crossplane for resources that exist beside the composed ones.
type Query struct {
	// Name tells queries apart. It must be stable.
	Name string
	// APIVersion and Kind of the resources. A kind that the cluster doesn't know fails the
	// whole pipeline: see LookForKind.
	APIVersion, Kind string
	// Namespace of the resources; empty for those that live in none.
	Namespace string
	// ResourceName is the name of one resource; all of the namespace are asked for when it
	// is empty.
	ResourceName string
	// Labels that the resources have, when they aren't asked for by name.
	Labels map[string]string
}

// A KindQuery asks Crossplane whether a kind is installed that a cluster needn't have. To
// look for its resources, or to compose one, fails where the kind isn't installed.
type KindQuery struct {
	// Name tells queries apart. It must be stable.
	Name string
	// APIVersion and Kind that may be installed.
	APIVersion, Kind string
}

// A State is what is known about resources, or a kind, that were asked for.
type State int

// What can be known about resources, or a kind, that were asked for.
const (
	// StatePending means that Crossplane wasn't asked yet. Crossplane will call again, so
	// what is decided now isn't final.
	StatePending State = iota
	// StateUnknown means that this Crossplane isn't asked, because it doesn't say that it
	// looks up resources by namespace, or schemas. Crossplane does since v2.2.
	StateUnknown
	// StateAbsent means that there is no such resource, or that the kind isn't installed.
	StateAbsent
	// StateFound means that there is at least one resource, or that the kind is installed.
	StateFound
)

// An Answer is what Crossplane found for a query.
type Answer struct {
	State   State
	Objects []*unstructured.Unstructured
}

// First returns the first of the objects that were found, or nil.
func (a Answer) First() *unstructured.Unstructured {
	if len(a.Objects) == 0 {
		return nil
	}
	return a.Objects[0]
}

// lookups are what a request tells about queries, and what is asked while it is
// answered.
type lookups struct {
	answers map[string]Answer
	kinds   map[string]State
	// resources and schemas tell what this Crossplane can be asked for.
	resources, schemas bool

	// asked and askedKinds are what the response asks for.
	asked      []Query
	askedKinds []KindQuery
}

// Look asks for resources, and returns what is known about them. A composer asks the
// same questions on each of its calls, independent of the answers: Crossplane calls again
// until the questions are stable.
func (r *Request) Look(q Query) Answer {
	if !slices.ContainsFunc(r.lookups.asked, func(asked Query) bool { return asked.Name == q.Name }) {
		r.lookups.asked = append(r.lookups.asked, q)
	}
	switch answer, ok := r.lookups.answers[q.Name]; {
	case ok:
		return answer
	case r.lookups.resources:
		return Answer{State: StatePending}
	}
	return Answer{State: StateUnknown}
}

// Answered tells whether Crossplane has looked for the resources of a query, without
// asking for them.
func (r *Request) Answered(q Query) bool {
	_, ok := r.lookups.answers[q.Name]
	return ok
}

// LookForKind asks whether a kind is installed, and returns what is known about it. Where
// that is evident, because the caller knows an object of the kind, Crossplane isn't asked
// for what it wasn't asked for before.
func (r *Request) LookForKind(q KindQuery, evident bool) State {
	state, answered := r.lookups.kinds[q.Name]
	if !answered && evident && r.lookups.schemas {
		return StateFound
	}
	if !slices.Contains(r.lookups.askedKinds, q) {
		r.lookups.askedKinds = append(r.lookups.askedKinds, q)
	}
	switch {
	case answered:
		return state
	case r.lookups.schemas:
		return StatePending
	}
	return StateUnknown
}

// Queries lists what was asked for while the request was answered, in that order.
func (r *Request) Queries() ([]Query, []KindQuery) {
	return slices.Clone(r.lookups.asked), slices.Clone(r.lookups.askedKinds)
}

func readLookups(message *fnv1.RunFunctionRequest) lookups {
	capabilities := message.GetMeta().GetCapabilities()
	out := lookups{
		answers:   make(map[string]Answer, len(message.GetRequiredResources())),
		kinds:     make(map[string]State, len(message.GetRequiredSchemas())),
		resources: slices.Contains(capabilities, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES),
		schemas:   slices.Contains(capabilities, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS),
	}
	for name, resources := range message.GetRequiredResources() {
		answer := Answer{State: StateAbsent}
		for _, resource := range resources.GetItems() {
			answer.State = StateFound
			answer.Objects = append(answer.Objects, object(resource.GetResource()))
		}
		out.answers[name] = answer
	}
	for name, s := range message.GetRequiredSchemas() {
		out.kinds[name] = StateAbsent
		if s.GetOpenapiV3() != nil { // A kind that isn't installed has an empty schema.
			out.kinds[name] = StateFound
		}
	}
	return out
}

// require writes what was asked for into a response. A Crossplane that can't look
// resources up isn't asked: the CLI v1.20 finds other requirements in each response then,
// and gives up.
func (l *lookups) require(rsp *fnv1.RunFunctionResponse) {
	if len(l.asked) > 0 && l.resources {
		selectors := make(map[string]*fnv1.ResourceSelector, len(l.asked))
		for _, q := range l.asked {
			selectors[q.Name] = q.selector()
		}
		requirements(rsp).Resources = selectors
	}
	if len(l.askedKinds) > 0 && l.schemas {
		selectors := make(map[string]*fnv1.SchemaSelector, len(l.askedKinds))
		for _, q := range l.askedKinds {
			selectors[q.Name] = &fnv1.SchemaSelector{ApiVersion: q.APIVersion, Kind: q.Kind}
		}
		requirements(rsp).Schemas = selectors
	}
}

func requirements(rsp *fnv1.RunFunctionResponse) *fnv1.Requirements {
	if rsp.GetRequirements() == nil {
		rsp.Requirements = &fnv1.Requirements{}
	}
	return rsp.GetRequirements()
}

func (q Query) selector() *fnv1.ResourceSelector {
	// Until v2.2, Crossplane fails to look up what has no match at all. No labels match all.
	out := &fnv1.ResourceSelector{
		ApiVersion: q.APIVersion, Kind: q.Kind,
		Match: &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: q.Labels}},
	}
	if q.Namespace != "" {
		out.Namespace = new(q.Namespace)
	}
	if q.ResourceName != "" {
		out.Match = &fnv1.ResourceSelector_MatchName{MatchName: q.ResourceName}
	}
	return out
}
