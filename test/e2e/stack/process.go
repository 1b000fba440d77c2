// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// A process is a part of the stack that keeps running.
type process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // Not to be read before exited is closed.
}

// start runs a part of the stack, with a log of its own.
func (s *supervisor) start(name string, env []string, binary string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(s.Logs(), name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the log of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(binary, args...) //nolint:noctx // It lives as long as the namespaces.
	cmd.Env, cmd.Dir = append(s.env(), env...), s.Dir
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// stop ends a process, and waits until it has ended.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// run runs a command to its end and returns what it prints.
func (s *supervisor) run(ctx context.Context, env []string, binary string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env, cmd.Dir = append(s.env(), env...), s.Dir
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			detail = strings.TrimSpace(string(exit.Stderr))
		}
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(binary), strings.Join(args, " "), err, detail)
	}
	return string(out), nil
}

// env returns the environment of every process. It inherits nothing, because a
// developer's settings, a proxy for one, must not change the stack.
func (s *supervisor) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir, "TMPDIR=" + s.Dir, "SSL_CERT_DIR=/etc/ssl/certs"}
}

// await reports what it waits for, and waits until a check passes. It gives up when a
// process ends that the check needs.
func (s *supervisor) await(ctx context.Context, what string, timeout time.Duration, check func(context.Context) error, needs ...*process) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, p := range needs {
		go func() {
			select {
			case <-p.exited:
				cancel(fmt.Errorf("%s ended (%w): see %s", p.name, p.err, filepath.Join(s.Logs(), p.name+".log")))
			case <-ctx.Done():
			}
		}()
	}
	s.sayf("waiting for %s", what)
	err := kube.Await(ctx, what, timeout, check)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return err
}

// serves returns a check that passes once a URL answers without an error to what looks like a kubelet's
// probe.
func serves(url string) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		req.Header.Set("User-Agent", "kube-probe/")
		rsp, err := client.Do(req)
		if err != nil {
			return err
		}
		_ = rsp.Body.Close()
		if rsp.StatusCode/100 != 2 {
			return fmt.Errorf("%s answers %s", url, rsp.Status)
		}
		return nil
	}
}
