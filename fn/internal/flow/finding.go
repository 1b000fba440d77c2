// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"strings"
)

// A Level is how bad a finding is.
type Level int

// The levels, the worst first.
const (
	// Error is about a flow that can't be built, or can't start.
	Error Level = iota
	// Warning is about what is probably a mistake.
	Warning
	// Note is about what is worth knowing.
	Note
)

// String returns the level's name.
func (l Level) String() string {
	switch l {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Note:
		return "note"
	}
	return ""
}

// A Finding is something that is wrong, or may be, with a flow.
type Finding struct {
	Level Level
	// Path is where it is within the flow, with the names of states, as in
	// states[Check].actions[0].functionRef. Outside of the flow it starts with spec.
	Path string
	// Text is what is wrong, and what follows from it.
	Text string
	// Fix is what to do about it.
	Fix string
}

// String returns all that a finding says but its level.
func (f Finding) String() string { return f.Path + ": " + f.Text + "; " + f.Fix }

// compare orders findings: the worst first, then by path.
func compare(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Level, b.Level), strings.Compare(a.Path, b.Path), strings.Compare(a.Text, b.Text))
}
