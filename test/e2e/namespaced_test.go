// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// TestNamespacedForm installs the form of the API whose platforms are composites
// themselves, and applies to it what the other form is claimed with.
//
// It isn't parallel: a cluster has one form.
func TestNamespacedForm(t *testing.T) {
	if testing.Short() {
		t.Skip("it installs another form of the API, and then the first again")
	}
	claims, err := cluster.List(t.Context(), kube.Platforms, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) > 0 {
		t.Skipf("there are platforms of somebody's, who would lose them: %s in %s is one", claims[0].GetName(), claims[0].GetNamespace())
	}
	version, form := installedVersion(t), stack.Configuration+"-namespaced"
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		uninstall(ctx, t, form)
		install(ctx, t, version)
	})
	uninstall(t.Context(), t, stack.Configuration)
	installForm(t.Context(), t, form, "xpkg", "install", "configuration", stack.ConfigurationPackage+"-namespaced:"+version)

	t.Run("Platform", func(t *testing.T) {
		w := newWorld(t, "namespaced-minimal")
		p := w.claim(w.moved(w.documents("example", "minimal", "claim.yaml"))[0])
		p.awaitSucceeded()
		p.awaitOwned()
		second := w.claim(w.newClaim("second", map[string]any{"services": map[string]any{"dataIndex": map[string]any{}}}))
		second.awaitCondition("Succeed", "False", "Duplicated")

		w.kubectl("delete", "sonataflowplatforms", p.name, "--namespace="+w.namespace, "--timeout=90s")
		w.awaitGone(kube.Deployments, w.namespace, p.name+"-data-index-service")
		second.awaitSucceeded()
	})
	t.Run("Migration", func(t *testing.T) {
		w := newWorld(t, "namespaced-migration")
		w.apply(w.moved(w.required("migration-job"))...)
		p := w.claim(w.moved(w.documents("example", "migration-job", "claim.yaml"))[0])
		p.awaitSucceeded()
		p.awaitCondition("DatabaseMigrated", "True", "Migrated")
	})
	t.Run("BrokerElsewhere", func(t *testing.T) {
		w := newWorld(t, "namespaced-kafka")
		p := w.claim(w.newClaim("kafka", map[string]any{
			"eventing": map[string]any{"broker": map[string]any{"ref": map[string]any{"kind": "Broker", "name": "kafka", "namespace": "kafka-brokers"}}},
			"services": map[string]any{"dataIndex": map[string]any{}},
		}))
		c := p.awaitCondition("SpecValid", "False", "Invalid")
		if want := "use a Broker in namespace " + w.namespace; !strings.Contains(c.Message, want) {
			t.Errorf("got %q, want %q in it", c.Message, want)
		}
	})
	t.Run("ClusterPlatform", func(t *testing.T) {
		central, consumer := newWorld(t, "namespaced-central"), newWorld(t, "namespaced-consumer")
		central.claim(central.moved(central.documents("example", "cluster-central", "claim.yaml"))[0]).awaitSucceeded()
		cp := object("sonataflow.org/v1alpha08", "SonataFlowClusterPlatform", "", "namespaced")
		cp.Object["spec"] = map[string]any{"platformRef": map[string]any{"name": "central", "namespace": central.namespace}}
		central.apply(cp)
		t.Cleanup(func() {
			if _, err := cluster.Kubectl(context.WithoutCancel(t.Context()), "", "delete", "sonataflowclusterplatforms", cp.GetName(), "--timeout=90s"); err != nil {
				t.Error(err)
			}
		})
		p := consumer.claim(consumer.newClaim("consumer", map[string]any{}))
		consumer.await("the consumer to know the cluster's services", noticed, func(ctx context.Context) error {
			o, err := cluster.Get(ctx, kube.Platforms, p.namespace, p.name)
			if err != nil {
				return err
			}
			url, _, _ := unstructured.NestedString(o.Object, "status", "clusterPlatformRef", "services", "dataIndexRef", "url")
			if want := "http://central-data-index-service." + central.namespace; url != want {
				return fmt.Errorf("got %q, want %q", url, want)
			}
			return nil
		})
	})
}

// awaitSucceeded waits until all of a platform that is a composite itself is there.
func (p *platform) awaitSucceeded() {
	p.Helper()
	for _, condition := range []string{"Synced", "Ready", "Succeed"} {
		p.awaitCondition(condition, "True", "")
	}
}

// awaitOwned waits until the platform itself owns its Deployments: there is nothing in
// between.
func (p *platform) awaitOwned() {
	p.Helper()
	p.await("the platform to own its Deployments", soon, func(ctx context.Context) error {
		deployments, err := cluster.List(ctx, kube.Deployments, p.namespace)
		if err != nil {
			return err
		}
		var errs []error
		for _, d := range deployments {
			if refs := d.GetOwnerReferences(); len(refs) != 1 || refs[0].Kind != "SonataFlowPlatform" || refs[0].Name != p.name {
				errs = append(errs, fmt.Errorf("%s is owned by %v", d.GetName(), refs))
			}
		}
		if len(deployments) != 2 {
			errs = append(errs, fmt.Errorf("there are %d Deployments", len(deployments)))
		}
		return errors.Join(errs...)
	})
}
