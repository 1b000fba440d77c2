// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
)

// parse reads a flow in YAML.
func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &out); err != nil {
		t.Fatalf("cannot parse %s: %v", text, err)
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		flow   string
		want   flow.Facts
	}{
		"Nothing": {reason: "An empty flow has no facts.", flow: `{}`},
		"Events": {reason: "Events are consumed, and data alone is seen, unless something else is said.", flow: `{events: [{name: a, type: t}, {name: b, type: u, kind: produced, dataOnly: false}, {name: c, type: v, kind: consumed, dataOnly: true}, {name: d, type: w, kind: ""}]}`, want: flow.Facts{Events: []flow.Event{
			{Name: "a", Type: "t", DataOnly: true}, {Name: "b", Type: "u", Produced: true}, {Name: "c", Type: "v", DataOnly: true}, {Name: "d", Type: "w", DataOnly: true},
		}}},
		"Functions": {reason: "Functions are of type rest unless another one is said.", flow: `{functions: [{name: a, operation: x#y}, {name: b, type: custom, operation: sysout}]}`, want: flow.Facts{Functions: []flow.Function{
			{Name: "a", Type: "rest", Operation: "x#y"}, {Name: "b", Type: "custom", Operation: "sysout"},
		}}},
		"Identity":  {reason: "A flow may have an identity of its own.", flow: `{id: a, version: "1.0"}`, want: flow.Facts{ID: "a", Version: "1.0"}},
		"Elsewhere": {reason: "What is in another file isn't there.", flow: `{events: e.json, functions: f.json, timeouts: t.json, states: s.json}`},

		"WorkflowTimeout":      {reason: "A timeout of the workflow is one.", flow: `{timeouts: {workflowExecTimeout: {duration: PT1H}}}`, want: flow.Facts{Timeouts: true}},
		"WorkflowTimeoutText":  {reason: "It may be a text.", flow: `{timeouts: {workflowExecTimeout: PT1H}}`, want: flow.Facts{Timeouts: true}},
		"WorkflowTimeoutEmpty": {reason: "Without a duration it is none.", flow: `{timeouts: {workflowExecTimeout: {interrupt: true, duration: ""}}}`},
		"EventTimeout":         {reason: "A timeout of all events is one.", flow: `{timeouts: {eventTimeout: PT1H}}`, want: flow.Facts{Timeouts: true}},
		"StateTimeout":         {reason: "The timeout of states is none that needs the Jobs Service.", flow: `{timeouts: {stateExecTimeout: PT1H, actionExecTimeout: PT1H, branchExecTimeout: PT1H}, states: [{name: A, type: event, timeouts: {stateExecTimeout: PT1H}}]}`},
		"Event":                {reason: "A state that waits for an event may give up.", flow: `{states: [{name: A, type: event, timeouts: {eventTimeout: PT1H}}]}`, want: flow.Facts{Timeouts: true}},
		"Switch":               {reason: "A switch waits for events, too.", flow: `{states: [{name: A, type: switch, timeouts: {eventTimeout: PT1H}}]}`, want: flow.Facts{Timeouts: true}},
		"Callback":             {reason: "A callback waits for an event, too.", flow: `{states: [{name: A, type: callback, timeouts: {eventTimeout: PT1H}}]}`, want: flow.Facts{Timeouts: true}},
		"CallbackWithout":      {reason: "It may wait for ever.", flow: `{states: [{name: A, type: callback, timeouts: {eventTimeout: ""}}]}`},
		"Operation":            {reason: "No other state waits for events.", flow: `{states: [{name: A, type: operation, timeouts: {eventTimeout: PT1H}}]}`},
		"Sleep":                {reason: "A state that sleeps waits.", flow: `{states: [{name: A, type: inject}, {name: B, type: sleep}]}`, want: flow.Facts{Timeouts: true}},
		"Before":               {reason: "An action may sleep before.", flow: `{states: [{actions: [{}, {sleep: {before: PT1S}}]}]}`, want: flow.Facts{Timeouts: true}},
		"After":                {reason: "An action may sleep after.", flow: `{states: [{actions: [{sleep: {after: PT1S}}]}]}`, want: flow.Facts{Timeouts: true}},
		"Branch":               {reason: "An action of a branch may sleep.", flow: `{states: [{branches: [{actions: [{sleep: {after: PT1S}}]}]}]}`, want: flow.Facts{Timeouts: true}},
		"OnEvent":              {reason: "An action after an event may sleep.", flow: `{states: [{onEvents: [{actions: [{sleep: {after: PT1S}}]}]}]}`, want: flow.Facts{Timeouts: true}},
		"Action":               {reason: "The action of a callback may sleep.", flow: `{states: [{action: {sleep: {before: PT1S}}}]}`, want: flow.Facts{Timeouts: true}},
		"NoSleep":              {reason: "An empty sleep is none.", flow: `{states: [{action: {sleep: {before: "", after: ""}}}]}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, flow.Read(parse(t, tc.flow))); diff != "" {
				t.Errorf("%s\nRead(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEventTypes(t *testing.T) {
	t.Parallel()
	facts := flow.Read(parse(t, `{events: [{name: a, type: t}, {name: b, type: s}, {name: c, type: t}, {name: d}, {name: e, type: t, kind: produced}, {name: f, type: u, kind: produced}]}`))
	if diff := cmp.Diff([]string{"s", "t"}, facts.Consumed()); diff != "" {
		t.Errorf("Consumed(): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"t", "u"}, facts.Produced()); diff != "" {
		t.Errorf("Produced(): -want, +got:\n%s", diff)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	all := flow.Identity{ID: "i", Key: "k", Name: "n", Description: "d", Version: "v", ExpressionLang: "jsonpath"}
	cases := map[string]struct {
		reason   string
		flow     string
		identity flow.Identity
		want     string
	}{
		"All":        {reason: "The SonataFlow says it all.", flow: `{states: [{type: inject, name: A}]}`, identity: all, want: `{"description":"d","expressionLang":"jsonpath","id":"i","key":"k","name":"n","specVersion":"0.8","start":"A","states":[{"name":"A","type":"inject"}],"version":"v"}`},
		"Wins":       {reason: "The SonataFlow wins over the flow.", flow: `{id: a, key: a, name: a, description: a, version: a, expressionLang: a, specVersion: 0.9}`, identity: all, want: `{"description":"d","expressionLang":"jsonpath","id":"i","key":"k","name":"n","specVersion":"0.8","version":"v"}`},
		"Stays":      {reason: "What the SonataFlow doesn't say stays.", flow: `{id: a, key: b, name: c, description: d, version: e, expressionLang: f, extensions: [{extensionid: g}]}`, identity: flow.Identity{ID: "i"}, want: `{"description":"d","expressionLang":"f","extensions":[{"extensionid":"g"}],"id":"i","key":"b","name":"c","specVersion":"0.8","version":"e"}`},
		"Default":    {reason: "The language of expressions is jq.", flow: `{expressionLang: ""}`, identity: flow.Identity{ID: "i"}, want: `{"expressionLang":"jq","id":"i","specVersion":"0.8"}`},
		"Characters": {reason: "Expressions stay readable.", flow: `{a: '.x < 1 && .y > 2'}`, identity: flow.Identity{ID: "i"}, want: `{"a":".x < 1 && .y > 2","expressionLang":"jq","id":"i","specVersion":"0.8"}`},
		"Start":      {reason: "Where a flow says where it starts, that stays.", flow: `{start: B, states: [{name: A}, {name: B}]}`, want: `{"expressionLang":"jq","specVersion":"0.8","start":"B","states":[{"name":"A"},{"name":"B"}]}`},
		"Schedule":   {reason: "A schedule without a state starts the first one.", flow: `{start: {schedule: R/PT1H}, states: [{name: 404}]}`, want: `{"expressionLang":"jq","specVersion":"0.8","start":{"schedule":"R/PT1H","stateName":"404"},"states":[{"name":404}]}`},
		"Scheduled":  {reason: "A schedule with a state stays.", flow: `{start: {stateName: B, schedule: R/PT1H}, states: [{name: A}, {name: B}]}`, want: `{"expressionLang":"jq","specVersion":"0.8","start":{"schedule":"R/PT1H","stateName":"B"},"states":[{"name":"A"},{"name":"B"}]}`},
		"Nameless":   {reason: "A state without a name can't be named.", flow: `{states: [{type: inject}]}`, want: `{"expressionLang":"jq","specVersion":"0.8","states":[{"type":"inject"}]}`},
		"StartOdd":   {reason: "What is no start stays as it is.", flow: `{start: [B], states: [{name: A}]}`, want: `{"expressionLang":"jq","specVersion":"0.8","start":["B"],"states":[{"name":"A"}]}`},
		"Nothing":    {reason: "A flow of nothing is written, too.", flow: `null`, identity: flow.Identity{ID: "i"}, want: `{"expressionLang":"jq","id":"i","specVersion":"0.8"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := parse(t, tc.flow)
			got, err := flow.Document(object, tc.identity)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nDocument(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(parse(t, tc.flow), object); diff != "" {
				t.Errorf("the flow was changed: -want, +got:\n%s", diff)
			}
		})
	}
	if got, err := flow.Document(map[string]any{"a": math.NaN()}, all); err == nil {
		t.Errorf("want an error for what isn't JSON, got %s", got)
	}
}

func TestCheckSize(t *testing.T) {
	t.Parallel()
	if got := flow.CheckSize(strings.Repeat("x", flow.MaxDocument)); got != nil {
		t.Errorf("want no finding, got %v", got)
	}
	want := []flow.Finding{{
		Level: flow.Error,
		Path:  "spec.flow",
		Text:  "the flow has 901 KiB of JSON, but no more than 900 KiB fit into the ConfigMap that it is put into",
		Fix:   "move schemas and subflows into ConfigMaps of spec.resources.configMaps",
	}}
	if diff := cmp.Diff(want, flow.CheckSize(strings.Repeat("x", flow.MaxDocument+1))); diff != "" {
		t.Errorf("CheckSize(...): -want, +got:\n%s", diff)
	}
}
