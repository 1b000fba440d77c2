// SPDX-License-Identifier: Apache-2.0

package main

import (
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

// rss is the server's resident memory, in bytes.
func (s *server) rss() (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	return pages * os.Getpagesize(), err
}
