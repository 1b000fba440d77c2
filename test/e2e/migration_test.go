// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// attempt is the annotation that asks for another migration.
const attempt = "sonataflow.org/migration-attempt"

// migrated returns a claim whose Data Index has a migration strategy and a database with
// a name. The name decides how the pod of a migration Job ends; see the stages of the
// stack.
func (w *world) migrated(name, database, strategy string) *unstructured.Unstructured {
	return w.newClaim(name, map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"persistence": map[string]any{
			"dbMigrationStrategy": strategy,
			"postgresql": map[string]any{
				"secretRef":  map[string]any{"name": "database"},
				"serviceRef": map[string]any{"name": "postgres", "databaseName": database},
			},
		}},
		"jobService": map[string]any{},
	}})
}

func (w *world) databaseSecret() {
	w.Helper()
	w.secret("database", "POSTGRESQL_USER", "user", "POSTGRESQL_PASSWORD", "secret")
}

// migrating returns the migration Jobs of the scenario, and the pods of its Data Index.
func (w *world) migrating(ctx context.Context) (jobs, pods []unstructured.Unstructured, err error) {
	if jobs, err = cluster.List(ctx, kube.Jobs, w.namespace); err != nil {
		return nil, nil, err
	}
	all, err := cluster.List(ctx, kube.Pods, w.namespace)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		if p.GetLabels()["app.kubernetes.io/name"] == "data-index-service" {
			pods = append(pods, p)
		}
	}
	return jobs, pods, nil
}

// TestMigrationGatesFirstInstall holds a service back until its Job is complete.
func TestMigrationGatesFirstInstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "migration-first")
	w.databaseSecret()
	p := w.claim(w.migrated("platform", "e2e-stuck", "job"))

	p.awaitCondition("DatabaseMigrated", "False", "InProgress")
	p.awaitCondition("DataIndexReady", "False", "WaitingForDBMigration")
	p.awaitCondition("JobServiceReady", "True", "Available")
	p.awaitCondition("Ready", "False", "")
	if phase, _, _ := unstructured.NestedString(p.claimed().Object, "status", "sonataFlowPlatformDBMigrationPhase", "dbMigrationStatus"); phase != "Started" && phase != "In-Progress" {
		t.Errorf("the phase is %q", phase)
	}
	for _, name := range p.composed() {
		if name == "Deployment/platform-data-index-service" {
			t.Error("the Data Index is deployed before its migration")
		}
	}

	// Another target has another Job, which begins when the Job that hangs is gone. That Job
	// is suspended first, so that Kubernetes ends its pod.
	w.apply(w.migrated("platform", "sonataflow", "job"))
	p.awaitCondition("DatabaseMigrated", "True", "Migrated")
	p.awaitReady()
	if events := w.kubectl("get", "events", "--field-selector=involvedObject.kind=Job,reason=Suspended"); !strings.Contains(events, "Job suspended") {
		t.Errorf("the Job of the first target wasn't suspended before it was deleted: %s", events)
	}
	jobs, _, err := w.migrating(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 1 {
		t.Errorf("want the Job of the target alone, got %d", len(jobs))
	}
}

// TestMigrationUpgrade raises the tag of all images: a running service is stopped,
// migrated and started again, and keeps its Deployment.
func TestMigrationUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "migration-upgrade")
	w.databaseSecret()
	w.composition("migration-upgrade", "10.2.0")
	claim := w.migrated("platform", "sonataflow", "job")
	api.choose(t, claim, "migration-upgrade", "compositionRef", "name")
	p := w.claim(claim)
	p.awaitReady()
	w.undisturbedBy(p, func() { w.composition("migration-upgrade", "10.3.0") })
	w.await("the new image", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, w.namespace, dataIndex)
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		if image := fmt.Sprint(containers[0].(map[string]any)["image"]); !strings.HasSuffix(image, ":10.3.0") {
			return fmt.Errorf("the image is %s", image)
		}
		return nil
	})
}

// TestMigrationRetry asks for another migration of a running service.
func TestMigrationRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "migration-retry")
	w.databaseSecret()
	p := w.claim(w.migrated("platform", "sonataflow", "job"))
	p.awaitReady()
	other := w.get(kube.Deployments, jobsService).GetGeneration()
	w.undisturbedBy(p, func() { w.kubectl("annotate", "sonataflowplatform", "platform", attempt+"=2") })
	if got := w.get(kube.Deployments, jobsService).GetGeneration(); got != other {
		t.Errorf("the Jobs Service has no migration, and changed from generation %d to %d", other, got)
	}
}

// composition applies a copy of the Composition with a tag for all images. The copy is
// deleted with the scenario.
func (w *world) composition(name, tag string) {
	w.Helper()
	o := w.documents(api.folder, "composition.yaml")[0]
	o.SetName(name)
	pipeline, _, _ := unstructured.NestedSlice(o.Object, "spec", "pipeline")
	if err := unstructured.SetNestedField(pipeline[0].(map[string]any), tag, "input", "images", "tag"); err != nil {
		w.Fatal(err)
	}
	if err := unstructured.SetNestedSlice(o.Object, pipeline, "spec", "pipeline"); err != nil {
		w.Fatal(err)
	}
	w.apply(o)
	w.Cleanup(func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(w.Context()), "", "delete", "composition", name, "--ignore-not-found"); err != nil {
			w.Errorf("cannot delete the Composition: %v", err)
		}
	})
}

