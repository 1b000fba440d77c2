// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"regexp"
	"strings"
)

// iso8601 is what a duration looks like, except that one part has to be there; see
// https://en.wikipedia.org/wiki/ISO_8601#Durations. Java takes a sign and small letters, too.
var iso8601 = regexp.MustCompile(`^[+-]?P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T([+-]?\d+H)?([+-]?\d+M)?([+-]?\d+([.,]\d+)?S)?)?$`)

func isDuration(text string) bool {
	text = strings.ToUpper(text)
	return iso8601.MatchString(text) && !strings.HasSuffix(text, "P") && !strings.HasSuffix(text, "T")
}

// timeouts checks the durations of a flow's or a state's timeouts.
func (c *checker) timeouts(n node) {
	if whole := n.get("workflowExecTimeout").short("duration"); whole.text() != "unlimited" {
		c.duration(whole)
	}
	state := n.get("stateExecTimeout")
	c.duration(state.short("total"))
	c.duration(state.get("single"))
	for _, name := range []string{"actionExecTimeout", "branchExecTimeout", "eventTimeout"} {
		c.duration(n.get(name))
	}
}

// duration checks that a text is a duration. An expression becomes one only at run time.
func (c *checker) duration(n node) {
	text := n.text()
	if text == "" || isDuration(text) || strings.Contains(text, "${") {
		return
	}
	fix := "write it like PT30S or P1DT12H"
	if meant := "PT" + strings.ToUpper(text); isDuration(meant) {
		fix = "write " + meant
	}
	c.add(Warning, n, quote(text)+" isn't a duration of ISO 8601, so that the workflow may fail there", fix)
}
