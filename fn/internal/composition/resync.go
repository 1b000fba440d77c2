// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// soon is how long Crossplane may take a response for granted while something is awaited,
// or where Crossplane doesn't watch what was looked up.
const soon = time.Minute

// contextWatched is a key of the context of a pipeline, which Crossplane hands back when it
// calls again in the same reconcile. The value tells whether Crossplane watches what was
// looked up.
const contextWatched = "sonataflow.fn.crossplane.io/watched"

// resting tells whether nothing is awaited: all that should exist does, and is ready.
func (r *Result) resting() bool {
	return !r.Incomplete && !slices.ContainsFunc(r.Composed, func(c Composed) bool { return !c.Ready })
}

// watched tells whether Crossplane calls again at once when something changes that was
// composed or looked up. Crossplane does since v2.4. Crossplane doesn't say so, but it
// shows: Crossplane remembers what was looked up in the last reconcile, to watch that, and
// has the answers to the same queries in the first call of the next reconcile already.
// Before v2.4 there are none in the first call, but for queries in the Composition itself,
// which can't name namespaces or objects. Before v2.2, Crossplane looks nothing up, and not
// even sees each change of what is composed.
func (r *Request) watched() bool {
	switch {
	case !r.lookups.resources:
		return false
	case len(r.lookups.asked) == 0:
		return true
	}
	if earlier, again := r.message.GetContext().GetFields()[contextWatched]; again {
		return earlier.GetBoolValue()
	}
	return slices.ContainsFunc(r.lookups.asked, func(q Query) bool {
		return (q.Namespace != "" || q.ResourceName != "" || len(q.Labels) > 0) && r.Answered(q)
	})
}

// remember returns the context of the pipeline with what the first call of a reconcile
// showed, for the calls that may follow.
func (r *Request) remember() *structpb.Struct {
	if !r.lookups.resources || len(r.lookups.asked) == 0 {
		return r.message.GetContext()
	}
	fields := maps.Clone(r.message.GetContext().GetFields())
	if fields == nil {
		fields = map[string]*structpb.Value{}
	}
	fields[contextWatched] = structpb.NewBoolValue(r.watched())
	return &structpb.Struct{Fields: fields}
}
