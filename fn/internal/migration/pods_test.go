// SPDX-License-Identifier: Apache-2.0

package migration_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
)

// The queries for pods in these tests.
const (
	queryPods      = "pods-plat-data-index-service"
	queryMigrators = "migrators-plat-data-index-service"
	queryFailed    = "pods-" + jobName
)

// TestQueries holds which pods are looked for, and when.
func TestQueries(t *testing.T) {
	t.Parallel()
	c := migrated(component.DataIndex())
	query := func(name, label, value string) composition.Query {
		return composition.Query{Name: name, APIVersion: "v1", Kind: "Pod", Namespace: "ns1", Labels: map[string]string{label: value}}
	}
	users := []composition.Query{
		query(queryPods, "sonataflow.org/service", "plat-data-index-service"),
		query(queryMigrators, "sonataflow.org/migrates", "plat-data-index-service"),
	}
	in := func(state compositiontest.State) map[string]any { return job(t, c, state) }
	nothing := map[string][]string{}
	cases := map[string]struct {
		reason    string
		situation situation
		want      []composition.Query
	}{
		"NotChosen":       {reason: "Pods aren't looked up unless the input says so: Crossplane would keep all pods of the cluster in its memory."},
		"NotChosenFailed": {reason: "Nor are the pods of a failed Job.", situation: situation{job: in(compositiontest.Failed)}},
		"NoJob":           {reason: "Before a migration begins, no pod may use the schema.", situation: situation{pods: nothing}, want: users},
		"AnotherJob":      {reason: "While another Job is there, its word is enough.", situation: situation{pods: nothing, jobsOf: []*component.Component{earlier(c.Kind)}}},
		"AnswersDiffer":   {reason: "The same is asked when one answer is enough to wait.", situation: situation{pods: map[string][]string{queryPods: {`{status: {phase: Running}}`}}}, want: users},
		"Running":         {reason: "While the Job runs, pods don't matter.", situation: situation{pods: nothing, job: in(compositiontest.Running)}},
		"Complete":        {reason: "When the Job is complete, pods don't matter.", situation: situation{pods: nothing, job: in(compositiontest.Complete)}},
		"Failed":          {reason: "The pods of a failed Job tell why the Job failed.", situation: situation{pods: nothing, job: in(compositiontest.Failed)}, want: []composition.Query{query(queryFailed, "batch.kubernetes.io/job-name", jobName)}},
		"FailedEarlier": {
			reason: "When the component runs with the target, an old view of a failed Job doesn't matter.",
			situation: situation{
				pods:       nothing,
				job:        in(compositiontest.Failed),
				deployment: deployment(t, c, 1, letRun(t, c), compositiontest.Ready),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := tc.situation.request(t, c)
			migration.For(req, c, req.Observed[c.Key(component.RunnerDeployment.Resource())], tc.situation.input())
			got, _ := req.Queries()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want queries, +got queries:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPods holds which pods a migration waits for before its Job is made.
func TestPods(t *testing.T) {
	t.Parallel()
	pod := func(status string) []string {
		return []string{`{apiVersion: v1, kind: Pod, metadata: {name: p}, status: ` + status + `}`}
	}
	cases := map[string]struct {
		reason    string
		situation situation
		// begins tells whether the Job is made.
		begins bool
	}{
		"Unknown":        {reason: "A Crossplane that doesn't look up pods can't be asked, so the Deployment's word is enough.", situation: situation{old: true, pods: map[string][]string{}}, begins: true},
		"Pending":        {reason: "Before Crossplane has answered, the Job waits.", situation: situation{pods: map[string][]string{}}},
		"HalfAnswered":   {reason: "Both answers are needed.", situation: situation{pods: map[string][]string{queryPods: nil}}},
		"None":           {reason: "Without pods the Job is made.", situation: situation{pods: map[string][]string{queryPods: nil, queryMigrators: nil}}, begins: true},
		"Running":        {reason: "A running pod of the component may use the schema.", situation: situation{pods: map[string][]string{queryPods: pod(`{phase: Running}`), queryMigrators: nil}}},
		"Starting":       {reason: "A pod that starts may use the schema soon.", situation: situation{pods: map[string][]string{queryPods: pod(`{phase: Pending}`), queryMigrators: nil}}},
		"Ending":         {reason: "A pod that is being deleted runs until it has ended.", situation: situation{pods: map[string][]string{queryPods: {`{apiVersion: v1, kind: Pod, metadata: {name: p, deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Running}}`}, queryMigrators: nil}}},
		"NoStatus":       {reason: "A pod without status may start.", situation: situation{pods: map[string][]string{queryPods: pod(`{}`), queryMigrators: nil}}},
		"Unreadable":     {reason: "A pod whose status can't be read may run.", situation: situation{pods: map[string][]string{queryPods: pod(`{phase: 1}`), queryMigrators: nil}}},
		"Ended":          {reason: "A pod that has ended uses nothing.", situation: situation{pods: map[string][]string{queryPods: pod(`{phase: Failed}`), queryMigrators: pod(`{phase: Succeeded}`)}}, begins: true},
		"OneOfTwo":       {reason: "One running pod is enough to wait.", situation: situation{pods: map[string][]string{queryPods: append(pod(`{phase: Failed}`), pod(`{phase: Running}`)...), queryMigrators: nil}}},
		"MigratorRuns":   {reason: "A pod of an earlier migration may change the schema after its Job is gone.", situation: situation{pods: map[string][]string{queryPods: nil, queryMigrators: pod(`{phase: Running}`)}}},
		"PodsOfAnyState": {reason: "A Job that exists isn't taken back for a pod of the component.", situation: situation{job: job(t, migrated(component.DataIndex()), compositiontest.Created), pods: map[string][]string{queryPods: pod(`{phase: Running}`), queryMigrators: nil}}, begins: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := tc.situation.plan(t, migrated(component.DataIndex()))
			if got := plan.Job != nil; got != tc.begins {
				t.Errorf("%s\nFor(...): want a Job: %t, got: %t", tc.reason, tc.begins, got)
			}
		})
	}
}

// TestExplain holds what a user reads about a Job that failed, as far as its pods tell.
func TestExplain(t *testing.T) {
	t.Parallel()
	const logs = "kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name=" + jobName + " shows why"
	const exhausted = "none of its 7 tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; " + logs
	const unreachable = "database can't be reached, doesn't exist, or refuses the credentials"
	pod := func(code int, finished string) string {
		return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {containerStatuses: [
{name: sidecar, state: {terminated: {exitCode: 1, finishedAt: "2026-02-01T00:00:00Z"}}},
{name: db-migration-container, state: {terminated: {exitCode: %d, finishedAt: "2026-01-01T00:00:%sZ"}}}]}}`, code, finished)
	}
	cases := map[string]struct {
		reason string
		pods   []string
		// silent is a Job that doesn't say why it failed.
		silent bool
		want   string
	}{
		"None":                   {reason: "When no pod is left, the Job's reason is all that is known.", want: exhausted},
		"NothingAtAll":           {reason: "When the Job says nothing either, a person must look.", silent: true, want: "it doesn't say why; " + logs},
		"Running":                {reason: "A pod that hasn't ended tells nothing.", pods: []string{`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{name: db-migration-container, state: {running: {}}}]}}`}, want: exhausted},
		"Succeeded":              {reason: "A pod that ended well isn't why the Job failed.", pods: []string{pod(0, "00")}, want: exhausted},
		"Unreadable":             {reason: "A pod that can't be read tells nothing.", pods: []string{`{apiVersion: v1, kind: Pod, status: {containerStatuses: none}}`}, want: exhausted},
		"DataIndexUnreachable":   {reason: "Exit code -1 of the migrator is 255, which a database that doesn't exist gives, too.", pods: []string{pod(255, "00")}, want: "the Data Index's " + unreachable + " (exit code 255)"},
		"JobsServiceUnreachable": {reason: "Exit code -2 of the migrator is 254, which a database that doesn't exist gives, too.", pods: []string{pod(254, "00")}, want: "the Jobs Service's " + unreachable + " (exit code 254)"},
		"DataIndexFailed":        {reason: "Exit code -3 of the migrator is 253.", pods: []string{pod(253, "00")}, want: "the migration of the Data Index's schema failed (exit code 253)"},
		"JobsServiceFailed":      {reason: "Exit code -4 of the migrator is 252.", pods: []string{pod(252, "00")}, want: "the migration of the Jobs Service's schema failed (exit code 252)"},
		"Killed":                 {reason: "A migrator that was killed didn't choose its exit code.", pods: []string{pod(137, "00")}, want: "the migrator ended with exit code 137, which isn't one of its own"},
		"LastCounts":             {reason: "Of several tries the last one counts.", pods: []string{pod(253, "02"), pod(255, "01")}, want: "the migration of the Data Index's schema failed (exit code 253)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := migrated(component.DataIndex())
			observed := job(t, c, compositiontest.Failed)
			if tc.silent {
				observed["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Failed", "status": "True"}}}
			}
			got := situation{job: observed, pods: map[string][]string{queryFailed: tc.pods}}.plan(t, c).Hold.Message
			want := "Job " + jobName + " failed: " + tc.want + "; mend the cause, then delete the Job to try again, or change the annotation sonataflow.org/migration-attempt of the platform to migrate all of its services again"
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want message, +got message:\n%s", tc.reason, diff)
			}
		})
	}
}
