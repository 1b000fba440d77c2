// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A node is a value within a flow, and where it stands. What isn't there is a node as well,
// so that a path can be followed without a question at each step: it has no value, and stands
// where it is missing.
type node struct {
	at    *field.Path
	value any
}

// get returns a field of an object. An empty text counts as absent, because kn workflow
// writes it for what isn't given.
func (n node) get(name string) node {
	object, _ := n.value.(map[string]any)
	value := object[name]
	if value == nil || value == "" {
		return node{at: n.at}
	}
	return node{at: n.at.Child(name), value: value}
}

// short returns what is in a field of an object, or the value itself, if it is no object: the
// specification of flows has a short and a long form of much, such as `transition: Next` and
// `transition: {nextState: Next}`.
func (n node) short(name string) node {
	if _, object := n.value.(map[string]any); object {
		return node{at: n.at, value: n.get(name).value}
	}
	return n
}

// list returns the elements of a list.
func (n node) list() []node {
	values, _ := n.value.([]any)
	out := make([]node, len(values))
	for i, value := range values {
		out[i] = node{at: n.at.Index(i), value: value}
	}
	return out
}

// text returns a text. Numbers and booleans are texts as well: YAML makes a number of the
// name 404, and the runtime a text of it again.
func (n node) text() string {
	switch value := n.value.(type) {
	case nil, map[string]any, []any:
		return ""
	case string:
		return value
	default:
		return fmt.Sprint(value)
	}
}

// is tells whether a value is true.
func (n node) is() bool { return n.value == true }

// longest is how many bytes of a name, or of another text of the flow, a finding quotes.
const longest = 60

// cut returns a text that is short enough for a finding.
func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

// quote returns a text in quotes that is short enough for a finding.
func quote(text string) string { return strconv.Quote(cut(text)) }
