// SPDX-License-Identifier: Apache-2.0

package ownership_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
)

func TestTaken(t *testing.T) {
	t.Parallel()
	const (
		composite = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x, uid: us}}`
		service   = `{apiVersion: v1, kind: Service, metadata: {name: plat, namespace: ns1`
		query     = "service-plat"
	)
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    []string
		// unasked tells that nothing is looked for.
		unasked bool
	}{
		"Pending": {
			reason: "Crossplane will call again with the answer, so that nothing is decided yet.",
		},
		"Free": {
			reason:  "No object has the name.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {}}},
		},
		"Stranger": {
			reason:  "Crossplane would take over an object without a controller, and delete it with the claim.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {app: theirs}}}`}}},
			want:    []string{"Service plat in namespace ns1 exists and isn't SonataFlow's: give the claim another name, or hand the object over on purpose with the label sonataflow.org/service"},
		},
		"Operators": {
			reason:  "What the operator made has the label, and is taken over.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {sonataflow.org/service: plat, app.kubernetes.io/managed-by: sonataflow-operator}}}`}}},
		},
		"HandedOver": {
			reason:  "Any value of the label hands an object over.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {sonataflow.org/service: ""}}}`}}},
		},
		"Workflows": {
			reason:  "What the operator made of the same workflow has another label.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {sonataflow.org/workflow-app: wf}}}`}}},
		},
		"OtherWorkflows": {
			reason:  "An object of another workflow isn't taken over.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {sonataflow.org/workflow-app: other}}}`}}},
			want:    []string{"Service plat in namespace ns1 exists and isn't SonataFlow's: give the claim another name, or hand the object over on purpose with the label sonataflow.org/service"},
		},
		"Controlled": {
			reason: "An object that another controller has is never taken over, also with the label.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `, labels: {sonataflow.org/service: plat},
				ownerReferences: [{apiVersion: v1, kind: Owner, name: them, uid: them, controller: true}]}}`}}},
			want: []string{"Service plat in namespace ns1 is controlled by Owner them: give the claim another name, or let that controller release it"},
		},
		"Own": {
			reason: "An object that the composite controls is its own, although Crossplane doesn't observe the object yet.",
			cluster: compositiontest.Cluster{Required: map[string][]string{query: {service + `,
				ownerReferences: [{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, name: plat-x, uid: us, controller: true}]}}`}}},
		},
		"Observed": {
			reason:  "What is composed already isn't looked for.",
			cluster: compositiontest.Cluster{Observed: map[string]string{"key": service + "}}"}},
			unasked: true,
		},
		"Old": {
			reason:  "A Crossplane that looks nothing up can't tell.",
			cluster: compositiontest.Cluster{Old: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, composite, tc.cluster)
			got := ownership.Taken(req, []composition.Composed{{Key: "key", Object: &corev1.Service{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: metav1.ObjectMeta{Name: "plat", Namespace: "ns1", Labels: map[string]string{"sonataflow.org/workflow-app": "wf"}},
			}}})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nTaken(...): -want, +got:\n%s", tc.reason, diff)
			}
			want := []composition.Query{{Name: query, APIVersion: "v1", Kind: "Service", Namespace: "ns1", ResourceName: "plat"}}
			if tc.unasked {
				want = nil
			}
			asked, _ := req.Queries()
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Errorf("%s\nqueries: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
