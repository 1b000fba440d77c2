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
	// coreVariable chooses the version of Crossplane that a stack starts.
	coreVariable = "SONATAFLOW_E2E_CORE"
	// defaultCore is the version if the variable isn't set.
	defaultCore = "v2.4"
	// coreModule is the module with the source of every version.
	coreModule = "github.com/crossplane/crossplane/v2"
)

// A core is what differs from one version of Crossplane to another.
type core struct {
	// tool is the name of the binary, and of the module in test/tools that pins it.
	tool string
	// start are the flags of `core start` that not every version has.
	start []string
}

// cores returns the versions of Crossplane that a stack can start.
func cores() map[string]core {
	return map[string]core{
		// The oldest version that can run the function's Compositions.
		"v2.0": {tool: "crossplane-core-v2.0"},
		// The first version that tells functions that it looks up required resources.
		"v2.2":      {tool: "crossplane-core-v2.2", start: circuitBreaker()},
		defaultCore: {tool: "crossplane-core", start: circuitBreaker()},
	}
}

// circuitBreaker returns a flag that lets more changes through. By default, Crossplane
// takes 100 changes of a composite's objects at once, and then one a second; it handles
// the other changes later. Controllers here do in a second what takes a minute in a
// cluster, so a Broker and its nine Triggers reach this limit.
func circuitBreaker() []string { return []string{"--circuit-breaker-burst=1000"} }

// plainVariable asks for Crossplane and the function as users start them, without the
// flags that scenarios need. Measurements must be of what users have.
const plainVariable = "SONATAFLOW_E2E_PLAIN"

// startCore returns the arguments of Crossplane's `core start`.
func (l *Layout) startCore() []string {
	plain := []string{"core", "start", "--profile=" + profiles}
	if l.Plain {
		return plain
	}
	return slices.Concat(plain, []string{"--debug"}, l.core().start)
}

// profiles is the address of Crossplane's profiles, at /debug/pprof.
const profiles = "127.0.0.1:8083"

// chosenCore returns the version of Crossplane that the environment asks for.
func chosenCore() (string, error) {
	chosen := cmp.Or(os.Getenv(coreVariable), defaultCore)
	if _, known := cores()[chosen]; !known {
		return "", fmt.Errorf("no Crossplane %q: choose one of %s", chosen, strings.Join(slices.Sorted(maps.Keys(cores())), ", "))
	}
	return chosen, nil
}

func (l *Layout) core() core { return cores()[l.Core] }

// CoreSince tells whether the stack's Crossplane has at least a version.
func (l *Layout) CoreSince(v string) bool {
	return version.MustParseGeneric(l.Core).AtLeast(version.MustParseGeneric(v))
}
