// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

const (
	// newestCLI can't render alone: it calls a binary of Crossplane's core.
	newestCLI = "v2.5"
	// aloneCLI is the newest that can.
	aloneCLI  = "v2.2"
	oldCLI    = "v1.20"
	oldestCLI = "v1.16"

	coreTool = "crossplane-core"
)

// clis lists the CLIs that the tests render with.
func clis() []string { return []string{newestCLI, aloneCLI, oldCLI, oldestCLI} }

// choose returns the CLI to render with, given what the folder with the binaries has: the
// newest CLI if it was built, else the one in PATH if it is one that the tests render with,
// else the one that takes the least to build. The path is empty for a CLI of the folder.
func choose(ctx context.Context, has func(tool string) bool) (cli, path string) {
	core := has(coreTool)
	if core && has("crossplane") {
		return newestCLI, ""
	}
	path, err := exec.LookPath("crossplane")
	if err == nil {
		cli = versionOf(ctx, path)
		if slices.Contains(clis(), cli) && (cli != newestCLI || core) {
			return cli, path
		}
	}
	return aloneCLI, ""
}

// versionOf returns major and minor version of a CLI, or "" if the CLI doesn't say.
func versionOf(ctx context.Context, path string) string {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "version", "--client").Output()
	if err != nil {
		return ""
	}
	return regexp.MustCompile(`v[0-9]+\.[0-9]+`).FindString(string(out))
}

// tools lists the binaries of the folder that a render needs, the CLI first.
func (r renderer) tools() []string {
	var out []string
	switch {
	case r.path != "":
	case r.cli == newestCLI:
		out = append(out, "crossplane")
	default:
		out = append(out, "crossplane-"+r.cli)
	}
	if r.cli == newestCLI {
		out = append(out, coreTool)
	}
	return out
}

// has tells whether a binary is in the folder.
func (r renderer) has(tool string) bool {
	_, err := r.tool(tool)
	return err == nil
}

// tool returns the path of a binary in the folder.
func (r renderer) tool(name string) (string, error) {
	path := r.bin
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.root, path)
	}
	path = filepath.Join(path, name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is missing: `make %s/%s` builds it, `make tools` builds all", name, binFolder, name)
	}
	return path, nil
}
