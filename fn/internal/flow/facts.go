// SPDX-License-Identifier: Apache-2.0

// Package flow knows what a workflow does: it reads the facts that the rest of a workflow
// follows from, checks flows, and writes the document that the runtime reads. A flow is the
// spec.flow of a SonataFlow, in version 0.8 of the language; see
// https://github.com/serverlessworkflow/specification/blob/0.8.x/specification.md.
package flow

import (
	"maps"
	"slices"
)

// Facts are what the rest of a workflow follows from in its flow. What can't be read isn't
// there.
type Facts struct {
	// ID and Version are those within the flow. Most flows have none, because the SonataFlow
	// says them.
	ID, Version string
	// Events are in the flow's order.
	Events []Event
	// Functions are in the flow's order.
	Functions []Function
	// Timeouts tells whether the flow waits for a time, so that it needs the Jobs Service:
	// it has a timeout of the workflow or of an event, a state of type sleep, or an action
	// with a sleep.
	Timeouts bool
}

// An Event is one of a flow's events.
type Event struct {
	Name string
	// Type is the type of the CloudEvent.
	Type string
	// Produced is whether the workflow sends the event. It consumes all others.
	Produced bool
	// DataOnly is whether the workflow sees the event's data alone. By default, it does.
	DataOnly bool
}

// A Function is one of a flow's functions.
type Function struct {
	Name string
	// Type is rest by default.
	Type string
	// Operation is what is called, in words that depend on the type.
	Operation string
}

// typeREST is a function's type by default.
const typeREST = "rest"

// Read returns the facts of a flow.
func Read(flow map[string]any) Facts {
	root := node{value: flow}
	out := Facts{ID: root.get("id").text(), Version: root.get("version").text(), Timeouts: waits(root)}
	for _, e := range root.get("events").list() {
		out.Events = append(out.Events, Event{
			Name:     e.get("name").text(),
			Type:     e.get("type").text(),
			Produced: e.get("kind").text() == "produced",
			DataOnly: e.get("dataOnly").value != false,
		})
	}
	for _, f := range root.get("functions").list() {
		out.Functions = append(out.Functions, function(f))
	}
	return out
}

func function(n node) Function {
	out := Function{Name: n.get("name").text(), Type: n.get("type").text(), Operation: n.get("operation").text()}
	if out.Type == "" {
		out.Type = typeREST
	}
	return out
}

// Consumed returns the types of the events that the workflow waits for, sorted, each once.
func (f Facts) Consumed() []string { return f.types(false) }

// Produced returns the types of the events that the workflow sends, sorted, each once.
func (f Facts) Produced() []string { return f.types(true) }

func (f Facts) types(produced bool) []string {
	found := map[string]bool{}
	for _, e := range f.Events {
		if e.Produced == produced && e.Type != "" {
			found[e.Type] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// waits tells whether a flow waits for a time, by the operator's rules.
func waits(root node) bool {
	timeouts := root.get("timeouts")
	return timeouts.get("workflowExecTimeout").short("duration").text() != "" ||
		timeouts.get("eventTimeout").text() != "" ||
		slices.ContainsFunc(root.get("states").list(), stateWaits)
}

func stateWaits(state node) bool {
	switch state.get("type").text() {
	case typeSleep:
		return true
	case typeEvent, typeSwitch, typeCallback:
		if state.get("timeouts").get("eventTimeout").text() != "" {
			return true
		}
	}
	return slices.ContainsFunc(actions(state), func(action node) bool {
		sleep := action.get("sleep")
		return sleep.get("before").text() != "" || sleep.get("after").text() != ""
	})
}

// The types of states that differ from the others.
const (
	typeCallback = "callback"
	typeEvent    = "event"
	typeSleep    = "sleep"
	typeSwitch   = "switch"
)

// stateTypes are the types that a state may have. The definition of SonataFlow has the same
// list, but an offline render doesn't read it.
func stateTypes() []string {
	return []string{typeCallback, "delay", typeEvent, "foreach", "inject", "operation", "parallel", typeSleep, typeSwitch}
}

// actions returns all actions of a state of any type.
func actions(state node) []node {
	out := state.get("actions").list()
	for _, n := range slices.Concat(state.get("branches").list(), state.get("onEvents").list()) {
		out = append(out, n.get("actions").list()...)
	}
	if action := state.get("action"); action.value != nil {
		out = append(out, action)
	}
	return out
}
