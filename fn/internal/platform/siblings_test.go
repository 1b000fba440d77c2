// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
)

// sibling is the composite of another claim in the namespace.
func sibling(claim, created, annotations string) string {
	return fmt.Sprintf(`{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: %[1]s-abcde, creationTimestamp: "%[2]s", annotations: {%[3]s}},
spec: {claimRef: {name: %[1]s, namespace: ns1}}}`, claim, created, annotations)
}

// TestDuplicate holds what a platform composes, and says, beside others of its
// namespace.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	const (
		before    = "2025-01-01T00:00:00Z"
		after     = "2027-01-01T00:00:00Z"
		secondary = `sonataflow.org/secondary.platform: "true"`
		both      = "{spec: {claimRef: {name: plat, namespace: ns1}, services: {dataIndex: {}, jobService: {}}}, "
		atRest    = `, status: {conditions: [{type: Succeed, status: "True", reason: Succeeded}]}}`
	)
	composite := func(metadata string) string {
		return both + `apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p, creationTimestamp: "2026-01-01T00:00:00Z"` + metadata + `}}`
	}
	others := func(objects ...string) map[string][]string { return map[string][]string{"platforms": objects} }
	all := []string{
		"data-index-config", "data-index-service", "data-index-deployment",
		"jobs-service-config", "jobs-service-service", "jobs-service-deployment",
	}
	const elder = `Platform first of this namespace is older: delete one of the two, or give one the annotation sonataflow.org/secondary.platform: "true"`
	type want struct {
		Reason, Message string
		Keys            []string
		Conditions      int
	}
	creating := want{Reason: "Creating", Message: "Waiting for Data Index and Jobs Service", Keys: all, Conditions: 4}
	cases := map[string]struct {
		reason    string
		composite string
		cluster   compositiontest.Cluster
		want      want
	}{
		"Alone": {
			reason:    "A platform alone counts.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(composite(""))},
			want:      creating,
		},
		"NotListed": {
			reason:    "Also where the look-up hasn't got it yet.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others()},
			want:      creating,
		},
		"Older": {
			reason:    "A second platform composes nothing.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(composite(""), sibling("first", before, ""))},
			want:      want{Reason: "Duplicated", Message: elder, Conditions: 2},
		},
		"Younger": {
			reason:    "The first doesn't care.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(composite(""), sibling("second", after, ""))},
			want:      creating,
		},
		"SameAge": {
			reason:    "Of two as old, the one whose name comes first counts; the composites' own names are random.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(sibling("first", "2026-01-01T00:00:00Z", ""))},
			want:      want{Reason: "Duplicated", Message: elder, Conditions: 2},
		},
		"SameAgeLaterName": {
			reason:    "And the other doesn't.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(sibling("second", "2026-01-01T00:00:00Z", ""))},
			want:      creating,
		},
		"OlderSecondary": {
			reason:    "A secondary platform isn't in anybody's way.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Required: others(sibling("first", before, secondary))},
			want:      creating,
		},
		"Secondary": {
			reason:    "Nor is anybody in its.",
			composite: composite(", annotations: {" + secondary + "}"),
			cluster:   compositiontest.Cluster{Required: others(sibling("first", before, ""))},
			want:      creating,
		},
		"Running": {
			reason:    "What a platform has composed before an older one appeared stays, and nothing comes to it.",
			composite: strings.TrimSuffix(composite(""), "}") + atRest,
			cluster: compositiontest.Cluster{Required: others(sibling("first", before, "")), Observed: map[string]string{
				"data-index-config":     `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
				"data-index-deployment": available(1),
			}},
			want: want{
				Reason: "Duplicated", Message: elder + "; what this one has composed before stays",
				Keys: []string{"data-index-config", "data-index-deployment"}, Conditions: 4,
			},
		},
		"OnTheWay": {
			reason:    "Between its first reconcile and its rest a platform doesn't look.",
			composite: composite(""),
			cluster: compositiontest.Cluster{Required: others(sibling("first", before, "")), Observed: map[string]string{
				"data-index-config": `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			}},
			want: creating,
		},
		"Render": {
			reason:    "A composite that doesn't exist yet is younger than those that do.",
			composite: both + `apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p}}`,
			cluster:   compositiontest.Cluster{Required: others(sibling("first", after, ""))},
			want:      want{Reason: "Duplicated", Message: elder, Conditions: 2},
		},
		"CannotLook": {
			reason:    "A Crossplane that looks nothing up leaves it to the user.",
			composite: composite(""),
			cluster:   compositiontest.Cluster{Old: true},
			want:      creating,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, tc.cluster))
			if r.Fatal != nil {
				t.Fatal(r.Fatal)
			}
			c := condition(r, v1alpha08.ConditionSucceed)
			got := want{Reason: c.Reason, Message: c.Message, Conditions: len(r.Conditions)}
			for _, o := range r.Composed {
				got.Keys = append(got.Keys, o.Key)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
			if !r.Incomplete {
				t.Error("it is complete")
			}
		})
	}
}
