// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// panicAnnotation makes the function panic that panics on demand.
const panicAnnotation = "e2e.sonataflow.org/panic"

// panicked makes the function panic for one platform, while others change: these are
// answered as ever.
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
		f.Errorf("the message doesn't tell of the panic: %q", said.Message)
	}
	f.done(f.change())
	p.kubectl("annotate", "sonataflowplatform", p.name, panicAnnotation+"-")
	f.mend()
	p.awaitReady()
}

// panicking builds the function with one line more, which panics on demand, and returns
// its file. No program for users has such a line.
func (f *faults) panicking() string {
	f.Helper()
	const before = "\tin, err := composition.ParseRequest(req)\n"
	file := filepath.Join(layout.Root, "fn", "fn.go")
	source, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	if strings.Count(string(source), before) != 1 {
		f.Fatalf("%s doesn't have the line that this looks for: %q", file, before)
	}
	dir := f.TempDir()
	changed, overlay, program := filepath.Join(dir, "fn.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, functionProcess)
	replacements, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		f.Fatal(err)
	}
	for name, content := range map[string]string{
		changed: strings.Replace(string(source), before,
			before+"\tif in.Composite.GetAnnotations()[\""+panicAnnotation+"\"] != \"\" {\n\t\tpanic(\"as demanded\")\n\t}\n", 1),
		overlay: string(replacements),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	cmd := exec.CommandContext(f.Context(), "go", "build", "-tags", "grpcnotrace", "-trimpath", "-overlay", overlay, "-o", program, "./fn")
	cmd.Dir, cmd.Env = layout.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("cannot build a function that panics: %v: %s", err, out)
	}
	return program
}
