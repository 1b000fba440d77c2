// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"math"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A Profile is how a workflow is run.
type Profile string

// The profiles of the annotation sonataflow.org/profile.
const (
	// Dev runs the flow in an image for development.
	Dev Profile = "dev"
	// Preview builds an image of the flow.
	Preview Profile = "preview"
	// GitOps runs an image that was built outside the cluster. The flow describes what is in it.
	GitOps Profile = "gitops"
)

// A Setting is what a flow is checked against.
type Setting struct {
	Profile  Profile
	Identity Identity
	// Sources are the event types of spec.sources, in that order.
	Sources []string
	// Files are the files in the ConfigMaps of spec.resources.configMaps: the workflowPath
	// and the key, joined by a slash.
	Files []string
	// FilesKnown is whether all these ConfigMaps were seen. Without that, files aren't
	// checked.
	FilesKnown bool
}

// Check returns what is wrong with a flow, sorted, the worst first. Fields that it doesn't
// know never matter, nor does a list of functions, events, retries or errors that is in
// another file.
func Check(flow map[string]any, in Setting) []Finding {
	root := node{value: flow}
	c := &checker{
		setting:   in,
		states:    define(root, "states", "state"),
		functions: define(root, "functions", "function"),
		events:    define(root, "events", "event"),
		retries:   define(root, "retries", "retry strategy"),
		errors:    define(root, "errors", "error"),
		leads:     map[string][]string{},

		timeoutsOfAll: root.get("timeouts"),
	}
	if len(c.states.all) == 0 {
		c.add(Error, node{at: field.NewPath("states")}, "no list of states is there, so that the workflow does nothing", "write one state or more")
	} else {
		c.flow(root)
		c.sources(Read(flow).Consumed())
	}
	slices.SortFunc(c.findings, compare)
	return slices.Compact(c.findings)
}

// A checker goes through a flow once, from top to bottom, and collects what it finds.
type checker struct {
	setting  Setting
	findings []Finding
	// What the flow defines.
	states, functions, events, retries, errors *vocabulary
	// leads has the names of the states that each state leads to.
	leads map[string][]string
	// lost is whether a state leads to one that isn't defined.
	lost bool
	// timeoutsOfAll are those of the flow, which states without their own have.
	timeoutsOfAll node
}

func (c *checker) add(level Level, n node, text, fix string) {
	c.findings = append(c.findings, Finding{Level: level, Path: n.at.String(), Text: text, Fix: fix})
}

// flow checks a flow that has states.
func (c *checker) flow(root node) {
	c.identity(root.get("id"), c.setting.Identity.ID)
	c.identity(root.get("version"), c.setting.Identity.Version)
	for _, list := range []*vocabulary{c.functions, c.events, c.retries} {
		c.once(Warning, list)
	}
	c.once(Error, c.states)
	for _, f := range c.functions.all {
		c.operation(f)
	}
	for _, r := range c.retries.all {
		c.duration(r.get("delay"))
	}
	c.input(root.get("dataInputSchema"))
	c.timeouts(c.timeoutsOfAll)
	start := root.get("start").short("stateName")
	if !c.refer(c.states, start) {
		c.lost = true
	}
	for _, s := range c.states.all {
		c.state(s)
	}
	c.reach(start.text())
	c.heard()
	c.numbers(root.get("constants"))
}

// exact is the largest whole number below which all are exact in the numbers that Crossplane
// hands to functions.
const exact = 1 << 53

// numbers warns of whole numbers that may not be what the user has written.
func (c *checker) numbers(n node) {
	switch value := n.value.(type) {
	case map[string]any:
		for name, inside := range value {
			c.numbers(node{at: n.at.Child(name), value: inside})
		}
	case []any:
		for _, inside := range n.list() {
			c.numbers(inside)
		}
	case int64:
		c.digits(n, float64(value))
	case float64:
		c.digits(n, value)
	}
}

// digits warns of a whole number that isn't exact.
func (c *checker) digits(n node, value float64) {
	const exponential = 1e21 // From here on, numbers aren't written with all their digits.
	if size := math.Abs(value); size >= exact && size < exponential && value == math.Trunc(value) {
		c.add(Warning, n, "a number of so many digits is rounded on its way through Crossplane", "write it as text if each digit counts")
	}
}

// identity compares what the flow says about itself with what the SonataFlow says.
func (c *checker) identity(inside node, said string) {
	text, _ := inside.value.(string)
	if text == "" || said == "" || text == said {
		return
	}
	counts := "the SonataFlow's counts"
	if !c.setting.Profile.runs() {
		counts = "the one in the image counts"
	}
	c.add(Warning, inside, fmt.Sprintf("the flow says %s and the SonataFlow says %s: %s", quote(text), quote(said), counts), "remove it from the flow, or make both equal")
}

// runs tells whether the flow itself is run, not an image that has its own.
func (p Profile) runs() bool { return p == Dev || p == Preview }

// heard notes events that nothing sends or waits for. It follows the check of the states.
func (c *checker) heard() {
	for _, e := range c.events.all {
		if e.name != "" && !c.events.used[e.name] {
			c.add(Note, e.node, "no state refers to this event", "remove it, or refer to it")
		}
	}
}

// sources compares spec.sources with the types of the events that the flow consumes.
func (c *checker) sources(consumed []string) {
	if c.events.elsewhere {
		return
	}
	for i, source := range c.setting.Sources {
		if _, found := slices.BinarySearch(consumed, source); found || source == "" {
			continue
		}
		at := node{at: field.NewPath("spec", "sources").Index(i).Child("eventType")}
		c.add(Warning, at, fmt.Sprintf("the flow consumes no event of type %s, so that nothing comes from this source", quote(source)), c.suggest(source, consumed))
	}
}
