// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// secretsChecksum is the annotation of pods with a checksum of the Secrets that they
	// use.
	secretsChecksum = "sonataflow.org/checksum-secret"
	// specChecksum is the annotation of a Deployment with a checksum of all that the
	// function wants of it.
	specChecksum = "sonataflow.org/checksum-spec"
)

// database returns a persistence whose credentials are in a Secret.
func database(secret string) map[string]any {
	return map[string]any{"postgresql": map[string]any{
		"secretRef":  map[string]any{"name": secret, "userKey": "username", "passwordKey": "password"},
		"serviceRef": map[string]any{"name": "postgres", "databaseName": "sonataflow"},
	}}
}

// withDatabases returns a claim of both services, each with a Secret of its own.
func (w *world) withDatabases() *unstructured.Unstructured {
	return w.newClaim("platform", map[string]any{"services": map[string]any{
		"dataIndex":  map[string]any{"enabled": true, "persistence": database("data-index-database")},
		"jobService": map[string]any{"enabled": true, "persistence": database("jobs-database")},
	}})
}

// TestSecretNotFound claims a platform before its Secrets exist.
func TestSecretNotFound(t *testing.T) {
	needs(t, lookups, "Secrets are looked up")
	t.Parallel()
	w := newWorld(t, "secret-not-found")
	p := w.claim(w.withDatabases())

	c := p.awaitCondition("SecretsReady", "False", "SecretNotFound")
	for _, want := range []string{"data-index-database", "jobs-database", w.namespace} {
		if !strings.Contains(c.Message, want) {
			t.Errorf("want the message to name %s, got %q", want, c.Message)
		}
	}
	p.awaitCondition("Succeed", "False", "Warming")
	p.awaitCondition("Ready", "False", "")

	w.secret("data-index-database", "username", "user", "password", "secret")
	w.secret("jobs-database", "username", "user", "password", "secret")
	p.awaitCondition("SecretsReady", "True", "Found")
	p.awaitReady()
}

// TestKeyNotFound claims a platform with one complete Secret, and one that lacks a key.
func TestKeyNotFound(t *testing.T) {
	needs(t, lookups, "Secrets are looked up")
	t.Parallel()
	w := newWorld(t, "key-not-found")
	w.secret("data-index-database", "username", "user")
	w.secret("jobs-database", "username", "user", "password", "secret")
	p := w.claim(w.withDatabases())

	c := p.awaitCondition("SecretsReady", "False", "KeyNotFound")
	if !strings.Contains(c.Message, "data-index-database") || !strings.Contains(c.Message, "password") || strings.Contains(c.Message, "jobs-database") {
		t.Errorf("want the message to name the Secret and the key that are missing, got %q", c.Message)
	}
	p.awaitCondition("Succeed", "False", "Warming")

	w.secret("data-index-database", "username", "user", "password", "secret")
	p.awaitCondition("SecretsReady", "True", "Found")
	p.awaitReady()
}

// TestSecretChanged changes a Secret of a running platform: only the pods that use the
// Secret are rolled.
func TestSecretChanged(t *testing.T) {
	needs(t, lookups, "Secrets are looked up")
	t.Parallel()
	w := newWorld(t, "secret-changed")
	w.secret("data-index-database", "username", "user", "password", "secret")
	w.secret("jobs-database", "username", "user", "password", "secret")
	p := w.claim(w.withDatabases())
	p.awaitReady()

	before, other := w.rollout("platform-data-index-service"), w.rollout("platform-jobs-service")
	w.secret("data-index-database", "username", "user", "password", "changed")
	w.await("the changed Secret to roll the pods", noticed, func(ctx context.Context) error {
		return w.rolled(ctx, before)
	})
	p.awaitReady()
	if after := w.rollout("platform-jobs-service"); after != other {
		t.Errorf("want the pods of the other service to stay as they are, they went from %v to %v", other, after)
	}
}

// TestSecretNotChecked claims a platform where Crossplane doesn't look Secrets up: the claim
// says so, and doesn't wait for them.
func TestSecretNotChecked(t *testing.T) {
	precedes(t, lookups, "Secrets aren't looked up")
	t.Parallel()
	w := newWorld(t, "secret-not-checked")
	p := w.claim(w.withDatabases())
	if got, want := p.awaitCondition("SecretsReady", "Unknown", ""), notChecked(kube.Condition{Type: "SecretsReady"}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.awaitReady()
}

// A rollout identifies one generation of a Deployment's pods.
type rollout struct {
	deployment, checksum, revision string
}

func (w *world) rollout(deployment string) rollout {
	w.Helper()
	return rolloutOf(w.get(kube.Deployments, deployment))
}

func rolloutOf(d *unstructured.Unstructured) rollout {
	checksum, _, _ := unstructured.NestedString(d.Object, "spec", "template", "metadata", "annotations", secretsChecksum)
	return rollout{deployment: d.GetName(), checksum: checksum, revision: d.GetAnnotations()["deployment.kubernetes.io/revision"]}
}

// rolled returns an error until a Deployment has pods of a later rollout only.
func (w *world) rolled(ctx context.Context, before rollout) error {
	d, err := cluster.Get(ctx, kube.Deployments, w.namespace, before.deployment)
	if err != nil {
		return err
	}
	switch now := rolloutOf(d); {
	case now.checksum == before.checksum:
		return fmt.Errorf("annotation %s is still %q", secretsChecksum, now.checksum)
	case now.revision == before.revision:
		return fmt.Errorf("the Deployment is still at revision %s", now.revision)
	}
	replicaSets, err := cluster.List(ctx, kube.ReplicaSets, w.namespace)
	if err != nil {
		return err
	}
	for _, r := range replicaSets {
		old := r.GetAnnotations()["deployment.kubernetes.io/revision"] == before.revision && strings.HasPrefix(r.GetName(), before.deployment)
		if replicas, _, _ := unstructured.NestedInt64(r.Object, "status", "replicas"); old && replicas > 0 {
			return fmt.Errorf("%s still has %d pods", r.GetName(), replicas)
		}
	}
	return nil
}
