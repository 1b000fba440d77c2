// SPDX-License-Identifier: Apache-2.0

package sharing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

// TestLookForLocal finds the platform of a workflow's namespace by the rules by which the
// platforms themselves know which of them counts.
func TestLookForLocal(t *testing.T) {
	t.Parallel()
	const (
		workflow   = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlow, metadata: {name: wf-x7k2p}, spec: {claimRef: {namespace: ns1, name: wf}}}`
		namespaced = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlow, metadata: {namespace: ns1, name: wf}}`
		secondary  = `annotations: {sonataflow.org/secondary.platform: "true"}`
		monitored  = `monitoring: {enabled: true}`
	)
	platform := func(name, created, metadata, spec, status string) string {
		return `{kind: XSonataFlowPlatform, metadata: {name: ` + name + `-x7k2p, creationTimestamp: "` + created + `", ` + metadata + `}, spec: {claimRef: {namespace: ns1, name: ` + name + `}, ` + spec + `}, status: {` + status + `}}`
	}
	type want struct {
		State     composition.State
		Name      string
		Monitored bool
		Problem   string
	}
	byLabel := composition.Query{Name: "platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindXSonataFlowPlatform, Labels: map[string]string{"crossplane.io/claim-namespace": "ns1"}}
	byNamespace := composition.Query{Name: "platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowPlatform, Namespace: "ns1"}
	cases := map[string]struct {
		reason    string
		composite string
		platforms []string
		pending   bool
		old       bool
		asked     composition.Query
		want      want
	}{
		"Pending":   {reason: "Before Crossplane was asked nothing is known.", composite: workflow, pending: true, asked: byLabel, want: want{State: composition.StatePending}},
		"Old":       {reason: "An old Crossplane can't be asked.", composite: workflow, old: true, asked: byLabel, want: want{State: composition.StateUnknown}},
		"None":      {reason: "A namespace may have no platform.", composite: workflow, asked: byLabel, want: want{State: composition.StateAbsent}},
		"One":       {reason: "The platform's spec is read.", composite: workflow, platforms: []string{platform("plat", "2026-01-01T00:00:00Z", "", monitored, "")}, asked: byLabel, want: want{State: composition.StateFound, Name: "plat", Monitored: true}},
		"Oldest":    {reason: "Of several platforms, the oldest counts.", composite: workflow, platforms: []string{platform("b", "2026-01-02T00:00:00Z", "", monitored, ""), platform("a", "2026-01-01T00:00:00Z", "", "", "")}, asked: byLabel, want: want{State: composition.StateFound, Name: "a"}},
		"Secondary": {reason: "A secondary platform never counts.", composite: workflow, platforms: []string{platform("a", "2026-01-01T00:00:00Z", secondary, "", "")}, asked: byLabel, want: want{State: composition.StateAbsent}},
		"Unreadable": {
			reason: "Nothing can be told from a spec that can't be read.", composite: workflow, platforms: []string{platform("a", "2026-01-01T00:00:00Z", "", "monitoring: 7", "")}, asked: byLabel,
			want: want{State: composition.StateFound, Name: "a", Problem: "spec.monitoring"},
		},
		"Invalid": {
			reason: "What the platform says of its spec counts.", composite: workflow, asked: byLabel,
			platforms: []string{platform("a", "2026-01-01T00:00:00Z", "", "", `conditions: [{type: SpecValid, status: "False", reason: Invalid, message: mend it}]`)},
			want:      want{State: composition.StateFound, Name: "a", Problem: "mend it"},
		},
		"NameTaken": {
			reason: "A name that another object has is no mistake of the spec.", composite: workflow, asked: byLabel,
			platforms: []string{platform("a", "2026-01-01T00:00:00Z", "", "", `conditions: [{type: SpecValid, status: "False", reason: NameTaken, message: mend it}]`)},
			want:      want{State: composition.StateFound, Name: "a"},
		},
		"Namespaced": {
			reason: "A namespaced workflow belongs to a namespaced platform.", composite: namespaced, asked: byNamespace,
			platforms: []string{`{kind: SonataFlowPlatform, metadata: {namespace: ns1, name: plat}, spec: {}}`},
			want:      want{State: composition.StateFound, Name: "plat"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compositiontest.Cluster{Old: tc.old}
			if !tc.pending && !tc.old {
				c.Required = map[string][]string{"platforms": tc.platforms}
			}
			req := compositiontest.Request(t, tc.composite, c)
			local := sharing.LookForLocal(req, "ns1")
			got := want{State: local.State, Name: local.Name, Problem: local.Problem}
			got.Monitored = local.Spec.Monitoring != nil && local.Spec.Monitoring.Enabled
			if tc.want.Problem != "" && strings.HasPrefix(got.Problem, tc.want.Problem) {
				got.Problem = tc.want.Problem
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nLookForLocal(...): -want, +got:\n%s", tc.reason, diff)
			}
			asked, _ := req.Queries()
			if diff := cmp.Diff([]composition.Query{tc.asked}, asked); diff != "" {
				t.Errorf("%s\nLookForLocal(...) asks: -want, +got:\n%s", tc.reason, diff)
			}
			if ref := local.Ref("ns1"); (ref != nil) != (tc.want.Name != "") {
				t.Errorf("%s\nRef(...): got %v", tc.reason, ref)
			}
		})
	}
}
