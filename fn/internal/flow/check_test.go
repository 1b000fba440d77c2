// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
)

// check returns the findings about a flow in YAML, as texts.
func check(t testing.TB, text string, in flow.Setting) []string {
	t.Helper()
	var out []string
	for _, f := range flow.Check(parse(t, text), in) {
		out = append(out, f.Level.String()+" "+f.String())
	}
	return out
}

// A flowCase is a flow, and what is found in it.
type flowCase struct {
	reason string
	flow   string
	want   []string
}

func runFlows(t *testing.T, in flow.Setting, cases map[string]flowCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, check(t, tc.flow, in)); diff != "" {
				t.Errorf("%s\nCheck(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// neither is what is said of something that leads nowhere.
const neither = ": neither transition nor end is set, so that nothing says what comes next; set one of them"

func TestStates(t *testing.T) {
	t.Parallel()
	const none = "error states: no list of states is there, so that the workflow does nothing; write one state or more"
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Words":      {reason: "YAML makes booleans of some names.", flow: `{start: on, states: [{name: on, type: inject, transition: n}, {name: n, type: inject, end: true}]}`},
		"One":        {reason: "One state that ends is a flow.", flow: `{states: [{name: A, type: inject, end: true}]}`},
		"Type":       {reason: "A type may be mistyped.", flow: `{states: [{name: A, type: injekt, end: true}]}`, want: []string{`error states[A].type: states have no type "injekt", so that the flow can't be read; did you mean "inject"?`}},
		"NoType":     {reason: "Without a near miss, all types are named.", flow: `{states: [{name: A, type: task, end: true}]}`, want: []string{`error states[A].type: states have no type "task", so that the flow can't be read; use one of callback, delay, event, foreach, inject, operation, parallel, sleep, switch`}},
		"NoStates":   {reason: "A flow without states is said to have none, and nothing else is said of it.", flow: `{start: A, events: [{name: e}]}`, want: []string{none}},
		"EmptyList":  {reason: "An empty list has no states.", flow: `{states: []}`, want: []string{none}},
		"NoList":     {reason: "States are in a list.", flow: `{states: {A: {type: inject, end: true}}}`, want: []string{none}},
		"StatesText": {reason: "States can't be in another file.", flow: `{states: states.json}`, want: []string{none}},
		"NoName": {reason: "A state has a name.", flow: `{states: [{name: A, type: inject, end: true}, {type: inject, end: true}]}`, want: []string{
			"error states[1]: the state has no name, so that nothing can lead to it; name it",
		}},
		"EmptyName": {reason: "An empty name is none.", flow: `{states: [{name: "", type: inject, end: true}]}`, want: []string{
			"error states[0]: the state has no name, so that nothing can lead to it; name it",
		}},
		"NoObject": {reason: "What isn't an object has neither name nor end.", flow: `{states: [A]}`, want: []string{
			"error states[0]" + neither,
			"error states[0]: the state has no name, so that nothing can lead to it; name it",
		}},
		"Twice": {reason: "A name is given once.", flow: `{states: [{name: A, type: inject, end: true}, {name: A, type: inject, end: true}, {name: A, type: inject, end: true}]}`, want: []string{
			"error states[A]: another state has the same name, so that one of them is never used; rename or remove one",
		}},
		"Numbers":     {reason: "YAML makes numbers of some names.", flow: `{start: 1, states: [{name: 1, type: inject, transition: 404}, {name: "404", type: inject, end: true}]}`},
		"UnknownKeys": {reason: "Fields that aren't known never matter.", flow: `{extensions: 1, x: y, states: [{name: A, type: inject, end: true, z: [1]}]}`},
		"LongName": {reason: "A long name isn't repeated as a whole.", flow: `{states: [{name: ` + strings.Repeat("ä", 40) + `, type: inject}]}`, want: []string{
			"error states[" + strings.Repeat("ä", 30) + "…]" + neither,
		}},
	})
}

