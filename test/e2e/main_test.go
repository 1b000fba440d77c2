// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// insideVariable tells this program that it runs in the stack's namespaces.
const insideVariable = "SONATAFLOW_E2E_INSIDE"

// All scenarios share the stack. Each scenario has namespaces of its own in the cluster.
var (
	layout  *stack.Layout
	cluster *kube.Client
)

// TestMain runs the scenarios in the namespaces of a running stack, or else of a new
// stack, which ends with the scenarios.
func TestMain(m *testing.M) {
	stack.Main()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	code, err := run(ctx, m)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code) //nolint:gocritic // The deferred stop isn't needed any more.
}

func run(ctx context.Context, m *testing.M) (int, error) {
	var err error
	if layout, err = stack.NewLayout(ctx); err != nil {
		return 0, err
	}
	api = forms[layout.Form]
	if os.Getenv(insideVariable) != "" {
		if cluster, err = kube.NewClient(layout.Kubeconfig(), layout.Kubectl()); err != nil {
			return 0, err
		}
		// A stack that was running before runs the function that it started with.
		if err := stack.StartFunction(ctx); err != nil {
			return 0, err
		}
		// An interrupt ends this process at once. The parent process, which started the
		// stack, stops it.
		signal.Reset(syscall.SIGINT, syscall.SIGTERM)
		code := m.Run()
		if os.Getenv(faultsVariable) != "" {
			return code, nil // An API server refuses all requests for a moment after its start.
		}
		return code, checkRights()
	}

	running, err := stack.Find(layout)
	if err != nil {
		return 0, err
	}
	if running == nil {
		if running, err = stack.Up(ctx, layout, os.Stderr, false); err != nil {
			return 0, err
		}
		defer func() { _ = stack.Down(context.WithoutCancel(ctx), layout) }()
	} else {
		if err := running.Suits(layout); err != nil {
			return 0, err
		}
		_, _ = fmt.Fprintln(os.Stderr, "using the stack that is running, with the definitions and Compositions that it came up with and the latest function; `make e2e-down` ends it")
	}
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := running.Command(append([]string{program}, os.Args[1:]...)...)
	cmd.Env = append(layout.Environment(), insideVariable+"=1")
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	// A terminal interrupts both processes, but other signals reach only this one.
	interrupted := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer interrupted()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// checkRights finds requests of Crossplane that the API server has forbidden. A missing
// right mostly only delays Crossplane, so that no scenario fails.
func checkRights() error {
	log, err := os.ReadFile(filepath.Join(layout.Logs(), "crossplane.log"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(log)) {
		// When Crossplane can't apply an object, it checks its rights to the kind. It
		// also checks the subresource status, which it never writes.
		if strings.Contains(line, "/status") {
			continue
		}
		if strings.Contains(line, "is forbidden: User") || strings.Contains(line, "is not allowed to") {
			return fmt.Errorf("a right is missing, in example/install or in Crossplane's chart: %s", line)
		}
	}
	return nil
}
