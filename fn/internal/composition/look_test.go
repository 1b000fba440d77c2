// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// Queries that tests ask.
func secretQuery() composition.Query {
	return composition.Query{Name: "secret-db", APIVersion: "v1", Kind: "Secret", Namespace: "ns1", ResourceName: "db"}
}

func triggerQuery() composition.KindQuery {
	return composition.KindQuery{Name: "knative-trigger", APIVersion: "eventing.knative.dev/v1", Kind: "Trigger"}
}

// asking returns a request of a Crossplane with some capabilities.
func asking(t *testing.T, raw *fnv1.RunFunctionRequest, capabilities ...fnv1.Capability) *composition.Request {
	t.Helper()
	raw.Meta = &fnv1.RequestMeta{Capabilities: capabilities}
	req, err := composition.ParseRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestLook(t *testing.T) {
	t.Parallel()
	secret := message(t, `{apiVersion: v1, kind: Secret, metadata: {name: db, generation: 1, managedFields: [{manager: m}]}}`)
	found := []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "db", "generation": int64(1)},
	}}}
	able := []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES}
	type want struct {
		answer   composition.Answer
		answered bool
		first    *unstructured.Unstructured
	}
	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		required     map[string]*fnv1.Resources
		want         want
	}{
		"Pending": {
			reason:       "A Crossplane that looks resources up wasn't asked yet.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"other": {}},
			want:         want{answer: composition.Answer{State: composition.StatePending}},
		},
		"Unknown": {
			reason: "A Crossplane that doesn't say that it looks resources up will never answer.",
			want:   want{answer: composition.Answer{State: composition.StateUnknown}},
		},
		"UnknownWithOtherCapabilities": {
			reason:       "Other capabilities don't help.",
			capabilities: []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_CONDITIONS},
			want:         want{answer: composition.Answer{State: composition.StateUnknown}},
		},
		"Absent": {
			reason:       "An answer without resources says that there are none.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"secret-db": {}},
			want:         want{answer: composition.Answer{State: composition.StateAbsent}, answered: true},
		},
		"Found": {
			reason:       "An answer has all resources that were found, without their managed fields.",
			capabilities: able,
			required:     map[string]*fnv1.Resources{"secret-db": {Items: []*fnv1.Resource{{Resource: secret}}}},
			want:         want{answer: composition.Answer{State: composition.StateFound, Objects: found}, answered: true, first: found[0]},
		},
		"FoundUnasked": {
			reason:   "What a Composition asks for beforehand is an answer, too.",
			required: map[string]*fnv1.Resources{"secret-db": {Items: []*fnv1.Resource{{Resource: secret}}}},
			want:     want{answer: composition.Answer{State: composition.StateFound, Objects: found}, answered: true, first: found[0]},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.RequiredResources = tc.required
			req := asking(t, raw, tc.capabilities...)
			if diff := cmp.Diff(tc.want.answered, req.Answered(secretQuery())); diff != "" {
				t.Errorf("%s\nAnswered(...): -want, +got:\n%s", tc.reason, diff)
			}
			if asked, _ := req.Queries(); len(asked) > 0 {
				t.Errorf("%s\nAnswered(...) asks for %v", tc.reason, asked)
			}
			got := req.Look(secretQuery())
			if diff := cmp.Diff(tc.want.answer, got); diff != "" {
				t.Errorf("%s\nLook(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.first, got.First()); diff != "" {
				t.Errorf("%s\nFirst(): -want, +got:\n%s", tc.reason, diff)
			}
			// The same is asked on each call, also when the answer is known.
			asked, _ := req.Queries()
			if diff := cmp.Diff([]composition.Query{secretQuery()}, asked); diff != "" {
				t.Errorf("%s\nQueries(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLookForKind(t *testing.T) {
	t.Parallel()
	able := []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS}
	installed := map[string]*fnv1.Schema{"knative-trigger": {OpenapiV3: &structpb.Struct{}}}
	asks := []composition.KindQuery{triggerQuery()}
	type want struct {
		state composition.State
		asked []composition.KindQuery
	}
	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		schemas      map[string]*fnv1.Schema
		evident      bool
		want         want
	}{
		"Pending": {
			reason:       "A Crossplane that looks schemas up wasn't asked yet.",
			capabilities: able,
			want:         want{state: composition.StatePending, asked: asks},
		},
		"Unknown": {
			reason: "A Crossplane that doesn't say that it looks schemas up will never answer.",
			want:   want{state: composition.StateUnknown, asked: asks},
		},
		"UnknownWithOtherCapabilities": {
			reason:       "That Crossplane looks resources up doesn't help.",
			capabilities: []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES},
			want:         want{state: composition.StateUnknown, asked: asks},
		},
		"Absent": {
			reason:       "A kind that isn't installed has an empty schema.",
			capabilities: able,
			schemas:      map[string]*fnv1.Schema{"knative-trigger": {}},
			want:         want{state: composition.StateAbsent, asked: asks},
		},
		"Found": {
			reason:       "A kind that is installed has a schema.",
			capabilities: able,
			schemas:      installed,
			want:         want{state: composition.StateFound, asked: asks},
		},
		"FoundUnasked": {
			reason:  "What a render is told beforehand is an answer, too.",
			schemas: installed,
			want:    want{state: composition.StateFound, asked: asks},
		},
		"Evident": {
			reason:       "A kind of which the caller knows an object is installed, so Crossplane needn't be asked.",
			capabilities: able,
			evident:      true,
			want:         want{state: composition.StateFound},
		},
		"EvidentAndAsked": {
			reason:       "What Crossplane was asked before is asked again: Crossplane calls until the same is asked twice.",
			capabilities: able,
			schemas:      installed,
			evident:      true,
			want:         want{state: composition.StateFound, asked: asks},
		},
		"EvidentButAbsent": {
			reason:       "What Crossplane says comes before what the caller knows: the kind may have been removed.",
			capabilities: able,
			schemas:      map[string]*fnv1.Schema{"knative-trigger": {}},
			evident:      true,
			want:         want{state: composition.StateAbsent, asked: asks},
		},
		"EvidentButUnknown": {
			reason:  "A Crossplane that doesn't look schemas up makes nothing evident.",
			evident: true,
			want:    want{state: composition.StateUnknown, asked: asks},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.RequiredSchemas = tc.schemas
			req := asking(t, raw, tc.capabilities...)
			if diff := cmp.Diff(tc.want.state, req.LookForKind(triggerQuery(), tc.evident)); diff != "" {
				t.Errorf("%s\nLookForKind(...): -want, +got:\n%s", tc.reason, diff)
			}
			_, asked := req.Queries()
			if diff := cmp.Diff(tc.want.asked, asked); diff != "" {
				t.Errorf("%s\nQueries(): -want kinds, +got kinds:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestQueries holds that a query which several callers ask is asked once, in the order of
// the first calls.
func TestQueries(t *testing.T) {
	t.Parallel()
	req := asking(t, observed(t, anyComposite))
	platforms := composition.Query{Name: "platforms", APIVersion: "sonataflow.org/v1alpha08", Kind: "XSonataFlowPlatform"}
	binding := composition.KindQuery{Name: "knative-sinkbinding", APIVersion: "sources.knative.dev/v1", Kind: "SinkBinding"}
	for _, q := range []composition.Query{secretQuery(), platforms, secretQuery()} {
		req.Look(q)
	}
	for _, q := range []composition.KindQuery{triggerQuery(), binding, triggerQuery()} {
		req.LookForKind(q, false)
	}
	resources, kinds := req.Queries()
	if diff := cmp.Diff([]composition.Query{secretQuery(), platforms}, resources); diff != "" {
		t.Errorf("Queries(): -want resources, +got resources:\n%s", diff)
	}
	if diff := cmp.Diff([]composition.KindQuery{triggerQuery(), binding}, kinds); diff != "" {
		t.Errorf("Queries(): -want kinds, +got kinds:\n%s", diff)
	}
}
