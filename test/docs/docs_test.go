// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// root is the top of the repository.
const root = "../.."

// The README is for reading at one sitting. What goes beyond has a page beside its subject.
const (
	maxLines = 250
	maxBytes = 14 << 10
)

// TestReadmeSize fails for a README that has grown beyond its limits.
func TestReadmeSize(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join(root, "README.md"))
	if lines := strings.Count(text, "\n"); lines > maxLines || len(text) > maxBytes {
		t.Errorf("README.md has %d lines and %d bytes, want at most %d and %d: move what is reference to the page of its subject", lines, len(text), maxLines, maxBytes)
	}
}

// link is an inline link of Markdown.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks follows every link within the repository, to files and to headings.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			if err := follow(t, page, m[1]); err != "" {
				t.Errorf("%s: %s: %s", page, m[1], err)
			}
		}
	}
}

// follow returns what is wrong with a link of a page.
func follow(t *testing.T, page, target string) string {
	t.Helper()
	if strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "mailto:") {
		return ""
	}
	path, anchor, _ := strings.Cut(target, "#")
	file := page
	if path != "" {
		file = filepath.Join(filepath.Dir(page), path)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "there is no such file"
	}
	if anchor == "" {
		return ""
	}
	if info.IsDir() {
		file = filepath.Join(file, "README.md")
	}
	if !strings.HasSuffix(file, ".md") || !slices.Contains(anchors(read(t, file)), anchor) {
		return "there is no such heading"
	}
	return ""
}

// TestCommands looks up every make target and every example that a page names.
func TestCommands(t *testing.T) {
	t.Parallel()
	target := regexp.MustCompile("(?m)(?:^ +|`)make ([a-z][a-z0-9-]*)")
	example := regexp.MustCompile(`EXAMPLE=([a-z][a-z-]*)`)
	makefile := read(t, filepath.Join(root, "Makefile"))
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: there is no `make %s`", page, m[1])
			}
		}
		for _, m := range example.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, "example", m[1], "composite.yaml")); err != nil {
				t.Errorf("%s: there is no example %s", page, m[1])
			}
		}
	}
}

// TestNamedTests looks up every test and scenario that a page names as a proof.
func TestNamedTests(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, file := range files(t, func(path string) bool { return strings.HasSuffix(path, "_test.go") }) {
		sources.WriteString(read(t, file))
	}
	named := regexp.MustCompile("`(Test[A-Z][A-Za-z]+)`")
	for _, page := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(sources.String(), "\nfunc "+m[1]+"(") {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
	}
}

// TestDependabot fails for a module that Dependabot doesn't look at.
func TestDependabot(t *testing.T) {
	t.Parallel()
	config := read(t, filepath.Join(root, ".github", "dependabot.yml"))
	for _, module := range files(t, func(path string) bool { return filepath.Base(path) == "go.mod" }) {
		folder := strings.TrimPrefix(filepath.Dir(module), root)
		if folder == "" {
			folder = "/"
		}
		if !regexp.MustCompile(`(?m)(?:- |directory: )` + regexp.QuoteMeta(folder) + `$`).MatchString(config) {
			t.Errorf(".github/dependabot.yml lacks %s", folder)
		}
	}
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	got := anchors("# `podTemplate`\n## A b, C-d_e (f)\n```\n# no heading\n```\n## Über 2\n## Again\n## Again\n# [Link](x.md)\n")
	want := []string{"podtemplate", "a-b-c-d_e-f", "über-2", "again", "again-1", "link"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("anchors: -want, +got:\n%s", diff)
	}
}

// pages lists all Markdown files of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	return files(t, func(path string) bool { return filepath.Ext(path) == ".md" })
}

// files lists those files of the repository that are wanted.
func files(t *testing.T, wanted func(path string) bool) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == ".cache"):
			return fs.SkipDir
		case !entry.IsDir() && wanted(path):
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// prose returns a text without its blocks and spans of code.
func prose(markdown string) string {
	var out strings.Builder
	fenced := false
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			out.WriteString(line)
		}
	}
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(out.String(), "``")
}

// anchors returns the anchors of the headings of a text, as GitHub makes them.
func anchors(markdown string) []string {
	var out []string
	seen := map[string]int{}
	fenced := false
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		hashes, title, ok := strings.Cut(line, " ")
		if fenced || !ok || hashes == "" || strings.Trim(hashes, "#") != "" {
			continue
		}
		anchor := slug(regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(strings.TrimSpace(title), "$1"))
		if n := seen[anchor]; n > 0 {
			out = append(out, anchor+"-"+strconv.Itoa(n))
		} else {
			out = append(out, anchor)
		}
		seen[anchor]++
	}
	return out
}

func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
