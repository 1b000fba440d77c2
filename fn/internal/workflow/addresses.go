// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// addresses are those of what a workflow names in place of an address.
type addresses struct {
	// properties tell the workflow the addresses, in the order in which it asks for them.
	properties []properties.Property
	// warnings name what has no address.
	warnings []string
}

// discoveredValue is the value of a property that names a resource in place of an address.
var discoveredValue = regexp.MustCompile(`^\$\{((?:kubernetes|knative|openshift):.*)\}$`)

// discoveryPrefix starts the keys of properties that tell the runtime the address of a URI. The
// function writes them; a user's own are never looked up.
const discoveryPrefix = "org.kie.kogito.addons.discovery."

// mostAddresses is how many URIs are looked up: each one is a question that Crossplane answers
// on each call.
const mostAddresses = 100

// lookForAddresses looks up what properties of the user and functions of the flow name.
func lookForAddresses(req *composition.Request, doc *document, user userProperties, reach v1beta1.Discovery) addresses {
	out, seen := addresses{}, map[string]discovery.Finding{}
	find := func(uri, where, consequence string) string {
		finding, known := seen[uri]
		if !known && len(seen) == mostAddresses {
			finding = discovery.Finding{Problem: fmt.Sprintf("a workflow can have %d such addresses, and has them already; write the address", mostAddresses)}
		} else if !known {
			finding = discovery.Find(req, uri, doc.Namespace, reach)
			seen[uri] = finding
		}
		switch {
		case finding.Problem != "":
			out.warnings = append(out.warnings, fmt.Sprintf("%s has no address, so that %s: %s", where, consequence, finding.Problem))
		case finding.Address != "":
			out.properties = append(out.properties, properties.Property{Key: discoveryPrefix + uri, Value: finding.Address})
		}
		return finding.Address
	}
	given, err := properties.Decode(user.text)
	if err != nil {
		given = nil // The warnings about the properties say so.
	}
	last := make(map[string]int, len(given))
	for i, p := range given {
		last[p.Key] = i // As Java reads a key that is there twice.
	}
	for i, p := range given {
		match := discoveredValue.FindStringSubmatch(p.Value)
		if match == nil || last[p.Key] != i || strings.HasPrefix(p.Key, discoveryPrefix) {
			continue
		}
		if address := find(match[1], fmt.Sprintf("%s: %s = %s", user.where(), p.Key, p.Value), "the workflow doesn't start"); address != "" {
			out.properties = append(out.properties, properties.Property{Key: p.Key, Value: address})
		}
	}
	functions := field.NewPath("spec", "flow", "functions")
	for i, f := range flow.Read(doc.flow).Functions {
		if uri, _, _ := strings.Cut(f.Operation, "?"); strings.HasPrefix(uri, string(discovery.KnativeService)) {
			find(uri, fmt.Sprintf("%s: %s", functions.Index(i).Child("operation"), f.Operation), "the call fails")
		}
	}
	return out
}
