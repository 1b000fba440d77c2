// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
)

// oneState is a flow that is as short as can be.
const oneState = `flow: {states: [{name: a, type: inject, data: {}, end: true}]}`

// withImage is a workflow that is as short as can be.
const withImage = oneState + `, podTemplate: {container: {image: "r.example.com/wf:1.0"}}`

// claimed returns the composite of claim wf in namespace ns1, with fields of its spec, of its
// metadata and of its status.
func claimed(spec, metadata, status string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlow, metadata: {name: wf-x7k2p, uid: us, generation: 2, ` + metadata + `},
spec: {claimRef: {namespace: ns1, name: wf}, ` + spec + `}, status: {` + status + `}}`
}

func TestParse(t *testing.T) {
	t.Parallel()
	type want struct {
		Identity flow.Identity
		Profile  flow.Profile
		Labels   map[string]string
		Errors   string
	}
	id := flow.Identity{ID: "wf"}
	cases := map[string]struct {
		reason string
		in     string
		want   want
	}{
		"Image": {
			reason: "A workflow with an image runs the image, also if the annotation names another profile.",
			in:     claimed(withImage, `annotations: {sonataflow.org/profile: preview}`, ""),
			want:   want{Identity: id, Profile: flow.GitOps, Labels: map[string]string{}},
		},
		"NoImage": {
			reason: "A workflow without image would be built.",
			in:     claimed(oneState, "", ""), want: want{Identity: id, Profile: flow.Preview, Labels: map[string]string{}},
		},
		"Dev": {
			reason: "An image doesn't end the dev profile.",
			in:     claimed(withImage, `annotations: {sonataflow.org/profile: dev}`, ""), want: want{Identity: id, Profile: flow.Dev, Labels: map[string]string{}},
		},
		"Described": {
			reason: "Annotations describe the flow; an identifier of its own is the flow's.",
			in: claimed(withImage, `annotations: {sonataflow.org/id: hello, sonataflow.org/version: "1.0", sonataflow.org/description: d, sonataflow.org/name: hi, sonataflow.org/key: k, sonataflow.org/expressionLang: jsonpath},
labels: {team: orders, crossplane.io/claim-name: wf}`, ""),
			want: want{
				Identity: flow.Identity{ID: "hello", Version: "1.0", Description: "d", Name: "hi", Key: "k", ExpressionLang: "jsonpath"},
				Profile:  flow.GitOps, Labels: map[string]string{"team": "orders"},
			},
		},
		"StatusOfAnother": {
			reason: "A status that isn't ours says nothing.",
			in:     claimed(withImage, "", "platform: 7"), want: want{Identity: id, Profile: flow.GitOps, Labels: map[string]string{}},
		},
		"Unclaimed": {
			reason: "A workflow lives in a namespace.",
			in:     `{kind: XSonataFlow, metadata: {name: wf}, spec: {` + withImage + `}}`, want: want{Errors: "spec.claimRef"},
		},
		"NoFlow": {
			reason: "A workflow does something.",
			in:     claimed(`podTemplate: {}`, "", ""), want: want{Errors: "spec.flow"},
		},
		"WrongType": {
			reason: "What can't be read is named by its path.",
			in:     claimed(oneState+`, sources: x`, "", ""), want: want{Errors: "spec.sources"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, errs := parse(compositiontest.Request(t, tc.in, compositiontest.Cluster{}))
			if tc.want.Errors != "" {
				if len(errs) == 0 || !strings.HasPrefix(errs[0].Field, tc.want.Errors) {
					t.Errorf("%s\nparse(...): got %v, want an error at %s", tc.reason, errs, tc.want.Errors)
				}
				return
			}
			if len(errs) > 0 {
				t.Fatalf("%s\nparse(...): %v", tc.reason, errs)
			}
			if diff := cmp.Diff(tc.want, want{Identity: doc.identity(), Profile: doc.profile(), Labels: doc.labels}); diff != "" {
				t.Errorf("%s\nparse(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
