// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// tick is the unit in which the kernel counts the time of processes: 100 of them are a
// second on every architecture that Go knows.
const tick = 10 * time.Millisecond

// othersProcesses is the name of all processes outside of the stack together, this one
// included. The more CPU they use, the less reliable the measured times are.
const othersProcesses = "others"

// processes returns the process ID of each process of the stack, by the name of its log.
// They are the processes in the supervisor's process namespace, so none belongs to
// another stack.
func processes() (map[string]int, error) {
	running, err := stack.Find(layout)
	if err != nil {
		return nil, err
	}
	if running == nil {
		return nil, errors.New("the stack isn't running")
	}
	home, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", running.PID))
	if err != nil {
		return nil, fmt.Errorf("cannot find the stack's processes: %w", err)
	}
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, link := range links {
		pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
		// The links of some other processes can't be read.
		if at, err := os.Readlink(link); err != nil || at != home || pid == running.PID {
			continue
		}
		if name := processName(pid); name != "" {
			out[name] = pid
		}
	}
	return out, nil
}

// processName returns the name of a process's log.
func processName(pid int) string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(line) == 0 {
		return ""
	}
	args := strings.Split(string(line), "\x00")
	switch name := filepath.Base(args[0]); {
	case name == "crane":
		return "registry"
	case strings.HasPrefix(name, "crossplane-core") && len(args) > 1 && args[1] == "rbac":
		return "crossplane-rbac-manager"
	case strings.HasPrefix(name, "crossplane-core"):
		return "crossplane"
	case strings.HasPrefix(filepath.Base(filepath.Dir(args[0])), "knative-"):
		return filepath.Base(filepath.Dir(args[0])) + "-" + name
	case name == "kwok" && strings.Contains(string(line), stack.IngressesPlayed):
		return stack.IngressesPlayed
	default:
		return name
	}
}

// A consumption is what processes have used so far.
type consumption struct {
	at time.Time
	// cpu is by process, with othersProcesses for the rest of the machine.
	cpu map[string]time.Duration
	// resident and peak are in MiB.
	resident, peak map[string]float64
}

// consumed reads what the stack's processes, and all others, have used.
func consumed() (consumption, error) {
	out := consumption{at: time.Now(), cpu: map[string]time.Duration{}, resident: map[string]float64{}, peak: map[string]float64{}}
	pids, err := processes()
	if err != nil {
		return out, err
	}
	all, err := machine()
	if err != nil {
		return out, err
	}
	for name, pid := range pids {
		if out.cpu[name], err = processTime(pid); err != nil {
			return out, err
		}
		all -= out.cpu[name]
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return out, fmt.Errorf("cannot read the memory of %s: %w", name, err)
		}
		out.resident[name], out.peak[name] = mebibytes(string(status), "VmRSS:"), mebibytes(string(status), "VmHWM:")
	}
	out.cpu[othersProcesses] = all
	return out, nil
}

// since returns what was used from an earlier time to this one.
func (c consumption) since(before consumption) map[string]time.Duration {
	out := map[string]time.Duration{}
	for name, now := range c.cpu {
		out[name] = now - before.cpu[name]
	}
	return out
}

// forgetPeaks makes the kernel count the peak of each process's memory anew.
func forgetPeaks() error {
	pids, err := processes()
	if err != nil {
		return err
	}
	for name, pid := range pids {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200); err != nil {
			return fmt.Errorf("cannot reset the peak of %s: %w", name, err)
		}
	}
	return nil
}

// processTime returns how long a process has run on any processor.
func processTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("cannot read the times of process %d: %w", pid, err)
	}
	// The command's name is in parentheses, and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system = 11, 12
	return ticks(fields[user]) + ticks(fields[system]), nil
}

// machine returns how long the machine's processors have run anything.
func machine() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("cannot read the times of the machine: %w", err)
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	var out time.Duration
	for i, field := range strings.Fields(first)[1:] {
		const idle, ioWait, guest = 3, 4, 8
		// The kernel counts the time of guests also as time of users.
		if i != idle && i != ioWait && i < guest {
			out += ticks(field)
		}
	}
	return out, nil
}

func ticks(field string) time.Duration {
	n, _ := strconv.ParseInt(field, 10, 64)
	return time.Duration(n) * tick
}

// mebibytes returns a field of a process's status, which is in KiB.
func mebibytes(status, field string) float64 {
	_, rest, _ := strings.Cut(status, field)
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 64)
	return n / 1024
}

// load returns the machine's load average.
func load() string {
	averages, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(averages))[0]
}
