// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/spelling"
)

// A vocabulary is what a flow defines in one of its lists.
type vocabulary struct {
	// word is what an element is called.
	word, list string
	all        []entry
	names      []string
	// index has the first element of each name.
	index map[string]int
	// elsewhere tells that the list is in another file, so that Check doesn't know the names.
	elsewhere bool
	// used has the names that something refers to.
	used map[string]bool
}

// An entry is an element of a list whose elements have names. It has no name if it lacks
// one.
type entry struct {
	node

	name string
}

// define reads a list of the flow whose elements have names.
func define(root node, list, word string) *vocabulary {
	n := root.get(list)
	out := &vocabulary{word: word, list: list, index: map[string]int{}, elsewhere: n.text() != "", used: map[string]bool{}}
	for i, element := range n.list() {
		e := entry{node: element, name: element.get("name").text()}
		if e.name != "" {
			e.at = n.at.Key(cut(e.name))
			if _, known := out.index[e.name]; !known {
				out.index[e.name] = i
				out.names = append(out.names, e.name)
			}
		}
		out.all = append(out.all, e)
	}
	return out
}

// find returns the element of a name.
func (v *vocabulary) find(name string) (entry, bool) {
	i, ok := v.index[name]
	if !ok {
		return entry{}, false
	}
	return v.all[i], true
}

// once checks that no name is given twice.
func (c *checker) once(level Level, list *vocabulary) {
	for i, e := range list.all {
		if e.name != "" && list.index[e.name] != i {
			c.add(level, e.node, fmt.Sprintf("another %s has the same name, so that one of them is never used", list.word), "rename or remove one")
		}
	}
}

// refer checks that what a text names is defined. What is absent names nothing.
func (c *checker) refer(to *vocabulary, n node) (defined bool) {
	name := n.text()
	if name == "" || to.elsewhere {
		return true
	}
	if _, known := to.index[name]; known {
		to.used[name] = true
		return true
	}
	c.add(Error, n, fmt.Sprintf("%s %s isn't defined in flow.%s", to.word, quote(name), to.list), c.suggest(name, to.names))
	return false
}

// referAll checks that what a list of texts names is defined.
func (c *checker) referAll(to *vocabulary, list node) {
	for _, n := range list.list() {
		c.refer(to, n)
	}
}

// Limits of suggestions, each of which takes time. A flow beyond them isn't written by hand.
const (
	maxGuesses = 50
	maxKnown   = 1000
	maxListed  = 5
)

// guess asks whether a known name was meant; it is empty if none is near.
func (c *checker) guess(name string, known []string) string {
	if len(c.findings) < maxGuesses && len(known) <= maxKnown {
		if meant := spelling.Nearest(name, known); meant != "" {
			return "did you mean " + quote(meant) + "?"
		}
	}
	return ""
}

// suggest says what to do about a name that isn't among those that are defined.
func (c *checker) suggest(name string, known []string) string {
	if guess := c.guess(name, known); guess != "" {
		return guess
	}
	if len(known) == 0 || len(known) > maxListed {
		return "define it, or name one that is defined"
	}
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = quote(k)
	}
	return "define it, or name one that is defined: " + strings.Join(quoted, ", ")
}
