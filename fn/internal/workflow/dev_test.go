// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

const (
	inDev    = `annotations: {sonataflow.org/profile: dev}`
	devImage = "docker.io/apache/incubator-kie-sonataflow-devmode:10.2.0"
	// withFiles has files in the folder of the flow and in another.
	withFiles = oneState + `, resources: {configMaps: [{configMap: {name: a}}, {configMap: {name: b}, workflowPath: specs/}]}`
)

// filesIn answers the queries for ConfigMaps with files.
func filesIn(data map[string]string) map[string][]string {
	out := map[string][]string{}
	for name, fields := range data {
		out["configmap-"+name] = nil
		if fields != "" {
			out["configmap-"+name] = []string{`{kind: ConfigMap, metadata: {name: ` + name + `, namespace: ns1}, data: {` + fields + `}}`}
		}
	}
	return out
}

func TestDevImage(t *testing.T) {
	t.Parallel()
	own := oneState + `, podTemplate: {container: {image: mine}}`
	cases := map[string]struct {
		reason string
		given  given
		want   string
	}{
		"Default":  {reason: "The vendor has an image.", given: given{spec: oneState}, want: devImage},
		"Input":    {reason: "The input may name another.", given: given{spec: oneState, input: v1beta1.Input{Images: v1beta1.Images{WorkflowDevMode: "theirs"}}}, want: "theirs"},
		"Platform": {reason: "So may the platform.", given: given{spec: oneState, platform: `devMode: {baseImage: base}`, input: v1beta1.Input{Images: v1beta1.Images{WorkflowDevMode: "theirs"}}}, want: "base"},
		"Own":      {reason: "The workflow's own image counts most.", given: given{spec: own, platform: `devMode: {baseImage: base}`}, want: "mine"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.metadata = inDev
			if diff := cmp.Diff(tc.want, tc.given.resolveValid(t).Component.Image); diff != "" {
				t.Errorf("%s\nimage: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDevPlatformImage names the platform whose image is none.
func TestDevPlatformImage(t *testing.T) {
	t.Parallel()
	_, errs := given{spec: oneState, metadata: inDev, platform: `devMode: {baseImage: "no image!"}`}.resolve(t)
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "spec.devMode.baseImage of platform plat") {
		t.Errorf("want an error that names the platform's field, got %v", errs)
	}
}

// TestDevAlone shows that a workflow in the profile dev is wired to nothing.
func TestDevAlone(t *testing.T) {
	t.Parallel()
	w := given{
		spec: strings.Replace(consumes, `, podTemplate: {container: {image: i}}`, "", 1), metadata: inDev,
		platform: withBroker + `, services: {dataIndex: {enabled: true}, jobService: {enabled: true}}, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`,
	}.resolveValid(t)
	want := `kogito.events.processdefinitions.enabled = false
kogito.events.processinstances.enabled = false
kogito.events.usertasks.enabled = false
mp.messaging.outgoing.kogito-job-service-job-request-events.connector = quarkus-http
mp.messaging.outgoing.kogito-job-service-job-request-events.url = http://localhost/v2/jobs/events
org.kie.kogito.addons.knative.eventing.health-enabled = false
quarkus.dev-ui.cors.enabled = false
kogito.service.url = http://wf.ns1
quarkus.http.port = 8080
quarkus.http.host = 0.0.0.0
quarkus.devservices.enabled = false
quarkus.kogito.devservices.enabled = false
`
	if diff := cmp.Diff(want, w.Component.Properties.Text); diff != "" {
		t.Errorf("properties: -want, +got:\n%s", diff)
	}
	if w.Services != nil || w.Component.Sink != nil || w.Component.Database != nil || len(w.Component.Subscriptions) > 0 {
		t.Errorf("want neither services, sink, database nor events, got %+v", w.Component)
	}
}

// TestDevObjects shows what a workflow in the profile dev becomes.
func TestDevObjects(t *testing.T) {
	t.Parallel()
	g := given{spec: withFiles, metadata: inDev, required: filesIn(map[string]string{"a": "x.json: 1", "b": "y.yaml: 2"})}
	r := g.compose(t, nil, nil)
	if r.Fatal != nil {
		t.Fatal(r.Fatal)
	}
	if diff := cmp.Diff([]string{"workflow-config", "workflow-config-user", "workflow-deployment", "workflow-flow", "workflow-service"}, keysOf(r)); diff != "" {
		t.Errorf("objects: -want, +got:\n%s", diff)
	}
	flow := objectOf(r, "workflow-flow").(*corev1.ConfigMap)
	if document := flow.Data["wf.sw.json"]; flow.Name != "wf" || !strings.Contains(document, `"id":"wf"`) {
		t.Errorf("ConfigMap %s: want the flow with its identifier, got %v", flow.Name, flow.Data)
	}
	if got := objectOf(r, "workflow-service").(*corev1.Service).Spec.Type; got != corev1.ServiceTypeNodePort {
		t.Errorf("type of the Service: want NodePort, got %q", got)
	}
	template := objectOf(r, "workflow-deployment").(*appsv1.Deployment).Spec.Template
	if len(template.Annotations) > 0 {
		t.Errorf("annotations of the pods: want none, so that no change rolls the pods, got %v", template.Annotations)
	}
	const root = "/home/kogito/serverless-workflow-project/src/main/resources"
	mounts := map[string][]string{}
	for _, m := range template.Spec.Containers[0].VolumeMounts {
		i := slices.IndexFunc(template.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		for _, s := range template.Spec.Volumes[i].Projected.Sources {
			mounts[m.MountPath] = append(mounts[m.MountPath], s.ConfigMap.Name)
		}
	}
	if diff := cmp.Diff(map[string][]string{root: {"wf-props", "wf-managed-props", "wf", "a"}, root + "/specs": {"b"}}, mounts); diff != "" {
		t.Errorf("ConfigMaps by folder: -want, +got:\n%s", diff)
	}
	if got := template.Spec.Containers[0].StartupProbe.FailureThreshold; got != 50 {
		t.Errorf("failureThreshold: want 50, so that the flow can be compiled, got %d", got)
	}
}

// TestDevReload shows what rolls the pods: nothing by default, and each file with Roll.
func TestDevReload(t *testing.T) {
	t.Parallel()
	template := func(reload v1beta1.DevReload, spec, x, props string) corev1.PodTemplateSpec {
		required := filesIn(map[string]string{"a": "x.json: " + x, "b": "y.yaml: 2"})
		maps.Copy(required, userProps(props))
		g := given{spec: spec, metadata: inDev, required: required, input: v1beta1.Input{Workflows: v1beta1.Workflows{DevReload: reload}}}
		return objectOf(g.compose(t, nil, nil), "workflow-deployment").(*appsv1.Deployment).Spec.Template
	}
	other := strings.Replace(withFiles, "inject", "operation", 1)
	cases := map[string]struct {
		reason         string
		spec, x, props string
	}{
		"Flow":     {reason: "The flow changed.", spec: other, x: "1", props: "a=1"},
		"Resource": {reason: "A resource changed.", spec: withFiles, x: "2", props: "a=1"},
		"Property": {reason: "A property changed.", spec: withFiles, x: "1", props: "a=2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(template("", withFiles, "1", "a=1"), template("", tc.spec, tc.x, tc.props)); diff != "" {
				t.Errorf("%s\nLive: the pods are rolled:\n%s", tc.reason, diff)
			}
			if cmp.Equal(template(v1beta1.DevReloadRoll, withFiles, "1", "a=1"), template(v1beta1.DevReloadRoll, tc.spec, tc.x, tc.props)) {
				t.Errorf("%s\nRoll: the pods aren't rolled", tc.reason)
			}
		})
	}
}

// TestDevMissing shows that a workflow whose files are missing isn't started, and isn't stopped.
func TestDevMissing(t *testing.T) {
	t.Parallel()
	g := given{spec: withFiles, metadata: inDev, required: filesIn(map[string]string{"a": "x.json: 1", "b": ""})}
	r := g.compose(t, nil, nil)
	condition := func(r *composition.Result) composition.Condition {
		return r.Conditions[slices.IndexFunc(r.Conditions, func(c composition.Condition) bool { return c.Type == v1alpha08.ConditionRunning })]
	}
	if got := condition(r); objectOf(r, "workflow-deployment") != nil || got.Reason != v1alpha08.ReasonExternalResourcesNotFound || !strings.Contains(got.Message, "not found: b;") {
		t.Errorf("want no Deployment and the missing ConfigMap named, got %v and %+v", keysOf(r), got)
	}
	whole := given{spec: withFiles, metadata: inDev, required: filesIn(map[string]string{"a": "x.json: 1", "b": "y.yaml: 2"})}.compose(t, nil, nil)
	r = g.compose(t, observe(t, whole, "ready"), nil)
	if got := condition(r); objectOf(r, "workflow-deployment") == nil || got.Reason != v1alpha08.ReasonExternalResourcesNotFound {
		t.Errorf("want the Deployment to stay and the missing ConfigMap named, got %v and %+v", keysOf(r), got)
	}
}

// TestDevRoute shows how a workflow is reached from outside of the cluster.
func TestDevRoute(t *testing.T) {
	t.Parallel()
	g := given{spec: oneState, metadata: inDev, input: v1beta1.Input{Cluster: v1beta1.ClusterOpenShift}}
	route := objectOf(g.compose(t, nil, nil), "workflow-route").(*devmode.Route)
	want := devmode.RouteSpec{To: devmode.RouteTarget{Kind: "Service", Name: "wf"}, Port: devmode.RoutePort{TargetPort: "web"}, TLS: devmode.RouteTLS{Termination: "edge"}}
	if diff := cmp.Diff(want, route.DeepCopyObject().(*devmode.Route).Spec); diff != "" {
		t.Errorf("Route: -want, +got:\n%s", diff)
	}
	r := g.compose(t, map[string]string{
		"workflow-route":   `{kind: Route, metadata: {name: wf, namespace: ns1}, spec: {host: wf.example.com}}`,
		"workflow-service": `{kind: Service, metadata: {name: wf, namespace: ns1}, spec: {ports: [{port: 80, nodePort: 30123}]}}`,
	}, nil)
	status := r.Status.(*v1alpha08.SonataFlowStatus)
	if status.Endpoint != "https://wf.example.com/wf" || status.NodePort != 30123 || status.Address.URL != "http://wf.ns1" {
		t.Errorf("status: got %+v", status)
	}
	properties := objectOf(r, "workflow-config").(*corev1.ConfigMap).Data["application-dev.properties"]
	if !strings.Contains(properties, "quarkus.dev-ui.hosts = wf.example.com\n") {
		t.Errorf("want the Route's host among the properties, got\n%s", properties)
	}
}

func TestDevWarnings(t *testing.T) {
	t.Parallel()
	const at = "spec.resources.configMaps[1]: the file "
	two := func(paths string) string {
		return oneState + `, resources: {configMaps: [{configMap: {name: a}}, {configMap: {name: b}` + paths + `}]}`
	}
	cases := map[string]struct {
		reason string
		given  given
		want   []string
	}{
		"None":       {reason: "A plain workflow has none.", given: given{spec: oneState}},
		"Idle":       {reason: "What has no effect is named.", given: given{spec: oneState + `, persistence: {}`}, want: []string{"spec.persistence: no effect in the profile dev, in which a workflow runs alone and keeps its data as long as its pod lasts"}},
		"Hidden":     {reason: "Two files can't be in one place.", given: given{spec: two(""), required: filesIn(map[string]string{"a": "x: 1", "b": "x: 2"})}, want: []string{at + "x of ConfigMap b hides that of ConfigMap a; give one of both another name"}},
		"HiddenFlow": {reason: "Nor can a file be where the flow is.", given: given{spec: two(""), required: filesIn(map[string]string{"a": "x: 1", "b": "wf.sw.json: a"})}, want: []string{at + "wf.sw.json of ConfigMap b hides that of ConfigMap wf; give one of both another name"}},
		"Folders":    {reason: "In another folder they can.", given: given{spec: two(", workflowPath: specs"), required: filesIn(map[string]string{"a": "x: 1", "b": "x: 2"})}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.metadata = inDev
			if diff := cmp.Diff(tc.want, tc.given.resolveValid(t).Warnings); diff != "" {
				t.Errorf("%s\nwarnings: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDevFlow refuses a flow that can't run: nothing is composed anew.
func TestDevFlow(t *testing.T) {
	t.Parallel()
	r := given{spec: `flow: {states: [{name: a, type: inject, transition: b}]}`, metadata: inDev}.compose(t, nil, nil)
	i := slices.IndexFunc(r.Conditions, func(c composition.Condition) bool { return c.Type == v1alpha08.ConditionFlowValid })
	if r.Fatal == nil || len(r.Composed) > 0 || i < 0 || r.Conditions[i].Reason != v1alpha08.ReasonInvalid {
		t.Errorf("want a fatal result and FlowValid False, got %v and %+v", r.Fatal, r.Conditions)
	}
}

// TestDevFiles finds the files that functions name, once all ConfigMaps were seen.
func TestDevFiles(t *testing.T) {
	t.Parallel()
	const spec = `flow: {functions: [{name: f, operation: specs/y.yaml#get}, {name: g, operation: specs/z.yaml#get}], states: [{name: a, type: inject, end: true}]}, resources: {configMaps: [{configMap: {name: b}, workflowPath: specs}]}`
	w := given{spec: spec, metadata: inDev, required: filesIn(map[string]string{"b": "y.yaml: 2"})}.resolveValid(t)
	var named []string
	for _, f := range w.Findings {
		named = append(named, f.Path)
	}
	if len(named) != 1 || !strings.Contains(w.Findings[0].Text, "specs/z.yaml") {
		t.Errorf("want the missing file alone, got %v", w.Findings)
	}
	if !slices.Contains(w.Component.Files, "b") || w.Component.Kind.PropertiesFile == component.Workflow().PropertiesFile {
		t.Errorf("got files %v and properties in %s", w.Component.Files, w.Component.Kind.PropertiesFile)
	}
}
