// SPDX-License-Identifier: Apache-2.0

// Command conformance runs a command while the function serves, and replaces {} in the
// command by the address of the function:
//
//	go run ./test/conformance a-test-runner -endpoint {} scenarios/...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("no command to run: give the command as arguments")
	}

	root, err := function.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "function-")
	if err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	binary, err := function.Build(ctx, root, dir)
	if err != nil {
		return err
	}
	f, err := function.Start(ctx, binary)
	if err != nil {
		return err
	}

	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{}", f.Address)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return errors.Join(cmd.Run(), f.Stop())
}
