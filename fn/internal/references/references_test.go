// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/references"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// secret is a Secret as it comes from the API server.
func secret(uid, version, data string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: db, uid: %s, resourceVersion: %q}, %s}", uid, version, data)
}

const bothKeys = `data: {POSTGRESQL_USER: dQ==, POSTGRESQL_PASSWORD: cA==}`

// reader is a component that reads the usual keys of a Secret; it has no database where
// the name is empty.
func reader(k component.Kind, name string) *component.Component {
	c := &component.Component{Kind: k, Owner: "plat", Namespace: "ns1"}
	if name != "" {
		readKeys(c, postgres.Secret{Name: name, UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"})
	}
	return c
}

// readKeys lets a component's pod read the keys of a Secret.
func readKeys(c *component.Component, secret postgres.Secret) {
	c.Database = &postgres.Database{Secret: secret}
	c.Pod = component.NewPod(component.PodOptions{Kind: c.Kind, ConfigMap: c.ConfigMap(), Database: c.Database})
}

// readers are a Data Index and a Jobs Service that read Secrets.
func readers(dataIndex, jobsService string) []*component.Component {
	return []*component.Component{reader(component.DataIndex(), dataIndex), reader(component.JobsService(), jobsService)}
}

func request(t *testing.T, c compositiontest.Cluster) *composition.Request {
	t.Helper()
	return compositiontest.Request(t, "kind: XSonataFlowPlatform", c)
}

func TestFor(t *testing.T) {
	t.Parallel()
	const (
		// printf u/7 | sha256sum
		version7 = "3b771fa94ad3067801acb8c3388fc2668f746c22f6b62541d03aa6075e7783b9"
		notKnown = "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
	)
	type want struct {
		Condition *composition.Condition
		// DataIndex and JobsService are the versions with which their pods start.
		DataIndex, JobsService string
	}
	found := &composition.Condition{Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonSecretsFound}
	pending := &composition.Condition{
		Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonNotChecked,
		Message: "Whether the Secrets exist isn't known yet: Crossplane was asked, and hasn't answered",
	}
	notChecked := &composition.Condition{Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonNotChecked, Message: notKnown}
	problem := func(reason, message string) *composition.Condition {
		return &composition.Condition{Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionFalse, Reason: reason, Message: message, Alarm: true}
	}
	ownKeys := reader(component.DataIndex(), "")
	readKeys(ownKeys, postgres.Secret{Name: "db", UserKey: "u", PasswordKey: "p"})
	// before is a Data Index whose pods were started with a version of the Secret.
	deployment := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}}
	deployment.Spec.Template.Annotations = map[string]string{component.AnnotationSecretVersion: "before"}
	before := map[string]string{"data-index-deployment": compositiontest.Text(t, compositiontest.Observe(t, deployment, compositiontest.Ready))}
	cases := map[string]struct {
		reason     string
		components []*component.Component
		secrets    v1beta1.Secrets
		cluster    compositiontest.Cluster
		want       want
	}{
		"NoComponent": {
			reason: "A condition about something that the spec doesn't ask for is absent.",
		},
		"NoDatabase": {
			reason:     "Components without a database read no Secret, so there is no condition.",
			components: readers("", ""),
		},
		"Ignore": {
			reason:     "A Composition may leave Secrets alone.",
			components: readers("db", "db"),
			secrets:    v1beta1.SecretsIgnore,
			cluster:    compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": nil}},
		},
		"Pending": {
			reason:     "Running pods keep what they started with before Crossplane has looked.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Observed: before},
			want:       want{Condition: pending, DataIndex: "before"},
		},
		"Unknown": {
			reason:     "Running pods keep what they started with under a Crossplane that never looks.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Observed: before, Old: true},
			want:       want{Condition: notChecked, DataIndex: "before"},
		},
		"UnknownNew": {
			reason:     "New pods start with nothing known.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Old: true},
			want:       want{Condition: notChecked},
		},
		"Absent": {
			reason:     "A Secret that both components read is missed once; running pods aren't rolled because the Secret went.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": nil}},
			want: want{
				Condition: problem(v1alpha08.ReasonSecretNotFound, "Secret db doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it"),
				DataIndex: "before",
			},
		},
		"Found": {
			reason:     "A Secret with both keys is all that is needed; its version rolls the pods.",
			components: readers("db", "db"),
			secrets:    v1beta1.SecretsCheck,
			cluster:    compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": {secret("u", "7", bothKeys)}}},
			want:       want{Condition: found, DataIndex: version7, JobsService: version7},
		},
		"FoundInManifest": {
			reason:     "An offline render is given manifests, which may have stringData and have no version.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Observed: before, Required: map[string][]string{"secret-db": {secret("u", "", `stringData: {POSTGRESQL_USER: u}, data: {POSTGRESQL_PASSWORD: cA==}`)}}},
			want:       want{Condition: found},
		},
		"EmptyValue": {
			reason:     "Values aren't looked at: only the database knows which ones are right.",
			components: readers("db", ""),
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", `data: {POSTGRESQL_USER: "", POSTGRESQL_PASSWORD: ""}`)}}},
			want:       want{Condition: found, DataIndex: version7},
		},
		"KeyMissing": {
			reason:     "A missing key is named.",
			components: readers("db", "db"),
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", `data: {POSTGRESQL_USER: dQ==, password: cA==}`)}}},
			want: want{
				Condition: problem(v1alpha08.ReasonKeyNotFound,
					"Secret db in namespace ns1 lacks POSTGRESQL_PASSWORD, which the pods of Data Index and Jobs Service read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"),
				DataIndex: version7, JobsService: version7,
			},
		},
		"NoData": {
			reason:     "A Secret may have nothing in it; the keys that the component reads are named.",
			components: []*component.Component{ownKeys},
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", "type: Opaque")}}},
			want: want{
				Condition: problem(v1alpha08.ReasonKeyNotFound,
					"Secret db in namespace ns1 lacks u and p, which the pods of Data Index read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"),
				DataIndex: version7,
			},
		},
		"OtherKeys": {
			reason:     "Components that read other keys of one Secret are told apart.",
			components: []*component.Component{ownKeys, reader(component.JobsService(), "db")},
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", bothKeys)}}},
			want: want{
				Condition: problem(v1alpha08.ReasonKeyNotFound,
					"Secret db in namespace ns1 lacks u and p, which the pods of Data Index read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"),
				DataIndex: version7, JobsService: version7,
			},
		},
		"SeveralProblems": {
			reason:     "All that is wrong is told at once; the first problem gives the reason.",
			components: readers("db", "js"),
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", `data: {POSTGRESQL_USER: dQ==}`)}, "secret-js": nil}},
			want: want{
				Condition: problem(v1alpha08.ReasonKeyNotFound,
					"Secret db in namespace ns1 lacks POSTGRESQL_PASSWORD, which the pods of Data Index read; add what is missing, or set secretRef.userKey and secretRef.passwordKey; "+
						"Secret js doesn't exist in namespace ns1, where the pods of Jobs Service look for it"),
				DataIndex: version7,
			},
		},
		"OneUnknownOneAbsent": {
			reason:     "What is known to be wrong is told, although the other Secret isn't known.",
			components: readers("db", "js"),
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-js": nil}},
			want: want{
				Condition: problem(v1alpha08.ReasonSecretNotFound, "Secret js doesn't exist in namespace ns1, where the pods of Jobs Service look for it"),
			},
		},
		"OneFoundOneUnknown": {
			reason:     "One Secret that exists says nothing about another.",
			components: readers("db", "js"),
			cluster:    compositiontest.Cluster{Required: map[string][]string{"secret-db": {secret("u", "7", bothKeys)}}},
			want:       want{Condition: pending, DataIndex: version7},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := references.For(request(t, tc.cluster), tc.components, tc.secrets)
			got := want{
				Condition:   plan.Condition,
				DataIndex:   plan.Versions(reader(component.DataIndex(), ""))[component.AnnotationSecretVersion],
				JobsService: plan.Versions(reader(component.JobsService(), ""))[component.AnnotationSecretVersion],
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestVersion holds that pods are rolled by another Secret as well as by another version
// of the same, and by nothing else.
func TestVersion(t *testing.T) {
	t.Parallel()
	version := func(t *testing.T, manifest string) string {
		t.Helper()
		c := reader(component.JobsService(), "db")
		req := request(t, compositiontest.Cluster{Required: map[string][]string{"secret-db": {manifest}}})
		return references.For(req, []*component.Component{c}, v1beta1.SecretsCheck).Versions(c)[component.AnnotationSecretVersion]
	}
	base := version(t, secret("u", "7", bothKeys))
	cases := map[string]struct {
		reason   string
		manifest string
		same     bool
	}{
		"Same":         {reason: "The same Secret has the same version.", manifest: secret("u", "7", bothKeys), same: true},
		"OtherVersion": {reason: "A Secret that changed has another version.", manifest: secret("u", "8", bothKeys)},
		"OtherUID":     {reason: "A Secret that was made anew has another version.", manifest: secret("v", "7", bothKeys)},
		"OtherValues": {
			reason:   "A version is made of metadata: a hash of the values could be guessed at.",
			manifest: secret("u", "7", `data: {POSTGRESQL_USER: eA==, POSTGRESQL_PASSWORD: eA==}`), same: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.same, version(t, tc.manifest) == base); diff != "" {
				t.Errorf("%s\nVersion(...) is the same: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestQueries holds that each Secret is asked for once, by name, before and after Crossplane
// has answered.
func TestQueries(t *testing.T) {
	t.Parallel()
	query := func(name string) composition.Query {
		return composition.Query{Name: "secret-" + name, APIVersion: "v1", Kind: "Secret", Namespace: "ns1", ResourceName: name}
	}
	cases := map[string]struct {
		reason     string
		components []*component.Component
		secrets    v1beta1.Secrets
		want       []composition.Query
	}{
		"NoDatabase": {
			reason:     "Components without a database read no Secret.",
			components: readers("", ""),
		},
		"Shared": {
			reason:     "A Secret that both components read is asked for once.",
			components: readers("db", "db"),
			want:       []composition.Query{query("db")},
		},
		"Several": {
			reason:     "Several Secrets are asked for in the order of the components.",
			components: readers("b", "a"),
			want:       []composition.Query{query("b"), query("a")},
		},
		"Ignore": {
			reason:     "A Composition may leave Secrets alone.",
			components: readers("db", "db"),
			secrets:    v1beta1.SecretsIgnore,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, cluster := range []compositiontest.Cluster{
				{},
				{Required: map[string][]string{"secret-db": nil, "secret-b": nil}},
				{Required: map[string][]string{"secret-db": {secret("u", "7", bothKeys)}, "secret-a": {secret("u", "7", bothKeys)}}},
			} {
				req := request(t, cluster)
				references.For(req, tc.components, tc.secrets)
				got, _ := req.Queries()
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s\nFor(...): -want queries, +got queries:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
