// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"fmt"
	"strings"
	"testing"
)

// kubelet returns the value of a variable as a container gets it. A reference to a variable
// that doesn't exist stays as it is, and no composed variable refers to one that does.
//
// The rules are those of kubernetes/kubernetes, third_party/forked/golang/expansion/expand.go,
// before v1.36: $$ is $, and a $ before any other character stays. They take a byte for a
// character, so that what isn't ASCII is broken after a $; v1.36 and v1.37 mended it.
func kubelet(value string) string {
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		out.WriteByte(value[i])
		if value[i] != '$' || i+1 == len(value) {
			continue
		}
		if i++; value[i] != '$' {
			out.WriteRune(rune(value[i]))
		}
	}
	return out.String()
}

// quarkus returns a value of the environment as Quarkus reads it, and an error for one that
// refers to another property, which Quarkus would put in its place.
//
// The rules are those of smallrye/smallrye-config, ExpressionConfigSourceInterceptor.java
// (commit 01c4e1d073d2), and smallrye/smallrye-common, Expression.java (commit 0b59733491ff)
// with the flags that the former sets: \$ and $$ are $; ${ begins a reference, also when no }
// ends it; a $ before any other character stays.
func quarkus(value string) (string, error) {
	var out strings.Builder
	rest := strings.ReplaceAll(value, `\$`, "$$")
	for {
		before, after, found := strings.Cut(rest, "$")
		out.WriteString(before)
		switch {
		case !found:
			return out.String(), nil
		case strings.HasPrefix(after, "{"):
			return "", fmt.Errorf("Quarkus looks for a property in %q", value)
		case strings.HasPrefix(after, "$"):
			after = after[1:]
		}
		out.WriteString("$")
		rest = after
	}
}

// list returns the items of a property that is a list, as Quarkus reads them.
//
// The rules are those of smallrye/smallrye-config, implementation StringUtil.split: a comma ends
// an item, a backslash takes the next character as it is, and items that are empty are left out.
func list(value string) []string {
	var out []string
	var item strings.Builder
	escaped := false
	end := func() {
		if item.Len() > 0 {
			out = append(out, item.String())
		}
		item.Reset()
	}
	for _, r := range value {
		switch {
		case escaped:
			escaped = false
			item.WriteRune(r)
		case r == '\\':
			escaped = true
		case r == ',':
			end()
		default:
			item.WriteRune(r)
		}
	}
	end()
	return out
}

func TestValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, value, want string
		refused             bool
	}{
		"Plain":        {reason: "Most values are what they say.", value: "jdbc:postgresql://h/a%20b?c=d", want: "jdbc:postgresql://h/a%20b?c=d"},
		"Dollar":       {reason: "A dollar before a letter, a closing brace or nothing is a dollar.", value: "$a$}$", want: "$a$}$"},
		"TwoDollars":   {reason: "Kubernetes makes one of two.", value: "a$$b", want: "a$b"},
		"FourDollars":  {reason: "Kubernetes makes two of four, and Quarkus one of two.", value: "a$$$$b", want: "a$b"},
		"Escaped":      {reason: "Quarkus takes the backslash before a dollar away.", value: `a\$b`, want: "a$b"},
		"Backslash":    {reason: "Quarkus leaves any other backslash.", value: `a\b`, want: `a\b`},
		"Reference":    {reason: "Quarkus would put a property there.", value: "a${b}", refused: true},
		"Unclosed":     {reason: "A reference needs no end.", value: "a${b", refused: true},
		"DollarUmlaut": {reason: "Older releases of Kubernetes break what follows a dollar.", value: "$ü", want: "$Ã\xbc"},
		"Parenthesis":  {reason: "Kubernetes knows no such variable.", value: "$(b", want: "$(b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := quarkus(kubelet(tc.value))
			if got != tc.want || (err != nil) != tc.refused {
				t.Errorf("%s\nquarkus(kubelet(%q)): want %q, refused %t; got %q, %v", tc.reason, tc.value, tc.want, tc.refused, got, err)
			}
		})
	}
}
