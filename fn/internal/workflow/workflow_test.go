// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// compose composes for what is given, beside objects that are observed and kinds that are
// installed.
func (g given) compose(t *testing.T, observed map[string]string, installed map[string]bool) *composition.Result {
	t.Helper()
	c := g.cluster()
	c.Observed, c.Installed = observed, installed
	return Compose(compositiontest.Request(t, claimed(g.spec, g.metadata, g.status), c), &g.input)
}

// observe returns what a result composed, in a state.
func observe(t *testing.T, r *composition.Result, state compositiontest.State) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range r.Composed {
		out[c.Key] = compositiontest.Text(t, compositiontest.Observe(t, c.Object, state))
	}
	return out
}

func keysOf(r *composition.Result) []string {
	out := make([]string, 0, len(r.Composed))
	for _, c := range r.Composed {
		out = append(out, c.Key)
	}
	slices.Sort(out)
	return out
}

// objectOf returns the object of a key, or nil.
func objectOf(r *composition.Result, key string) composition.Object {
	i := slices.IndexFunc(r.Composed, func(c composition.Composed) bool { return c.Key == key })
	if i < 0 {
		return nil
	}
	return r.Composed[i].Object
}

// The Brokers of these tests, and the kinds of Knative.
const (
	onKnative   = `flow: {states: [{name: a, type: inject, end: true}]}, podTemplate: {deploymentModel: knative, container: {image: img}}`
	withBroker  = `eventing: {broker: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}}`
	consumes    = `flow: {events: [{name: In, type: in}], states: [{name: a, type: event, onEvents: [{eventRefs: [In]}], end: true}]}, podTemplate: {container: {image: i}}`
	readyBroker = `{kind: Broker, metadata: {name: default, namespace: ns1}, status: {conditions: [{type: Ready, status: "True"}]}}`
)

func knative(there bool) map[string]bool {
	return map[string]bool{"knative-trigger": there, "knative-sinkbinding": there, "knative-broker": there}
}

func withServing(there bool) map[string]bool { return map[string]bool{"knative-service": there} }

