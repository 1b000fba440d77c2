// SPDX-License-Identifier: Apache-2.0

// Package server builds and runs the programs that serve a function.
package server

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A Server is a program that serves a function.
type Server struct {
	Client  fnv1.FunctionRunnerServiceClient
	Address string
	Started time.Duration // from the start of the program until it answered

	cmd    *exec.Cmd
	exited chan struct{}
	conn   *grpc.ClientConn
}

// Build compiles a package of the module in a folder.
func Build(ctx context.Context, module, pkg, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "grpcnotrace", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
	cmd.Dir, cmd.Stderr = module, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot build %s: %w", pkg, err)
	}
	return nil
}

// FreeAddress returns a loopback address with a free port.
func FreeAddress(ctx context.Context) (string, error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return lis.Addr().String(), lis.Close()
}

// Start starts a program, and waits until it answers a client with these credentials.
func Start(ctx context.Context, creds credentials.TransportCredentials, program string, args ...string) (*Server, error) {
	address, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{Address: address, cmd: exec.CommandContext(ctx, program, append(args, "--address="+address)...), exited: make(chan struct{})}
	s.cmd.Stderr = os.Stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.exited)
		_ = s.cmd.Wait() // ExitCode has the result.
	}()
	if err := s.answers(ctx, creds); err != nil {
		s.Kill()
		return nil, fmt.Errorf("%s doesn't serve: %w", program, err)
	}
	s.Started = time.Since(began)
	return s, nil
}

// answers waits until the program answers.
func (s *Server) answers(ctx context.Context, creds credentials.TransportCredentials) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if s.conn, err = grpc.NewClient(s.Address, grpc.WithTransportCredentials(creds)); err != nil {
		return err
	}
	s.Client = fnv1.NewFunctionRunnerServiceClient(s.conn)
	// After a refused connection gRPC waits a second, so the port is tried first.
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
		if err == nil {
			_ = c.Close()
			break
		}
		if ctx.Err() != nil {
			return err
		}
	}
	_, err = s.Client.RunFunction(ctx, &fnv1.RunFunctionRequest{}, grpc.WaitForReady(true))
	return err
}

// Stop tells the program to end, and waits until it has ended.
func (s *Server) Stop() {
	_ = s.conn.Close()
	_ = s.Terminate() // The program may have ended before, so an error has no consequence.
	<-s.exited
}

// Terminate tells the program to end, as Kubernetes does.
func (s *Server) Terminate() error { return s.cmd.Process.Signal(syscall.SIGTERM) }

// Kill ends the program at once.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // The program may have ended before, so an error has no consequence.
	<-s.exited
}

// Exited returns a channel that is closed when the program ends.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// ExitCode returns the exit code of a program that has ended; -1 if a signal ended the
// program.
func (s *Server) ExitCode() int { return s.cmd.ProcessState.ExitCode() }

// Used returns the processor time that the server has used, with a resolution of a
// hundredth of a second. The kernel counts the time.
func (s *Server) Used() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The command's name is in parentheses, and may hold anything.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	var out time.Duration
	for _, field := range []int{user, system} {
		ticks, err := strconv.Atoi(fields[field])
		if err != nil {
			return 0, err
		}
		out += time.Duration(ticks) * tick
	}
	return out, nil
}

// Memory returns the server's resident memory in MiB, and the part of it that is the
// program's file. The kernel takes pages of a file back when it needs them.
func (s *Server) Memory() (resident, program float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
		switch name {
		case "VmRSS":
			resident = kib / 1024
		case "RssFile":
			program = kib / 1024
		}
	}
	return resident, program, nil
}

// Descriptors returns the number of files and connections that the server has open.
func (s *Server) Descriptors() (int, error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	return len(open), err
}
