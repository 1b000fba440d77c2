// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command ctl brings the control plane of the end-to-end scenarios up for a person,
// lets commands run in it, and stops it.
//
//	go run ./test/e2e/ctl up
//	go run ./test/e2e/ctl exec kubectl get pods --all-namespaces
//	go run ./test/e2e/ctl exec bash
//	go run ./test/e2e/ctl down
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

func main() {
	stack.Main()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	l, err := stack.NewLayout(ctx)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	switch args[0] {
	case "up":
		return bringUp(ctx, l)
	case "down":
		return stack.Down(ctx, l)
	case "exec":
		return enter(l, args[1:])
	default:
		return fmt.Errorf("unknown command %q: it is up, down or exec", args[0])
	}
}

const next = `Commands run in it with the administrator's kubeconfig, kubectl and crossplane:

    go run ./test/e2e/ctl exec kubectl get functions,configurations
    go run ./test/e2e/ctl exec bash

Claim a platform:

    go run ./test/e2e/ctl exec kubectl create namespace sonataflow-minimal
    go run ./test/e2e/ctl exec kubectl apply -f example/minimal/claim.yaml
    go run ./test/e2e/ctl exec kubectl get sonataflowplatforms --all-namespaces --output wide

Logs are in LOGS. Stop it:

    make e2e-down
`

func bringUp(ctx context.Context, l *stack.Layout) error {
	running, err := stack.Find(l)
	if err != nil {
		return err
	}
	if running == nil {
		if _, err := stack.Up(ctx, l, os.Stderr, true); err != nil {
			return err
		}
	} else {
		if err := running.Suits(l); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(os.Stderr, "the stack is running already")
	}
	_, err = fmt.Print("\n", strings.ReplaceAll(next, "LOGS", l.Logs()))
	return err
}

func enter(l *stack.Layout, args []string) error {
	running, err := stack.Find(l)
	if err != nil {
		return err
	}
	if running == nil {
		return errors.New("no stack is running: start one with `make e2e-up`")
	}
	if len(args) == 0 {
		args = []string{"bash"}
	}
	cmd := running.Command(args...)
	cmd.Env = l.Environment()
	return cmd.Run()
}