// TestComposed shows which objects a workflow becomes.
func TestComposed(t *testing.T) {
	t.Parallel()
	least := []string{"workflow-config", "workflow-config-user", "workflow-deployment", "workflow-service"}
	broker := map[string][]string{"broker-ns1/default": {readyBroker}}
	cases := map[string]struct {
		reason    string
		given     given
		installed map[string]bool
		want      []string
	}{
		"Least":     {reason: "A workflow is a Deployment, a Service and two ConfigMaps.", given: given{spec: withImage}, want: least},
		"UserProps": {reason: "The user's own ConfigMap isn't composed.", given: given{spec: withImage, required: userProps("a=b")}, want: []string{"workflow-config", "workflow-deployment", "workflow-service"}},
		"Budget": {
			reason: "Several pods may have a budget.", given: given{spec: oneState + `, podTemplate: {replicas: 2, podDisruptionBudget: {minAvailable: 1}, container: {image: i}}`},
			want: append(slices.Clone(least), "workflow-pdb"),
		},
		"Monitored":   {reason: "The platform has metrics collected.", given: given{spec: withImage, platform: `monitoring: {enabled: true}`}, installed: map[string]bool{"service-monitor": true}, want: append(slices.Clone(least), "workflow-monitor")},
		"Unmonitored": {reason: "Without the Prometheus operator no program collects the metrics.", given: given{spec: withImage, platform: `monitoring: {enabled: true}`}, installed: map[string]bool{"service-monitor": false}, want: least},
		"Events": {
			reason: "A Broker means a SinkBinding, and a Trigger for each type of event. The Deployment is made after the SinkBinding.", given: given{spec: consumes, platform: withBroker, required: broker}, installed: knative(true),
			want: []string{"workflow-config", "workflow-config-user", "workflow-service", "workflow-sinkbinding", "workflow-trigger-c2f35eca-815b300d"},
		},
		"Serving":   {reason: "Knative Serving makes the rest itself.", given: given{spec: onKnative}, installed: withServing(true), want: []string{"workflow-config", "workflow-config-user", "workflow-knative-service"}},
		"NoServing": {reason: "Without Knative Serving there are the properties alone.", given: given{spec: onKnative}, installed: withServing(false), want: []string{"workflow-config", "workflow-config-user"}},
		"ServingBudget": {
			reason: "Knative Serving has no use for a budget, nor the Prometheus operator for a Service of another name.", given: given{spec: `flow: {states: [{name: a, type: inject, end: true}]}, podTemplate: {deploymentModel: knative, replicas: 2, podDisruptionBudget: {minAvailable: 1}, container: {image: img}}`, platform: `monitoring: {enabled: true}`},
			installed: withServing(true), want: []string{"workflow-config", "workflow-config-user", "workflow-knative-service"},
		},
		"ServingDev": {reason: "In the profile dev, a workflow runs on a Deployment.", given: given{spec: onKnative, metadata: inDev}, installed: withServing(true), want: append(slices.Clone(least), "workflow-flow")},
		"NoKnative":  {reason: "Without Knative there are neither.", given: given{spec: consumes, platform: withBroker, required: broker}, installed: knative(false), want: least},
		"NoBroker":   {reason: "A Trigger waits for its Broker.", given: given{spec: consumes, platform: withBroker, required: map[string][]string{"broker-ns1/default": nil}}, installed: knative(true), want: append(slices.Clone(least), "workflow-sinkbinding")},
	}
	hash := func(keys []string) []string {
		slices.Sort(keys)
		for i, key := range keys {
			if rest, found := strings.CutPrefix(key, "workflow-trigger-"); found {
				keys[i] = "workflow-trigger" + rest[8:]
			}
		}
		return keys
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.given.compose(t, nil, tc.installed)
			if r.Fatal != nil {
				t.Fatalf("%s\nCompose(...): %v", tc.reason, r.Fatal)
			}
			if diff := cmp.Diff(hash(tc.want), hash(keysOf(r))); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestUserProperties shows whose the ConfigMap with the user's properties is: never does what
// is composed have data, and never does it go once it is composed.
func TestUserProperties(t *testing.T) {
	t.Parallel()
	const (
		key      = "workflow-config-user"
		query    = "configmap-wf-props"
		own      = `{kind: ConfigMap, metadata: {name: wf-props, namespace: ns1, ownerReferences: [{apiVersion: a/v1, kind: X, name: wf-x7k2p, uid: us, controller: true}]}, data: {application.properties: a}}`
		theirs   = `{kind: ConfigMap, metadata: {name: wf-props, namespace: ns1}, data: {application.properties: a}}`
		anothers = `{kind: ConfigMap, metadata: {name: wf-props, namespace: ns1, ownerReferences: [{apiVersion: a/v1, kind: X, name: x, uid: them, controller: true}]}, data: {application.properties: a}}`
		observed = `{kind: ConfigMap, metadata: {name: wf-props, namespace: ns1, resourceVersion: "3"}, data: {application.properties: a, other: b}}`
	)
	cases := map[string]struct {
		reason   string
		observed string
		answer   []string
		pending  bool
		composed bool
		text     string
	}{
		"Pending":            {reason: "Before Crossplane was asked nothing is composed.", pending: true},
		"PendingObserved":    {reason: "A ConfigMap that is composed stays while the look-up is pending.", observed: observed, pending: true, composed: true, text: "a"},
		"Absent":             {reason: "A user has something to edit.", composed: true},
		"ObservedAnswer":     {reason: "The user's data in what is composed counts.", observed: observed, answer: []string{own}, composed: true, text: "a"},
		"ObservedUnanswered": {reason: "What is composed stays, even if it isn't found.", observed: observed, composed: true, text: "a"},
		"Theirs":             {reason: "The user's own is left alone.", answer: []string{theirs}, text: "a"},
		"Anothers":           {reason: "So is that of another controller, as the former SonataFlow.", answer: []string{anothers}, text: "a"},
		"Own":                {reason: "What was composed is the composite's, although Crossplane doesn't observe it yet.", answer: []string{own}, composed: true, text: "a"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := given{spec: withImage}
			c := g.cluster()
			c.Required[query] = tc.answer
			if tc.pending {
				delete(c.Required, query)
			}
			if tc.observed != "" {
				c.Observed = map[string]string{key: tc.observed}
			}
			req := compositiontest.Request(t, claimed(g.spec, "", ""), c)
			doc, _ := parse(req)
			got := lookForUserProperties(req, doc)
			if diff := cmp.Diff([]any{tc.composed, tc.text}, []any{got.composed, got.text}); diff != "" {
				t.Errorf("%s\nlookForUserProperties(...): -want, +got:\n%s", tc.reason, diff)
			}
			r := Compose(req, &v1beta1.Input{})
			configMap, composed := objectOf(r, key).(*corev1.ConfigMap)
			if composed != tc.composed {
				t.Fatalf("%s\ncomposed: %t", tc.reason, composed)
			}
			if composed && (configMap.Data != nil || configMap.BinaryData != nil) {
				t.Errorf("%s\nthe ConfigMap has data, which would be applied by force", tc.reason)
			}
			if composed && configMap.Labels["app.kubernetes.io/managed-by"] != "" {
				t.Errorf("%s\nthe ConfigMap has a label that other tools set otherwise", tc.reason)
			}
		})
	}
}

// TestRolls shows what rolls the pods of a workflow: what they read, and nothing else.
func TestRolls(t *testing.T) {
	t.Parallel()
	checksum := func(g given) string {
		r := g.compose(t, nil, nil)
		if r.Fatal != nil {
			t.Fatal(r.Fatal)
		}
		return compositiontest.Text(t, objectOf(r, "workflow-deployment"))
	}
	plain := checksum(given{spec: withImage})
	for reason, g := range map[string]given{
		"The user's properties.":     {spec: withImage, required: userProps("a=b")},
		"The platform's properties.": {spec: withImage, platform: `properties: {flow: [{name: a, value: b}]}`},
		"A service of the platform.": {spec: withImage, platform: `services: {dataIndex: {enabled: true}}`},
	} {
		if checksum(g) == plain {
			t.Errorf("%s\nThe pods aren't rolled.", reason)
		}
	}
	if got := checksum(given{spec: withImage, metadata: `annotations: {unrelated: "1"}`}); got != plain {
		t.Error("an annotation that is about something else rolls the pods")
	}
}

// TestAdopted composes over a Deployment of the operator: its selector, which can't change,
// stays, and the pods have its labels.
func TestAdopted(t *testing.T) {
	t.Parallel()
	const selector = `{app: wf, app.kubernetes.io/managed-by: sonataflow-operator, app.kubernetes.io/version: main, sonataflow.org/workflow-app: wf, sonataflow.org/workflow-namespace: ns1}`
	g := given{spec: withImage, required: map[string][]string{"deployment-wf": {
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: wf, namespace: ns1, labels: {sonataflow.org/workflow-app: wf}}, spec: {selector: {matchLabels: ` + selector + `}}}`,
	}}}
	r := g.compose(t, nil, nil)
	if r.Fatal != nil {
		t.Fatal(r.Fatal)
	}
	var deployment struct {
		Spec struct {
			Selector metav1.LabelSelector   `json:"selector"`
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	fromText(t, compositiontest.Text(t, objectOf(r, "workflow-deployment")), &deployment)
	want := map[string]string{
		"app": "wf", "app.kubernetes.io/managed-by": "sonataflow-operator", "app.kubernetes.io/version": "main",
		"sonataflow.org/workflow-app": "wf", "sonataflow.org/workflow-namespace": "ns1",
	}
	if diff := cmp.Diff(want, deployment.Spec.Selector.MatchLabels); diff != "" {
		t.Errorf("selector: -want, +got:\n%s", diff)
	}
	for label, value := range want {
		if deployment.Spec.Template.Labels[label] != value {
			t.Errorf("the pods' label %s: want %s, got %s", label, value, deployment.Spec.Template.Labels[label])
		}
	}
	if got := r.Status.(*v1alpha08.SonataFlowStatus).Selector; !strings.Contains(got, "managed-by=sonataflow-operator") {
		t.Errorf("status.selector: got %s", got)
	}
}

// TestReport shows what is said of a workflow, and that each condition and reason of workflows
// is reached.
func TestReport(t *testing.T) {
	t.Parallel()
	wait := map[string][]string{"broker-ns1/default": {readyBroker}}
	brokenFlow := `flow: {states: [{name: a, type: operation, actions: [{functionRef: gone}], end: true}]}, podTemplate: {container: {image: i}}`
	oddFlow := `flow: {states: [{name: a, type: inject, end: true}, {name: b, type: inject, end: true}]}, podTemplate: {container: {image: i}}`
	secret := oneState + `, podTemplate: {container: {image: i, envFrom: [{secretRef: {name: s}}]}}`
	stranger := map[string][]string{"service-wf": {`{apiVersion: v1, kind: Service, metadata: {name: wf, namespace: ns1}}`}}
	rolledOut := func(observed map[string]string) map[string]string {
		out := maps.Clone(observed)
		out["workflow-deployment"] = strings.Replace(strings.Replace(out["workflow-deployment"], `"availableReplicas":1`, `"availableReplicas":0`, 1), `"status":"True","type":"Available"`, `"status":"False","type":"Available"`, 1)
		return out
	}
	type told struct{ Type, Reason string }
	cases := map[string]struct {
		reason    string
		given     given
		state     compositiontest.State
		change    func(map[string]string) map[string]string
		installed map[string]bool
		want      []told
		ready     bool
	}{
		"First":       {reason: "A Deployment is rolled out.", given: given{spec: withImage}, want: []told{{v1alpha08.ConditionSpecValid, v1alpha08.ReasonValid}, {v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForDeployment}, {v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildSkipped}, {v1alpha08.ConditionFlowValid, v1alpha08.ReasonValid}}},
		"Running":     {reason: "A Deployment is available; that nothing was built doesn't matter.", given: given{spec: withImage}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonAvailable}}, ready: true},
		"Unready":     {reason: "A Deployment is still rolled out.", given: given{spec: withImage}, state: compositiontest.Unready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForDeployment}}},
		"Unavailable": {reason: "Its pods ended after it was rolled out.", given: given{spec: withImage}, state: compositiontest.Ready, change: rolledOut, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonDeploymentIsUnavailable}}},
		"Stuck":       {reason: "The rollout doesn't get on.", given: given{spec: withImage}, state: compositiontest.Stuck, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonDeploymentFailure}}},
		"Zero":        {reason: "No pod is wanted.", given: given{spec: oneState + `, podTemplate: {replicas: 0, container: {image: i}}`}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonScaledToZero}}, ready: true},
		"Sink":        {reason: "A workflow that never ran waits for its sink.", given: given{spec: consumes, platform: withBroker, required: wait}, installed: knative(true), want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForSink}, {v1alpha08.ConditionEventingReady, v1alpha08.ReasonInProgress}}},
		"Invalid":     {reason: "A spec makes no sense.", given: given{spec: oneState + `, podTemplate: {replicas: -1, container: {image: i}}`}, want: []told{{v1alpha08.ConditionSpecValid, v1alpha08.ReasonInvalid}, {v1alpha08.ConditionRunning, v1alpha08.ReasonUnchanged}}},
		"NoImage":     {reason: "There is nothing to run.", given: given{spec: oneState}, want: []told{{v1alpha08.ConditionSpecValid, v1alpha08.ReasonMissingImage}, {v1alpha08.ConditionRunning, v1alpha08.ReasonUnchanged}}},
		"Stranger":    {reason: "A name belongs to another application.", given: given{spec: withImage, required: stranger}, want: []told{{v1alpha08.ConditionSpecValid, v1alpha08.ReasonNameTaken}, {v1alpha08.ConditionRunning, v1alpha08.ReasonUnchanged}}},
		"NoPlatform":  {reason: "The platform is gone.", given: given{spec: withImage, status: `platform: {name: plat, namespace: ns1}`}, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForPlatform}}},
		"Broken":      {reason: "A flow that can't run doesn't keep the image from running.", given: given{spec: brokenFlow}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonAvailable}, {v1alpha08.ConditionFlowValid, v1alpha08.ReasonInvalid}}, ready: true},
		"Odd":         {reason: "What is probably a mistake is said.", given: given{spec: oddFlow}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionFlowValid, v1alpha08.ReasonValidWithWarnings}}, ready: true},
		"Warned":      {reason: "What has no effect is said.", given: given{spec: withImage, platform: `monitoring: {enabled: true}`}, installed: map[string]bool{"service-monitor": false}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionSpecValid, v1alpha08.ReasonValidWithWarnings}}, ready: true},
		"Serving":     {reason: "A Knative Service is ready.", given: given{spec: onKnative}, installed: withServing(true), state: compositiontest.Ready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonAvailable}}, ready: true},
		"NoServing":   {reason: "Knative Serving isn't there.", given: given{spec: onKnative}, installed: withServing(false), want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonKnativeServingNotAvailable}}},
		"Failing":     {reason: "No revision gets ready.", given: given{spec: onKnative}, installed: withServing(true), state: compositiontest.Stuck, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonDeploymentFailure}}},
		"NoFiles":     {reason: "A file of a workflow in the profile dev is missing.", given: given{spec: withFiles, metadata: inDev, required: filesIn(map[string]string{"a": "", "b": ""})}, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonExternalResourcesNotFound}}},
		"Dev":         {reason: "A workflow in the profile dev runs; no word is said of an image that is built.", given: given{spec: oneState, metadata: inDev}, state: compositiontest.Ready, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonAvailable}}, ready: true},
		"Build":       {reason: "The first image is being built.", given: given{spec: oneState, platform: builds}, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForBuild}, {v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildIsRunning}}},
		"BuildFailed": {reason: "The first image can't be built.", given: given{spec: oneState, platform: builds}, state: compositiontest.Failed, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForBuild}, {v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildFailed}}},
		"Built":       {reason: "The first image is there, and is rolled out.", given: given{spec: oneState, platform: builds}, state: compositiontest.Complete, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonWaitingForDeployment}, {v1alpha08.ConditionBuilt, v1alpha08.ReasonBuildSuccessful}}},
		"NoResources": {reason: "A file to compile is missing.", given: given{spec: withFiles, platform: builds, required: filesIn(map[string]string{"a": "", "b": ""})}, want: []told{{v1alpha08.ConditionRunning, v1alpha08.ReasonExternalResourcesNotFound}, {v1alpha08.ConditionBuilt, v1alpha08.ReasonExternalResourcesNotFound}}},
		"BrokenBuild": {reason: "A flow that can't be compiled isn't built.", given: given{spec: strings.Replace(brokenFlow, ", podTemplate: {container: {image: i}}", "", 1), platform: builds}, want: []told{{v1alpha08.ConditionFlowValid, v1alpha08.ReasonInvalid}, {v1alpha08.ConditionRunning, v1alpha08.ReasonUnchanged}}},
		"Secret":      {reason: "A Secret is missing.", given: given{spec: secret, required: map[string][]string{"secret-s": nil}}, want: []told{{v1alpha08.ConditionSecretsReady, v1alpha08.ReasonSecretNotFound}}},
	}
	reached := map[told]bool{}
	for name, tc := range cases {
		for _, w := range tc.want {
			reached[w] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.given.compose(t, nil, tc.installed)
			if tc.state != "" {
				observed := observe(t, r, tc.state)
				if tc.change != nil {
					observed = tc.change(observed)
				}
				r = tc.given.compose(t, observed, tc.installed)
			}
			got := map[told]bool{}
			for _, c := range r.Conditions {
				got[told{c.Type, c.Reason}] = true
				if strings.ContainsRune(c.Message, '\n') {
					t.Errorf("%s\nthe message of %s isn't one line: %q", tc.reason, c.Type, c.Message)
				}
			}
			for _, w := range tc.want {
				if !got[w] {
					t.Errorf("%s\nwant %v, got %v", tc.reason, w, r.Conditions)
				}
			}
			if ready := r.Fatal == nil && !r.Incomplete; ready != tc.ready {
				t.Errorf("%s\nready: want %t, got %t: %v", tc.reason, tc.ready, ready, r.Conditions)
			}
		})
	}
	for _, row := range report.Table() {
		if !slices.Contains([]string{v1alpha08.ConditionRunning, v1alpha08.ConditionBuilt, v1alpha08.ConditionFlowValid}, row.Type) {
			continue
		}
		for _, r := range row.Reasons {
			if !reached[told{row.Type, r.Name}] {
				t.Errorf("no case reaches reason %s of condition %s", r.Name, row.Type)
			}
		}
	}
}

// TestRefusalWarnings shows that a workflow that is refused is also told about its unknown
// fields: one of them may be the field that is missed, with a typing error.
func TestRefusalWarnings(t *testing.T) {
	t.Parallel()
	const warning = "spec.podTemplate.container.imge"
	cases := map[string]struct {
		reason, spec string
	}{
		"MissingImage": {reason: "The image is what is mistyped.", spec: oneState + `, podTemplate: {container: {imge: i}}`},
		"Invalid":      {reason: "Another field is invalid.", spec: oneState + `, podTemplate: {replicas: -1, container: {image: i, imge: i}}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := given{spec: tc.spec}.compose(t, nil, nil)
			if r.Fatal == nil {
				t.Fatalf("%s\nthe workflow isn't refused", tc.reason)
			}
			if got := r.Conditions[0].Message; !strings.Contains(got, warning) {
				t.Errorf("%s\nwant a message that names %s, got %q", tc.reason, warning, got)
			}
		})
	}
}

