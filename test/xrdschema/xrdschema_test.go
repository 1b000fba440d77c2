// SPDX-License-Identifier: Apache-2.0

package xrdschema_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// TestLoad loads definitions that an API server would refuse: Load must refuse them too,
// instead of a schema that accepts everything.
func TestLoad(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		old, new string
		want     string
	}{
		"Valid": {
			reason: "Load accepts the generated definition.",
		},
		"Rule": {
			reason: "A rule that doesn't compile makes an API server refuse the definition.",
			old:    "has(self.serviceRef) != has(self.jdbcUrl)",
			new:    "has(self.serviceRef) != has(self.url)",
			want:   "undefined field 'url'",
		},
		"Cost": {
			reason: "A rule that may take too long makes an API server refuse the definition.",
			old:    "maxLength: 2048",
			new:    "maxLength: 20480000",
			want:   "estimated rule cost exceeds budget",
		},
		"UnknownField": {
			reason: "A misspelt field of the definition itself is refused, too.",
			old:    "referenceable:",
			new:    "referencable:",
			want:   "unknown field",
		},
	}
	definition, err := os.ReadFile("../../apis/sonataflowplatforms/definition.yaml")
	if err != nil {
		t.Fatalf("cannot read: %v", err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "platforms")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			changed := strings.ReplaceAll(string(definition), tc.old, tc.new)
			if tc.old == "" {
				changed = string(definition)
			}
			if err := os.WriteFile(filepath.Join(dir, "definition.yaml"), []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := xrdschema.Load(filepath.Dir(dir))
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("\n%s\nLoad: %v", tc.reason, err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("\n%s\nLoad: want an error with %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

func TestLoadNothing(t *testing.T) {
	t.Parallel()

	if _, err := xrdschema.Load(t.TempDir()); err == nil {
		t.Error("Load of an empty folder: want an error, got none")
	}
}

func TestValidateUnknownKind(t *testing.T) {
	t.Parallel()

	v, err := xrdschema.Load("../../apis")
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	errs := v.Validate(map[string]any{"apiVersion": "v1", "kind": "Pod"})
	const want = `kind: Unsupported value: "v1 Pod": supported values: "sonataflow.org/v1alpha08 SonataFlow", "sonataflow.org/v1alpha08 SonataFlowClusterPlatform", "sonataflow.org/v1alpha08 SonataFlowPlatform", "sonataflow.org/v1alpha08 XSonataFlow", "sonataflow.org/v1alpha08 XSonataFlowPlatform"`
	if len(errs) != 1 || errs[0].Error() != want {
		t.Errorf("Validate: want %s, got %v", want, errs)
	}
}