// undisturbedBy makes a change that asks for another migration, and checks the migration.
func (w *world) undisturbedBy(p *platform, change func()) {
	w.Helper()
	deployment := w.get(kube.Deployments, dataIndex).GetUID()
	jobs, before, err := w.migrating(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	if len(jobs) != 1 || len(before) != 1 {
		w.Fatalf("want a Job and a pod, got %d and %d", len(jobs), len(before))
	}
	first := jobs[0].GetUID()

	change()
	w.await("the next migration to be complete", noticed, func(ctx context.Context) error {
		return w.undisturbed(ctx, deployment, first)
	})
	p.awaitCondition("DatabaseMigrated", "True", "Migrated")
	p.awaitReady()
	_, after, err := w.migrating(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	if len(after) != 1 || after[0].GetUID() == before[0].GetUID() {
		w.Errorf("want another pod than before, got %d", len(after))
	}
}

// undisturbed returns an error until another Job than the first one is complete. It fails
// the scenario if the Deployment was replaced, or if a pod runs beside a Job.
func (w *world) undisturbed(ctx context.Context, deployment, first types.UID) error {
	w.Helper()
	d, err := cluster.Get(ctx, kube.Deployments, w.namespace, "platform-data-index-service")
	if err != nil {
		w.Errorf("the Deployment: %v", err)
		return nil
	}
	if d.GetUID() != deployment {
		w.Error("the Deployment was deleted and made again")
		return nil
	}
	jobs, pods, err := w.migrating(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		switch complete := kube.Conditions(&j)["Complete"].Status == "True"; {
		case j.GetUID() == first:
		case complete:
			return nil
		case len(pods) > 0:
			// The Job may have become complete after it was listed.
			now, err := cluster.Get(ctx, kube.Jobs, w.namespace, j.GetName())
			if err != nil {
				return err
			}
			if kube.Conditions(now)["Complete"].Status != "True" {
				w.Errorf("Job %s isn't complete, and %s runs", j.GetName(), pods[0].GetName())
				return nil
			}
		}
	}
	return fmt.Errorf("there are %d Jobs and %d pods", len(jobs), len(pods))
}

// TestMigrationFailed follows a migration that fails: the claim says why and what to
// do, and a retry mends it.
func TestMigrationFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "migration-failed")
	w.databaseSecret()
	p := w.claim(w.migrated("platform", "e2e-fail", "job"))

	p.awaitCondition("DatabaseMigrated", "False", "Failed")
	c := p.awaitCondition("DataIndexReady", "False", "DBMigrationFailure")
	for _, want := range []string{"platform-data-index-migration-", "failed", "delete the Job", attempt} {
		if !strings.Contains(c.Message, want) {
			t.Errorf("DataIndexReady: want %q in %q", want, c.Message)
		}
	}
	p.awaitExplained()
	p.awaitCondition("Succeed", "False", "Failure")
	p.awaitCondition("JobServiceReady", "True", "Available")

	// A Job that is deleted is made again.
	jobs, _, err := w.migrating(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.kubectl("delete", "job", jobs[0].GetName())
	w.await("another Job", noticed, func(ctx context.Context) error {
		now, err := cluster.Get(ctx, kube.Jobs, w.namespace, jobs[0].GetName())
		if err != nil {
			return err
		}
		if now.GetUID() == jobs[0].GetUID() {
			return fmt.Errorf("it is the same")
		}
		return nil
	})

	// A database that works is another target.
	w.apply(w.migrated("platform", "sonataflow", "job"))
	p.awaitReady()
}

// awaitExplained waits until the claim names the exit code of the failed migration, which
// the Job names because its failure policy decided by it.
func (p *platform) awaitExplained() {
	p.Helper()
	p.await("the exit code to be explained", noticed, func(ctx context.Context) error {
		claim, err := cluster.Get(ctx, kube.Platforms, p.namespace, p.name)
		if err != nil {
			return err
		}
		if m := kube.Conditions(claim)["DatabaseMigrated"].Message; !strings.Contains(m, "the migration of the Data Index's schema failed (exit code 253)") {
			return fmt.Errorf("the message is %q", m)
		}
		return nil
	})
	if text := p.kubectl("describe", "sonataflowplatform", p.name); !strings.Contains(text, "exit code 253") {
		p.Errorf("kubectl describe doesn't say why:\n%s", text)
	}
}

// TestMigrationStrategy changes the strategy from service to job, and from job to none.
func TestMigrationStrategy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "migration-strategy")
	w.databaseSecret()
	p := w.claim(w.migrated("platform", "sonataflow", "service"))
	p.awaitReady()
	deployment := w.get(kube.Deployments, "platform-data-index-service").GetUID()

	w.apply(w.migrated("platform", "sonataflow", "job"))
	p.awaitCondition("DatabaseMigrated", "True", "Migrated")
	p.awaitReady()
	jobs, _, err := w.migrating(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 1 {
		t.Fatalf("want a Job, got %d", len(jobs))
	}

	w.apply(w.migrated("platform", "sonataflow", "none"))
	w.awaitGone(kube.Jobs, w.namespace, jobs[0].GetName())
	p.awaitCondition("DatabaseMigrated", "Unknown", "NotAskedFor")
	p.awaitReady()
	if got := w.get(kube.Deployments, "platform-data-index-service").GetUID(); got != deployment {
		t.Error("the Deployment was deleted and made again")
	}
}