// TestStatus shows how a workflow is described.
func TestStatus(t *testing.T) {
	t.Parallel()
	g := given{spec: withImage, metadata: `annotations: {sonataflow.org/id: hello, sonataflow.org/version: "1.0"}`, platform: `services: {dataIndex: {enabled: true}}`}
	r := g.compose(t, observe(t, g.compose(t, nil, nil), compositiontest.Ready), nil)
	want := &v1alpha08.SonataFlowStatus{
		Address:    &v1alpha08.WorkflowAddress{URL: "http://wf.ns1"},
		Endpoint:   "http://wf.ns1/hello",
		Services:   &v1alpha08.ClusterServicesStatus{DataIndexRef: &v1alpha08.ClusterServiceRefStatus{URL: "http://plat-data-index-service.ns1"}},
		Wiring:     "Data Index of platform plat; no Jobs Service: platform plat has none",
		Platform:   &v1alpha08.SonataFlowPlatformRef{Name: "plat", Namespace: "ns1"},
		Replicas:   1,
		Selector:   "sonataflow.org/workflow-app=wf,sonataflow.org/workflow-namespace=ns1",
		Image:      "r.example.com/wf:1.0",
		Definition: &v1alpha08.WorkflowDefinitionStatus{ID: "hello", Version: "1.0"},
	}
	if diff := cmp.Diff(want, r.Status); diff != "" {
		t.Errorf("status: -want, +got:\n%s", diff)
	}
}

// TestObservedGeneration shows when the status names a generation: a claim counts its own.
func TestObservedGeneration(t *testing.T) {
	t.Parallel()
	g := given{spec: withImage, metadata: "generation: 3", namespaced: true}
	if got := Compose(g.request(t), &v1beta1.Input{}).Status.(*v1alpha08.SonataFlowStatus).ObservedGeneration; got != 3 {
		t.Errorf("a composite without claim: want 3, got %d", got)
	}
	g = given{spec: withImage}
	if got := Compose(g.request(t), &v1beta1.Input{}).Status.(*v1alpha08.SonataFlowStatus).ObservedGeneration; got != 0 {
		t.Errorf("a composite with a claim: want none, got %d", got)
	}
}

// TestKeys shows that the keys, by which Crossplane finds what it composed, begin alike.
func TestKeys(t *testing.T) {
	t.Parallel()
	c := &component.Component{Kind: component.Workflow()}
	if got := c.Key(component.ResourceUserConfig); got != userPropertiesKey() || got != "workflow-config-user" {
		t.Errorf("got %s", got)
	}
}
