// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// inNamespace returns a composite that lives in namespace ns1, with a spec.
func inNamespace(spec string) string {
	return `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, spec: ` + spec + `}`
}

// TestParseAccepts shows which composites are understood.
func TestParseAccepts(t *testing.T) {
	t.Parallel()
	jobsService := []string{"ns1/plat-jobs-service-props jobs-service-config", "ns1/plat-jobs-service jobs-service-service", "ns1/plat-jobs-service jobs-service-deployment"}
	cases := map[string]struct {
		reason    string
		composite string
		// want are namespace, name and key of what is composed.
		want []string
	}{
		"Claimed": {
			reason:    "A platform that is claimed has its claim's name and namespace.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p}, spec: {claimRef: {namespace: ns1, name: plat}, services: {jobService: {}}}}`,
			want:      jobsService,
		},
		"Namespaced": {
			reason:    "A platform that lives in a namespace has its own name and namespace.",
			composite: inNamespace(`{services: {dataIndex: {}}}`),
			want:      []string{"ns1/plat-data-index-service-props data-index-config", "ns1/plat-data-index-service data-index-service", "ns1/plat-data-index-service data-index-deployment"},
		},
		"LiveFields": {
			reason:    "What Crossplane writes into a spec is passed over; so is, with a warning, what a newer API may have.",
			composite: `{kind: XSonataFlowPlatform, spec: {crossplane: {a: b}, compositionRef: {name: c}, newer: true, claimRef: {namespace: ns1, name: plat}, services: {}}}`,
		},
		"StrangeStatus": {
			reason:    "A status that can't be read doesn't matter.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}, status: {clusterPlatformRef: none}, spec: {services: {jobService: {}}}}`,
			want:      jobsService,
		},
		"NoSpec": {
			reason:    "A platform without a spec composes nothing.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1}}`,
		},
		"NoServices": {
			reason:    "A platform that names no service composes nothing.",
			composite: inNamespace(`{services: {}}`),
		},
		"WholeFraction": {
			reason:    "One replica is one replica also if it is written as 1.0.",
			composite: inNamespace(`{services: {jobService: {podTemplate: {replicas: 1.0}}}}`),
			want:      jobsService,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, compositiontest.Cluster{}), &v1beta1.Input{})
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

// TestParseRefuses shows that what can't be read, or merged, is refused at its field, and
// that nothing is composed then.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite string
		// want is how the error begins.
		want string
	}{
		"NoNamespace": {
			reason:    "A platform that lives in no namespace is refused.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {}}`,
			want:      "spec.claimRef: Required value: ",
		},
		"NoName": {
			reason:    "A platform whose claim has no name is refused.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {claimRef: {namespace: ns1}}}`,
			want:      "spec.claimRef: Required value: ",
		},
		"IllegalName": {
			reason:    "What is composed is named after the claim, so the claim's name must be one that Kubernetes accepts.",
			composite: `{kind: XSonataFlowPlatform, metadata: {name: plat}, spec: {claimRef: {name: My_Platform, namespace: ns1}}}`,
			want:      `spec.claimRef.name: Invalid value: "My_Platform": not a name that Kubernetes accepts: `,
		},
		"IllegalNamespace": {
			reason:    "The namespace must be one that Kubernetes accepts, and is at another field for a composite without claim.",
			composite: `{kind: SonataFlowPlatform, metadata: {name: plat, namespace: n.s}}`,
			want:      `metadata.namespace: Invalid value: "n.s": not a namespace that Kubernetes accepts: `,
		},
		"SpecIsNoObject": {
			reason:    "A spec that isn't an object is refused.",
			composite: inNamespace(`none`),
			want:      "spec: Invalid value: ",
		},
		"WrongTypes": {
			reason:    "All values of a wrong type are refused at once, each with its path.",
			composite: inNamespace(`{services: {dataIndex: {podTemplate: {container: {resources: {limits: {cpu: much}}}}}, jobService: [enabled]}}`),
			want: "spec.services.dataIndex.podTemplate.container.resources.limits[cpu]: Invalid value: must be a quantity such as 2, 500m or 1Gi, is the text \"much\"; " +
				"spec.services.jobService: Invalid value: must be an object, is a list",
		},
		"PodTemplate": {
			reason:    "A podTemplate that no Deployment takes is refused, not left aside.",
			composite: inNamespace(`{services: {dataIndex: {podTemplate: {volumes: [{emptyDir: {}}]}}}}`),
			want:      "spec.services.dataIndex.podTemplate.volumes[0].name: Required value: give it a name",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, compositiontest.Cluster{}), &v1beta1.Input{})
			if r.Fatal == nil || !strings.HasPrefix(r.Fatal.Error(), tc.want) {
				t.Errorf("%s\nCompose(...): want %q..., got %v", tc.reason, tc.want, r.Fatal)
			}
			if len(r.Composed) > 0 {
				t.Errorf("%s\nCompose(...): composed %d resources of a spec that is refused", tc.reason, len(r.Composed))
			}
		})
	}
}

// TestParseRefusesCredentials shows that a password in a URL stands in no message.
func TestParseRefusesCredentials(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	cases := map[string]struct{ reason, url string }{
		"User":         {reason: "A password may stand before the host.", url: "jdbc:postgresql://user:" + password + "@host/db"},
		"UserAndBlank": {reason: "A password may stand before the host of a URL that has another mistake.", url: "jdbc:postgresql://user:" + password + "@host/db?a=b c"},
		"Parameter":    {reason: "A password may be a parameter.", url: "jdbc:postgresql:db?user=u&password=" + password},
		"OtherCase":    {reason: "A password may be a parameter in other letters.", url: "jdbc:postgresql:db?Password=" + password + "&a=b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, claimed(`persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "`+tc.url+`"}}`), compositiontest.Cluster{}), &v1beta1.Input{})
			if r.Fatal == nil || !strings.HasPrefix(r.Fatal.Error(), "spec.persistence.postgresql.jdbcUrl: Invalid value: ") {
				t.Fatalf("%s\nCompose(...): want an error about the URL, got %v", tc.reason, r.Fatal)
			}
			messages := []string{r.Fatal.Error()}
			for _, c := range r.Conditions {
				messages = append(messages, c.Message)
			}
			if text := strings.Join(messages, "\n"); strings.Contains(text, password) {
				t.Errorf("%s\nCompose(...): the password stands in\n%s", tc.reason, text)
			}
		})
	}
}
