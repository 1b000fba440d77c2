// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const clusterUsages kube.Resource = "protection.crossplane.io/v1beta1/clusterusages"

// TestUsage protects the Configuration as example/install tells users to. Its deletion is
// refused with the reason, and a platform stays as it is. Without the ClusterUsage, the
// deletion is allowed.
//
// It isn't parallel, because scenarios that uninstall the Configuration couldn't do so.
func TestUsage(t *testing.T) {
	w := newWorld(t, "usage")
	p := w.claim(w.moved(w.documents("example", "minimal", "claim.yaml"))[0])
	p.awaitReady()
	before := p.identities()

	usage := w.documents("example", "install", "usage.yaml")[0]
	named, _, _ := unstructured.NestedString(usage.Object, "spec", "of", "resourceRef", "name")
	if want := strings.TrimSuffix(api.Configuration(), "-namespaced"); named != want {
		t.Errorf("the ClusterUsage is of the Configuration %s, want %s", named, want)
	}
	if err := unstructured.SetNestedField(usage.Object, api.Configuration(), "spec", "of", "resourceRef", "name"); err != nil {
		t.Fatal(err)
	}
	reason, _, _ := unstructured.NestedString(usage.Object, "spec", "reason")
	remove := func(ctx context.Context, flags ...string) error {
		_, err := cluster.Kubectl(ctx, "", append([]string{"delete", "configurations.pkg.crossplane.io", api.Configuration()}, flags...)...)
		return err
	}
	try := func(ctx context.Context) error { return remove(ctx, "--dry-run=server") }
	if err := try(t.Context()); err != nil {
		t.Fatalf("the deletion is refused before there is a ClusterUsage: %v", err)
	}

	unprotect := func(ctx context.Context) {
		if _, err := cluster.Kubectl(ctx, "", "delete", "clusterusages.protection.crossplane.io", usage.GetName(), "--ignore-not-found", "--timeout=90s"); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { unprotect(context.WithoutCancel(t.Context())) })
	w.apply(usage)
	w.await("the deletion of the Configuration to be refused", soon, func(ctx context.Context) error {
		if o, err := cluster.Get(ctx, clusterUsages, "", usage.GetName()); err != nil {
			return err
		} else if err := kube.Want(o, "Ready", "True", ""); err != nil {
			return err
		}
		if err := try(ctx); err == nil || !strings.Contains(err.Error(), reason) {
			return errors.Join(errors.New("it isn't refused with the reason"), err)
		}
		return nil
	})

	if err := remove(t.Context(), "--timeout=30s"); err == nil || !strings.Contains(err.Error(), reason) {
		t.Fatalf("the Configuration's deletion: want it refused with the reason %q, got %v", reason, err)
	}
	o, err := cluster.Get(t.Context(), kube.Configurations, "", api.Configuration())
	if err != nil {
		t.Fatal(err)
	}
	if o.GetDeletionTimestamp() != nil {
		t.Error("the Configuration is being deleted")
	}
	p.awaitReady()
	if diff := cmp.Diff(before, p.identities()); diff != "" {
		t.Errorf("UIDs: -before the refused deletion, +after it:\n%s", diff)
	}

	unprotect(t.Context())
	w.await("the deletion of the Configuration to be allowed again", soon, try)
}