func TestStart(t *testing.T) {
	t.Parallel()
	const states = `states: [{name: Check, type: inject, transition: End}, {name: End, type: inject, end: true}]`
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Absent":   {reason: "The first state starts.", flow: `{` + states + `}`},
		"Empty":    {reason: "An empty text is absent.", flow: `{start: "", ` + states + `}`},
		"Text":     {reason: "A text names a state.", flow: `{start: Check, ` + states + `}`},
		"Object":   {reason: "An object names a state.", flow: `{start: {stateName: Check, schedule: R/PT1H}, ` + states + `}`},
		"Schedule": {reason: "An object needn't name a state.", flow: `{start: {schedule: R/PT1H}, ` + states + `}`},
		"Slip":     {reason: "A slip is seen through, and nothing is said about what can be reached.", flow: `{start: check, ` + states + `}`, want: []string{`error start: state "check" isn't defined in flow.states; did you mean "Check"?`}},
		"Unknown":  {reason: "Few names are listed.", flow: `{start: {stateName: Begin}, ` + states + `}`, want: []string{`error start: state "Begin" isn't defined in flow.states; define it, or name one that is defined: "Check", "End"`}},
		"Many": {
			reason: "Many names aren't listed.", flow: `{start: Begin, states: [{name: Alpha, end: true}, {name: Bravo, end: true}, {name: Charlie, end: true}, {name: Delta, end: true}, {name: Echo, end: true}, {name: Foxtrot, end: true}]}`,
			want: []string{`error start: state "Begin" isn't defined in flow.states; define it, or name one that is defined`},
		},
		"Second": {reason: "What is before the start isn't reached.", flow: `{start: End, ` + states + `}`, want: []string{"warning states[Check]: nothing leads from the start to this state, so that it never runs; let another state lead to it, or remove it"}},
	})
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	const end = `{name: End, type: inject, end: true}`
	const unknown = `: state "Ende" isn't defined in flow.states; did you mean "End"?`
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Text":        {reason: "A transition may be a text.", flow: `{states: [{name: A, type: inject, transition: End}, ` + end + `]}`},
		"Object":      {reason: "A transition may be an object.", flow: `{states: [{name: A, type: inject, transition: {nextState: End}}, ` + end + `]}`},
		"EndObject":   {reason: "An end may be an object.", flow: `{states: [{name: A, type: inject, end: {}}]}`},
		"EndFalse":    {reason: "An end that is false is none.", flow: `{states: [{name: A, type: inject, end: false}]}`, want: []string{"error states[A]" + neither}},
		"EndEmpty":    {reason: "An end that is empty is none.", flow: `{states: [{name: A, type: inject, end: ""}]}`, want: []string{"error states[A]" + neither}},
		"Both":        {reason: "An end that is false leaves the transition.", flow: `{states: [{name: A, type: inject, end: false, transition: End}, ` + end + `]}`},
		"Neither":     {reason: "A state leads somewhere.", flow: `{states: [{name: A, type: inject}]}`, want: []string{"error states[A]" + neither}},
		"Empty":       {reason: "An empty transition is none.", flow: `{states: [{name: A, type: inject, transition: {nextState: ""}}]}`, want: []string{"error states[A]" + neither}},
		"UnknownText": {reason: "A transition leads to a state.", flow: `{states: [{name: A, type: inject, transition: Ende}, ` + end + `]}`, want: []string{"error states[A].transition" + unknown}},
		"Unknown":     {reason: "A transition leads to a state.", flow: `{states: [{name: A, type: inject, transition: {nextState: Ende}}, ` + end + `]}`, want: []string{"error states[A].transition" + unknown}},
		"OnErrors":    {reason: "A handler of errors leads to a state, too.", flow: `{errors: e.json, states: [{name: A, type: inject, end: true, onErrors: [{errorRef: e, transition: End}, {errorRef: e, end: true}]}, ` + end + `]}`},
		"OnErrorsWrong": {reason: "A handler of errors leads somewhere.", flow: `{errors: e.json, states: [{name: A, type: inject, transition: End, onErrors: [{errorRef: e, transition: Ende}, {errorRef: e}]}, ` + end + `]}`, want: []string{
			"error states[A].onErrors[0].transition" + unknown,
			"error states[A].onErrors[1]" + neither,
		}},
		"Compensation": {reason: "A state that is there for compensation needn't lead anywhere.", flow: `{states: [{name: A, type: inject, end: true, compensatedBy: Undo}, {name: Undo, type: operation, usedForCompensation: true}]}`},
		"CompensationWrong": {reason: "It leads to a state if it does.", flow: `{states: [{name: End, type: inject, end: true, compensatedBy: Undo}, {name: Undo, type: operation, usedForCompensation: true, transition: Ende}]}`, want: []string{
			"error states[Undo].transition" + unknown,
		}},
		"NoCompensation": {reason: "Only true makes a state one for compensation.", flow: `{states: [{name: A, type: inject, usedForCompensation: false}]}`, want: []string{"error states[A]" + neither}},
		"CompensatedByUnknown": {reason: "A state is compensated by a state.", flow: `{states: [{name: A, type: inject, end: true, compensatedBy: Ende}, ` + end + `]}`, want: []string{
			"error states[A].compensatedBy" + unknown,
		}},
		"CompensatedByOther": {reason: "A state that compensates says so.", flow: `{states: [{name: A, type: inject, end: true, compensatedBy: End}, ` + end + `]}`, want: []string{
			`warning states[A].compensatedBy: the state "End" isn't marked as a compensation, so that it may run as a step of the flow, too; set usedForCompensation: true in it`,
		}},
	})
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	const end = `{name: End, type: inject, end: true}`
	const (
		noConditions = "error states[A]: the switch has no conditions, so that there is nothing to decide; write dataConditions or eventConditions"
		noDefault    = "warning states[A]: the switch has no defaultCondition, so that an instance fails if no condition holds; write one, with transition or end, unless one of the conditions always holds"
		noTimeout    = "error states[A].defaultCondition: nothing says how long the switch waits for events before this counts, so that the flow can't be compiled; set timeouts.eventTimeout of the state or of the flow, or remove defaultCondition"
		both         = ": the switch has dataConditions and eventConditions, so that the flow can't be compiled; keep one of both, and put the other one into a switch of its own"
	)
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Data":        {reason: "A switch needs no transition of its own.", flow: `{states: [{name: A, type: switch, dataConditions: [{condition: x, transition: End}, {condition: y, end: true}], defaultCondition: {end: true}}, ` + end + `]}`},
		"DefaultText": {reason: "The default may be the name of a state.", flow: `{states: [{name: A, type: switch, dataConditions: [{condition: x, end: true}], defaultCondition: End}, ` + end + `]}`},
		"Events":      {reason: "A switch may wait for events for ever.", flow: `{events: [{name: e}], states: [{name: A, type: switch, eventConditions: [{eventRef: e, transition: {nextState: End}}]}, ` + end + `]}`},
		"Expires":     {reason: "A switch may wait for events until a time has passed.", flow: `{events: [{name: e}], states: [{name: A, type: switch, timeouts: {eventTimeout: PT1H}, eventConditions: [{eventRef: e, end: true}], defaultCondition: {transition: {nextState: End}}}, ` + end + `]}`},
		"ExpiresAll":  {reason: "The flow may say so for all states.", flow: `{events: [{name: e}], timeouts: {eventTimeout: PT1H}, states: [{name: A, type: switch, eventConditions: [{eventRef: e, end: true}], defaultCondition: {end: true}}]}`},
		"ExpiresFile": {reason: "A file may say so.", flow: `{events: [{name: e}], timeouts: timeouts.json, states: [{name: A, type: switch, eventConditions: [{eventRef: e, end: true}], defaultCondition: {end: true}}]}`},
		"NoTimeout":   {reason: "The runtime compiles no default without a time after which it counts.", flow: `{events: [{name: e}], states: [{name: A, type: switch, eventConditions: [{eventRef: e, end: true}], defaultCondition: {end: true}}]}`, want: []string{noTimeout}},
		"Empty":       {reason: "A switch decides something.", flow: `{states: [{name: A, type: switch, transition: End}, ` + end + `]}`, want: []string{noConditions}},
		"NoDefault":   {reason: "Without a default, all depends on the conditions.", flow: `{states: [{name: A, type: switch, dataConditions: [{condition: x, end: true}], defaultCondition: ""}]}`, want: []string{noDefault}},
		"Wrong": {reason: "Each condition leads somewhere.", flow: `{events: [{name: e}], states: [{name: A, type: switch, dataConditions: [{condition: x}, {condition: y, transition: Ende}], eventConditions: [{eventRef: e, end: false}], defaultCondition: {}}, ` + end + `]}`, want: []string{
			"error states[A]" + both,
			"error states[A].dataConditions[0]" + neither,
			`error states[A].dataConditions[1].transition: state "Ende" isn't defined in flow.states; did you mean "End"?`,
			"error states[A].defaultCondition" + neither,
			"error states[A].eventConditions[0]" + neither,
		}},
		"DefaultUnknown": {reason: "The default leads to a state.", flow: `{states: [{name: A, type: switch, dataConditions: [{condition: x, end: true}], defaultCondition: Ende}, ` + end + `]}`, want: []string{
			`error states[A].defaultCondition: state "Ende" isn't defined in flow.states; did you mean "End"?`,
		}},
		"Compensation": {reason: "A switch for compensation needn't lead anywhere.", flow: `{states: [{name: A, type: inject, end: true, compensatedBy: U}, {name: U, type: switch, usedForCompensation: true, dataConditions: [{condition: x}]}]}`},
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	const rounded = ": a number of so many digits is rounded on its way through Crossplane; write it as text if each digit counts"
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Exact": {reason: "Numbers below 2^53 are exact.", flow: `{states: [{name: A, type: inject, end: true, data: {a: 9007199254740991, b: [-9007199254740991, 1.5e300], c: "1234567890123456789"}}]}`},
		"Rounded": {reason: "Larger ones may lose digits.", flow: `{constants: {a: 9007199254740992}, states: [{name: A, type: inject, end: true, data: {b: [{c: -1234567890123456789}]}}]}`, want: []string{
			"warning constants.a" + rounded, "warning states[A].data.b[0].c" + rounded,
		}},
	})
}

