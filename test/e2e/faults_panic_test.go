// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// panicAnnotation makes the function panic, if it was built with the tag faults.
const panicAnnotation = "e2e.sonataflow.org/panic"

// panicked makes the function panic for one platform while other platforms change: the
// function still answers for the other platforms.
func (f *faults) panicked() {
	function, err := launchOf(functionProcess, f.process(functionProcess))
	if err != nil {
		f.Fatal(err)
	}
	function.args[0] = f.panicking()
	if err := stack.StopFunction(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.start(function)
	defer func() {
		f.kill(functionProcess)
		f.startFunction()
	}()

	p := f.in(f.databases[1])
	p.kubectl("annotate", "sonataflowplatform", p.name, panicAnnotation+"=now")
	said := f.saying(p, "Succeed", "False", "Failure")
	if !strings.Contains(said.Message, "panicked") {
		f.Errorf("the message doesn't mention the panic: %q", said.Message)
	}
	f.done(f.change())
	p.kubectl("annotate", "sonataflowplatform", p.name, panicAnnotation+"-")
	f.mend()
	p.awaitReady()
}

// panicking builds the function with the tag that makes it panic on demand, and returns its
// file.
func (f *faults) panicking() string {
	f.Helper()
	program := filepath.Join(f.TempDir(), functionProcess)
	cmd := exec.CommandContext(f.Context(), "go", "build", "-tags", "grpcnotrace,faults", "-trimpath", "-o", program, "./fn")
	cmd.Dir, cmd.Env = layout.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("cannot build a function that panics: %v: %s", err, out)
	}
	return program
}
