// SPDX-License-Identifier: Apache-2.0

// Command render prints what the function composes for an example, without a cluster: it
// runs the function on a free port, and a Crossplane CLI that calls the function.
//
//	go run ./test/render -example minimal
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

func main() {
	example := flag.String("example", "minimal", "the folder in example/ to render")
	cli := flag.String("cli", "", "the Crossplane CLI to render with, from the folder with the binaries: v2.5, v2.2, v1.20 or v1.16; without it, the best that is there, also in PATH")
	tools := flag.Bool("tools", false, "don't render, but print which binaries of the folder the render needs")
	state := flag.String("state", first, "first: before any composed resource exists; ready: when all objects exist and are healthy; or another of: "+strings.Join(nameAll(states()), ", "))
	binary := flag.String("function", "", "the function; built from ./fn when it isn't given")
	namespaced := flag.Bool("namespaced", false, "render the form of the API whose platforms are composites themselves, for Crossplane v2")
	bin := flag.String("bin", binFolder, "the folder that has the Crossplane binaries")
	flag.Parse()

	if err := run(context.Background(), renderer{bin: *bin, cli: *cli, namespaced: *namespaced, printed: execute}, *tools, *example, *state, *binary); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, r renderer, tools bool, example, state, binary string) error {
	root, err := function.Root(ctx)
	if err != nil {
		return err
	}
	r.root = root
	if r.cli == "" {
		r.cli, r.path = choose(ctx, r.has)
	}
	if !slices.Contains(clis(), r.cli) {
		return fmt.Errorf("no CLI %q: choose one of %s", r.cli, strings.Join(clis(), ", "))
	}
	if tools {
		for _, tool := range r.tools() {
			_, _ = fmt.Println(filepath.Join(r.bin, tool))
		}
		return nil
	}
	_, _ = fmt.Fprintf(os.Stderr, "rendering with CLI %s from %s\n", r.cli, cmp.Or(r.path, r.bin))
	dir, err := os.MkdirTemp("", "render-")
	if err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	if binary == "" {
		if binary, err = function.Build(ctx, root, dir); err != nil {
			return err
		}
	}
	f, err := function.Start(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { _ = f.Stop() }()

	r.dir, r.address = dir, f.Address
	out, err := r.render(ctx, example, state)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out.stream())
	return err
}