func TestReach(t *testing.T) {
	t.Parallel()
	const never = "]: nothing leads from the start to this state, so that it never runs; let another state lead to it, or remove it"
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"All": {reason: "States are reached in many ways, also in a circle.", flow: `{errors: [{name: e}], states: [
			{name: A, type: switch, dataConditions: [{condition: x, transition: B}], defaultCondition: C},
			{name: B, type: inject, transition: A, compensatedBy: D}, {name: C, type: inject, end: true, onErrors: [{errorRef: e, transition: E}]},
			{name: D, type: inject, usedForCompensation: true}, {name: E, type: inject, end: true}]}`},
		"Circle": {reason: "States that lead to each other alone are never reached.", flow: `{states: [{name: A, type: inject, end: true}, {name: B, type: inject, transition: C}, {name: C, type: inject, transition: B}]}`, want: []string{
			"warning states[B" + never, "warning states[C" + never,
		}},
		"Lost": {reason: "While a transition names an undefined state, Check can't tell which states are reached.", flow: `{states: [{name: A, type: inject, transition: X}, {name: Bravo, type: inject, end: true}]}`, want: []string{
			`error states[A].transition: state "X" isn't defined in flow.states; define it, or name one that is defined: "A", "Bravo"`,
		}},
	})
}

func TestActions(t *testing.T) {
	t.Parallel()
	operation := func(actions string) string {
		return `{functions: [{name: checkAccount, operation: x, type: custom}], events: [{name: ask}, {name: answer}], retries: [{name: slowly}], errors: [{name: timeout}],
			states: [{name: Ask, type: callback, action: {eventRef: {produceEventRef: ask, consumeEventRef: answer}}, eventRef: answer, transition: CheckApplication}, {name: CheckApplication, type: operation, end: true, actions: [` + actions + `]}]}`
	}
	const at = "error states[CheckApplication].actions[0]"
	const idle = ": the action has none of functionRef, eventRef and subFlowRef, so that there is nothing to do; set one of them"
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"FunctionText":   {reason: "A function's name may be a text.", flow: operation(`{functionRef: checkAccount}`)},
		"FunctionObject": {reason: "A function may have arguments, of any kind.", flow: operation(`{functionRef: {refName: checkAccount, arguments: "${ . }"}}`)},
		"Subflow":        {reason: "An action may run another flow.", flow: operation(`{subFlowRef: other}, {subFlowRef: {workflowId: other}}`)},
		"Event":          {reason: "An action may send an event; kn workflow writes the other as an empty text.", flow: operation(`{eventRef: {triggerEventRef: ask, resultEventRef: ""}}`)},
		"FunctionSlip":   {reason: "A slip is seen through.", flow: operation(`{functionRef: {refName: checkAcount}}`), want: []string{at + `.functionRef: function "checkAcount" isn't defined in flow.functions; did you mean "checkAccount"?`}},
		"FunctionUnknown": {reason: "A function is defined.", flow: operation(`{functionRef: checkAccountInfo}`), want: []string{
			at + `.functionRef: function "checkAccountInfo" isn't defined in flow.functions; define it, or name one that is defined: "checkAccount"`,
		}},
		"Idle":          {reason: "An action does something.", flow: operation(`{name: a}`), want: []string{at + idle}},
		"EmptyFunction": {reason: "An empty name is absent.", flow: operation(`{functionRef: {refName: ""}}`), want: []string{at + idle}},
		"EmptyEvent":    {reason: "Empty names are absent.", flow: operation(`{eventRef: {triggerEventRef: "", resultEventRef: ""}}`), want: []string{at + idle}},
		"NoAction":      {reason: "What isn't an object does nothing.", flow: operation(`checkAccount`), want: []string{at + idle}},
		"Events": {reason: "All events of an action are defined.", flow: operation(`{eventRef: {triggerEventRef: aks, resultEventRef: answr}}, {eventRef: {produceEventRef: aks, consumeEventRef: answr}}`), want: []string{
			at + `.eventRef.resultEventRef: event "answr" isn't defined in flow.events; did you mean "answer"?`,
			at + `.eventRef.triggerEventRef: event "aks" isn't defined in flow.events; did you mean "ask"?`,
			strings.Replace(at, "[0]", "[1]", 1) + `.eventRef.consumeEventRef: event "answr" isn't defined in flow.events; did you mean "answer"?`,
			strings.Replace(at, "[0]", "[1]", 1) + `.eventRef.produceEventRef: event "aks" isn't defined in flow.events; did you mean "ask"?`,
		}},
		"RetriesAndErrors": {reason: "Retries and errors may be referred to.", flow: operation(`{functionRef: checkAccount, retryRef: slowly, retryableErrors: [timeout], nonRetryableErrors: [timeout]}`)},
		"RetriesAndErrorsUnknown": {reason: "Retries and errors are defined.", flow: operation(`{functionRef: checkAccount, retryRef: slwly, retryableErrors: [timeout, time], nonRetryableErrors: [timeouts]}`), want: []string{
			at + `.nonRetryableErrors[0]: error "timeouts" isn't defined in flow.errors; did you mean "timeout"?`,
			at + `.retryRef: retry strategy "slwly" isn't defined in flow.retries; did you mean "slowly"?`,
			at + `.retryableErrors[1]: error "time" isn't defined in flow.errors; define it, or name one that is defined: "timeout"`,
		}},
	})
}

