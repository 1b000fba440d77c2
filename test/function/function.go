// SPDX-License-Identifier: Apache-2.0

// Package function builds the function and runs it as a process of its own. Tests then
// call it over gRPC, as Crossplane's tools do.
package function

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
)

// Root returns the folder of the module that the working directory is in, and an error if
// it is in no module.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("cannot find the module's root: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Build compiles the function of the module at root into a folder, and returns the path of
// the binary.
func Build(ctx context.Context, root, dir string) (string, error) {
	binary := filepath.Join(dir, "function")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./fn")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the function: %w\n%s", err, out)
	}
	return binary, nil
}

// A Function is a process that serves RunFunction without TLS.
type Function struct {
	// Address is the loopback address, with port, that the function listens on.
	Address string

	cmd    *exec.Cmd
	output *bytes.Buffer // The process writes to output until exited is closed.
	exited chan struct{}
	err    error
}

// Start starts the function on a free port, and waits until the health service of the
// function reports that it serves. It returns an error if the process ends before.
func Start(ctx context.Context, binary string) (*Function, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}

	output := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, binary, "--insecure", "--address="+address, "--metrics-address=")
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the function: %w", err)
	}

	f := &Function{Address: address, cmd: cmd, output: output, exited: make(chan struct{})}
	go func() {
		f.err = cmd.Wait()
		close(f.exited)
	}()

	if err := f.awaitServing(ctx); err != nil {
		_ = cmd.Process.Kill()
		<-f.exited
		return nil, fmt.Errorf("the function does not serve on %s: %w\n%s", address, err, output)
	}
	return f, nil
}

// Stop ends the function as Kubernetes does, and returns an error if it doesn't end
// cleanly.
func (f *Function) Stop() error {
	_ = f.cmd.Process.Signal(syscall.SIGTERM)

	select {
	case <-f.exited:
	case <-time.After(stopTimeout):
		_ = f.cmd.Process.Kill()
		<-f.exited
		return fmt.Errorf("the function ignores SIGTERM\n%s", f.output)
	}
	if f.err != nil {
		return fmt.Errorf("the function did not end cleanly: %w\n%s", f.err, f.output)
	}
	return nil
}

// awaitServing asks the function's health service, and gives up when the
// process ends.
func (f *Function) awaitServing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	go func() {
		select {
		case <-f.exited:
			cancel()
		case <-ctx.Done():
		}
	}()

	// The process takes some milliseconds to listen; gRPC's own first pause
	// between two attempts is a second.
	conn, err := grpc.NewClient(f.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{
			BaseDelay: 10 * time.Millisecond, Multiplier: 1.5, MaxDelay: 200 * time.Millisecond,
		}}))
	if err != nil {
		return fmt.Errorf("cannot connect: %w", err)
	}
	defer func() { _ = conn.Close() }()

	rsp, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("cannot ask for its health: %w", err)
	}
	if s := rsp.GetStatus(); s != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("its health is %s", s)
	}
	return nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("cannot find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}
