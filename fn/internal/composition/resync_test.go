// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// TestRespondTTL holds how long Crossplane may take a response for granted, and what the
// response leaves in the context for the next call of the same reconcile.
func TestRespondTTL(t *testing.T) {
	t.Parallel()
	const resync = 3 * time.Hour
	ready := &composition.Result{Composed: []composition.Composed{{Key: "a", Object: configMap(nil), Ready: true}}, Status: status(1)}
	looksUp := []fnv1.Capability{fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES}
	every := composition.Query{Name: "classes", APIVersion: "example.org/v1", Kind: "Class"}
	found := func(names ...string) map[string]*fnv1.Resources {
		out := map[string]*fnv1.Resources{}
		for _, name := range names {
			out[name] = &fnv1.Resources{}
		}
		return out
	}
	noted := func(watched bool) *structpb.Struct {
		return &structpb.Struct{Fields: map[string]*structpb.Value{"sonataflow.fn.crossplane.io/watched": structpb.NewBoolValue(watched)}}
	}
	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		context      *structpb.Struct
		required     map[string]*fnv1.Resources
		queries      []composition.Query
		result       *composition.Result
		want         time.Duration
		wantContext  *structpb.Struct
	}{
		"NothingAsked": {
			reason:       "What is composed is watched by every Crossplane that looks things up.",
			capabilities: looksUp, result: ready, want: resync,
		},
		"CannotAsk": {
			reason:  "A Crossplane that looks nothing up is too old to see each change of what is composed at once.",
			queries: []composition.Query{secretQuery()}, result: ready, want: time.Minute,
		},
		"FirstCall": {
			reason:       "In the first call nothing is known yet.",
			capabilities: looksUp, queries: []composition.Query{secretQuery()}, result: ready,
			want: time.Minute, wantContext: noted(false),
		},
		"SecondCall": {
			reason:       "In the second call, Crossplane before v2.4 has the answers, but won't watch them.",
			capabilities: looksUp, context: noted(false), required: found("secret-db"), queries: []composition.Query{secretQuery()}, result: ready,
			want: time.Minute, wantContext: noted(false),
		},
		"Remembered": {
			reason:       "Crossplane since v2.4 has answers in the first call of a reconcile, because it watches what was looked up in the last one.",
			capabilities: looksUp, required: found("secret-db"), queries: []composition.Query{secretQuery()}, result: ready,
			want: resync, wantContext: noted(true),
		},
		"RememberedInPart": {
			reason:       "One answer in the first call tells that Crossplane watches.",
			capabilities: looksUp, required: found("secret-db"), queries: []composition.Query{{Name: "new", APIVersion: "v1", Kind: "Secret", Namespace: "ns1", ResourceName: "new"}, secretQuery()}, result: ready,
			want: resync, wantContext: noted(true),
		},
		"RememberedSecondCall": {
			reason:       "What the first call showed holds for the second one.",
			capabilities: looksUp, context: noted(true), required: found("secret-db", "new"), queries: []composition.Query{secretQuery()}, result: ready,
			want: resync, wantContext: noted(true),
		},
		"Bootstrap": {
			reason:       "A Composition may ask for all objects of a kind, and has the answer in the first call under every Crossplane.",
			capabilities: looksUp, required: found("classes"), queries: []composition.Query{every}, result: ready,
			want: time.Minute, wantContext: noted(false),
		},
		"OtherContext": {
			reason:       "The context of other functions stays.",
			capabilities: looksUp, context: message(t, `{a: b}`), queries: []composition.Query{secretQuery()}, result: ready,
			want: time.Minute, wantContext: message(t, `{a: b, "sonataflow.fn.crossplane.io/watched": false}`),
		},
		"Unready": {
			reason:       "An object that isn't ready is awaited.",
			capabilities: looksUp,
			result:       &composition.Result{Composed: []composition.Composed{{Key: "a", Object: configMap(nil)}}, Status: status(1)},
			want:         time.Minute,
		},
		"Incomplete": {
			reason:       "An object that is withheld is awaited.",
			capabilities: looksUp,
			result:       &composition.Result{Status: status(1), Incomplete: true},
			want:         time.Minute,
		},
		"Fatal": {
			reason:       "The end of a fault is awaited.",
			capabilities: looksUp,
			result:       &composition.Result{Status: status(1), Fatal: errors.New("spec.a: wrong")},
			want:         time.Minute,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.Meta = &fnv1.RequestMeta{Capabilities: tc.capabilities}
			raw.Context, raw.RequiredResources = tc.context, tc.required
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range tc.queries {
				req.Look(q)
			}
			rsp := req.Respond(tc.result, nil, resync)
			if diff := cmp.Diff(tc.want, rsp.GetMeta().GetTtl().AsDuration()); diff != "" {
				t.Errorf("%s\nRespond(...): -want ttl, +got ttl:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.wantContext, rsp.GetContext(), protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want context, +got context:\n%s", tc.reason, diff)
			}
		})
	}
}
