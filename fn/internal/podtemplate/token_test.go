// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

// TestMergeToken shows which pods have no token of a service account.
func TestMergeToken(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		template string
		want     *bool
	}{
		"Own":            {reason: "The service itself needs none.", template: `{}`, want: new(false)},
		"SameName":       {reason: "A container that is left out doesn't count.", template: `containers: [{name: data-index-service}]`, want: new(false)},
		"Sidecar":        {reason: "A container of the user's may need one.", template: `containers: [{name: a}]`},
		"Init":           {reason: "So may an init container.", template: `initContainers: [{name: a}]`},
		"ServiceAccount": {reason: "Who names a service account wants what it brings.", template: `serviceAccountName: a`},
		"Wanted":         {reason: "The user's word counts.", template: `automountServiceAccountToken: true`, want: new(true)},
		"Unwanted":       {reason: "In both directions.", template: `{automountServiceAccountToken: false, initContainers: [{name: a}]}`, want: new(false)},
		"Null":           {reason: "A null says nothing.", template: `{automountServiceAccountToken: null, initContainers: [{name: a}]}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := podtemplate.Merge(pod(component.DataIndex), template(t, tc.template))
			if diff := cmp.Diff(nil, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("Merge(...): -want error, +got error:\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got.AutomountServiceAccountToken); diff != "" {
				t.Errorf("%s\nautomountServiceAccountToken: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
