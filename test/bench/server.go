// SPDX-License-Identifier: Apache-2.0

package main

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
	"google.golang.org/grpc/credentials/insecure"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A server is a program that serves a function.
type server struct {
	client  fnv1.FunctionRunnerServiceClient
	started time.Duration // from the start of the program until it answered

	cmd  *exec.Cmd
	conn *grpc.ClientConn
}

// start starts a program, and waits until it answers.
func start(ctx context.Context, program string, args ...string) (*server, error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := lis.Addr().String()
	if err := lis.Close(); err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, program, append(args, "--address="+address)...)}
	s.cmd.Stderr = os.Stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if s.conn, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	s.client = fnv1.NewFunctionRunnerServiceClient(s.conn)
	for {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			_ = c.Close()
			break
		}
		if time.Since(began) > 10*time.Second {
			return nil, fmt.Errorf("%s doesn't serve", program)
		}
	}
	_, err = s.client.RunFunction(ctx, &fnv1.RunFunctionRequest{}, grpc.WaitForReady(true))
	s.started = time.Since(began)
	return s, err
}

func (s *server) stop() {
	_ = s.conn.Close()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait() // It was told to end.
}

// used is how long the server has run on any processor. Kernels count it in ticks of a
// hundredth of a second.
func (s *server) used() (time.Duration, error) {
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

// memory is the server's resident memory, and how much of that is its program: pages of
// a file, which the kernel takes back when it needs them. In MiB.
func (s *server) memory() (resident, program float64, err error) {
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
