// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestAppliers has platforms made and changed by the programs that make them for Red Hat
// Developer Hub. Crossplane keeps fields of its own in the same spec. If a program removed
// these fields, Crossplane would compose a second platform in the place of the first.
func TestAppliers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		example string
		apply   func(w *world, claim *unstructured.Unstructured)
		remove  func(w *world, claim string)
	}{
		"Helm": {
			reason:  "Helm v4 applies on the server.",
			example: "rhdh-chart",
			apply:   helm("--server-side=true"),
			remove:  func(w *world, _ string) { w.helm("uninstall", release, "--wait") },
		},
		"HelmClientSide": {
			reason:  "Helm v3 computes a patch from its last release and from what the cluster has.",
			example: "rhdh-chart",
			apply:   helm("--server-side=false"),
			remove:  func(w *world, _ string) { w.helm("uninstall", release, "--wait") },
		},
		"Operator": {
			reason:  "The operator of Red Hat Developer Hub applies on the server, and takes fields from others.",
			example: "rhdh-operator",
			apply: func(w *world, claim *unstructured.Unstructured) {
				w.Helper()
				if _, err := cluster.Kubectl(w.Context(), manifests(w.T, claim), "apply", "--server-side", "--force-conflicts", "--field-manager=backstage-controller", "-f", "-"); err != nil {
					w.Fatal(err)
				}
			},
			remove: func(w *world, claim string) { w.kubectl("delete", "sonataflowplatform", claim, "--timeout=90s") },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "appliers-"+strings.ToLower(name))
			w.provide(w.moved(w.required(tc.example)))
			claim := w.moved(w.documents("example", tc.example, "claim.yaml"))[0]
			p := &platform{world: w, name: claim.GetName()}

			tc.apply(w, claim)
			p.awaitReady()
			before := p.identities()

			if err := unstructured.SetNestedField(claim.Object, int64(2), "spec", "services", "dataIndex", "podTemplate", "replicas"); err != nil {
				t.Fatal(err)
			}
			tc.apply(w, claim)
			dataIndex := p.name + "-data-index-service"
			w.await("the change to reach the Data Index", noticed, func(ctx context.Context) error {
				o, err := cluster.Get(ctx, kube.Deployments, w.namespace, dataIndex)
				if err != nil {
					return err
				}
				if replicas, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas"); replicas != 2 {
					return fmt.Errorf("it has %d replicas, want 2", replicas)
				}
				return nil
			})
			p.awaitReady()
			if diff := cmp.Diff(before, p.identities()); diff != "" {
				t.Errorf("%s: UIDs: -before the change, +after it:\n%s", tc.reason, diff)
			}

			tc.remove(w, p.name)
			w.awaitGone(kube.Deployments, w.namespace, dataIndex)
		})
	}
}

// identities returns the UIDs of the composite and of all that is composed, by kind/name.
func (p *platform) identities() map[string]string {
	p.Helper()
	out := p.inventory()
	// Helm writes a Secret for each revision of its release.
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasPrefix(name, "Secret/sh.helm.release.") })
	composite := p.composite()
	out[composite.GetKind()+"/"+composite.GetName()] = string(composite.GetUID())
	return out
}

// release is the name of a scenario's Helm release.
const release = "rhdh"

// helm returns a function that makes a chart of a claim, and installs the chart or
// upgrades its release.
func helm(flags ...string) func(*world, *unstructured.Unstructured) {
	return func(w *world, claim *unstructured.Unstructured) {
		w.Helper()
		chart := w.TempDir()
		for path, content := range map[string]string{
			"Chart.yaml":              "apiVersion: v2\nname: platform\nversion: 1.0.0\n",
			"templates/platform.yaml": manifests(w.T, claim),
		} {
			file := filepath.Join(chart, path)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				w.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				w.Fatal(err)
			}
		}
		w.helm(append([]string{"upgrade", "--install", release, chart}, flags...)...)
	}
}

// helm runs Helm in the scenario's namespace. The stack has it in its PATH.
func (w *world) helm(args ...string) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "helm", append(args, "--namespace="+w.namespace)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
