// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"regexp"
	"strings"
	"testing"
)

// section returns the text below a heading of a page.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text(t, root, page), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", page, heading)
	}
	below, _, _ := strings.Cut(after, "\n## ")
	return below
}

// rows returns the lines of all tables in a text.
func rows(markdown string) []string {
	var out []string
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "| ") {
			out = append(out, line)
		}
	}
	return out
}

// firstCells returns the texts in backticks in the first column of a section's tables.
func firstCells(t *testing.T, page, heading string) []string {
	t.Helper()
	quoted := regexp.MustCompile("`([^`]+)`")
	var out []string
	for _, row := range rows(section(t, page, heading)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			out = append(out, m[1])
		}
	}
	return out
}
