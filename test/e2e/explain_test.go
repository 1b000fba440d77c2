// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"strings"
	"testing"
)

// TestExplain checks that `kubectl explain` prints the descriptions of kinds and fields.
func TestExplain(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"sonataflowplatform":                                      "SonataFlowPlatform is the platform of a namespace",
		"sfp.spec.persistence.postgresql.secretRef":               "The Secret with user name and password",
		"sfplatforms.spec.services.jobService.sink":               "Where the Jobs Service sends its events",
		"sonataflowplatforms.spec.services.dataIndex.podTemplate": "How the pods of the service look",
		"sonataflowclusterplatforms.spec.platformRef":             "The platform whose services are offered",

		strings.ToLower(api.kind) + ".status.sonataFlowPlatformDBMigrationPhase": "How far the migration of the services' databases is",
	} {
		out, err := cluster.Kubectl(t.Context(), "", "explain", field)
		if err != nil {
			t.Error(err)
		}
		// kubectl wraps lines.
		if text := strings.Join(strings.Fields(out), " "); !strings.Contains(text, want) {
			t.Errorf("kubectl explain %s: want %q in\n%s", field, want, out)
		}
	}
}
