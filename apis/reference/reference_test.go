// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPages fails for a page that `make generate` would change.
func TestPages(t *testing.T) {
	t.Parallel()
	for page, types := range map[string]string{
		"../README.md":          "../v1alpha08",
		"../../input/README.md": "../../input/v1beta1",
	} {
		p, err := parse(types)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.rewrite(string(text))
		if err != nil {
			t.Errorf("%s: %v", page, err)
		}
		if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("%s: run make generate: -generated, +page:\n%s", page, diff)
		}
	}
}

// example is a package with a field and a reason.
const example = `package v1

// Spec is a spec.
type Spec struct {
	// How many. 1 when not given.
	Replicas *int32 ` + "`json:\"replicas,omitempty\"`" + `
	// What to do.
	// +kubebuilder:default:=Check
	Look Secrets ` + "`json:\"secrets,omitempty\"`" + `
	// Where.
	Store Database ` + "`json:\"database\"`" + `
}

// Secrets says what to do.
//
// +kubebuilder:validation:Enum=Check;Ignore
type Secrets string

const (
	// SecretsCheck looks. It is the default.
	SecretsCheck Secrets = "Check"
	// SecretsIgnore doesn't look.
	SecretsIgnore Secrets = "Ignore"
)

// Database is a database.
type Database struct {
	// Its port.
	Port int32 ` + "`json:\"port\"`" + `
}

const (
	// ConditionReady tells whether it is ready.
	ConditionReady = "Ready"
	// ConditionDone tells whether it is done.
	ConditionDone = "Done"
)

// Reasons of ConditionReady.
const (
	// ReasonWaiting means that the thing waits, or that ConditionDone is awaited.
	//
	// Status False. To do: wait.
	ReasonWaiting = "Waits"
)

// Reasons of ConditionDone. ReasonWaiting is one, too.
`

func TestRewrite(t *testing.T) {
	t.Parallel()
	const head = "| field | type | default | meaning |\n|---|---|---|---|\n"
	cases := map[string]struct {
		reason string
		source string
		page   string
		want   string
		err    string
	}{
		"Fields": {
			reason: "A default is that of the marker or that of the comment; comments of values follow that of the field.",
			source: example,
			page:   "# A\n<!-- begin fields Spec spec -->\nold\n<!-- end -->\n",
			want: "# A\n<!-- begin fields Spec spec -->\n\n" + head +
				"| `spec.replicas` | integer | 1 | How many. 1 when not given. |\n" +
				"| `spec.secrets` | `Check`, `Ignore` | `Check` | What to do. `Check`: looks. `Ignore`: doesn't look. |\n" +
				"| `spec.database` | object |  | Where. |\n| `spec.database.port` | integer |  | Its port. |\n\n<!-- end -->\n",
		},
		"OwnSection": {
			reason: "A type that has a table of its own is linked.",
			source: example,
			page:   "# A `b`\n<!-- begin fields Database -->\n<!-- end -->\n<!-- begin fields Spec -->\n<!-- end -->\n",
			want: "# A `b`\n<!-- begin fields Database -->\n\n" + head + "| `port` | integer |  | Its port. |\n\n<!-- end -->\n<!-- begin fields Spec -->\n\n" + head +
				"| `replicas` | integer | 1 | How many. 1 when not given. |\n" +
				"| `secrets` | `Check`, `Ignore` | `Check` | What to do. `Check`: looks. `Ignore`: doesn't look. |\n" +
				"| `database` | object |  | Where. Its fields: [A `b`](#a-b). |\n\n<!-- end -->\n",
		},
		"Conditions": {
			reason: "Conditions are in the order of their constants.",
			source: example,
			page:   "<!-- begin conditions -->\n<!-- end -->\n",
			want:   "<!-- begin conditions -->\n\n| condition | meaning |\n|---|---|\n| `Ready` | Whether it is ready. |\n| `Done` | Whether it is done. |\n\n<!-- end -->\n",
		},
		"Reasons": {
			reason: "A reason has all conditions whose comments name it.",
			source: example,
			page:   "<!-- begin reasons -->\n<!-- end -->\n",
			want: "<!-- begin reasons -->\n\n| condition | status | reason | meaning | what to do |\n|---|---|---|---|---|\n" +
				"| `Ready`, `Done` | False | `Waits` | The thing waits, or `Done` is awaited. | Wait. |\n\n<!-- end -->\n",
		},
		"ReasonWithoutStatus": {
			reason: "A new reason needs all that the table says.",
			source: example + "\n// Reasons of ConditionDone.\nconst (\n\t// ReasonNew means that it is new.\n\tReasonNew = \"New\"\n)\n",
			page:   "<!-- begin reasons -->\n<!-- end -->\n",
			err:    "the comment of ReasonNew must end with a paragraph",
		},
		"ReasonWithoutCondition": {
			reason: "A reason without condition would be in no table.",
			source: example + "\n// ReasonNew means that it is new.\n//\n// Status True.\nconst ReasonNew = \"New\"\n",
			page:   "<!-- begin reasons -->\n<!-- end -->\n",
			err:    "names ReasonNew",
		},
		"UnknownType": {
			reason: "A type that was renamed is noticed.",
			source: example,
			page:   "<!-- begin fields Gone -->\n<!-- end -->\n",
			err:    "there is no type Gone",
		},
		"UnknownPart": {
			reason: "A part that nothing generates is noticed.",
			source: example,
			page:   "<!-- begin surprises -->\n<!-- end -->\n",
			err:    "there is no part surprises",
		},
		"NoEnd": {
			reason: "A part without end would swallow the page.",
			source: example,
			page:   "<!-- begin conditions -->\n",
			err:    "has no end",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			page := filepath.Join(folder, "README.md")
			for file, text := range map[string]string{filepath.Join(folder, "types.go"): tc.source, page: tc.page} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := run(folder, page)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("\n%s\nrun: want an error with %q, got %v", tc.reason, tc.err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
