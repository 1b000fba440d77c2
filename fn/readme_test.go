// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// TestReadmeExplainsConditions finds conditions and reasons that no table of the README
// explains.
func TestReadmeExplainsConditions(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Conditions and reasons\n")
	section, _, _ = strings.Cut(section, "\n## ")
	tables := strings.Join(regexp.MustCompile(`(?m)^\|.*$`).FindAllString(section, -1), "\n")
	want := []string{v1alpha08.ReasonNotAskedFor}
	for _, row := range report.Table() {
		want = append(want, row.Type)
		for _, reason := range row.Reasons {
			want = append(want, reason.Name)
		}
	}
	for _, name := range want {
		if !strings.Contains(tables, "`"+name+"`") {
			t.Errorf("README.md: no table of the conditions has `%s`", name)
		}
	}
}
