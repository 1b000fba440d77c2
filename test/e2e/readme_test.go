// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	kerrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// TestReadme runs the commands of the README's quick start as they are written, except
// for the version. It isn't parallel, because TestExamples claims a platform of the same
// name in the same namespace.
func TestReadme(t *testing.T) {
	commands := quickStart(t)
	w := &world{T: t, namespace: "sonataflow-minimal"}
	w.await("the namespace not to be there", gone, func(ctx context.Context) error {
		if _, err := cluster.Get(ctx, kube.Namespaces, "", w.namespace); !kerrors.IsNotFound(err) {
			return errors.Join(errors.New("it is there, from an earlier run or from another user of this stack"), err)
		}
		return nil
	})
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		w.tidy(ctx)
		if _, err := cluster.Kubectl(ctx, "", "delete", "namespace", w.namespace, "--ignore-not-found", "--timeout=90s"); err != nil {
			t.Error(err)
		}
	})

	installed := false
	installation := "crossplane " + strings.Join(api.Installation(installedVersion(t)), " ")
	for _, command := range commands {
		command = strings.ReplaceAll(command, "vX.Y.Z", installedVersion(t))
		cmd := exec.CommandContext(t.Context(), "bash", "-c", command)
		cmd.Dir = layout.Root
		out, err := cmd.CombinedOutput()
		t.Logf("$ %s\n%s", command, out)
		if command == installation {
			// The stack was installed with this command. Its repetition fails, but only
			// after it has found the same package.
			installed = true
			if want := `"` + api.Configuration() + `" already exists`; err == nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: want it to fail with %q, got %v", command, want, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	if !installed {
		t.Errorf("the README lacks the command that has installed this stack: %s", installation)
	}
	(&platform{world: w, name: "minimal"}).awaitReady()
}

// quickStart returns the commands of the README's quick start. The namespaced form has
// another first command.
func quickStart(t *testing.T) []string {
	t.Helper()
	out := indented(t, "Quick start on a cluster")
	if api.Form == stack.Namespaced {
		out[0] = indented(t, "Two forms")[0]
	}
	return out
}

// indented returns the commands of a section of the README, each in its line.
func indented(t *testing.T, heading string) []string {
	t.Helper()
	return strings.Split(strings.Join(commandBlocks(t, "README.md", heading), "\n"), "\n")
}

// commandBlocks returns the commands of a section of a page: the blocks of indented lines.
func commandBlocks(t *testing.T, page, heading string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(layout.Root, page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var out []string
	within := false
	for line := range strings.Lines(section) {
		// Lines with a smaller indent are text of a step.
		command := strings.HasPrefix(line, "    ")
		switch line = strings.TrimSpace(line); {
		case command && within:
			out[len(out)-1] += "\n" + line
		case command:
			out = append(out, line)
		}
		within = command
	}
	if len(out) == 0 {
		t.Fatalf("%s has no commands in %q", page, heading)
	}
	return out
}
