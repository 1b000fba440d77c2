// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestInput compares the README's table of the function's input with its Go type.
func TestInput(t *testing.T) {
	t.Parallel()
	got := firstCells(t, "## The function's input")
	want := fields(reflect.TypeFor[v1beta1.Input](), "")
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README.md, fields of the input: -want, +got:\n%s", diff)
	}
}

// fields returns the paths of a type's own fields.
func fields(t reflect.Type, path string) []string {
	var out []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous || name == "metadata":
		case f.Type.Kind() == reflect.Struct:
			out = append(out, fields(f.Type, path+name+".")...)
		default:
			out = append(out, path+name)
		}
	}
	return out
}

// TestLinks follows every link within the repository, and looks up every make target
// and example that a README names.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	target := regexp.MustCompile("(?m)(?:^ +|`)make ([a-z][a-z0-9-]*)")
	example := regexp.MustCompile(`EXAMPLE=([a-z-]+)`)
	makefile := text(t, root, "Makefile")

	for _, readme := range readmes(t) {
		content := text(t, readme)
		for _, m := range link.FindAllStringSubmatch(content, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			file := readme
			if path != "" {
				file = filepath.Join(filepath.Dir(readme), path)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: broken link %s", readme, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(text(t, file)), anchor) {
				t.Errorf("%s: link %s leads to no heading", readme, m[1])
			}
		}
		for _, m := range target.FindAllStringSubmatch(content, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: there is no `make %s`", readme, m[1])
			}
		}
		for _, m := range example.FindAllStringSubmatch(content, -1) {
			if !slices.Contains(examples(t), m[1]) {
				t.Errorf("%s: there is no example %s", readme, m[1])
			}
		}
	}
}

// readmes lists the READMEs for users.
func readmes(t *testing.T) []string {
	t.Helper()
	out, err := filepath.Glob(folder + "/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, folder+"/README.md", root+"/README.md")
}

// anchors returns the anchors of the headings of a Markdown text.
func anchors(markdown string) []string {
	dropped := regexp.MustCompile(`[^a-z0-9 _-]`)
	var out []string
	for line := range strings.Lines(markdown) {
		if hashes, title, ok := strings.Cut(line, " "); ok && strings.Trim(hashes, "#") == "" {
			title = dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			out = append(out, strings.ReplaceAll(title, " ", "-"))
		}
	}
	return out
}

// section returns the text below a heading of the top README.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text(t, root, "README.md"), "\n"+heading+"\n")
	if !found {
		t.Fatalf("README.md has no section %q", heading)
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
func firstCells(t *testing.T, heading string) []string {
	t.Helper()
	quoted := regexp.MustCompile("`([^`]+)`")
	var out []string
	for _, row := range rows(section(t, heading)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			out = append(out, m[1])
		}
	}
	return out
}
