// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate makes a command the first process of namespaces of its own. Its ports aren't
// reachable from outside, and don't clash with ports in use. When the process ends, the
// kernel ends all its children. A user who isn't root becomes root in a user namespace,
// and only there.
func isolate(cmd *exec.Cmd) {
	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Setsid:     true,
	}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
}

// resolver is the file that says who answers questions about names.
const resolver = "/etc/resolv.conf"

// furnish prepares the namespaces of this process: it brings the loopback interface up,
// and mounts a file of host names, and one that names the stack's name server.
func furnish(hosts, resolve string) error {
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("cannot bring the loopback interface up: %w", err)
	}
	// Without this, later mounts would be visible outside of the namespace.
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make the mounts private: %w", err)
	}
	if err := unix.Mount(hosts, "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("cannot mount %s on /etc/hosts: %w", hosts, err)
	}
	// Without such a file, programs ask the name server of their own machine.
	if _, err := os.Stat(resolver); err == nil {
		if err := unix.Mount(resolve, resolver, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cannot mount %s on %s: %w", resolve, resolver, err)
		}
	}
	return nil
}

// Command returns a command that runs in the namespaces of the stack. A process with
// threads, such as every Go program, can't enter a user namespace, so nsenter does it,
// which is part of every Linux distribution.
func (s *State) Command(args ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(s.PID), "--net", "--mount"}
	if os.Geteuid() != 0 {
		enter = append(enter, "--user", "--preserve-credentials")
	}
	// By default, nsenter changes to the root folder of the mount namespace.
	if dir, err := os.Getwd(); err == nil {
		enter = append(enter, "--wd="+dir)
	}
	cmd := exec.Command("nsenter", append(append(enter, "--"), args...)...) //nolint:noctx // It is interrupted, not killed.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}
