// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/crossplane/function-sdk-go/errors"
)

// A Target is what a URI names.
type Target struct {
	// Kind is the one that the URI names.
	Kind Kind
	// Namespace is the URI's, else that of the workflow.
	Namespace, Name string
	// Port is the name of a port; empty where the URI names none.
	Port string
	// Labels choose among several Services.
	Labels map[string]string
}

// What the parts of a URI look like.
var (
	resourceName   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	parameterName  = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)
	parameterValue = regexp.MustCompile(`^[/a-zA-Z0-9][-/a-zA-Z0-9]*$`)
)

// parameterPort is the parameter that names a port. All other parameters are labels.
const parameterPort = "port"

// Parse reads a URI: the kind, a slash, the namespace and a slash if they are given, the name,
// and parameters after a question mark. A namespace that the URI doesn't name is the given one.
// The error says what is wrong, and what is right.
func Parse(uri, namespace string) (Target, error) {
	out, rest, err := cutKind(uri)
	if err != nil {
		return Target{}, err
	}
	names, query, hasQuery := strings.Cut(rest, "?")
	out.Namespace, out.Name = namespace, names
	if before, after, found := strings.Cut(names, "/"); found {
		out.Namespace, out.Name = before, after
	}
	for _, part := range []string{out.Namespace, out.Name} {
		if !resourceName.MatchString(part) {
			return Target{}, fmt.Errorf("%q is neither a namespace nor a name: write %s/namespace/name or %[2]s/name", part, out.Kind)
		}
	}
	if !hasQuery {
		return out, nil
	}
	for parameter := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(parameter, "=")
		switch {
		case !parameterName.MatchString(key) || !parameterValue.MatchString(value):
			return Target{}, fmt.Errorf("%q isn't a parameter: write ?port=name or ?label=value, of letters, digits and dashes, and & between two", parameter)
		case key == parameterPort:
			out.Port = value
		default:
			if out.Labels == nil {
				out.Labels = map[string]string{}
			}
			out.Labels[key] = value
		}
	}
	return out, nil
}

// cutKind takes the kind off a URI. A Knative Service has a short form, which has no
// parameters.
func cutKind(uri string) (Target, string, error) {
	for _, kind := range kinds() {
		if rest, found := strings.CutPrefix(uri, string(kind)+"/"); found {
			return Target{Kind: kind}, rest, nil
		}
	}
	rest, short := strings.CutPrefix(uri, "knative:")
	switch {
	case !short || strings.Contains(rest, "."):
		known := make([]string, 0, len(kinds()))
		for _, kind := range kinds() {
			known = append(known, string(kind))
		}
		return Target{}, "", errors.New("a URI begins with one of " + strings.Join(known, ", ") + ", and a slash")
	case strings.Contains(rest, "?"):
		return Target{}, "", fmt.Errorf("the short form knative:name has no parameters: write %s/name and the parameters", KnativeService)
	}
	return Target{Kind: KnativeService}, rest, nil
}
