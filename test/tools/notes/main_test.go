// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// object returns a composed object with a key.
func object(key, fields string) string {
	return "kind: Deployment\nmetadata: {annotations: {crossplane.io/composition-resource-name: " + key + "}}\n" + fields
}

// TestCompare shows what the notes say of composed objects.
func TestCompare(t *testing.T) {
	t.Parallel()
	const di, js = "data-index-deployment", "jobs-service-deployment"
	cases := map[string]struct {
		reason        string
		before, after map[string]string
		want          string
	}{
		"Same": {
			reason: "Nothing that Crossplane composes has changed.",
			before: map[string]string{"minimal": object(di, "spec: {replicas: 1}")},
			after:  map[string]string{"minimal": object(di, "spec: {replicas: 1}")},
			want:   "The same as before.\n",
		},
		"Fields": {
			reason: "An object is told once, with its fields and with the examples that have it.",
			before: map[string]string{"minimal": object(di, "spec: {replicas: 1, paused: true}"), "production": object(di, "spec: {replicas: 1}")},
			after:  map[string]string{"minimal": object(di, "spec: {replicas: 2}"), "production": object(di, "spec: {replicas: 2}")},
			want:   "- `data-index-deployment` (Deployment): `spec.paused`, `spec.replicas`; in the examples minimal, production\n",
		},
		"Lists": {
			reason: "A list is one field.",
			before: map[string]string{"minimal": object(di, "spec: {ports: [{port: 1}]}")},
			after:  map[string]string{"minimal": object(di, "spec: {ports: [{port: 2}]}")},
			want:   "- `data-index-deployment` (Deployment): `spec.ports`; in the examples minimal\n",
		},
		"NewAndGone": {
			reason: "What comes and goes is said so, because Crossplane creates and deletes it.",
			before: map[string]string{"minimal": object(di, "spec: {}")},
			after:  map[string]string{"minimal": object(js, "spec: {}")},
			want: "- `data-index-deployment` (Deployment): no longer composed: Crossplane deletes it; in the examples minimal\n" +
				"- `jobs-service-deployment` (Deployment): new; in the examples minimal\n",
		},
		"NewExample": {
			reason: "An example that the release before didn't have says nothing about an update.",
			after:  map[string]string{"minimal": object(di, "spec: {}")},
			want:   "The same as before.\n",
		},
		"Composite": {
			reason: "The composite isn't composed, and neither are results.",
			before: map[string]string{"minimal": "kind: XSonataFlowPlatform\nstatus: {a: 1}\n---\nkind: Result\nmessage: a"},
			after:  map[string]string{"minimal": "kind: XSonataFlowPlatform\nstatus: {a: 2}\n---\nkind: Result\nmessage: b"},
			want:   "The same as before.\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, compare(examplesOf(t, tc.before), examplesOf(t, tc.after))); diff != "" {
				t.Errorf("%s\ncompare(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRun writes the notes of a first release, which has nothing to compare with.
func TestRun(t *testing.T) {
	t.Parallel()
	out := &strings.Builder{}
	if err := run(t.Context(), "", out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("The first release.\n", out.String()); diff != "" {
		t.Errorf("run(...): -want, +got:\n%s", diff)
	}
}

// examplesOf parses the renders of examples.
func examplesOf(t *testing.T, texts map[string]string) map[string]example {
	t.Helper()
	out := map[string]example{}
	for name, text := range texts {
		var err error
		if out[name], err = parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
