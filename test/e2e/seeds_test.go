// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestSeeds applies documents that were written for the operator, word for word: the API
// server takes them under strict validation, and the platforms become ready when their
// Secrets and Brokers exist. The documents are applied one after the other, because most
// of them have the same name and namespace.
func TestSeeds(t *testing.T) {
	t.Parallel()
	seeds(t, func(w *world, o *unstructured.Unstructured) {
		if o.GetKind() == "SonataFlowClusterPlatform" {
			return // See below.
		}
		secrets := map[string][]string{}
		collectSecrets(o.Object, secrets)
		for name, keys := range secrets {
			var pairs []string
			for _, key := range keys {
				pairs = append(pairs, key, "placeholder")
			}
			w.secret(name, pairs...)
		}
		var brokers []*unstructured.Unstructured
		collectBrokers(o.Object["spec"], func(ref map[string]any) {
			brokers = append(brokers, object("eventing.knative.dev/v1", "Broker", w.namespace, fmt.Sprint(ref["name"])))
		})
		w.provide(brokers)
		o.SetNamespace(w.namespace)
		p := w.claim(o)
		p.awaitReady()
		checkServices(p, o)
	})
}

// TestSeedsClusterPlatform does the same for cluster platforms. It isn't parallel, because
// workflows of all namespaces use the active cluster platform of the cluster.
func TestSeedsClusterPlatform(t *testing.T) {
	seeds(t, func(w *world, o *unstructured.Unstructured) {
		if o.GetKind() == "SonataFlowClusterPlatform" {
			followClusterPlatform(w, o)
		}
	})
}

// seeds calls a function for each document, in the world of the namespace that the document
// is about.
func seeds(t *testing.T, follow func(w *world, o *unstructured.Unstructured)) {
	t.Helper()
	folder := filepath.Join("test", "seeds", "testdata")
	files, err := filepath.Glob(filepath.Join(layout.Root, folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d documents: %v", len(files), err)
	}
	worlds := map[string]*world{}
	for _, file := range files {
		all := t
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			o := (&world{T: t}).documents(folder, filepath.Base(file))[0]
			namespace := home(o)
			if worlds[namespace] == nil {
				worlds[namespace] = newWorld(all, namespace)
			}
			follow(worlds[namespace].within(t), o)
		})
	}
}

// home returns the namespace that a document is about.
func home(o *unstructured.Unstructured) string {
	if namespace, found, _ := unstructured.NestedString(o.Object, "spec", "platformRef", "namespace"); found {
		return namespace
	}
	if namespace := o.GetNamespace(); namespace != "" {
		return namespace
	}
	return "default"
}

// collectSecrets finds the Secrets that a document refers to, and their keys.
func collectSecrets(in any, out map[string][]string) {
	switch in := in.(type) {
	case map[string]any:
		if ref, ok := in["secretRef"].(map[string]any); ok {
			name, _ := ref["name"].(string)
			user, _ := ref["userKey"].(string)
			password, _ := ref["passwordKey"].(string)
			out[name] = []string{user, password}
		}
		for value := range maps.Values(in) {
			collectSecrets(value, out)
		}
	case []any:
		for _, value := range in {
			collectSecrets(value, out)
		}
	}
}

// checkServices fails the scenario unless each service that the document names is
// available, with the document's persistence.
func checkServices(p *platform, document *unstructured.Unstructured) {
	p.Helper()
	services, _, _ := unstructured.NestedMap(document.Object, "spec", "services")
	for field := range services {
		condition := map[string]string{"dataIndex": "DataIndexReady", "jobService": "JobServiceReady"}[field]
		// A condition may be False again for a moment, because Crossplane may reconcile
		// an old version of the composite.
		p.awaitCondition(condition, "True", "Available")
		_, own, _ := unstructured.NestedMap(document.Object, "spec", "services", field, "persistence", "postgresql")
		_, inherited, _ := unstructured.NestedMap(document.Object, "spec", "persistence", "postgresql")
		want := "ephemeral"
		if own || inherited {
			want = "postgresql"
		}
		if got, _, _ := unstructured.NestedString(p.claimed().Object, "status", "services", field, "persistence"); got != want {
			p.Errorf("persistence of %s is %q, want %q", field, got, want)
		}
	}
	if got, want := len(p.composed()) == 0, len(services) == 0; got != want {
		p.Errorf("composed %v for services %v", p.composed(), services)
	}
}

// followClusterPlatform checks a cluster platform before its platform exists, while it is
// ready, and after it is deleted.
func followClusterPlatform(w *world, o *unstructured.Unstructured) {
	w.Helper()
	ref, _, _ := unstructured.NestedStringMap(o.Object, "spec", "platformRef")
	w.Cleanup(func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(w.Context()), "", "delete", "sonataflowclusterplatform", o.GetName(), "--ignore-not-found"); err != nil {
			w.Error(err)
		}
	})
	awaits := func(status, reason string) {
		w.await("the cluster platform to be "+reason, noticed, func(ctx context.Context) error {
			got, err := cluster.Get(ctx, kube.ClusterPlatforms, "", o.GetName())
			if err != nil {
				return err
			}
			return kube.Want(got, "Succeed", status, reason)
		})
	}
	w.apply(o)
	if !layout.CoreSince(lookups) {
		// This Crossplane can't tell the function whether the platform exists.
		awaits("Unknown", "Warming")
		return
	}
	awaits("False", "PlatformNotFound")
	p := w.claim(w.newClaim(ref["name"], map[string]any{"services": map[string]any{"dataIndex": map[string]any{"enabled": true}}}))
	p.awaitReady()
	awaits("True", "Succeeded")
	w.kubectl("delete", "sonataflowplatform", p.name, "--timeout=90s")
	awaits("False", "PlatformNotFound")
}
