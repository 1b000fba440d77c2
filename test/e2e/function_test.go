// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// givesUp is how long Crossplane may take to report that it can't call a function. A
// reconcile gives up after two minutes. Its report is lost when the composite has changed
// meanwhile, and the next reconcile takes two minutes again.
const givesUp = 5 * time.Minute

// TestFunctionDown stops the function while a claim changes and a composed object is
// deleted: nothing else is lost, and everything is repaired when the function is back. It
// isn't parallel, because all scenarios need the function.
func TestFunctionDown(t *testing.T) {
	if testing.Short() {
		t.Skip("Crossplane waits two minutes for a function before it gives up")
	}
	w := newWorld(t, "outage")
	spec := func(level string) map[string]any {
		return map[string]any{"services": map[string]any{
			"dataIndex": map[string]any{"enabled": true, "podTemplate": map[string]any{"container": map[string]any{
				"env": []any{map[string]any{"name": "QUARKUS_LOG_LEVEL", "value": level}},
			}}},
			"jobService": map[string]any{"enabled": true},
		}}
	}
	p := w.claim(w.newClaim("outage", spec("INFO")))
	p.awaitReady()
	before := w.inventory()

	if err := stack.StopFunction(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := func() {
		if err := stack.StartFunction(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(back)
	w.apply(w.newClaim("outage", spec("DEBUG")))
	w.kubectl("delete", "configmap", "outage-jobs-service-props")
	claim := p.claimed()
	w.await("Crossplane to say that it can't reach the function", givesUp, func(ctx context.Context) error {
		o, err := compositeOf(ctx, claim)
		if err != nil {
			return err
		}
		return kube.Want(o, "Synced", "False", "ReconcileError")
	})
	during := w.inventory()
	for name, uid := range before {
		if name != "ConfigMap/outage-jobs-service-props" && during[name] != uid {
			t.Errorf("%s was lost while the function was away", name)
		}
	}
	for _, condition := range []string{"DataIndexReady", "JobServiceReady", "Succeed"} {
		if c, found := kube.Conditions(p.claimed())[condition]; !found || c.Status == "False" {
			t.Errorf("while the function is away, a condition of running services is %q", c)
		}
	}

	back()
	p.awaitReady()
	w.await("the ConfigMap to be back", soon, func(ctx context.Context) error {
		_, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, "outage-jobs-service-props")
		return err
	})
	w.await("the change to be rolled out", soon, func(ctx context.Context) error {
		d, err := cluster.Get(ctx, kube.Deployments, w.namespace, "outage-data-index-service")
		if err != nil {
			return err
		}
		if revision := d.GetAnnotations()["deployment.kubernetes.io/revision"]; revision != "2" {
			return fmt.Errorf("the Deployment is at revision %s", revision)
		}
		return nil
	})
	after := w.inventory()
	delete(before, "ConfigMap/outage-jobs-service-props")
	delete(after, "ConfigMap/outage-jobs-service-props")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("objects were replaced: -before, +after:\n%s", diff)
	}
}

const (
	// callsUntilReady is how often the function may be called before a platform is
	// ready. Crossplane calls it twice in a reconcile if it asks for something, and
	// reconciles whenever something that was composed changes.
	callsUntilReady = 20
	// callsAtRest is how often the function may be called in a minute at rest, before v2.4:
	// Crossplane reconciles once, or a little more often, and calls twice. From v2.4 on,
	// Crossplane calls when something changes, and else once an hour.
	callsAtRest = 4
	// settled is how long after a platform became ready its own changes may still cause
	// calls.
	settled = 10 * time.Second
	// rest is how long a platform is watched at rest, at least.
	rest = 40 * time.Second
)

// TestCalls counts how often Crossplane calls the function for one platform of the
// largest kind, and checks that calls at rest record no events.
//
// It isn't parallel, because a change of a cluster platform, or of the platform behind
// it, causes calls for all platforms.
func TestCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	w := newWorld(t, "calls")
	w.apply(w.moved(w.required("production"))...)
	p := w.claim(w.moved(w.documents("example", "production", "claim.yaml"))[0])
	p.awaitReady()
	composite := p.composite()

	until := w.calls(composite)
	ready := until[len(until)-1]
	w.await("the platform to settle", soon, func(context.Context) error {
		if since := time.Since(ready); since < settled {
			return fmt.Errorf("it has been ready for %s", since)
		}
		return nil
	})
	events := p.events()
	w.await("the time at rest to pass", 2*(settled+rest), func(context.Context) error {
		if since := time.Since(ready); since < settled+rest {
			return fmt.Errorf("the platform has been ready for %s", since)
		}
		return nil
	})
	all := w.calls(composite)
	var settling, resting int
	for _, at := range all {
		switch after := at.Sub(ready); {
		case after <= 0:
		case after < settled:
			settling++
		default:
			resting++
		}
	}
	perMinute := float64(resting) / (time.Since(ready) - settled).Minutes()
	t.Logf("RunFunction was called %d times until the platform was ready, %d times while it settled, then %.1f times a minute",
		len(until), settling, perMinute)
	if diff := cmp.Diff(events, p.events()); diff != "" {
		t.Errorf("events were recorded though nothing happened: -settled, +at rest:\n%s", diff)
	}
	if len(until) > callsUntilReady {
		t.Errorf("called %d times until the platform was ready, want at most %d", len(until), callsUntilReady)
	}
	most := float64(callsAtRest)
	if layout.CoreSince(watching) {
		most = 0
	}
	if perMinute > most {
		t.Errorf("called %.1f times a minute at rest, want at most %.0f", perMinute, most)
	}
}

// calls reads from the function's log when the function answered for a composite.
func (w *world) calls(composite *unstructured.Unstructured) []time.Time {
	w.Helper()
	log, err := os.Open(filepath.Join(layout.Logs(), "function.log"))
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	var out []time.Time
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), "\t", 5)
		if len(fields) < 5 || fields[3] != "Answered" {
			continue
		}
		var about map[string]any
		if err := json.Unmarshal([]byte(fields[4]), &about); err != nil || about["xr-namespace"] != composite.GetNamespace() || about["xr-name"] != composite.GetName() {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04:05.000Z0700", fields[0])
		if err != nil {
			w.Fatalf("cannot read the time of a line in the function's log: %v", err)
		}
		out = append(out, at)
	}
	if err := lines.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}
