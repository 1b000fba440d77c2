// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A State identifies a running stack.
type State struct {
	// PID is the supervisor's, the first process of the stack's namespaces.
	PID int `json:"pid"`
	// Started is the start time of the supervisor, in the kernel's ticks. A later process
	// with the same PID has another start time.
	Started string `json:"started"`
	// Form is the form of the API that the stack was started with.
	Form Form `json:"form"`
	// Core is the version of Crossplane that the stack runs.
	Core string `json:"core"`

	// lifeline is a pipe that the supervisor watches: it is closed when this process
	// ends.
	lifeline *os.File
}

// stopTimeout is how long a stack may take to end.
const stopTimeout = 20 * time.Second

// load returns the running stack; nil if there is none.
func load(dir string) (*State, error) {
	b, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the stack's state: %w", err)
	}
	s := &State{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("cannot read the stack's state: %w", err)
	}
	if !s.alive() {
		return nil, nil
	}
	return s, nil
}

func (s *State) save(dir string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "state.json"), append(b, '\n'), 0o600)
}

// Suits returns an error if the stack has another Crossplane, or another form of the API,
// than the layout asks for.
func (s *State) Suits(l *Layout) error {
	if s.Form != l.Form || s.Core != l.Core {
		return fmt.Errorf("the stack that is running has Crossplane %s and the %s form of the API: use it with CORE=%s FORM=%s, or end it with `make e2e-down`", s.Core, s.Form, s.Core, s.Form)
	}
	return nil
}

// alive tells whether the supervisor runs: a process with its PID and its start time.
func (s *State) alive() bool {
	started, err := startTime(s.PID)
	return err == nil && started == s.Started
}

// stop ends the supervisor. The kernel then ends all processes of its namespace.
func (s *State) stop(ctx context.Context) error {
	// The descriptor refers to this process, also if another process gets its PID.
	process, err := unix.PidfdOpen(s.PID, 0)
	if err != nil {
		return fmt.Errorf("cannot find the stack's process %d: %w", s.PID, err)
	}
	defer func() { _ = unix.Close(process) }()
	if !s.alive() {
		return nil
	}
	if err := unix.PidfdSendSignal(process, unix.SIGTERM, nil, 0); err != nil {
		return fmt.Errorf("cannot end the stack's process %d: %w", s.PID, err)
	}
	gone := []unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}} //nolint:gosec // Descriptors are small.
	deadline := time.Now().Add(stopTimeout)
	for ctx.Err() == nil {
		n, err := unix.Poll(gone, int(time.Until(deadline).Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && n == 0 {
			err = unix.PidfdSendSignal(process, unix.SIGKILL, nil, 0)
		}
		return err
	}
	return ctx.Err()
}

// startTime returns the start time of a process. A zombie is an error, because it has
// ended.
func startTime(pid int) (string, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", err
	}
	// The command's name is in parentheses, and may hold anything.
	_, rest, _ := strings.Cut(string(b[bytes.LastIndexByte(b, ')'):]), " ")
	fields := strings.Fields(rest)
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return fields[start], nil
}
