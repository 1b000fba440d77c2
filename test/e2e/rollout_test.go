// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// TestRollout takes another tag of the images to one platform at a time, with the commands
// of example/install: an update changes no platform that is kept at its revision, one
// platform goes to the new revision and back, and then all platforms follow.
//
// It isn't parallel, because all scenarios use the package that is updated.
func TestRollout(t *testing.T) {
	if testing.Short() {
		t.Skip("the short run updates the package in TestUpgrade")
	}
	skipIfUsed(t)
	keep, renew, move := rolloutCommands(t)
	release := strings.Replace(keep, "policy Manual", "policy Automatic", 1)
	give := func(p *platform, revision string) {
		t.Helper()
		shell(t, strings.NewReplacer("NAMESPACE", p.namespace, "NAME", p.name, "REVISION", revision).Replace(move))
	}
	installed := installedVersion(t)
	next := installed + "-next.3"
	t.Cleanup(func() { update(context.WithoutCancel(t.Context()), t, installed) })
	tried, waiting := newWorld(t, "rollout-tried"), newWorld(t, "rollout-waiting")
	services := map[string]any{"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true}}
	first := latestRevision(t.Context(), t)
	one, other := tried.claim(tried.newClaim("one", map[string]any{"services": services})), waiting.claim(waiting.newClaim("other", map[string]any{"services": services}))
	one.awaitReady()
	other.awaitReady()
	before, beforeOther := tried.contents(), waiting.contents()

	shell(t, keep)
	for _, p := range []*platform{one, other} {
		p.awaitPolicy("Manual")
	}
	if err := layout.PushConfiguration(t.Context(), installed, next, func(manifests string) string {
		return strings.Replace(manifests, `tag: ""`, "tag: "+nextTag, 1)
	}); err != nil {
		t.Fatal(err)
	}
	renew = strings.ReplaceAll(renew, "vX.Y.Z", next)
	shell(t, renew)
	update(t.Context(), t, next)
	var second string
	tried.await("another revision of the Composition", soon, func(ctx context.Context) error {
		if second = latestRevision(ctx, t); second == first {
			return fmt.Errorf("there is only %s", first)
		}
		return nil
	})
	if lines := strings.Split(strings.TrimSpace(shell(t, renew)), "\n"); !strings.HasPrefix(lines[len(lines)-1], second+" ") {
		t.Errorf("the last line of the commands names %q, want the revision %s", lines[len(lines)-1], second)
	}
	for _, kept := range []struct {
		*platform

		before map[string]string
	}{{one, before}, {other, beforeOther}} {
		kept.reconcile()
		if got := changes(kept.before, kept.contents()); len(got) > 0 {
			t.Errorf("the update changed %s, which is kept at %s:\n%s", kept.name, first, strings.Join(got, "\n"))
		}
	}

	give(one, second)
	one.awaitTag(nextTag)
	one.awaitReady()
	if diff := cmp.Diff(changedByTag(one.name), changes(before, tried.contents())); diff != "" {
		t.Errorf("what the new revision changes: -want, +got:\n%s", diff)
	}
	other.reconcile()
	if got := changes(beforeOther, waiting.contents()); len(got) > 0 {
		t.Errorf("the new revision of %s changed %s, too:\n%s", one.name, other.name, strings.Join(got, "\n"))
	}

	give(one, first)
	one.awaitTag("")
	one.awaitReady()
	if got := changes(before, tried.contents()); len(got) > 0 {
		t.Errorf("the earlier revision doesn't bring the objects back:\n%s", strings.Join(got, "\n"))
	}

	shell(t, release)
	for _, p := range []*platform{one, other} {
		p.awaitPolicy("Automatic")
		p.awaitTag(nextTag)
		p.awaitReady()
		if got := p.revision(); got != second {
			t.Errorf("%s follows the latest revision %s, but has %s", p.name, second, got)
		}
	}
}

// awaitPolicy waits until the composite has an update policy.
func (p *platform) awaitPolicy(policy string) {
	p.Helper()
	p.await(p.name+" to be updated as "+policy, soon, func(context.Context) error {
		got, _, _ := unstructured.NestedString(p.composite().Object, api.own("compositionUpdatePolicy")...) //nolint:contextcheck // It uses the test's context.
		if got != policy {
			return fmt.Errorf("the composite's policy is %q", got)
		}
		return nil
	})
}

// rolloutCommands returns the commands of example/install about a rollout, with the names of
// this form: those that keep all platforms at their revision, those that update the
// package, and those that give a platform a revision.
func rolloutCommands(t *testing.T) (keep, renew, move string) {
	t.Helper()
	blocks := commandBlocks(t, filepath.Join("example", "install", "README.md"), "Rollout of a new version")
	if len(blocks) != 3 {
		t.Fatalf("example/install has %d blocks of commands about a rollout, want 3", len(blocks))
	}
	for i, block := range blocks {
		lines := slices.DeleteFunc(strings.Split(block, "\n"), func(line string) bool {
			_, form, marked := strings.Cut(line, "  # ")
			return marked && form != string(api.Form)+" form"
		})
		for j, line := range lines {
			lines[j] = strings.TrimPrefix(line, "# ") // That of the other form than the block's.
		}
		blocks[i] = strings.Join(lines, "\n")
		if api.Form == stack.Namespaced {
			blocks[i] = strings.NewReplacer("configuration-sonataflow", "configuration-sonataflow-namespaced", "xsonataflowplatforms", "sonataflowplatforms").Replace(blocks[i])
		}
	}
	return blocks[0], blocks[1], blocks[2]
}

// shell runs commands as a user does, and returns what they print.
func shell(t *testing.T, commands string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", commands)
	out, err := cmd.CombinedOutput()
	t.Logf("$ %s\n%s", commands, out)
	if err != nil {
		t.Fatalf("%s: %v", commands, err)
	}
	return string(out)
}
