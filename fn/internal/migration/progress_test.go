// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestObserve(t *testing.T) {
	t.Parallel()
	const head = "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, "
	cases := map[string]struct {
		reason string
		job    string
		want   Observation
	}{
		"None":        {reason: "There is no Job.", want: Observation{Progress: Absent}},
		"NoStatus":    {reason: "Its controller hasn't seen it.", job: head + "status: {}}", want: Observation{Progress: Created}},
		"Started":     {reason: "It has begun.", job: head + `status: {startTime: "2026-01-01T00:00:00Z"}}`, want: Observation{Progress: Running}},
		"Active":      {reason: "A pod runs.", job: head + "status: {active: 1}}", want: Observation{Progress: Running}},
		"FailedPod":   {reason: "A pod failed, another will be tried.", job: head + "status: {failed: 1}}", want: Observation{Progress: Running}},
		"Succeeded":   {reason: "The counter isn't the condition.", job: head + "status: {succeeded: 1}}", want: Observation{Progress: Running}},
		"Criteria":    {reason: "It will be complete once its pods have ended.", job: head + `status: {succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: "True"}]}}`, want: Observation{Progress: Running}},
		"Complete":    {reason: "The schema is right.", job: head + `status: {succeeded: 1, conditions: [{type: Complete, status: "True"}]}}`, want: Observation{Progress: Complete}},
		"NotComplete": {reason: "A condition may be false.", job: head + `status: {active: 1, conditions: [{type: Complete, status: "False"}]}}`, want: Observation{Progress: Running}},
		"Failed":      {reason: "It gave up.", job: head + `status: {failed: 7, conditions: [{type: FailureTarget, status: "True"}, {type: Failed, status: "True", message: too often}]}}`, want: Observation{Progress: Failed, Message: "too often"}},
		"Failing":     {reason: "It will have failed once its pods have ended.", job: head + `status: {failed: 7, conditions: [{type: FailureTarget, status: "True"}]}}`, want: Observation{Progress: Running}},
		"Deleted":     {reason: "It is about to be no more.", job: `{apiVersion: batch/v1, kind: Job, metadata: {name: j, deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {conditions: [{type: Complete, status: "True"}]}}`, want: Observation{Progress: Created}},
		"FailedThenComplete": {
			reason: "Complete says that the schema is right, whatever else is said.",
			job:    head + `status: {conditions: [{type: Failed, status: "True"}, {type: Complete, status: "True"}]}}`,
			want:   Observation{Progress: Complete},
		},
		"CompleteThenFailed": {
			reason: "The same in the other order.",
			job:    head + `status: {conditions: [{type: Complete, status: "True"}, {type: Failed, status: "True"}]}}`,
			want:   Observation{Progress: Complete},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, Observe(object(t, tc.job))); diff != "" {
				t.Errorf("%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	pod := func(code, finished string) string {
		return `{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {containerStatuses: [{name: sidecar, state: {terminated: {exitCode: 1, finishedAt: "2026-02-01T00:00:00Z"}}}, {name: db-migration-container, state: {terminated: {exitCode: ` + code + `, finishedAt: "` + finished + `"}}}]}}`
	}
	cases := map[string]struct {
		reason string
		pods   []string
		want   string
	}{
		"None":                   {reason: "There is no pod left."},
		"Running":                {reason: "A pod that hasn't ended says nothing.", pods: []string{`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{name: db-migration-container, state: {running: {}}}]}}`}},
		"DataIndexUnreachable":   {reason: "-1 of the migrator.", pods: []string{pod("255", "2026-01-01T00:00:00Z")}, want: "the Data Index's database can't be reached, or refuses the credentials (exit code 255)"},
		"JobsServiceUnreachable": {reason: "-2 of the migrator.", pods: []string{pod("254", "2026-01-01T00:00:00Z")}, want: "the Jobs Service's database can't be reached, or refuses the credentials (exit code 254)"},
		"DataIndexFailed":        {reason: "-3 of the migrator.", pods: []string{pod("253", "2026-01-01T00:00:00Z")}, want: "the migration of the Data Index's schema failed (exit code 253)"},
		"JobsServiceFailed":      {reason: "-4 of the migrator.", pods: []string{pod("252", "2026-01-01T00:00:00Z")}, want: "the migration of the Jobs Service's schema failed (exit code 252)"},
		"Killed":                 {reason: "The migrator didn't choose this code.", pods: []string{pod("137", "2026-01-01T00:00:00Z")}, want: "the migrator ended with exit code 137, which isn't one of its own"},
		"LastCounts":             {reason: "The last try is the one that counts.", pods: []string{pod("253", "2026-01-01T00:00:02Z"), pod("255", "2026-01-01T00:00:01Z")}, want: "the migration of the Data Index's schema failed (exit code 253)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pods := make([]*unstructured.Unstructured, 0, len(tc.pods))
			for _, p := range tc.pods {
				pods = append(pods, object(t, p))
			}
			if diff := cmp.Diff(tc.want, Explain(pods)); diff != "" {
				t.Errorf("%s\nExplain(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
