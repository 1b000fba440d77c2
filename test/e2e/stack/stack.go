// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Layout is where a stack finds what it runs, and where it keeps what it writes.
type Layout struct {
	// Root is the repository.
	Root string `json:"root"`
	// Dir is the stack's own folder.
	Dir string `json:"dir"`
	// Packages is the folder of the packages that `make xpkg` builds, and Version their
	// version.
	Packages string `json:"packages"`
	Version  string `json:"version"`
	// Form is the form of the API that is installed.
	Form Form `json:"form"`
	// Core is the version of Crossplane, for instance v2.4.
	Core string `json:"core"`
	// Plain starts Crossplane and the function as users start them.
	Plain bool `json:"plain"`
	// StartKnative are those of Knative's systems that start with the stack, and not only
	// when a scenario asks for them.
	StartKnative []Knative `json:"startKnative"`
	// CoreModule is the folder of Crossplane's source, with its definitions and its
	// chart.
	CoreModule string `json:"coreModule"`
}

// NewLayout finds the repository that the working directory is in.
func NewLayout(ctx context.Context) (*Layout, error) {
	root, err := goList(ctx, ".", "")
	if err != nil {
		return nil, err
	}
	form, err := wantedForm()
	if err != nil {
		return nil, err
	}
	core, err := chosenCore()
	if err != nil {
		return nil, err
	}
	return &Layout{Root: root, Dir: filepath.Join(root, ".cache", "e2e"), Packages: filepath.Join(root, ".cache", "xpkg"), Form: form, Core: core, Plain: os.Getenv(plainVariable) != "", StartKnative: wantedKnative()}, nil
}

// find finds the packages and modules that a stack is made of.
func (l *Layout) find(ctx context.Context) error {
	version, err := os.ReadFile(filepath.Join(l.Packages, "version"))
	if err != nil {
		return fmt.Errorf("cannot find the packages, run `make xpkg`: %w", err)
	}
	l.Version = strings.TrimSpace(string(version))
	if l.CoreModule, err = goList(ctx, filepath.Join(l.Root, "test", "tools", l.core().tool), coreModule); err != nil {
		return err
	}
	for k := range systems() {
		if !l.built(k) {
			continue
		}
		if err := l.download(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// Kubeconfig is the administrator's kubeconfig. It works only within the stack's
// namespaces.
func (l *Layout) Kubeconfig() string { return filepath.Join(l.Dir, "kubeconfig") }

// Logs is a folder with a file for each process.
func (l *Layout) Logs() string { return filepath.Join(l.Dir, "logs") }

// Kubectl is the kubectl binary.
func (l *Layout) Kubectl() string { return l.bin("kubernetes/kubectl") }

func (l *Layout) bin(name string) string { return filepath.Join(l.Root, ".cache", "bin", name) }

// Environment returns the environment for a command within the stack: that of this
// process, the kubeconfig, and the tools in the PATH. kubectl's cache is the stack's own,
// because API servers of earlier stacks had the same address. Proxies are left out,
// because the stack can't reach them.
func (l *Layout) Environment() []string {
	var out []string
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") {
			out = append(out, variable)
		}
	}
	path := strings.Join([]string{l.bin("kubernetes"), l.bin(""), os.Getenv("PATH")}, string(os.PathListSeparator))
	return append(out, "KUBECONFIG="+l.Kubeconfig(), "KUBECACHEDIR="+filepath.Join(l.Dir, "kubectl"), "PATH="+path)
}

// Find returns the running stack; nil if there is none.
func Find(l *Layout) (*State, error) { return load(l.Dir) }

// ordersVariable makes a program a supervisor. Its value has the orders.
const ordersVariable = "SONATAFLOW_E2E_ORDERS"

// orders tell a supervisor what to do.
type orders struct {
	Layout *Layout `json:"layout"`
	// Leave keeps the stack running when the process that started it ends.
	Leave bool `json:"leave"`
}

// The file descriptors that a supervisor inherits.
const (
	lockDescriptor = 3 + iota
	progressDescriptor
	lifelineDescriptor
)

// Up starts a stack and writes its steps to progress. Unless leave is set, the stack ends
// when this process does.
func Up(ctx context.Context, l *Layout, progress io.Writer, leave bool) (*State, error) {
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(l.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock: %w", err)
	}
	defer func() { _ = lock.Close() }()
	// The supervisor inherits the lock, and holds it as long as it lives.
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("a stack is running, or coming up, in %s: run `make e2e-down`: %w", l.Dir, err)
	}
	if err := l.find(ctx); err != nil {
		return nil, err
	}
	if err := l.clean(); err != nil {
		return nil, err
	}
	said, says, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = said.Close() }()
	log, err := os.Create(filepath.Join(l.Logs(), "supervisor.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()

	s := &State{Form: l.Form, Core: l.Core}
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // It outlives the context.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock, says}
	if !leave {
		lifeline, held, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer func() { _ = lifeline.Close() }()
		cmd.ExtraFiles, s.lifeline = append(cmd.ExtraFiles, lifeline), held
	}
	o, err := json.Marshal(orders{Layout: l, Leave: leave})
	if err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), ordersVariable+"="+string(o))
	isolate(cmd)
	err = cmd.Start()
	_ = says.Close()
	if err != nil {
		return nil, fmt.Errorf("cannot start the stack in namespaces of its own; user namespaces may be forbidden here, then it takes root: %w", err)
	}
	// Waiting removes the supervisor from the process table when it ends, also after an
	// error below.
	go func() { _ = cmd.Wait() }()
	s.PID = cmd.Process.Pid
	if s.Started, err = startTime(s.PID); err != nil {
		return nil, fmt.Errorf("the stack ended at once: %w", err)
	}
	if err := s.save(l.Dir); err != nil {
		return nil, err
	}
	interrupted := context.AfterFunc(ctx, func() { _ = Down(context.WithoutCancel(ctx), l) })
	defer interrupted()

	var report bytes.Buffer
	if _, err := io.Copy(io.MultiWriter(progress, &report), said); err != nil {
		return nil, fmt.Errorf("cannot read how the stack comes up: %w", err)
	}
	if !strings.HasSuffix(report.String(), up+"\n") {
		return nil, fmt.Errorf("the stack didn't come up: logs are in %s", l.Logs())
	}
	return s, nil
}

// Down stops the running stack, and nothing else.
func Down(ctx context.Context, l *Layout) error {
	s, err := load(l.Dir)
	if err != nil || s == nil {
		return err
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	return os.Remove(filepath.Join(l.Dir, "state.json"))
}

// clean removes what an earlier stack wrote.
func (l *Layout) clean() error {
	entries, err := os.ReadDir(l.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == "lock" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(l.Dir, entry.Name())); err != nil {
			return fmt.Errorf("cannot remove what an earlier stack wrote: %w", err)
		}
	}
	return os.MkdirAll(l.Logs(), 0o700)
}

// goList returns the folder of a module, as it is seen from dir.
func goList(ctx context.Context, dir, module string) (string, error) {
	args := []string{"list", "-m", "-f", "{{.Dir}}"}
	if module != "" {
		args = append(args, module)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot find the module %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}
