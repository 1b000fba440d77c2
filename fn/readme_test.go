// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// TestPageExplainsReasons holds the generated table of reasons against the function's own:
// each has the same conditions, reasons and statuses.
func TestPageExplainsReasons(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../apis/README.md")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ condition, reason string }
	explained := map[row]string{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, m := range regexp.MustCompile("(?m)^\\| ([^|]+) \\| ((?:True|False|Unknown|as before)[^|]*) \\| `([A-Z][A-Za-z]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		for _, condition := range quoted.FindAllStringSubmatch(m[1], -1) {
			explained[row{condition[1], m[3]}] = m[2]
		}
	}
	used := map[row]bool{}
	for _, c := range report.Table() {
		for _, reason := range c.Reasons {
			at := row{c.Type, reason.Name}
			used[at] = true
			switch status, ok := explained[at]; {
			case !ok:
				t.Errorf("apis/README.md: the table of reasons lacks %s of %s", reason.Name, c.Type)
			case status == "as before":
			case !strings.Contains(status, string(reason.Status)):
				t.Errorf("apis/README.md: %s of %s has the status %s, want %s", reason.Name, c.Type, status, reason.Status)
			}
		}
	}
	for at, status := range explained {
		if at.reason == v1alpha08.ReasonNotAskedFor {
			if status != string(metav1.ConditionUnknown) {
				t.Errorf("apis/README.md: %s has the status %s", at.reason, status)
			}
			continue
		}
		if !used[at] {
			t.Errorf("apis/README.md: %s has no reason %s", at.condition, at.reason)
		}
	}
}
