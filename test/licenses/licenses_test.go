// SPDX-License-Identifier: Apache-2.0

// Package licenses_test checks the licences of all modules that the function is built
// from.
package licenses_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// known returns the licences that the function's modules may have, each with words that
// only its text has. All of them allow distribution under the Apache License.
func known() map[string]string {
	return map[string]string{
		"Apache-2.0": "Apache License",
		"MIT":        "Permission is hereby granted, free of charge",
		"BSD":        "Redistribution and use in source and binary forms",
		"ISC":        "Permission to use, copy, modify, and/or distribute this software",
		"ISC-old":    "Permission to use, copy, modify, and distribute this software",
	}
}

// TestLicenses fails for modules of the function that have an unknown licence, or none.
func TestLicenses(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./fn")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	seen := map[string]bool{}
	for pair := range slices.Chunk(modules, 2) {
		module, dir := pair[0], pair[1]
		if seen[module] {
			continue
		}
		seen[module] = true
		if license := licenseOf(t, dir); license == "" {
			t.Errorf("%s: no licence that is known in %s", module, filepath.Base(dir))
		}
	}
	const few = 20
	if len(seen) < few {
		t.Errorf("found only %d modules", len(seen))
	}
	t.Logf("%d modules", len(seen))
}

// licenseOf returns the licence in a module's folder, or "".
func licenseOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(string(text)), " ")
		for license, phrase := range known() {
			if strings.Contains(words, phrase) {
				return license
			}
		}
	}
	return ""
}
