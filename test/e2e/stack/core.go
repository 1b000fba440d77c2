// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

const (
	// coreVariable chooses the Crossplane that a stack comes up with.
	coreVariable = "SONATAFLOW_E2E_CORE"
	// defaultCore is what it is otherwise.
	defaultCore = "v2.4"
	// coreModule is the source of each of them.
	coreModule = "github.com/crossplane/crossplane/v2"
)

// A core is what differs from one version of Crossplane to another.
type core struct {
	// tool is the name of the binary, and of the module in test/tools that pins it.
	tool string
	// start is what `core start` is told that other versions don't know.
	start []string
}

// cores returns the versions of Crossplane that a stack can come up with.
func cores() map[string]core {
	return map[string]core{
		// The oldest that serves.
		"v2.0": {tool: "crossplane-core-v2.0"},
		// The first that tells functions what it looks up for them.
		"v2.2":      {tool: "crossplane-core-v2.2", start: circuitBreaker()},
		defaultCore: {tool: "crossplane-core", start: circuitBreaker()},
	}
}

// circuitBreaker lets many changes through. Crossplane takes 100 at once of what a composite
// depends on, then one a second; of the rest it hears later. What takes a cluster's
// controllers a minute happens within a second here: a Broker and its nine Triggers get
// there.
func circuitBreaker() []string { return []string{"--circuit-breaker-burst=1000"} }

// plainVariable asks for Crossplane and the function as users start them, without what is
// there for the sake of scenarios. What is measured is to be what users have.
const plainVariable = "SONATAFLOW_E2E_PLAIN"

// startCore is what `core start` is told.
func (l *Layout) startCore() []string {
	plain := []string{"core", "start", "--profile=" + profiles}
	if l.Plain {
		return plain
	}
	return slices.Concat(plain, []string{"--debug"}, l.core().start)
}

// profiles is where Crossplane tells what takes its time, at /debug/pprof.
const profiles = "127.0.0.1:8083"

// chosenCore returns the version of Crossplane that a stack is to come up with.
func chosenCore() (string, error) {
	chosen := cmp.Or(os.Getenv(coreVariable), defaultCore)
	if _, known := cores()[chosen]; !known {
		return "", fmt.Errorf("no Crossplane %q: choose one of %s", chosen, strings.Join(slices.Sorted(maps.Keys(cores())), ", "))
	}
	return chosen, nil
}

func (l *Layout) core() core { return cores()[l.Core] }

// CoreSince tells whether the stack's Crossplane is of a version or a later one.
func (l *Layout) CoreSince(v string) bool {
	return version.MustParseGeneric(l.Core).AtLeast(version.MustParseGeneric(v))
}
