// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

const (
	functionProcess  = "function"
	coreProcess      = "crossplane"
	apiServerProcess = "kube-apiserver"
	registryProcess  = "registry"

	// coreReady is the URL at which core says that it is ready.
	coreReady = "http://127.0.0.1:8081/readyz"
	// coreNamespace is Crossplane's namespace.
	coreNamespace = "crossplane-system"
)

// process returns the process ID of a process of the stack.
func (f *faults) process(name string) int {
	f.Helper()
	pids, err := processes()
	if err != nil {
		f.Fatal(err)
	}
	pid, found := pids[name]
	if !found {
		f.Fatalf("the stack has no process %s, only %v", name, pids)
	}
	return pid
}

// signal sends a signal to a process of the stack.
func (f *faults) signal(name string, s syscall.Signal) {
	f.Helper()
	if err := syscall.Kill(f.process(name), s); err != nil {
		f.Fatalf("cannot signal %s: %v", name, err)
	}
}

// A launch has all that is needed to start a process again.
type launch struct {
	name, dir, log string
	args, env      []string
}

// kill kills a process of the stack, as a node without memory does, and returns the
// launch that starts it again.
func (f *faults) kill(name string) launch {
	f.Helper()
	pid := f.process(name)
	out, err := launchOf(name, pid)
	if err != nil {
		f.Fatalf("cannot read how %s was started: %v", name, err)
	}
	f.signal(name, syscall.SIGKILL)
	// A process may keep its ports until its parent has waited for it.
	f.await(name+" to end", func(context.Context) error {
		switch _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("process %d is there", pid)
	})
	return out
}

func launchOf(name string, pid int) (launch, error) {
	read := func(file string) ([]string, error) {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		return strings.Split(strings.TrimSuffix(string(content), "\x00"), "\x00"), err
	}
	args, err := read("cmdline")
	if err != nil {
		return launch{}, err
	}
	env, err := read("environ")
	if err != nil {
		return launch{}, err
	}
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return launch{}, err
	}
	return launch{name: name, dir: dir, log: filepath.Join(layout.Logs(), name+".log"), args: args, env: env}, nil
}

// start starts a process of the stack again. The process joins the stack's process
// namespace, so that it ends with the stack and not before.
func (f *faults) start(l launch) {
	f.Helper()
	running, err := stack.Find(layout)
	if err != nil || running == nil {
		f.Fatalf("cannot find the stack: %v", err)
	}
	log, err := os.OpenFile(l.log, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(l.args[0], l.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = l.dir, l.env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := startInside(cmd, running.PID); err != nil {
		f.Fatalf("cannot start %s: %v", l.name, err)
	}
	go func() { _ = cmd.Wait() }()
}

// startInside starts a command in the process namespace of another process. nsenter can't
// be used: it stops when its child is stopped, and doesn't continue with it.
func startInside(cmd *exec.Cmd, pid int) error {
	started := make(chan error)
	go func() {
		// Setns changes the goroutine's thread. The goroutine never unlocks the thread,
		// so the thread ends with it.
		runtime.LockOSThread()
		namespace, err := unix.Open(fmt.Sprintf("/proc/%d/ns/pid", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			defer func() { _ = unix.Close(namespace) }()
			err = unix.Setns(namespace, unix.CLONE_NEWPID)
		}
		if err == nil {
			err = cmd.Start()
		}
		started <- err
	}()
	return <-started
}

// startCore starts core again, and waits until core is ready.
func (f *faults) startCore(l launch) {
	f.Helper()
	f.start(l)
	f.await("core", func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, coreReady, nil)
		if err != nil {
			return err
		}
		rsp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			return err
		}
		_ = rsp.Body.Close()
		if rsp.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", rsp.Status)
		}
		return nil
	})
}

// startAPIServer starts the API server again, and waits until it is ready.
func (f *faults) startAPIServer(l launch) {
	f.Helper()
	f.start(l)
	f.await("the API server", func(ctx context.Context) error {
		_, err := cluster.Kubectl(ctx, "", "get", "--raw=/readyz")
		return err
	})
}

// startFunction starts the function again, as the kubelet does after a crash.
func (f *faults) startFunction() {
	f.Helper()
	if err := stack.StartFunction(context.WithoutCancel(f.Context())); err != nil {
		f.Fatal(err)
	}
}

// rotate replaces all certificates that Crossplane and the function identify themselves
// with, the authority's included, as Crossplane's documentation says: Secrets are
// deleted, and made again by core and its init container. Core and the function are
// started with the new certificates.
func (f *faults) rotate() {
	f.Helper()
	server := f.functionSecret()
	before := f.certificate(server)
	core := f.kill(coreProcess)
	secrets := []string{"crossplane-root-ca", "crossplane-tls-client", "crossplane-tls-server", server}
	if _, err := cluster.Kubectl(f.Context(), "", append([]string{"delete", "secret", "--namespace=" + coreNamespace}, secrets...)...); err != nil {
		f.Fatal(err)
	}
	initial := exec.CommandContext(f.Context(), core.args[0], "core", "init", "--activation=*")
	initial.Dir, initial.Env = core.dir, core.env
	if out, err := initial.CombinedOutput(); err != nil {
		f.Fatalf("core init: %v: %s", err, out)
	}
	f.mount("crossplane-tls-client", "tls-client")
	f.mount("crossplane-tls-server", "tls-server")
	f.startCore(core)
	f.await("another certificate of the function", func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Secrets, coreNamespace, server)
		if err != nil {
			return err
		}
		if now, _, _ := unstructured.NestedString(o.Object, "data", "tls.crt"); now == "" || now == before {
			return errors.New("it is the same")
		}
		return nil
	})
	f.mount(server, "tls-function")
	f.startFunction()
}

// functionSecret returns the name of the Secret that has the function's certificates.
func (f *faults) functionSecret() string {
	f.Helper()
	revisions, err := cluster.List(f.Context(), kube.FunctionRevisions, "")
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range revisions {
		if name, found, _ := unstructured.NestedString(r.Object, "spec", "tlsServerSecretName"); found {
			return name
		}
	}
	f.Fatal("no revision of the function names a Secret")
	return ""
}

func (f *faults) certificate(secret string) string {
	f.Helper()
	o, err := cluster.Get(f.Context(), kube.Secrets, coreNamespace, secret)
	if err != nil {
		f.Fatal(err)
	}
	out, _, _ := unstructured.NestedString(o.Object, "data", "tls.crt")
	return out
}

// mount writes a Secret's certificates into a folder of the stack, as a volume would.
func (f *faults) mount(secret, folder string) {
	f.Helper()
	o, err := cluster.Get(f.Context(), kube.Secrets, coreNamespace, secret)
	if err != nil {
		f.Fatal(err)
	}
	data, _, _ := unstructured.NestedStringMap(o.Object, "data")
	for _, key := range []string{"ca.crt", "tls.crt", "tls.key"} {
		value, err := base64.StdEncoding.DecodeString(data[key])
		if err != nil || len(value) == 0 {
			f.Fatalf("Secret %s has no %s: %v", secret, key, err)
		}
		if err := os.WriteFile(filepath.Join(layout.Dir, folder, key), value, 0o600); err != nil {
			f.Fatal(err)
		}
	}
}
