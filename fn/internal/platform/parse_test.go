// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
)

// TestParseAccepts shows whose composites are understood.
func TestParseAccepts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite string
		// want are namespace, name and key of what is composed.
		want []string
	}{
		"Claimed": {
			reason:    "A claim's platform has the claim's name and namespace.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p}, spec: {claimRef: {namespace: ns1, name: plat}, services: {jobService: {}}}}`,
			want:      []string{"ns1/plat-jobs-service-props jobs-service-config", "ns1/plat-jobs-service jobs-service-service", "ns1/plat-jobs-service jobs-service-deployment"},
		},
		"Namespaced": {
			reason:    "A namespaced platform has its own.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {}}}}`,
			want:      []string{"ns1/plat-data-index-service-props data-index-config", "ns1/plat-data-index-service data-index-service", "ns1/plat-data-index-service data-index-deployment"},
		},
		"LiveFields": {
			reason:    "What Crossplane writes into a spec, and what a newer API may have, is passed over.",
			composite: `{kind: XSonataFlowPlatform, spec: {crossplane: {a: b}, compositionRef: {name: c}, newer: true, claimRef: {namespace: ns1, name: plat}, services: {}}}`,
		},
		"NoSpec": {
			reason:    "A platform without a spec deploys nothing.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}}`,
		},
		"NoServices": {
			reason:    "Nor does one that names no service.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {}}}`,
		},
		"WholeFraction": {
			reason:    "One replica is one replica, also as 1.0.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {jobService: {podTemplate: {replicas: 1.0}}}}}`,
			want:      []string{"ns1/plat-jobs-service-props jobs-service-config", "ns1/plat-jobs-service jobs-service-service", "ns1/plat-jobs-service jobs-service-deployment"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, compositiontest.Cluster{}))
			if r.Fatal != nil {
				t.Fatalf("%s\nCompose(...): %v", tc.reason, r.Fatal)
			}
			got := make([]string, 0, len(r.Composed))
			for _, c := range r.Composed {
				got = append(got, c.Object.GetNamespace()+"/"+c.Object.GetName()+" "+c.Key)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestParseRefuses shows that what can't be read is refused where it stands. What
// reads but makes no sense is the business of the whole function's tests.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite string
		want      string
	}{
		"Nowhere": {
			reason:    "A platform lives in a namespace.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {}}`,
			want:      "spec.claimRef: Required value: ",
		},
		"Nameless": {
			reason:    "And has a name.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {claimRef: {namespace: ns1}}}`,
			want:      "spec.claimRef: Required value: ",
		},
		"IllegalName": {
			reason:    "What is composed is named after the claim, so its name must be one of Kubernetes.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {claimRef: {name: My_Platform, namespace: ns1}}}`,
			want:      `spec.claimRef.name: Invalid value: "My_Platform": not a name that Kubernetes accepts: `,
		},
		"IllegalNamespace": {
			reason:    "So must its namespace.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: n.s}}`,
			want:      `metadata.namespace: Invalid value: "n.s": not a namespace that Kubernetes accepts: `,
		},
		"SpecIsNoObject": {
			reason:    "A spec is an object.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: none}`,
			want:      "spec: Invalid value: ",
		},
		"TopLevel": {
			reason:    "The path leads to the field.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: [dataIndex]}}`,
			want:      "spec.services: Invalid value: ",
		},
		"Embedded": {
			reason:    "Go's embedded structs aren't part of the path.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {enabled: "yes"}}}}`,
			want:      "spec.services.dataIndex.enabled: Invalid value: ",
		},
		"EmbeddedTwice": {
			reason:    "However deep they are.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {jobService: {podTemplate: {nodeSelector: {a: 1}}}}}}`,
			want:      "spec.services.jobService.podTemplate.nodeSelector",
		},
		"Capital": {
			reason:    "A field of Knative's that begins with a capital is.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {eventing: {broker: {CACerts: 1}}}}`,
			want:      "spec.eventing.broker.CACerts: Invalid value: ",
		},
		"TooLarge": {
			reason:    "A number that is too large isn't wrapped around.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {podTemplate: {replicas: 4294967297}}}}}`,
			want:      "spec.services.dataIndex.podTemplate.replicas: Invalid value: ",
		},
		"Fraction": {
			reason:    "There is no half replica.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {podTemplate: {replicas: 1.5}}}}}`,
			want:      "spec.services.dataIndex.podTemplate.replicas: Invalid value: ",
		},
		"Quantity": {
			reason:    "Values that check themselves don't know where they are; the spec is refused nevertheless.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: {services: {dataIndex: {podTemplate: {container: {resources: {limits: {cpu: much}}}}}}}}`,
			want:      "spec: Invalid value: cannot be read: quantities must match",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, compositiontest.Cluster{}))
			if r.Fatal == nil || !strings.HasPrefix(r.Fatal.Error(), tc.want) {
				t.Errorf("%s\nCompose(...): want %q..., got %v", tc.reason, tc.want, r.Fatal)
			}
			if len(r.Composed) > 0 {
				t.Errorf("%s\nCompose(...): composed %d resources of a spec that can't be read", tc.reason, len(r.Composed))
			}
		})
	}
}

// TestParseRefusesCredentials holds that a password which somebody wrote into a URL
// doesn't get any further.
func TestParseRefusesCredentials(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	for _, url := range []string{
		"jdbc:postgresql://user:" + password + "@host/db",
		"jdbc:postgresql://user:" + password + "@host/db?a=b c",
		"jdbc:postgresql:db?user=u&password=" + password,
		"jdbc:postgresql:db?Password=" + password + "&a=b",
	} {
		r := compose(t, `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "`+url+`"}}`, compositiontest.Cluster{})
		if r.Fatal == nil || !strings.HasPrefix(r.Fatal.Error(), "spec.persistence.postgresql.jdbcUrl: Invalid value: ") {
			t.Errorf("%s: want an error about the URL, got %v", url, r.Fatal)
			continue
		}
		if strings.Contains(r.Fatal.Error(), password) {
			t.Errorf("the password stands in %q", r.Fatal)
		}
		for _, c := range r.Conditions {
			if strings.Contains(c.Message, password) {
				t.Errorf("the password stands in %s: %q", c.Type, c.Message)
			}
		}
	}
}
