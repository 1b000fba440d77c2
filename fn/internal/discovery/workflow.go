// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Workflow is what may name resources in place of addresses.
type Workflow struct {
	Namespace string
	// Properties is the text of the user's properties, Where the place that messages name.
	Properties, Where string
	// Functions are those of the flow.
	Functions []flow.Function
}

// Addresses are those of what a workflow names in place of an address.
type Addresses struct {
	// Properties tell the workflow the addresses, in the order in which it asks for them.
	Properties []properties.Property
	// Warnings name what has no address.
	Warnings []string
}

// namedValue is the value of a property that names a resource in place of an address.
var namedValue = regexp.MustCompile(`^\$\{((?:kubernetes|knative|openshift):.*)\}$`)

// keyPrefix starts the keys of properties that tell the runtime the address of a URI. The function
// writes them; a user's own are never looked up.
const keyPrefix = "org.kie.kogito.addons.discovery."

// mostURIs is how many URIs are looked up: each one is a question that Crossplane answers on each
// call.
const mostURIs = 100

// Names tells whether the value of a property names a resource in place of an address.
func Names(value string) bool { return namedValue.MatchString(value) }

// FindAll looks up what properties and functions of a workflow name.
func FindAll(req *composition.Request, w Workflow, reach v1beta1.Discovery) Addresses {
	out, seen := Addresses{}, map[string]Finding{}
	find := func(uri, where, consequence string) string {
		finding, known := seen[uri]
		if !known && len(seen) == mostURIs {
			finding = Finding{Problem: fmt.Sprintf("a workflow can have %d such addresses, and has them already; write the address", mostURIs)}
		} else if !known {
			finding = Find(req, uri, w.Namespace, reach)
			seen[uri] = finding
		}
		switch {
		case finding.Problem != "":
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s has no address, so that %s: %s", where, consequence, finding.Problem))
		case finding.Address != "":
			out.Properties = append(out.Properties, properties.Property{Key: keyPrefix + uri, Value: finding.Address})
		}
		return finding.Address
	}
	given, err := properties.Decode(w.Properties)
	if err != nil {
		given = nil // The warnings about the properties say so.
	}
	last := make(map[string]int, len(given))
	for i, p := range given {
		last[p.Key] = i // As Java reads a key that is there twice.
	}
	for i, p := range given {
		match := namedValue.FindStringSubmatch(p.Value)
		if match == nil || last[p.Key] != i || strings.HasPrefix(p.Key, keyPrefix) {
			continue
		}
		if address := find(match[1], fmt.Sprintf("%s: %s = %s", w.Where, p.Key, p.Value), "the workflow doesn't start"); address != "" {
			out.Properties = append(out.Properties, properties.Property{Key: p.Key, Value: address})
		}
	}
	functions := field.NewPath("spec", "flow", "functions")
	for i, f := range w.Functions {
		if uri, _, _ := strings.Cut(f.Operation, "?"); strings.HasPrefix(uri, string(KnativeService)) {
			find(uri, fmt.Sprintf("%s: %s", functions.Index(i).Child("operation"), f.Operation), "the call fails")
		}
	}
	return out
}
