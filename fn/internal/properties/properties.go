// SPDX-License-Identifier: Apache-2.0

// Package properties writes application.properties, the configuration of Quarkus
// applications.
package properties

import (
	"maps"
	"slices"
	"strings"
)

// What is escaped. In keys, also what separates them from values or makes a comment of a
// line.
var (
	value = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\f", `\f`, "\r", `\r`) //nolint:gochecknoglobals // Immutable.
	key   = strings.NewReplacer(" ", `\ `, ":", `\:`, "=", `\=`, "#", `\#`, "!", `\!`)     //nolint:gochecknoglobals // Immutable.
)

// A Property is one line of a file of properties.
type Property struct {
	Key, Value string
}

// In returns the properties as they count in a profile of Quarkus: %prod.x is x in the profile
// prod, and nothing in any other. See https://quarkus.io/guides/config-reference#profiles.
func In(profile string, all []Property) []Property {
	out := make([]Property, 0, len(all))
	for _, p := range all {
		if profiles, found := strings.CutPrefix(p.Key, "%"); found {
			list, name, _ := strings.Cut(profiles, ".")
			if !slices.Contains(strings.Split(list, ","), profile) {
				continue
			}
			p.Key = name
		}
		out = append(out, p)
	}
	return out
}

// Encode writes properties as text: a line "key = value" each, sorted by key, and after them
// the fixed ones in their own order. What is fixed wins over another value of the same key,
// and then has the place of that.
//
// Placeholders such as ${K_SINK} stay as they are: the application resolves them. See
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
// for what is escaped, and why.
func Encode(in map[string]string, fixed ...Property) string {
	all := make([]Property, 0, len(in)+len(fixed))
	for _, k := range slices.Sorted(maps.Keys(in)) {
		all = append(all, Property{Key: k, Value: in[k]})
	}
	for _, f := range fixed {
		i := slices.IndexFunc(all, func(p Property) bool { return p.Key == f.Key })
		if i < 0 {
			i = len(all)
			all = append(all, Property{})
		}
		all[i] = f
	}
	text := &strings.Builder{}
	for _, p := range all {
		text.WriteString(key.Replace(value.Replace(p.Key)) + " = ")
		if strings.HasPrefix(p.Value, " ") {
			text.WriteString(`\`)
		}
		text.WriteString(value.Replace(p.Value) + "\n")
	}
	return text.String()
}
