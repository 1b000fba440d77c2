// SPDX-License-Identifier: Apache-2.0

package spelling_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/spelling"
)

// TestNearest shows which slips are seen through.
func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"baseImage", "env", "envFrom", "jdbcUrl", "os", "passwordKey", "persistence", "uri", "userKey", "volumes", strings.Repeat("a", 65)}
	cases := map[string]struct {
		reason, name, want string
	}{
		"Exact":           {reason: "A name is nearest to itself.", name: "env", want: "env"},
		"Capitals":        {reason: "Capitals make no difference.", name: "JDBCURL", want: "jdbcUrl"},
		"Dashes":          {reason: "Nor do other ways to join words.", name: "base-image", want: "baseImage"},
		"Underscores":     {reason: "Nor do other ways to join words.", name: "password_key", want: "passwordKey"},
		"LetterTooMany":   {reason: "A letter too many.", name: "envs", want: "env"},
		"LetterMissing":   {reason: "A letter too few.", name: "volume", want: "volumes"},
		"OtherLetter":     {reason: "Another letter.", name: "url", want: "uri"},
		"Swapped":         {reason: "Two letters in the wrong order.", name: "persistnece", want: "persistence"},
		"ThreeSlips":      {reason: "Long names can have three slips.", name: "pasistense", want: "persistence"},
		"TooFar":          {reason: "Short names have no room for two.", name: "ref", want: ""},
		"Short":           {reason: "Very short ones have room for none.", name: "so", want: ""},
		"ShortCapitals":   {reason: "Very short ones have room for none.", name: "OS", want: "os"},
		"Nearer":          {reason: "The nearest of several counts.", name: "usrKey", want: "userKey"},
		"Longer":          {reason: "A word more is another name.", name: "environment", want: ""},
		"Empty":           {reason: "An empty name is near to nothing.", name: "", want: ""},
		"TooLong":         {reason: "Long names aren't compared, which would take long.", name: strings.Repeat("a", 65), want: ""},
		"OtherCharacters": {reason: "Any text can be a name.", name: "öß\x00", want: ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, spelling.Nearest(tc.name, known)); diff != "" {
				t.Errorf("%s\nNearest(%q): -want, +got:\n%s", tc.reason, tc.name, diff)
			}
		})
	}
}
