// SPDX-License-Identifier: Apache-2.0

package sharing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

func TestLookForOlder(t *testing.T) {
	t.Parallel()
	const (
		before, then, after = `creationTimestamp: "2025-01-01T00:00:00Z"`, `creationTimestamp: "2026-01-01T00:00:00Z"`, `creationTimestamp: "2027-01-01T00:00:00Z"`
		secondary           = `, annotations: {sonataflow.org/secondary.platform: "true"}`
		composed            = `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`
	)
	claimed := func(claim, metadata, succeed string) string {
		return `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: ` + claim + `-x7k2p, ` + metadata + `},
spec: {claimRef: {name: ` + claim + `, namespace: ns1}}, status: {conditions: [` + succeed + `]}}`
	}
	namespaced := func(name, metadata string) string {
		return `{apiVersion: example.org/v1, kind: SonataFlowPlatform, metadata: {namespace: ns1, name: ` + name + `, ` + metadata + `}}`
	}
	byLabel := []composition.Query{{
		Name: "platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindXSonataFlowPlatform, Labels: map[string]string{"crossplane.io/claim-namespace": "ns1"},
	}}
	byNamespace := []composition.Query{{Name: "platforms", APIVersion: "example.org/v1", Kind: v1alpha08.KindSonataFlowPlatform, Namespace: "ns1"}}
	type want struct {
		Older string
		Asked []composition.Query
	}
	cases := map[string]struct {
		reason    string
		composite string
		platforms []string
		// composed tells that the platform has composed something before.
		composed, old bool
		want          want
	}{
		"Alone": {
			reason:    "A platform that is alone in its namespace counts.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("plat", then, "")},
			want: want{Asked: byLabel},
		},
		"NotListed": {
			reason:    "A platform counts that the look-up doesn't list yet.",
			composite: claimed("plat", then, ""),
			want:      want{Asked: byLabel},
		},
		"Older": {
			reason:    "Beside an older platform a platform doesn't count.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("plat", then, ""), claimed("first", before, "")},
			want: want{Older: "first", Asked: byLabel},
		},
		"Younger": {
			reason:    "Beside a younger platform a platform counts.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("plat", then, ""), claimed("second", after, "")},
			want: want{Asked: byLabel},
		},
		"SameAge": {
			reason:    "Of two platforms of the same age, the one counts whose claim's name comes first: the composites' own names are random.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("first", then, "")},
			want: want{Older: "first", Asked: byLabel},
		},
		"SameAgeLaterName": {
			reason:    "Of two platforms of the same age, the one whose claim's name comes later doesn't matter to the first.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("second", then, "")},
			want: want{Asked: byLabel},
		},
		"OlderSecondary": {
			reason:    "An older platform that is secondary doesn't count.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("first", before+secondary, "")},
			want: want{Asked: byLabel},
		},
		"Secondary": {
			reason:    "To a secondary platform the older one doesn't matter. The secondary one looks all the same, so that what it asks for is always the same.",
			composite: claimed("plat", then+secondary, ""), platforms: []string{claimed("first", before, "")},
			want: want{Asked: byLabel},
		},
		"Render": {
			reason:    "A composite that doesn't exist yet, as in an offline render, is younger than those that exist.",
			composite: claimed("plat", "", ""), platforms: []string{claimed("first", after, "")},
			want: want{Older: "first", Asked: byLabel},
		},
		"Namespaced": {
			reason:    "Composites that live in a namespace are looked up there, and compared by their own names.",
			composite: namespaced("plat", then), platforms: []string{namespaced("plat", then), namespaced("first", before)},
			want: want{Older: "first", Asked: byNamespace},
		},
		"OnTheWay": {
			reason:    "A platform that has begun to compose doesn't look before it is at rest, because each of its own updates would count twice.",
			composite: claimed("plat", then, `{type: Succeed, status: "False", reason: Creating}`), platforms: []string{claimed("first", before, "")}, composed: true,
		},
		"OnTheWayForTheFirstTime": {
			reason:    "A platform that has begun to compose, and has said nothing yet, isn't at rest.",
			composite: claimed("plat", then, ""), platforms: []string{claimed("first", before, "")}, composed: true,
		},
		"AtRest": {
			reason:    "A platform that has succeeded is at rest, and looks.",
			composite: claimed("plat", then, `{type: Succeed, status: "True", reason: Succeeded}`), platforms: []string{claimed("first", before, "")}, composed: true,
			want: want{Older: "first", Asked: byLabel},
		},
		"Duplicate": {
			reason:    "A duplicate goes on to look, so that it notices when the older platform goes.",
			composite: claimed("plat", then, `{type: Succeed, status: "False", reason: Duplicated}`), composed: true,
			want: want{Asked: byLabel},
		},
		"Failed": {
			reason:    "So does a platform that was refused: it may have been a duplicate.",
			composite: claimed("plat", then, `{type: Succeed, status: "False", reason: Failure}`), platforms: []string{claimed("first", before, "")}, composed: true,
			want: want{Older: "first", Asked: byLabel},
		},
		"MadeAgain": {
			reason:    "A platform that was deleted and made again isn't as old as the one that is still going.",
			composite: claimed("plat", after+", uid: second", ""), platforms: []string{claimed("plat", before+`, uid: first, deletionTimestamp: "2027-01-01T00:00:00Z"`, ""), claimed("other", then, "")},
			want: want{Older: "other", Asked: byLabel},
		},
		"CannotLook": {
			reason:    "Under a Crossplane that looks nothing up, every platform counts.",
			composite: claimed("plat", then, ""), old: true,
			want: want{Asked: byLabel},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compositiontest.Cluster{Old: tc.old}
			if !tc.old {
				c.Required = map[string][]string{"platforms": tc.platforms}
			}
			if tc.composed {
				c.Observed = map[string]string{"data-index-config": composed}
			}
			req := compositiontest.Request(t, tc.composite, c)
			self := sharing.Platform{NamespacedName: types.NamespacedName{Namespace: "ns1", Name: "plat"}, Namespaced: req.Composite.GetNamespace() != ""}
			got := want{Older: sharing.LookForOlder(req, self)}
			got.Asked, _ = req.Queries()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nLookForOlder(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
