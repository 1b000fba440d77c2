// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultSchema is where PostgreSQL puts tables when no schema is selected.
const defaultSchema = "public"

// maxName is how many bytes PostgreSQL keeps of a name.
const maxName = 63

// fold returns a schema as PostgreSQL reads it. Both clients select it without quotes, and
// PostgreSQL turns the capitals of such a name into small letters: those of ASCII alone, as
// long as a database is in UTF-8.
func fold(schema string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, schema)
}

// schemaProblem says why a schema can't be selected by name in a search path; nothing when it
// can.
func schemaProblem(schema string) string {
	if problem := nameProblem("schema", schema); problem != "" {
		return problem
	}
	if i := strings.IndexFunc(schema, splits); i >= 0 {
		r, _ := utf8.DecodeRuneInString(schema[i:])
		return fmt.Sprintf("the schema has %q in it, which ends or changes an unquoted name in PostgreSQL: choose a schema without blanks, commas, quotes and backslashes", r)
	}
	switch {
	case strings.HasPrefix(fold(schema), "pg_"):
		return "PostgreSQL keeps schemas whose names start with pg_ to itself: choose another one"
	case fold(schema) == "$user":
		return "PostgreSQL reads $user as the name of the user: choose another schema"
	}
	if problem := dollarProblem(schema, "choose a schema without it"); problem != "" {
		return "the schema " + problem
	}
	return ""
}

// nameProblem says why nothing in PostgreSQL can have a name; nothing when something can.
func nameProblem(what, name string) string {
	if found := placeholder.FindString(name); found != "" {
		return unfilled(found)
	}
	switch {
	case !utf8.ValidString(name):
		return "the name of the " + what + " isn't in UTF-8: write it so, in a URL with each byte as %XX"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name of the " + what + " has a control character in it: remove it"
	case len(name) > maxName:
		return fmt.Sprintf("the name of the %s has %d bytes, of which PostgreSQL keeps %d: choose a shorter one", what, len(name), maxName)
	}
	return ""
}

// splits tells what can't be part of an unquoted name, or isn't the same any more when it has
// become an item of a list in Quarkus' configuration. What can't be seen is a slip.
func splits(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune(`,"'\`, r)
}
