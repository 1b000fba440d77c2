// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A Requirement asks Crossplane for resources that exist beside the composed ones.
type Requirement struct {
	// Name tells requirements apart. It must be stable.
	Name string
	// APIVersion and Kind of the resources. A kind that the cluster doesn't know fails
	// the whole pipeline.
	APIVersion, Kind string
	// Namespace of the resources.
	Namespace string
	// ResourceName is the name of one resource; all of the namespace when empty.
	ResourceName string
	// Labels that the resources have, when they aren't asked for by name.
	Labels map[string]string
}

// A SchemaRequirement asks Crossplane whether a kind is installed. It is for kinds that
// a cluster needn't have: to look for their resources, or to compose one, would fail
// where they aren't.
type SchemaRequirement struct {
	// Name tells requirements apart. It must be stable.
	Name string
	// APIVersion and Kind that may be installed.
	APIVersion, Kind string
}

// A State is what is known about a required resource, or kind.
type State int

// What can be known about a required resource, or kind.
const (
	// StatePending means that Crossplane wasn't asked yet. It will call again, so what
	// is decided now isn't final.
	StatePending State = iota
	// StateUnknown means that this Crossplane isn't asked, because it doesn't say that
	// it looks up resources by namespace, or schemas. It does since v2.2.
	StateUnknown
	// StateAbsent means that there is no such resource, or that the kind isn't installed.
	StateAbsent
	// StateFound means that there is at least one, or that the kind is installed.
	StateFound
)

// An Answer is what Crossplane found for a requirement.
type Answer struct {
	State   State
	Objects []*unstructured.Unstructured
}

// Answer returns what is known about a requirement.
func (r *Request) Answer(q Requirement) Answer {
	if a, ok := r.answers[q.Name]; ok {
		return a
	}
	if !r.asks {
		return Answer{State: StateUnknown}
	}
	return Answer{State: StatePending}
}

// Installed returns what is known about a kind.
func (r *Request) Installed(q SchemaRequirement) State {
	if s, ok := r.schemas[q.Name]; ok {
		return s
	}
	if !r.asksSchemas {
		return StateUnknown
	}
	return StatePending
}

func answers(req *fnv1.RunFunctionRequest) map[string]Answer {
	out := make(map[string]Answer, len(req.GetRequiredResources()))
	for name, rs := range req.GetRequiredResources() {
		a := Answer{State: StateAbsent}
		for _, r := range rs.GetItems() {
			a.State = StateFound
			a.Objects = append(a.Objects, object(r.GetResource()))
		}
		out[name] = a
	}
	return out
}

// schemas reads which kinds are installed. A kind that isn't has an empty schema.
func schemas(req *fnv1.RunFunctionRequest) map[string]State {
	out := make(map[string]State, len(req.GetRequiredSchemas()))
	for name, s := range req.GetRequiredSchemas() {
		out[name] = StateAbsent
		if s.GetOpenapiV3() != nil {
			out[name] = StateFound
		}
	}
	return out
}

// requireSchemas writes requirements for schemas into a response.
func (r *Request) requireSchemas(rsp *fnv1.RunFunctionResponse, qs []SchemaRequirement) {
	if len(qs) == 0 || !r.asksSchemas {
		return
	}
	if rsp.GetRequirements() == nil {
		rsp.Requirements = &fnv1.Requirements{}
	}
	if rsp.GetRequirements().GetSchemas() == nil {
		rsp.Requirements.Schemas = make(map[string]*fnv1.SchemaSelector, len(qs))
	}
	for _, q := range qs {
		rsp.Requirements.Schemas[q.Name] = &fnv1.SchemaSelector{ApiVersion: q.APIVersion, Kind: q.Kind}
	}
}

// require writes requirements into a response. They are the same on every path
// through a composer: Crossplane calls again until they are stable. One that can't
// look resources up isn't asked: to the CLI v1.20, requirements that it doesn't know
// look different each time, so it would give up.
func (r *Request) require(rsp *fnv1.RunFunctionResponse, qs []Requirement) {
	if len(qs) == 0 || !r.asks {
		return
	}
	if rsp.GetRequirements() == nil {
		rsp.Requirements = &fnv1.Requirements{}
	}
	if rsp.GetRequirements().GetResources() == nil {
		rsp.Requirements.Resources = make(map[string]*fnv1.ResourceSelector, len(qs))
	}
	for _, q := range qs {
		// Until v2.2, Crossplane fails to look up what nothing is to match. No labels match all.
		s := &fnv1.ResourceSelector{
			ApiVersion: q.APIVersion, Kind: q.Kind,
			Match: &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: q.Labels}},
		}
		if q.Namespace != "" {
			s.Namespace = new(q.Namespace)
		}
		if q.ResourceName != "" {
			s.Match = &fnv1.ResourceSelector_MatchName{MatchName: q.ResourceName}
		}
		rsp.Requirements.Resources[q.Name] = s
	}
}
