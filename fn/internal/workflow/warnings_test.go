// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// named matches a variable by its name.
func named(name string) func(corev1.EnvVar) bool {
	return func(e corev1.EnvVar) bool { return e.Name == name }
}

// userProps answers the query for the user's properties.
func userProps(text string) map[string][]string {
	return map[string][]string{"configmap-wf-props": {`{kind: ConfigMap, metadata: {name: wf-props, namespace: ns1}, data: {application.properties: "` + text + `"}}`}}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		database = `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`
		props    = "ConfigMap wf-props, application.properties: "
		noEffect = "kogito.service.url has no effect, because the platform sets another value, which ConfigMap wf-managed-props has; remove it"
	)
	cases := map[string]struct {
		reason string
		given  given
		want   []string
	}{
		"None":    {reason: "A plain workflow has none.", given: given{spec: withImage}},
		"Unknown": {reason: "A field that the API doesn't have has no effect.", given: given{spec: withImage + `, replicas: 2`}, want: []string{"spec.replicas: the API has no such field, so it has no effect; was podTemplate.replicas meant?"}},
		"Container": {
			reason: "A container with the name of the workflow's is ignored.",
			given:  given{spec: oneState + `, podTemplate: {container: {image: i}, containers: [{name: workflow, image: j}]}`},
			want:   []string{"spec.podTemplate.containers[0]: workflow is left out: this is the platform's own container; shape it with spec.podTemplate.container"},
		},
		"Strategy": {
			reason: "No Job migrates the tables of a workflow.",
			given:  given{spec: withImage + `, persistence: {dbMigrationStrategy: job}`},
			want:   []string{"spec.persistence.dbMigrationStrategy: job has no effect on a workflow, whose tables the workflow itself migrates; set kie.flyway.enabled = true among its properties"},
		},
		"Replicas": {
			reason: "Replicas without a database don't share instances.",
			given:  given{spec: oneState + `, podTemplate: {replicas: 2, container: {image: i}}`},
			want:   []string{"spec.podTemplate.replicas: each replica keeps its instances to itself, so that callbacks and timers may reach another one; set persistence.postgresql to share them"},
		},
		"Source": {
			reason: "Triggers take events from Brokers alone.",
			given:  given{spec: withImage + `, sources: [{eventType: a, uri: "http://x"}]`},
			want:   []string{"spec.sources[0]: isn't a ref to a Broker, so that no Trigger brings its events; let it send them to http://wf.ns1 itself"},
		},
		"Managed": {
			reason: "What the platform sets wins over the user's properties; the same value is fine.",
			given:  given{spec: withImage, required: userProps(`kogito.service.url = http://mine\nquarkus.http.port: 8080\nmine=1`)},
			want:   []string{props + noEffect},
		},
		"ManagedInProfile": {
			reason: "It also wins over properties of the profile in which the workflow runs; those of other profiles don't count.",
			given:  given{spec: withImage, required: userProps(`%prod.kogito.service.url = http://mine\n%dev.kogito.service.url = http://other`)},
			want:   []string{props + noEffect},
		},
		"ManagedSecret": {
			reason: "A value may be a password.",
			given:  given{spec: withImage, platform: `properties: {flow: [{name: a.password, value: one}]}`, required: userProps(`a.password = two`)},
			want:   []string{props + "a.password has no effect, because the platform sets another value, which ConfigMap wf-managed-props has; remove it"},
		},
		"Unreadable": {
			reason: "Java can't read some properties.",
			given:  given{spec: withImage, required: userProps(`a = 1\npath = C:\\users`)},
			want:   []string{props + `can't be read, so that the workflow doesn't start: line 2: \u must be followed by four hexadecimal digits, got "sers": write \ itself as \\`},
		},
		"Tables": {
			reason: "Somebody makes the tables.",
			given:  given{spec: withImage + database}, want: []string{props + "nothing makes the tables of the workflow; set kie.flyway.enabled = true, or see that they exist in schema wf"},
		},
		"TablesByProperty":        {reason: "The user's properties may say so.", given: given{spec: withImage + database, required: userProps("kie.flyway.enabled=true")}},
		"TablesByProfile":         {reason: "They may say so for the profile in which the workflow runs.", given: given{spec: withImage + database, required: userProps("%prod.kie.flyway.enabled=true")}},
		"TablesElsewhere":         {reason: "What they say for another profile doesn't count.", given: given{spec: withImage + database, required: userProps("%dev.kie.flyway.enabled=true")}, want: []string{props + "nothing makes the tables of the workflow; set kie.flyway.enabled = true, or see that they exist in schema wf"}},
		"TablesByProfileVariable": {reason: "So may a variable for the profile.", given: given{spec: oneState + `, podTemplate: {container: {image: i, env: [{name: _PROD_KIE_FLYWAY_ENABLED, value: "true"}]}}` + database}},
		"TablesByVariable":        {reason: "So may a variable.", given: given{spec: oneState + `, podTemplate: {container: {image: i, env: [{name: QUARKUS_FLYWAY_MIGRATE_AT_START, value: "true"}]}}` + database}},
		"TablesByPlatform":        {reason: "So may the platform.", given: given{spec: withImage + database, platform: `properties: {flow: [{name: kie.flyway.enabled, value: "true"}]}`}},
		"TablesBySecret":          {reason: "What is in a Secret of variables isn't known.", given: given{spec: oneState + `, podTemplate: {container: {image: i, envFrom: [{secretRef: {name: s}}]}}` + database}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.given.resolveValid(t).Warnings); diff != "" {
				t.Errorf("%s\nwarnings: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestProfileWarnings holds what is said about profiles.
func TestProfileWarnings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, profile, image string
		want                   []string
	}{
		"None":    {reason: "A workflow needn't name a profile."},
		"Known":   {reason: "There are three.", profile: "preview"},
		"Mistake": {reason: "A mistyped profile builds an image.", profile: "Dev", want: []string{`metadata.annotations[sonataflow.org/profile]: "Dev" is no profile, so that the workflow has the profile preview; write dev, preview, gitops`}},
		"Image":   {reason: "With an image, it runs that.", profile: "prod", image: "i", want: []string{`metadata.annotations[sonataflow.org/profile]: "prod" is no profile, so that the workflow has the profile gitops; write dev, preview, gitops`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &document{annotations: map[string]string{"sonataflow.org/profile": tc.profile}}
			d.spec.PodTemplate.Container.Image = tc.image
			if diff := cmp.Diff(tc.want, d.profileWarnings()); diff != "" {
				t.Errorf("%s\nprofileWarnings(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// fromText reads an object in JSON.
func fromText(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
