// SPDX-License-Identifier: Apache-2.0

package sharing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

// object reads an object in YAML.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatalf("cannot read YAML: %v\n%s", err, text)
	}
	return o
}

func TestParseClusterPlatform(t *testing.T) {
	t.Parallel()
	type want struct {
		Ref          v1alpha08.SonataFlowPlatformRef
		Capabilities []v1alpha08.WorkFlowCapability
		Errors       string
	}
	ref := v1alpha08.SonataFlowPlatformRef{Name: "plat", Namespace: "ns1"}
	services := []v1alpha08.WorkFlowCapability{v1alpha08.WorkFlowCapabilityServices}
	cases := map[string]struct {
		reason string
		spec   string
		want   want
	}{
		"Default": {
			reason: "A cluster platform that doesn't say what it offers, offers services.",
			spec:   `{platformRef: {name: plat, namespace: ns1}}`,
			want:   want{Ref: ref, Capabilities: services},
		},
		"Given": {
			reason: "A cluster platform offers what its capabilities name.",
			spec:   `{platformRef: {name: plat, namespace: ns1}, capabilities: {workflows: [services]}}`,
			want:   want{Ref: ref, Capabilities: services},
		},
		"EmptyCapabilities": {
			reason: "Empty capabilities offer nothing.",
			spec:   `{platformRef: {name: plat, namespace: ns1}, capabilities: {}}`,
			want:   want{Ref: ref, Capabilities: []v1alpha08.WorkFlowCapability{}},
		},
		"LiveFields": {
			reason: "What Crossplane writes into a spec is passed over.",
			spec:   `{crossplane: {a: b}, platformRef: {name: plat, namespace: ns1}}`,
			want:   want{Ref: ref, Capabilities: services},
		},
		"NoSpec": {
			reason: "A cluster platform that refers to nothing is refused, with all that is missing.",
			spec:   `null`,
			want: want{Capabilities: services, Errors: "[spec.platformRef.name: Required value: name the SonataFlowPlatform whose services the cluster shares, " +
				"spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform]"},
		},
		"NoNamespace": {
			reason: "A reference with a name alone is refused.",
			spec:   `{platformRef: {name: plat}}`,
			want: want{
				Ref: v1alpha08.SonataFlowPlatformRef{Name: "plat"}, Capabilities: services,
				Errors: "spec.platformRef.namespace: Required value: name the namespace of that SonataFlowPlatform",
			},
		},
		"UnreadableSpec": {
			reason: "A spec of the wrong type is refused at the field whose type is wrong.",
			spec:   `{platformRef: plat}`,
			want:   want{Capabilities: services, Errors: "spec.platformRef: Invalid value: must be an object, is text"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, errs := sharing.ParseClusterPlatform(object(t, `{metadata: {name: cluster}, spec: `+tc.spec+`}`))
			if diff := cmp.Diff("cluster", p.Name); diff != "" {
				t.Errorf("%s\nParseClusterPlatform(...): -want name, +got name:\n%s", tc.reason, diff)
			}
			got := want{Ref: p.Spec.PlatformRef, Capabilities: p.Capabilities()}
			if err := errs.ToAggregate(); err != nil {
				got.Errors = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nParseClusterPlatform(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSucceed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		status string
		want   metav1.ConditionStatus
	}{
		"True":       {reason: "The condition Succeed is the one that counts.", status: `{conditions: [{type: Ready, status: "False"}, {type: Succeed, status: "True"}]}`, want: metav1.ConditionTrue},
		"False":      {reason: "A platform that didn't succeed says so.", status: `{conditions: [{type: Succeed, status: "False"}]}`, want: metav1.ConditionFalse},
		"Unknown":    {reason: "A platform may not know it.", status: `{conditions: [{type: Succeed, status: Unknown}]}`, want: metav1.ConditionUnknown},
		"OtherValue": {reason: "A status that no condition has means nothing.", status: `{conditions: [{type: Succeed, status: perhaps}]}`, want: metav1.ConditionUnknown},
		"None":       {reason: "Of a platform that was never composed nothing is known.", status: `{}`, want: metav1.ConditionUnknown},
		"Unreadable": {reason: "Of a platform whose conditions can't be read nothing is known.", status: `{conditions: none}`, want: metav1.ConditionUnknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, sharing.Succeed(object(t, `{status: `+tc.status+`}`))); diff != "" {
				t.Errorf("%s\nSucceed(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
