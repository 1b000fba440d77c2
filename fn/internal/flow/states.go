// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// state checks a state and all that is in it.
func (c *checker) state(s entry) {
	if s.name == "" {
		c.add(Error, s.node, "the state has no name, so that nothing can lead to it", "name it")
	}
	kind := s.get("type").text()
	if types := stateTypes(); kind != "" && !slices.Contains(types, kind) {
		c.add(Error, s.get("type"), fmt.Sprintf("states have no type %s, so that the flow can't be read", quote(kind)),
			cmp.Or(c.guess(kind, types), "use one of "+strings.Join(types, ", ")))
	}
	compensates := s.get("usedForCompensation").is()
	c.outcome(s, s.node, kind != typeSwitch && !compensates)
	c.choices(s, kind == typeSwitch && !compensates)
	for _, handler := range s.get("onErrors").list() {
		c.outcome(s, handler, !compensates)
		c.refer(c.errors, handler.get("errorRef"))
		c.referAll(c.errors, handler.get("errorRefs"))
	}
	c.compensation(s)
	for _, on := range s.get("onEvents").list() {
		c.referAll(c.events, on.get("eventRefs"))
	}
	for _, a := range actions(s.node) {
		c.action(a)
	}
	switch kind {
	case typeCallback:
		c.refer(c.events, s.get("eventRef"))
	case typeSleep:
		c.duration(s.get("duration"))
	}
	c.timeouts(s.get("timeouts"))
	c.numbers(s.node)
}

// choices checks the conditions of a switch. Needed is whether it must decide what comes next.
//
// The runtime runs a switch without a defaultCondition. Sources: SwitchHandler and
// SwitchValidator in org.kie.kogito.serverless.workflow.parser.handlers of
// https://github.com/apache/incubator-kie-kogito-runtimes.
func (c *checker) choices(s entry, needed bool) {
	data, events, otherwise := s.get("dataConditions").list(), s.get("eventConditions").list(), s.get("defaultCondition")
	for _, condition := range slices.Concat(data, events) {
		c.outcome(s, condition, needed)
		c.refer(c.events, condition.get("eventRef"))
	}
	if otherwise.text() != "" {
		c.lead(s, otherwise)
	} else if otherwise.value != nil {
		c.outcome(s, otherwise, needed)
	}
	if !needed {
		return
	}
	switch {
	case len(data)+len(events) == 0:
		c.add(Error, s.node, "the switch has no conditions, so that there is nothing to decide", "write dataConditions or eventConditions")
	case len(data) > 0 && len(events) > 0:
		c.add(Error, s.node, "the switch has dataConditions and eventConditions, so that the flow can't be compiled", "keep one of both, and put the other one into a switch of its own")
	case len(data) > 0 && otherwise.value == nil:
		c.add(Warning, s.node, "the switch has no defaultCondition, so that an instance fails if no condition holds", "write one, with transition or end, unless one of the conditions always holds")
	case len(events) > 0 && otherwise.value != nil && !c.expires(s):
		c.add(Error, otherwise, "nothing says how long the switch waits for events before this counts, so that the flow can't be compiled", "set timeouts.eventTimeout of the state or of the flow, or remove defaultCondition")
	}
}

// expires tells whether a state waits for events for a limited time. Timeouts that are in another
// file may limit it.
func (c *checker) expires(s entry) bool {
	return slices.ContainsFunc([]node{s.get("timeouts"), c.timeoutsOfAll}, func(timeouts node) bool {
		return timeouts.text() != "" || timeouts.get("eventTimeout").text() != ""
	})
}

// outcome checks what comes after a state, a condition or a handler of errors: another state,
// or the end. Needed is whether that must be said.
func (c *checker) outcome(s entry, n node, needed bool) {
	transition, end := n.get("transition"), n.get("end")
	for _, event := range slices.Concat(transition.get("produceEvents").list(), end.get("produceEvents").list()) {
		c.refer(c.events, event.get("eventRef"))
	}
	next := transition.short("nextState")
	c.lead(s, next)
	if needed && next.text() == "" && (end.value == nil || end.value == false) {
		c.add(Error, n, "neither transition nor end is set, so that nothing says what comes next", "set one of them")
	}
}

// lead notes that a state leads to another one.
func (c *checker) lead(from entry, to node) {
	if !c.refer(c.states, to) {
		c.lost = true
	}
	if name := to.text(); name != "" {
		c.leads[from.name] = append(c.leads[from.name], name)
	}
}

// compensation checks the state that undoes what another one did.
func (c *checker) compensation(s entry) {
	by := s.get("compensatedBy")
	c.lead(s, by)
	if state, ok := c.states.find(by.text()); ok && !state.get("usedForCompensation").is() {
		c.add(Warning, by, fmt.Sprintf("the state %s isn't marked as a compensation, so that it may run as a step of the flow, too", quote(by.text())), "set usedForCompensation: true in it")
	}
}

// action checks an action.
func (c *checker) action(a node) {
	called, subflow := a.get("functionRef").short("refName"), a.get("subFlowRef").short("workflowId")
	c.refer(c.functions, called)
	acts := called.text() != "" || subflow.text() != ""
	for _, name := range []string{"triggerEventRef", "resultEventRef", "produceEventRef", "consumeEventRef"} {
		event := a.get("eventRef").get(name)
		c.refer(c.events, event)
		acts = acts || event.text() != ""
	}
	if !acts {
		c.add(Error, a, "the action has none of functionRef, eventRef and subFlowRef, so that there is nothing to do", "set one of them")
	}
	c.refer(c.retries, a.get("retryRef"))
	c.referAll(c.errors, a.get("retryableErrors"))
	c.referAll(c.errors, a.get("nonRetryableErrors"))
	c.duration(a.get("sleep").get("before"))
	c.duration(a.get("sleep").get("after"))
}

// reach warns of states that the workflow never comes to. While a state leads to one that isn't
// defined, reach warns of none, because the undefined state may have been meant to lead there.
func (c *checker) reach(start string) {
	if c.lost {
		return
	}
	if start == "" {
		start = c.states.all[0].name
	}
	reached := map[string]bool{}
	for next := []string{start}; len(next) > 0; {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		if !reached[name] {
			reached[name] = true
			next = append(next, c.leads[name]...)
		}
	}
	for _, s := range c.states.all {
		if s.name != "" && !reached[s.name] {
			c.add(Warning, s.node, "nothing leads from the start to this state, so that it never runs", "let another state lead to it, or remove it")
		}
	}
}
