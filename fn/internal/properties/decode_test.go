// SPDX-License-Identifier: Apache-2.0

package properties_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	one := func(key, value string) []properties.Property { return []properties.Property{{Key: key, Value: value}} }
	cases := map[string]struct {
		reason string
		text   string
		want   []properties.Property
		err    string
	}{
		"Empty":        {reason: "A file may say nothing."},
		"Comments":     {reason: "Comments and blank lines say nothing.", text: "# a = b\n  ! c\n\n \t\n"},
		"Equals":       {reason: "Blanks around the separator don't count, those after the value do.", text: "  a = b c ", want: one("a", "b c ")},
		"Colon":        {reason: "A colon separates, too.", text: "a:b", want: one("a", "b")},
		"Blank":        {reason: "So does a blank.", text: "a b=c", want: one("a", "b=c")},
		"NoValue":      {reason: "A value may be empty.", text: "a\nb=", want: []properties.Property{{Key: "a"}, {Key: "b"}}},
		"Placeholder":  {reason: "The application resolves placeholders.", text: "a = ${K_SINK}", want: one("a", "${K_SINK}")},
		"Escaped":      {reason: "An escaped separator is part of the key.", text: `a\:b\=c\ d = e`, want: one("a:b=c d", "e")},
		"Characters":   {reason: "Some letters stand for characters, others for themselves.", text: `a = \t\n\r\f\q\\`, want: one("a", "\t\n\r\fq\\")},
		"Unicode":      {reason: "A character beyond 16 bits has two escapes.", text: `a = \u00e4\uD83D\uDE00x`, want: one("a", "\u00e4\U0001F600x")},
		"Continued":    {reason: "A line that ends with a backslash goes on; blanks before the rest don't count.", text: "a = b\\\n   c\\\n\td", want: one("a", "bcd")},
		"NotContinued": {reason: "An escaped backslash at the end doesn't continue the line.", text: "a = b\\\\\nc=d", want: []properties.Property{{Key: "a", Value: `b\`}, {Key: "c", Value: "d"}}},
		"LineEnds":     {reason: "Lines end as on any system.", text: "a=1\r\nb=2\rc=3", want: []properties.Property{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "c", Value: "3"}}},
		"Order":        {reason: "The order is the file's, and no property is left out.", text: "b=1\na=2\nb=3", want: []properties.Property{{Key: "b", Value: "1"}, {Key: "a", Value: "2"}, {Key: "b", Value: "3"}}},
		"Malformed":    {reason: "Java fails here.", text: "a=1\n\nb = C:\\users", err: `line 3: \u must be followed by four hexadecimal digits, got "sers": write \ itself as \\`},
		"MalformedKey": {reason: "Java fails here, too.", text: `\u12`, err: `line 1: \u must be followed by four hexadecimal digits, got "12": write \ itself as \\`},
		"LoneSlash":    {reason: "A backslash at the end of all stands for nothing.", text: `a = b\`, want: one("a", "b")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := properties.Decode(tc.text)
			if message := text(err); message != tc.err {
				t.Errorf("%s\nDecode(%q): want error %q, got %q", tc.reason, tc.text, tc.err, message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nDecode(%q): -want, +got:\n%s", tc.reason, tc.text, diff)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestEncodeFixed shows where properties stand that have a place of their own.
func TestEncodeFixed(t *testing.T) {
	t.Parallel()
	fixed := []properties.Property{{Key: "z", Value: "1"}, {Key: "b", Value: "2"}}
	cases := map[string]struct {
		reason string
		in     map[string]string
		want   string
	}{
		"Last":  {reason: "Fixed properties come last, in their own order.", in: map[string]string{"c": "3", "a": "4"}, want: "a = 4\nc = 3\nz = 1\nb = 2\n"},
		"Place": {reason: "One that is among the others wins, in the place of the other.", in: map[string]string{"c": "3", "b": "4"}, want: "b = 2\nc = 3\nz = 1\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, properties.Encode(tc.in, fixed...)); diff != "" {
				t.Errorf("%s\nEncode(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// FuzzDecode reads arbitrary text, and writes what it read: that reads the same.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "a = b", `a\:b : \u00e4\`, "a\\\nb", "\\\\=\n#"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := properties.Decode(text)
		if err != nil {
			return
		}
		all := map[string]string{}
		for _, p := range read {
			all[p.Key] = p.Value
		}
		again, err := properties.Decode(properties.Encode(all))
		if err != nil {
			t.Fatalf("what was encoded can't be read: %v", err)
		}
		got := map[string]string{}
		for _, p := range again {
			got[p.Key] = p.Value
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("Decode(Encode(Decode(%q))): -want, +got:\n%s", text, diff)
		}
	})
}
