// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
)

// TestKinds holds what tells the components apart against what the operator was seen to
// do.
func TestKinds(t *testing.T) {
	t.Parallel()
	set := images.Set{
		DataIndexEphemeral: "di-ephemeral", DataIndexPostgreSQL: "di-postgresql",
		JobServiceEphemeral: "js-ephemeral", JobServicePostgreSQL: "js-postgresql",
	}
	type want struct {
		Title, Condition      string
		Ephemeral, PostgreSQL string
		Singleton, Sends      bool
		Tool                  component.MigrationTool
		Subscriptions         []component.Subscription
	}
	cases := map[string]struct {
		reason string
		kind   component.Kind
		want   want
	}{
		"DataIndex": {
			reason: "The Data Index takes the events of workflows and sends none; several may run.",
			kind:   component.DataIndex(),
			want: want{
				Title: "Data Index", Condition: v1alpha08.ConditionDataIndexReady,
				Ephemeral: "di-ephemeral", PostgreSQL: "di-postgresql",
				Tool: component.MigrationToolDataIndex,
				Subscriptions: []component.Subscription{
					{Name: "process-error", Type: "ProcessInstanceErrorDataEvent", Path: "/processes"},
					{Name: "process-node", Type: "ProcessInstanceNodeDataEvent", Path: "/processes"},
					{Name: "process-state", Type: "ProcessInstanceStateDataEvent", Path: "/processes"},
					{Name: "process-variable", Type: "ProcessInstanceVariableDataEvent", Path: "/processes"},
					{Name: "process-definition", Type: "ProcessDefinitionEvent", Path: "/definitions", Ordered: true},
					{Name: "process-instance-multiple", Type: "MultipleProcessInstanceDataEvent", Path: "/processes"},
					{Name: "jobs", Type: "JobEvent", Path: "/jobs", Ordered: true},
				},
			},
		},
		"JobsService": {
			reason: "The Jobs Service takes requests for timers and reports them; two would fire each timer twice.",
			kind:   component.JobsService(),
			want: want{
				Title: "Jobs Service", Condition: v1alpha08.ConditionJobServiceReady,
				Ephemeral: "js-ephemeral", PostgreSQL: "js-postgresql",
				Singleton: true, Sends: true,
				Tool: component.MigrationToolJobsService,
				Subscriptions: []component.Subscription{
					{Name: "create-job", Type: "job.create", Path: "/v2/jobs/events", Ordered: true},
					{Name: "delete-job", Type: "job.delete", Path: "/v2/jobs/events", Ordered: true},
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := tc.kind
			got := want{Title: k.Title, Condition: k.Condition, Singleton: k.Singleton, Sends: k.Sends, Tool: k.MigrationTool, Subscriptions: k.Subscriptions}
			got.Ephemeral, got.PostgreSQL = k.Images(set)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nKind: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
