// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestFatalKeepsConditions holds that every fatal result repeats the conditions that it has
// nothing new to say about: Crossplane makes those Unknown that aren't reported.
func TestFatalKeepsConditions(t *testing.T) {
	t.Parallel()
	const spec = "services: {dataIndex: {}}"
	panics := &funcRunner{run: func() *fnv1.RunFunctionResponse { panic("boom") }}
	cases := map[string]struct {
		reason string
		fn     fnv1.FunctionRunnerServiceServer
		spec   string
		input  string
		kind   string
		// exists is an object of another owner, by the name of the query that finds it.
		exists map[string]map[string]any
		// specValid and succeed are the reasons of these conditions; every other condition
		// keeps its reason in each case.
		specValid, succeed string
	}{
		"Input": {
			reason: "A wrong value in the input is the Composition's fault and says nothing about the spec.",
			spec:   spec, input: "compatibility: Nonsense", specValid: v1alpha08.ReasonValid, succeed: v1alpha08.ReasonFailure,
		},
		"InputField": {
			reason: "A field that the input doesn't have is such a fault, too.",
			spec:   spec, input: "podSecurty: None", specValid: v1alpha08.ReasonValid, succeed: v1alpha08.ReasonFailure,
		},
		"InputImage": {
			reason: "So is an image in the input.",
			spec:   spec, input: "images: {tag: \"1 0\"}", specValid: v1alpha08.ReasonValid, succeed: v1alpha08.ReasonFailure,
		},
		"Kind": {
			reason: "A Composition for another kind names this function.",
			spec:   spec, kind: "XDatabase", specValid: v1alpha08.ReasonValid, succeed: v1alpha08.ReasonFailure,
		},
		"Spec": {
			reason: "An invalid spec changes nothing that runs.",
			spec:   "persistence: none", specValid: v1alpha08.ReasonInvalid, succeed: v1alpha08.ReasonFailure,
		},
		"NameTaken": {
			reason: "An object of another owner that is in the way changes nothing that runs either.",
			spec:   spec, specValid: v1alpha08.ReasonNameTaken, succeed: v1alpha08.ReasonFailure,
			exists: map[string]map[string]any{"service-plat-data-index-service": {"kind": "Service", "metadata": map[string]any{"name": "plat-data-index-service"}}},
		},
		"ClusterPlatform": {
			reason: "A cluster platform's spec can be invalid, too.",
			spec:   "platformRef: none", kind: v1alpha08.KindSonataFlowClusterPlatform, specValid: v1alpha08.ReasonInvalid, succeed: v1alpha08.ReasonFailure,
		},
		"Panic": {
			reason: "After a panic nothing is known of the request but its composite.",
			fn:     panics, spec: spec, specValid: v1alpha08.ReasonValid, succeed: v1alpha08.ReasonFailure,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := map[string]string{
				"Ready":                      "Available", // Crossplane's own: a function must not report it.
				v1alpha08.ConditionSpecValid: v1alpha08.ReasonValid, v1alpha08.ConditionSecretsReady: v1alpha08.ReasonSecretsFound,
				v1alpha08.ConditionDatabaseMigrated: v1alpha08.ReasonMigrated, v1alpha08.ConditionEventingReady: v1alpha08.ReasonConnected,
				v1alpha08.ConditionDataIndexReady: v1alpha08.ReasonAvailable, v1alpha08.ConditionSucceed: v1alpha08.ReasonSucceeded,
			}
			xr := compositeOf(t, tc.spec)
			if tc.kind != "" {
				xr.SetKind(tc.kind)
			}
			setConditions(xr, before)
			fn := tc.fn
			if fn == nil {
				fn = NewFunction(logging.NewNopLogger())
			}
			req := withInput(t, requestFor(t, xr), tc.input)
			req.RequiredResources = map[string]*fnv1.Resources{}
			for query, o := range tc.exists {
				req.RequiredResources[query] = &fnv1.Resources{Items: []*fnv1.Resource{{Resource: structOf(t, o)}}}
			}
			rsp, err := (&recoverer{wrapped: fn, log: logging.NewNopLogger()}).RunFunction(t.Context(), req)
			if err != nil || fatal(rsp) == "" {
				t.Fatalf("%s\nRunFunction(...): want a fatal result, got %v, %v", tc.reason, rsp, err)
			}
			want := before
			delete(want, "Ready")
			want[v1alpha08.ConditionSpecValid], want[v1alpha08.ConditionSucceed] = tc.specValid, tc.succeed
			got := map[string]string{}
			for _, c := range rsp.GetConditions() {
				if _, twice := got[c.GetType()]; twice {
					t.Errorf("%s\ncondition %s is reported twice", tc.reason, c.GetType())
				}
				got[c.GetType()] = c.GetReason()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nreasons of the conditions: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// setConditions gives a composite conditions with some reasons. All are True.
func setConditions(xr *unstructured.Unstructured, reasons map[string]string) {
	list := make([]any, 0, len(reasons))
	for typ, reason := range reasons {
		list = append(list, map[string]any{"type": typ, "status": "True", "reason": reason, "lastTransitionTime": "2026-01-01T00:00:00Z"})
	}
	xr.Object["status"] = map[string]any{"conditions": list}
}