// TestReferences has each place at which something may be named.
func TestReferences(t *testing.T) {
	t.Parallel()
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Places": {reason: "All places are looked at.", flow: `{states: [
			{name: P, type: parallel, transition: {nextState: E, produceEvents: [{eventRef: e1}]}, branches: [{name: b, actions: [{functionRef: f1}]}]},
			{name: E, type: event, transition: C, onEvents: [{eventRefs: [e2], actions: [{functionRef: f2}]}]},
			{name: C, type: callback, action: {functionRef: f3}, eventRef: e3, transition: F},
			{name: F, type: foreach, actions: [{functionRef: f4}], transition: S},
			{name: S, type: switch, eventConditions: [{eventRef: e4, end: {produceEvents: [{eventRef: e5}]}}], dataConditions: [{transition: {nextState: I, produceEvents: [{eventRef: e6}]}}], defaultCondition: {end: {produceEvents: [{eventRef: e7}]}}},
			{name: I, type: inject, end: {produceEvents: [{eventRef: e8}]}, onErrors: [{errorRef: x1, end: true}, {errorRefs: [x2], end: {produceEvents: [{eventRef: e9}]}}]}]}`, want: []string{
			undefined(`states[C].action.functionRef: function "f3"`, "functions"),
			undefined(`states[C].eventRef: event "e3"`, "events"),
			undefined(`states[E].onEvents[0].actions[0].functionRef: function "f2"`, "functions"),
			undefined(`states[E].onEvents[0].eventRefs[0]: event "e2"`, "events"),
			undefined(`states[F].actions[0].functionRef: function "f4"`, "functions"),
			undefined(`states[I].end.produceEvents[0].eventRef: event "e8"`, "events"),
			undefined(`states[I].onErrors[0].errorRef: error "x1"`, "errors"),
			undefined(`states[I].onErrors[1].end.produceEvents[0].eventRef: event "e9"`, "events"),
			undefined(`states[I].onErrors[1].errorRefs[0]: error "x2"`, "errors"),
			undefined(`states[P].branches[0].actions[0].functionRef: function "f1"`, "functions"),
			undefined(`states[P].transition.produceEvents[0].eventRef: event "e1"`, "events"),
			"error states[S]: the switch has dataConditions and eventConditions, so that the flow can't be compiled; keep one of both, and put the other one into a switch of its own",
			undefined(`states[S].dataConditions[0].transition.produceEvents[0].eventRef: event "e6"`, "events"),
			undefined(`states[S].defaultCondition.end.produceEvents[0].eventRef: event "e7"`, "events"),
			undefined(`states[S].eventConditions[0].end.produceEvents[0].eventRef: event "e5"`, "events"),
			undefined(`states[S].eventConditions[0].eventRef: event "e4"`, "events"),
		}},
		"Elsewhere":    {reason: "What is in another file isn't known.", flow: `{functions: f.json, events: e.json, retries: r.json, errors: x.json, states: [{name: A, type: operation, end: {produceEvents: [{eventRef: e}]}, actions: [{functionRef: f, retryRef: r, retryableErrors: [x]}]}]}`},
		"Nothing":      {reason: "A list that is an object defines nothing.", flow: `{functions: {f: {}}, states: [{name: A, type: operation, end: true, actions: [{functionRef: f}]}]}`, want: []string{undefined(`states[A].actions[0].functionRef: function "f"`, "functions")}},
		"OtherTypes":   {reason: "An eventRef is a callback's alone, as a duration is a sleep's.", flow: `{states: [{name: A, type: inject, eventRef: e, duration: x, end: true}]}`},
		"UnusedEvents": {reason: "An event that nothing refers to is noted; a function isn't.", flow: `{functions: [{name: f}], events: [{name: e, type: t}, {type: t}], states: [{name: A, type: inject, end: true}]}`, want: []string{"note events[e]: no state refers to this event; remove it, or refer to it"}},
		"Twice": {reason: "Names are given once.", flow: `{functions: [{name: x}, {name: x}], events: [{name: x}, {name: x}], retries: [{name: x}, {name: x}, {}, {}], states: [{name: A, type: inject, end: {produceEvents: [{eventRef: x}]}}]}`, want: []string{
			"warning events[x]: another event has the same name, so that one of them is never used; rename or remove one",
			"warning functions[x]: another function has the same name, so that one of them is never used; rename or remove one",
			"warning retries[x]: another retry strategy has the same name, so that one of them is never used; rename or remove one",
		}},
	})
}

func undefined(name, list string) string {
	return "error " + name + " isn't defined in flow." + list + "; define it, or name one that is defined"
}

func TestDurations(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, duration, fix string
	}{
		"Seconds":    {reason: "Seconds.", duration: "PT30S"},
		"All":        {reason: "All parts.", duration: "P1Y2M3W4DT5H6M7.8S"},
		"Days":       {reason: "Only a date.", duration: "P2D"},
		"Comma":      {reason: "A comma is a point.", duration: `"PT0,5S"`},
		"Small":      {reason: "Java takes small letters.", duration: "pt1m"},
		"Negative":   {reason: "Java takes a sign.", duration: "-PT1M"},
		"Expression": {reason: "An expression isn't known yet.", duration: `"${ .wait }"`},
		"Empty":      {reason: "An empty text is absent.", duration: `""`},
		"Null":       {reason: "Null is absent.", duration: "null"},
		"NoPart":     {reason: "One part has to be there.", duration: "P", fix: `"P"; write it like PT30S or P1DT12H`},
		"NoTime":     {reason: "One part has to follow the T.", duration: "P1DT", fix: `"P1DT"; write it like PT30S or P1DT12H`},
		"Go":         {reason: "What is meant is clear.", duration: "1h30m", fix: `"1h30m"; write PT1H30M`},
		"Number":     {reason: "A number has no unit.", duration: "30", fix: `"30"; write it like PT30S or P1DT12H`},
		"Words":      {reason: "Words aren't understood.", duration: "a day", fix: `"a day"; write it like PT30S or P1DT12H`},
		"Unlimited":  {reason: "Only a whole workflow has unlimited time.", duration: "unlimited", fix: `"unlimited"; write it like PT30S or P1DT12H`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if text, fix, found := strings.Cut(tc.fix, "; "); found {
				want = []string{"warning states[A].duration: " + text + " isn't a duration of ISO 8601, so that the workflow may fail there; " + fix}
			}
			got := check(t, `{states: [{name: A, type: sleep, end: true, duration: `+tc.duration+`}]}`, flow.Setting{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nCheck(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDurationsPlaces has each place at which a duration may be.
func TestDurationsPlaces(t *testing.T) {
	t.Parallel()
	const wrong = `: "1" isn't a duration of ISO 8601, so that the workflow may fail there; write it like PT30S or P1DT12H`
	runFlows(t, flow.Setting{}, map[string]flowCase{
		"Unlimited": {reason: "A workflow may have unlimited time, which the operator's definition writes.", flow: `{timeouts: {workflowExecTimeout: {duration: unlimited}}, states: [{name: A, end: true}]}`},
		"File":      {reason: "Timeouts may be in another file.", flow: `{timeouts: t.json, states: [{name: A, end: true}]}`},
		"Long":      {reason: "All places are looked at.", flow: `{timeouts: {workflowExecTimeout: {duration: 1}, stateExecTimeout: {total: 1, single: 1}, actionExecTimeout: 1, branchExecTimeout: 1, eventTimeout: 1}, retries: [{name: r, delay: 1}], states: [{name: A, type: inject, timeouts: {eventTimeout: 1}, end: true, actions: [{subFlowRef: s, sleep: {before: 1, after: 1}}]}]}`, want: placed(wrong, "retries[r].delay", "states[A].actions[0].sleep.after", "states[A].actions[0].sleep.before", "states[A].timeouts.eventTimeout", "timeouts.actionExecTimeout", "timeouts.branchExecTimeout", "timeouts.eventTimeout", "timeouts.stateExecTimeout", "timeouts.stateExecTimeout.single", "timeouts.workflowExecTimeout")},
		"Short":     {reason: "Short forms are looked at, too.", flow: `{timeouts: {workflowExecTimeout: 1, stateExecTimeout: 1}, states: [{name: A, end: true}]}`, want: placed(wrong, "timeouts.stateExecTimeout", "timeouts.workflowExecTimeout")},
	})
}

