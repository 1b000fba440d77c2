// SPDX-License-Identifier: Apache-2.0

package xpkg_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestToolchain checks that all files name the same release of Go, so that packages, the
// Dockerfile's image and the tools are compiled with one release.
func TestToolchain(t *testing.T) {
	t.Parallel()

	named := map[string]string{"Dockerfile": found(t, "Dockerfile", `(?m)^ARG GO_VERSION=(.*)$`)}
	for _, mod := range goMods(t) {
		named[mod] = found(t, mod, `(?m)^toolchain go(.*)$`)
	}

	want := named["go.mod"]
	for file, got := range named {
		if got != want {
			t.Errorf("%s names Go %q, go.mod names %q", file, got, want)
		}
	}
}

// found returns the match of the pattern's group in a file of the repository, or "".
func found(t *testing.T, file, pattern string) string {
	t.Helper()

	match := regexp.MustCompile(pattern).FindSubmatch(read(t, filepath.Join(root, file)))
	if match == nil {
		return ""
	}
	return string(match[1])
}

// goMods returns the path of each module's go.mod in the repository.
func goMods(t *testing.T) []string {
	t.Helper()

	var mods []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root:
			return fs.SkipDir
		case entry.Name() == "go.mod":
			mod, err := filepath.Rel(root, path)
			mods = append(mods, mod)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mods
}
