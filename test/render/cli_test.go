// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChoose shows with which CLI a render is made, and what must be built for it.
func TestChoose(t *testing.T) {
	cases := map[string]struct {
		reason string
		// built are the binaries in the folder.
		built []string
		// inPath is what the crossplane in PATH says of its version; "" when there is none.
		inPath string
		cli    string
		tools  []string
	}{
		"Nothing":       {reason: "On a new machine one tool is built, not two.", cli: "v2.2", tools: []string{"crossplane-v2.2"}},
		"Built":         {reason: "What the tests render with is taken, once it is there.", built: []string{"crossplane", "crossplane-core"}, inPath: "Client Version: v2.2.0", cli: "v2.5", tools: []string{"crossplane", "crossplane-core"}},
		"HalfBuilt":     {reason: "The newest CLI can't render without core.", built: []string{"crossplane"}, cli: "v2.2", tools: []string{"crossplane-v2.2"}},
		"Alone":         {reason: "A CLI that renders alone needs nothing.", inPath: "Client Version: v2.2.1", cli: "v2.2"},
		"Old":           {reason: "So does an old one.", inPath: "Client Version: v1.20.4\nServer Version: v2.4.0", cli: "v1.20"},
		"NewWithCore":   {reason: "The newest CLI needs core only.", built: []string{"crossplane-core"}, inPath: "Client Version: v2.5.0", cli: "v2.5", tools: []string{"crossplane-core"}},
		"NewNoCore":     {reason: "Building the CLI that renders alone takes less than building core.", inPath: "Client Version: v2.5.0", cli: "v2.2", tools: []string{"crossplane-v2.2"}},
		"NeverTried":    {reason: "A CLI that no test renders with isn't taken.", inPath: "Client Version: v1.18.0", cli: "v2.2", tools: []string{"crossplane-v2.2"}},
		"SomethingElse": {reason: "Another program may have the name: Crossplane's core has it.", inPath: "unknown command", cli: "v2.2", tools: []string{"crossplane-v2.2"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir+":/usr/bin:/bin")
			path := filepath.Join(dir, "crossplane")
			if tc.inPath != "" {
				if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+tc.inPath+"'\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cli, got := choose(t.Context(), func(tool string) bool { return slices.Contains(tc.built, tool) })
			r := renderer{cli: cli, path: got}
			if diff := cmp.Diff(tc.cli, cli); diff != "" {
				t.Errorf("%s\nchoose(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.tools, r.tools()); diff != "" {
				t.Errorf("%s\ntools(): -want, +got:\n%s", tc.reason, diff)
			}
			if got != "" && got != path {
				t.Errorf("%s\nchoose(...): got path %s, want %s", tc.reason, got, path)
			}
		})
	}
}