func placed(text string, paths ...string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = "warning " + path + text
	}
	return out
}

// TestSetting shows what is found by comparison with the rest of the SonataFlow.
func TestSetting(t *testing.T) {
	t.Parallel()
	const (
		ends = `states: [{name: A, type: event, end: true, onEvents: [{eventRefs: [e, f]}]}]`
		pets = `{functions: [{name: f, operation: specs/pets.yaml#list}], states: [{name: A, end: true}]}`
	)
	cases := map[string]struct {
		reason string
		flow   string
		in     flow.Setting
		want   []string
	}{
		"Source":         {reason: "A source is for an event that is consumed.", flow: `{events: [{name: e, type: t}, {name: f}], ` + ends + `}`, in: flow.Setting{Sources: []string{"t"}}},
		"SourceUnknown":  {reason: "A source is for an event of the flow.", flow: `{events: [{name: e, type: tea.sent}, {name: f}], ` + ends + `}`, in: flow.Setting{Sources: []string{"tea.sent", "tea.send"}}, want: []string{`warning spec.sources[1].eventType: the flow consumes no event of type "tea.send", so that nothing comes from this source; did you mean "tea.sent"?`}},
		"SourceProduced": {reason: "An event that is produced comes from nowhere.", flow: `{events: [{name: e, type: t, kind: produced}, {name: f}], ` + ends + `}`, in: flow.Setting{Sources: []string{"t"}}, want: []string{`warning spec.sources[0].eventType: the flow consumes no event of type "t", so that nothing comes from this source; define it, or name one that is defined`}},
		"SourceEmpty":    {reason: "An empty type is for another rule to refuse.", flow: `{events: [{name: e}, {name: f}], ` + ends + `}`, in: flow.Setting{Sources: []string{""}}},
		"SourceFile":     {reason: "Events in another file aren't known.", flow: `{events: e.json, ` + ends + `}`, in: flow.Setting{Sources: []string{"t"}}},

		"Same":         {reason: "The flow may say what the SonataFlow says.", flow: `{id: a, version: "1.0", states: [{name: A, end: true}]}`, in: flow.Setting{Identity: flow.Identity{ID: "a", Version: "1.0"}}},
		"NotSaid":      {reason: "The flow may say what the SonataFlow doesn't say.", flow: `{id: a, version: "1.0", states: [{name: A, end: true}]}`},
		"NotInside":    {reason: "The flow needn't say it.", flow: `{id: "", states: [{name: A, end: true}]}`, in: flow.Setting{Identity: flow.Identity{ID: "a", Version: "1.0"}}},
		"Number":       {reason: "A number has lost how it was written.", flow: `{version: 1.0, states: [{name: A, end: true}]}`, in: flow.Setting{Identity: flow.Identity{Version: "1.0"}}},
		"OtherDev":     {reason: "The flow that the function writes has what the SonataFlow says.", flow: `{id: b, states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Dev, Identity: flow.Identity{ID: "a"}}, want: []string{`warning id: the flow says "b" and the SonataFlow says "a": the SonataFlow's counts; remove it from the flow, or make both equal`}},
		"OtherPreview": {reason: "The flow that the function writes has what the SonataFlow says.", flow: `{version: "2.0", states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Preview, Identity: flow.Identity{Version: "1.0"}}, want: []string{`warning version: the flow says "2.0" and the SonataFlow says "1.0": the SonataFlow's counts; remove it from the flow, or make both equal`}},
		"OtherGitOps":  {reason: "Nothing changes what is in an image.", flow: `{version: "2.0", states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.GitOps, Identity: flow.Identity{Version: "1.0"}}, want: []string{`warning version: the flow says "2.0" and the SonataFlow says "1.0": the one in the image counts; remove it from the flow, or make both equal`}},

		"File":         {reason: "The file of an operation is in a ConfigMap.", flow: pets, in: flow.Setting{Profile: flow.Dev, FilesKnown: true, Files: []string{"specs/pets.yaml"}}},
		"NoFile":       {reason: "A file that isn't there is missed.", flow: pets, in: flow.Setting{Profile: flow.Dev, FilesKnown: true, Files: []string{"pets.yaml"}}, want: []string{`warning functions[f].operation: the file "specs/pets.yaml" is in no ConfigMap of spec.resources.configMaps, so that the function can't be built; add it there, under the key "pets.yaml" and the workflowPath "specs"`}},
		"NoRootFile":   {reason: "A file may be beside the flow.", flow: `{functions: [{name: f, type: asyncapi, operation: ./e.yaml#send}], states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Preview, FilesKnown: true}, want: []string{`warning functions[f].operation: the file "./e.yaml" is in no ConfigMap of spec.resources.configMaps, so that the function can't be built; add it there, under the key "e.yaml"`}},
		"Slashes":      {reason: "A path may be written in several ways.", flow: `{functions: [{name: f, type: rpc, operation: /a/../e.proto#S#m}], states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Preview, FilesKnown: true, Files: []string{"e.proto"}}},
		"NotKnown":     {reason: "While ConfigMaps aren't known, nothing is missed.", flow: pets, in: flow.Setting{Profile: flow.Dev}},
		"FileGitOps":   {reason: "The image has its own files.", flow: pets, in: flow.Setting{Profile: flow.GitOps, FilesKnown: true}},
		"NoFiles":      {reason: "Not every operation has a file.", flow: `{functions: [{name: a, operation: "https://x/y#z"}, {name: b, operation: "classpath:y#z"}, {name: c, operation: y}, {name: d, operation: "#y"}, {name: e, type: custom, operation: "y#z"}, {name: f, type: expression, operation: ".y#z"}, {name: g}], states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Dev, FilesKnown: true}},
		"Schema":       {reason: "The schema of the input is in a ConfigMap.", flow: `{dataInputSchema: schemas/in.json, states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Dev, FilesKnown: true, Files: []string{"schemas/in.json"}}},
		"NoSchema":     {reason: "A schema that isn't there is missed.", flow: `{dataInputSchema: {schema: schemas/in.json, failOnValidationErrors: true}, states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Preview, FilesKnown: true}, want: []string{`warning dataInputSchema: the file "schemas/in.json" is in no ConfigMap of spec.resources.configMaps, so that no input can be checked; add it there, under the key "in.json" and the workflowPath "schemas"`}},
		"SchemaInside": {reason: "The schema may be in the flow.", flow: `{dataInputSchema: {schema: {type: object}}, states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Dev, FilesKnown: true}},
		"FunctionsIn":  {reason: "Functions in another file aren't known.", flow: `{functions: "f.json#f", states: [{name: A, end: true}]}`, in: flow.Setting{Profile: flow.Dev, FilesKnown: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, check(t, tc.flow, tc.in)); diff != "" {
				t.Errorf("%s\nCheck(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestManyMistakes holds that a flow that is wrong everywhere is checked in a short time, and
// that suggestions end.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("a", 64)
	states := make([]any, 5000)
	for i := range states {
		states[i] = map[string]any{"name": strconv.Itoa(i) + name[:58], "transition": name}
	}
	got := flow.Check(map[string]any{"states": states, "start": strings.Repeat("a", 1<<20)}, flow.Setting{})
	if diff := cmp.Diff(len(states)+1, len(got)); diff != "" {
		t.Errorf("findings: -want, +got:\n%s", diff)
	}
	for _, f := range got {
		if len(f.String()) > 300 {
			t.Fatalf("too long: %s", f)
		}
	}
}

// seeds are flows for the fuzz test and the benchmark.
func seeds() []string {
	return []string{
		`{"start":"A","events":[{"name":"e","type":"t","kind":"produced"},{"name":"f","type":"u"}],"functions":[{"name":"g","operation":"a.yaml#b"}],"retries":[{"name":"r","delay":"PT1S"}],"errors":[{"name":"x"}],
		"states":[{"name":"A","type":"operation","actions":[{"functionRef":{"refName":"g","arguments":"x"},"retryRef":"r","retryableErrors":["x"],"sleep":{"before":"PT1S"}}],"onErrors":[{"errorRef":"x","end":true}],"transition":{"nextState":"B","produceEvents":[{"eventRef":"e"}]}},
		{"name":"B","type":"switch","dataConditions":[{"condition":".x","transition":"C"}],"eventConditions":[{"eventRef":"f","end":true}],"defaultCondition":{"transition":{"nextState":"D"}}},
		{"name":"C","type":"callback","action":{"eventRef":{"triggerEventRef":"e","resultEventRef":""}},"eventRef":"f","end":{"produceEvents":[{"eventRef":"e"}]},"compensatedBy":"U","timeouts":{"eventTimeout":"PT1H"}},
		{"name":"D","type":"sleep","duration":"PT1M","transition":"P"},{"name":"P","type":"parallel","branches":[{"name":"b","actions":[{"subFlowRef":"s"}]}],"transition":"E"},
		{"name":"E","type":"event","onEvents":[{"eventRefs":["f"],"actions":[{"functionRef":"g"}]}],"end":{"terminate":true}},{"name":"U","type":"operation","actions":[{"functionRef":"g"}],"usedForCompensation":true}]}`,
		`{"id":"a","version":"1","start":{"stateName":"X"},"timeouts":{"workflowExecTimeout":"1h","stateExecTimeout":{"total":"x","single":1}},"states":[{"name":"A","type":"switch"},{"name":"A"},{"type":"sleep","duration":5},7,null,[]]}`,
		`{"functions":"f.json","events":"e.json","retries":"r.json","errors":"x.json","timeouts":"t.json","states":[{"name":1,"end":false,"actions":[{},1,{"functionRef":{}},{"eventRef":"e"}],"onErrors":[{}],"transition":[]}]}`,
		`{"states":{}}`, `{}`, `null`,
	}
}

// FuzzCheck holds that the facts of any object can be read, and that the findings about the object are
// sorted, have a text, and are the same at each call. Changes put one part of the flow at the place
// of another one.
func FuzzCheck(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed), []byte{})
		f.Add([]byte(seed), []byte{1, 2, 9, 4, 17, 30, 40, 3})
	}
	f.Fuzz(func(t *testing.T, raw, changes []byte) {
		var object map[string]any
		if len(raw) > 1<<14 || json.Unmarshal(raw, &object) != nil {
			t.Skip("no flow, or a long one")
		}
		for i := 0; i+1 < len(changes) && i < 8; i += 2 {
			move(object, int(changes[i]), int(changes[i+1]))
		}
		for _, profile := range []flow.Profile{flow.Dev, flow.GitOps} {
			in := flow.Setting{Profile: profile, Identity: flow.Identity{ID: "i", Version: "1"}, Sources: []string{"u", "v"}, FilesKnown: true}
			got := flow.Check(object, in)
			if again := flow.Check(object, in); !slices.Equal(got, again) {
				t.Errorf("checked in two ways: %v and %v", got, again)
			}
			sorted := slices.IsSortedFunc(got, func(a, b flow.Finding) int {
				return strings.Compare(fmt.Sprint(int(a.Level), a.Path, "\x00", a.Text), fmt.Sprint(int(b.Level), b.Path, "\x00", b.Text))
			})
			if !sorted {
				t.Errorf("not sorted: %v", got)
			}
			for _, found := range got {
				if found.Level.String() == "" || found.Path == "" || found.Path == "<nil>" || found.Text == "" || found.Fix == "" {
					t.Errorf("something is missing: %#v", found)
				}
			}
		}
		facts := flow.Read(object)
		for _, e := range slices.Concat(facts.Consumed(), facts.Produced()) {
			if e == "" {
				t.Error("an event without a type")
			}
		}
		first, err := flow.Document(object, flow.Identity{ID: "i"})
		if err != nil {
			t.Fatalf("no document: %v", err)
		}
		if second, _ := flow.Document(object, flow.Identity{ID: "i"}); second != first {
			t.Errorf("two documents of one flow: %s and %s", first, second)
		}
	})
}

// move puts the value of one place of a flow to another place.
func move(object map[string]any, from, to int) {
	var places []func(any)
	var values []any
	var visit func(any)
	visit = func(value any) {
		values = append(values, value)
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				places = append(places, func(v any) { value[key] = v })
				visit(value[key])
			}
		case []any:
			for i := range value {
				places = append(places, func(v any) { value[i] = v })
				visit(value[i])
			}
		}
	}
	visit(object)
	if len(places) == 0 {
		return
	}
	places[to%len(places)](runtime.DeepCopyJSONValue(values[from%len(values)]))
}

// BenchmarkCheck checks a flow of 60 KB in which all is well.
func BenchmarkCheck(b *testing.B) {
	var states []any
	for i := range 300 {
		states = append(states, map[string]any{
			"name": "State" + strconv.Itoa(i), "type": "operation", "transition": map[string]any{"nextState": "State" + strconv.Itoa(i+1)},
			"actions": []any{map[string]any{"name": "call", "functionRef": map[string]any{"refName": "f", "arguments": map[string]any{"a": ".b"}}, "actionDataFilter": map[string]any{"toStateData": ".result"}}},
		})
	}
	states = append(states, map[string]any{"name": "State300", "type": "sleep", "duration": "PT1S", "end": true})
	object := map[string]any{"functions": []any{map[string]any{"name": "f", "operation": "sysout", "type": "custom"}}, "states": states}
	for b.Loop() {
		if got := flow.Check(object, flow.Setting{}); got != nil {
			b.Fatal(got)
		}
	}
}
