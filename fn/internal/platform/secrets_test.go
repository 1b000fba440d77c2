// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// secret is a Secret as it comes from the API server. Its values are no matter.
func secret(version, data string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: db, uid: u, resourceVersion: %q}, %s}", version, data)
}

const standardKeys = `data: {POSTGRESQL_USER: dQ==, POSTGRESQL_PASSWORD: cA==}`

func TestSecrets(t *testing.T) {
	t.Parallel()
	const (
		// printf u/7 | sha256sum
		version7 = "3b771fa94ad3067801acb8c3388fc2668f746c22f6b62541d03aa6075e7783b9"
		notKnown = "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
	)
	type want struct {
		condition composition.Condition
		// version is what the pods of the Data Index were or are started with.
		version string
	}
	ready := func(s metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{
			Type: v1alpha08.ConditionSecretsReady, Status: s, Reason: reason, Message: message, Alarm: s == metav1.ConditionFalse,
		}
	}
	// before is a Data Index whose pods were started with a version of the Secret.
	before := map[string]string{"data-index-deployment": `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {metadata: {annotations: {sonataflow.org/checksum-secret: before}}}}`}
	cases := map[string]struct {
		reason  string
		spec    string
		cluster compositiontest.Cluster
		want    want
	}{
		"NoDatabase": {
			reason: "A condition about something that the spec doesn't ask for is absent.",
			spec:   both,
		},
		"Ignore": {
			reason:  "A Composition may leave Secrets alone.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Input: input("secrets: Ignore")},
		},
		"Pending": {
			reason:  "Before Crossplane looked, running pods keep what they started with.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: before},
			want:    want{condition: ready(metav1.ConditionUnknown, "NotChecked", notKnown), version: "before"},
		},
		"Unknown": {
			reason:  "So they do under a Crossplane that never looks.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: before, Old: true},
			want:    want{condition: ready(metav1.ConditionUnknown, "NotChecked", notKnown), version: "before"},
		},
		"UnknownNew": {
			reason:  "New pods start with nothing known.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Old: true},
			want:    want{condition: ready(metav1.ConditionUnknown, "NotChecked", notKnown)},
		},
		"Absent": {
			reason:  "A Secret that both services use is missed once; running pods aren't rolled because it went.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": nil}},
			want: want{
				condition: ready(metav1.ConditionFalse, "SecretNotFound", "Secret db doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it"),
				version:   "before",
			},
		},
		"Found": {
			reason:  "A Secret with both keys is all that is needed; its version rolls the pods.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": {secret("7", standardKeys)}}},
			want:    want{condition: ready(metav1.ConditionTrue, "Found", ""), version: version7},
		},
		"FoundInManifest": {
			reason:  "A render is given manifests, which may have stringData and have no version.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": {secret("", `stringData: {POSTGRESQL_USER: u}, data: {POSTGRESQL_PASSWORD: cA==}`)}}},
			want:    want{condition: ready(metav1.ConditionTrue, "Found", "")},
		},
		"EmptyValue": {
			reason:  "Whether a value makes sense is between the user and the database.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", `data: {POSTGRESQL_USER: "", POSTGRESQL_PASSWORD: ""}`)}}},
			want:    want{condition: ready(metav1.ConditionTrue, "Found", ""), version: version7},
		},
		"KeyMissing": {
			reason:  "A missing key is named.",
			spec:    onPostgreSQL,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", `data: {POSTGRESQL_USER: dQ==, password: cA==}`)}}},
			want: want{
				condition: ready(metav1.ConditionFalse, "KeyNotFound",
					"Secret db in namespace ns1 lacks POSTGRESQL_PASSWORD, which the pods of Data Index and Jobs Service read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"),
				version: version7,
			},
		},
		"NoData": {
			reason:  "A Secret may have nothing in it.",
			spec:    `services: {dataIndex: {persistence: {postgresql: {secretRef: {name: db, userKey: u, passwordKey: p}, serviceRef: {name: pg}}}}}`,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", "type: Opaque")}}},
			want: want{
				condition: ready(metav1.ConditionFalse, "KeyNotFound",
					"Secret db in namespace ns1 lacks u and p, which the pods of Data Index read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"),
				version: version7,
			},
		},
		"SeveralProblems": {
			reason: "All that is wrong is told at once; the first gives the reason.",
			spec: `
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: js}, serviceRef: {name: pg}}}}`,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", `data: {POSTGRESQL_USER: dQ==}`)}, "secret-js": nil}},
			want: want{
				condition: ready(metav1.ConditionFalse, "KeyNotFound",
					"Secret db in namespace ns1 lacks POSTGRESQL_PASSWORD, which the pods of Data Index read; add what is missing, or set secretRef.userKey and secretRef.passwordKey; "+
						"Secret js doesn't exist in namespace ns1, where the pods of Jobs Service look for it"),
				version: version7,
			},
		},
		"OneUnknownOneAbsent": {
			reason: "What is known to be wrong is told, whatever else isn't known.",
			spec: `
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: js}, serviceRef: {name: pg}}}}`,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-js": nil}},
			want: want{
				condition: ready(metav1.ConditionFalse, "SecretNotFound", "Secret js doesn't exist in namespace ns1, where the pods of Jobs Service look for it"),
			},
		},
		"OneFoundOneUnknown": {
			reason: "One Secret that exists says nothing about another.",
			spec: `
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: js}, serviceRef: {name: pg}}}}`,
			cluster: compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("7", standardKeys)}}},
			want:    want{condition: ready(metav1.ConditionUnknown, "NotChecked", notKnown), version: version7},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, tc.cluster)
			got := want{
				condition: condition(r, v1alpha08.ConditionSecretsReady),
				version:   deployment(t, r, service.DataIndex).Spec.Template.Annotations[service.AnnotationSecretVersion],
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSecretVersion holds that pods are rolled by another Secret as well as by
// another version of the same, and by nothing else.
func TestSecretVersion(t *testing.T) {
	t.Parallel()
	version := func(manifest string) string {
		r := composeValid(t, onPostgreSQL, compositiontest.Cluster{Required: map[string][]string{"secret-db": {manifest}}})
		return deployment(t, r, service.JobsService).Spec.Template.Annotations[service.AnnotationSecretVersion]
	}
	base := version(secret("7", standardKeys))
	cases := map[string]struct {
		reason   string
		manifest string
		same     bool
	}{
		"Same":         {reason: "The same Secret has the same version.", manifest: secret("7", standardKeys), same: true},
		"OtherVersion": {reason: "A Secret that changed has another.", manifest: secret("8", standardKeys)},
		"OtherUID":     {reason: "So does one that was made anew.", manifest: `{metadata: {name: db, uid: v, resourceVersion: "7"}, ` + standardKeys + `}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if same := version(tc.manifest) == base; same != tc.same {
				t.Errorf("%s\nwant same %t, got %t", tc.reason, tc.same, same)
			}
		})
	}
}

// always lists what every platform depends on: the cluster platform, and whether there
// is an older platform in its namespace.
func always() []composition.Requirement {
	return []composition.Requirement{
		{Name: "cluster-platforms", APIVersion: "sonataflow.org/v1alpha08", Kind: "SonataFlowClusterPlatform"},
		{Name: "platforms", APIVersion: "sonataflow.org/v1alpha08", Kind: "XSonataFlowPlatform", Labels: map[string]string{"crossplane.io/claim-namespace": "ns1"}},
	}
}

// TestRequirements holds that little is asked, by name, and the same whatever is
// known.
func TestRequirements(t *testing.T) {
	t.Parallel()
	secretOf := func(name string) composition.Requirement {
		return composition.Requirement{Name: "secret-" + name, APIVersion: "v1", Kind: "Secret", Namespace: "ns1", ResourceName: name}
	}
	autoscalers := composition.Requirement{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: "ns1"}
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		want   []composition.Requirement
	}{
		"Nothing": {
			reason: "Services with neither a database nor a number of pods depend on nothing more than every platform does.",
			spec:   both,
		},
		"SharedSecret": {
			reason: "One Secret is asked for once.",
			spec:   onPostgreSQL,
			want:   []composition.Requirement{secretOf("db")},
		},
		"Secrets": {
			reason: "Several are asked for in order; the platform's only where somebody inherits it.",
			spec: `
persistence: {postgresql: {secretRef: {name: unused}, serviceRef: {name: pg}}}
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: b}, serviceRef: {name: pg}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: a}, serviceRef: {name: pg}}}}`,
			want: []composition.Requirement{secretOf("a"), secretOf("b")},
		},
		"Ignore": {
			reason: "A Composition may leave Secrets alone.",
			spec:   onPostgreSQL,
			input:  input("secrets: Ignore"),
		},
		"Replicas": {
			reason: "An autoscaler matters to a number that the user gives.",
			spec:   `services: {dataIndex: {podTemplate: {replicas: 2}}}`,
			want:   []composition.Requirement{autoscalers},
		},
		"Budget": {
			reason: "And to a budget.",
			spec:   `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1}}}}`,
			want:   []composition.Requirement{autoscalers},
		},
		"JobsService": {
			reason: "Not to the Jobs Service, whatever its user asks for.",
			spec:   `services: {jobService: {podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}}}}`,
		},
		"InvalidSpec": {
			reason: "A spec that makes no sense asks, too: Crossplane wants the same at every call.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}}}
services: {dataIndex: {podTemplate: {replicas: -1}}}`,
			want: []composition.Requirement{secretOf("db"), autoscalers},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []compositiontest.Cluster{
				{Input: tc.input},
				{Input: tc.input, Observed: running(available(2), stuck)},
				{Input: tc.input, Required: map[string][]string{"secret-db": nil, "autoscalers": nil}},
			} {
				r := compose(t, tc.spec, c)
				want := always()
				if c.Observed != nil {
					want = want[:1] // A platform on its way doesn't look at its siblings.
				}
				if diff := cmp.Diff(append(want, tc.want...), r.Requirements); diff != "" {
					t.Errorf("%s\nCompose(...): -want requirements, +got requirements:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
