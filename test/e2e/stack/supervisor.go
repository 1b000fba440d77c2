// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// up is the last line that a supervisor prints when its stack has started.
const up = "the stack is up"

// control is the address at which a supervisor takes requests, within the stack's
// namespaces.
const control = "127.0.0.1:7000"

// A supervisor starts the processes of a stack, and keeps them.
type supervisor struct {
	*Layout

	began    time.Time
	progress io.WriteCloser

	authority []byte
	client    *kube.Client

	// mu guards the function and Knative, which scenarios stop and start.
	mu       sync.Mutex
	function *process
	// knative has those of Knative's systems that a scenario has asked for.
	knative map[Knative]*installation
}

// Main makes this program a supervisor if it was started as one. A program that starts
// stacks must call it first.
func Main() {
	told := os.Getenv(ordersVariable)
	if told == "" {
		return
	}
	s := &supervisor{began: time.Now(), progress: inherited(progressDescriptor), knative: map[Knative]*installation{}}
	// Children don't inherit the lock, so it is free when this process ends.
	unix.CloseOnExec(lockDescriptor)
	var o orders
	err := json.Unmarshal([]byte(told), &o)
	if err == nil {
		s.Layout = o.Layout
		err = s.supervise(o.Leave)
	}
	if err != nil {
		s.sayf("FAILED: %v", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inherited returns a file that this process has inherited. Its own children don't
// inherit the file.
func inherited(descriptor int) *os.File {
	unix.CloseOnExec(descriptor)
	return os.NewFile(uintptr(descriptor), "inherited")
}

// supervise starts the stack, and keeps it until it is told to end. The other processes
// end with this one, because it is the first one of their namespace.
func (s *supervisor) supervise(leave bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if !leave {
		lifeline := inherited(lifelineDescriptor)
		go func() {
			_, _ = io.Copy(io.Discard, lifeline)
			stop()
		}()
	}
	if err := s.bringUp(ctx); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", control)
	if err != nil {
		return fmt.Errorf("cannot listen for requests: %w", err)
	}
	go func() { _ = (&http.Server{Handler: s.control(), ReadHeaderTimeout: time.Minute}).Serve(l) }()

	s.sayf(up)
	if err := s.progress.Close(); err != nil {
		return err
	}
	<-ctx.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.function.stop()
	return nil
}

func (s *supervisor) bringUp(ctx context.Context) error {
	file := filepath.Join(s.Dir, "hosts")
	if err := writeFile(file, hosts()); err != nil {
		return err
	}
	resolve := filepath.Join(s.Dir, "resolv.conf")
	if err := writeFile(resolve, []byte("nameserver 127.0.0.1\n")); err != nil {
		return err
	}
	if err := furnish(file, resolve); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{s.startRegistry, s.startControlPlane, s.listenForNames, s.startCrossplane, s.install} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	for _, k := range s.StartKnative {
		s.sayf("starting %s", k)
		if err := s.installKnative(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// sayf reports progress to the process that starts the stack.
func (s *supervisor) sayf(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if line != up {
		line = fmt.Sprintf("%6.1f s  %s", time.Since(s.began).Seconds(), line)
	}
	_, _ = fmt.Fprintln(s.progress, line)
}

// control serves requests to stop the function and Knative, and to start them.
func (s *supervisor) control() http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	mux.HandleFunc("DELETE /function", func(http.ResponseWriter, *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.function.stop()
	})
	mux.HandleFunc("PUT /function", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.function.stop()
		answer(w, s.startFunction())
	})
	// The client's context would end the processes with the request.
	mux.HandleFunc("PUT /knative/{system}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.installKnative(context.WithoutCancel(r.Context()), Knative(r.PathValue("system"))))
	})
	mux.HandleFunc("DELETE /knative/{system}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.removeKnative(r.Context(), Knative(r.PathValue("system"))))
	})
	return mux
}

// StopFunction stops the function's process. It is called within the stack's
// namespaces.
func StopFunction(ctx context.Context) error { return request(ctx, http.MethodDelete, "/function") }

// StartFunction starts the function's process again.
func StartFunction(ctx context.Context) error { return request(ctx, http.MethodPut, "/function") }

// StartKnative installs one of Knative's systems, and starts those of its processes that
// don't run. It is called within the stack's namespaces.
func StartKnative(ctx context.Context, k Knative) error {
	return request(ctx, http.MethodPut, "/knative/"+string(k))
}

// StopKnative ends the processes of one of Knative's systems. What the system has defined
// stays.
func StopKnative(ctx context.Context, k Knative) error {
	return request(ctx, http.MethodDelete, "/knative/"+string(k))
}

func request(ctx context.Context, method, path string) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+control+path, nil)
	if err != nil {
		return err
	}
	rsp, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
	if err != nil {
		return fmt.Errorf("cannot ask the stack: %w", err)
	}
	defer func() { _ = rsp.Body.Close() }()
	if rsp.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(rsp.Body)
		return fmt.Errorf("the stack can't %s %s: %s", method, path, message)
	}
	return nil
}

func writeFile(file string, content []byte) error {
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
}
