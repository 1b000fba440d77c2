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

// Encode writes properties as text: a line "key = value" each, sorted by key.
// Placeholders such as ${K_SINK} stay as they are: the application resolves them. See
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
// for what is escaped, and why.
func Encode(in map[string]string) string {
	text := &strings.Builder{}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		text.WriteString(key.Replace(value.Replace(k)) + " = ")
		if strings.HasPrefix(in[k], " ") {
			text.WriteString(`\`)
		}
		text.WriteString(value.Replace(in[k]) + "\n")
	}
	return text.String()
}
