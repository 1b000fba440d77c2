// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// builds are the fields of a platform that names a registry.
const builds = `build: {config: {registry: {address: "r.example.com:5000", secret: push}}}`

// jobOf returns the Job of a result that builds, or nil.
func jobOf(r *composition.Result) *batchv1.Job {
	for _, c := range r.Composed {
		if job, ok := c.Object.(*batchv1.Job); ok {
			return job
		}
	}
	return nil
}

// hashOf is the hash of the build that a workflow asks for.
func (g given) hashOf(t *testing.T) string {
	t.Helper()
	return g.resolveValid(t).Build.Hash()
}

// TestBuildHash shows what makes another build, and what doesn't.
func TestBuildHash(t *testing.T) {
	t.Parallel()
	with := func(fields string) string {
		return `build: {config: {registry: {address: "r.example.com:5000"}}, ` + fields + `}`
	}
	base := given{spec: withFiles, platform: builds, required: filesIn(map[string]string{"a": "x.json: '1'", "b": "y.yaml: '2'"})}
	cases := map[string]struct {
		reason string
		change func(*given)
		same   bool
	}{
		"Nothing": {reason: "Equal inputs have an equal hash.", change: func(*given) {}, same: true},
		"Flow": {reason: "The flow is compiled.", change: func(g *given) {
			g.spec = strings.Replace(g.spec, "name: a, type: inject", "name: other, type: inject", 1)
		}},
		"Version":      {reason: "The version is in the flow.", change: func(g *given) { g.metadata = `annotations: {sonataflow.org/version: "2"}` }},
		"ID":           {reason: "So is the identifier.", change: func(g *given) { g.metadata = `annotations: {sonataflow.org/id: other}` }},
		"Attempt":      {reason: "A person asks for another build.", change: func(g *given) { g.metadata = `annotations: {sonataflow.org/build-attempt: "2"}` }},
		"Resource":     {reason: "A file is compiled.", change: func(g *given) { g.required = filesIn(map[string]string{"a": "x.json: '3'", "b": "y.yaml: '2'"}) }},
		"ResourceName": {reason: "So is a file of another name.", change: func(g *given) { g.required = filesIn(map[string]string{"a": "z.json: '1'", "b": "y.yaml: '2'"}) }},
		"Path":         {reason: "So is a file in another folder.", change: func(g *given) { g.spec = strings.Replace(g.spec, "specs/", "other", 1) }},
		"Builder":      {reason: "Another compiler may compile otherwise.", change: func(g *given) { g.input.Images.WorkflowBuilder = "b" }},
		"BaseImage":    {reason: "The platform names the compiler, too.", change: func(g *given) { g.platform = strings.Replace(g.platform, "{config: {", "{config: {baseImage: bb, ", 1) }},
		"Tag":          {reason: "A new tag of all images is another compiler.", change: func(g *given) { g.input.Images.Tag = "10.3.0" }},
		"Runtime":      {reason: "The image begins with the runtime.", change: func(g *given) { g.input.Images.WorkflowRuntime = "r" }},
		"Publisher":    {reason: "The publisher makes the layer.", change: func(g *given) { g.input.Images.WorkflowPublisher = "p" }},
		"BuildArgs":    {reason: "The compiler sees arguments.", change: func(g *given) { g.platform = with(`template: {buildArgs: [{name: A, value: b}]}`) }},
		"Envs":         {reason: "The compiler sees variables.", change: func(g *given) { g.platform = with(`template: {envs: [{name: A, value: c}]}`) }},
		"Registry":     {reason: "The image is elsewhere.", change: func(g *given) { g.platform = strings.Replace(g.platform, "5000", "5001", 1) }},
		"Organization": {reason: "The image is elsewhere.", change: func(g *given) { g.platform = strings.Replace(g.platform, "secret", "organization: o, secret", 1) }},
		"Architecture": {reason: "The nodes are others.", change: func(g *given) { g.spec += `, podTemplate: {nodeSelector: {kubernetes.io/arch: arm64}}` }},
		"Database": {reason: "A workflow with a database has more extensions.", change: func(g *given) {
			g.platform += `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`
		}},

		"Properties": {reason: "Properties are read when the workflow starts.", change: func(g *given) { g.required = withAll(g.required, userProps("a=b")) }, same: true},
		"Shared":     {reason: "So are those of the platform.", change: func(g *given) { g.platform += `, properties: {flow: [{name: a, value: b}]}` }, same: true},
		"ConfigMap": {reason: "The name of a ConfigMap isn't in the image.", change: func(g *given) {
			g.spec = strings.Replace(g.spec, "name: a}}", "name: c}}", 1)
			g.required = filesIn(map[string]string{"c": "x.json: '1'", "b": "y.yaml: '2'"})
		}, same: true},
		"Secret":   {reason: "Who pushes isn't in the image.", change: func(g *given) { g.platform = strings.Replace(g.platform, "push", "other", 1) }, same: true},
		"Insecure": {reason: "How the registry is reached isn't either.", change: func(g *given) { g.platform = strings.Replace(g.platform, "secret", "insecure: true, ca: c, secret", 1) }, same: true},
		"Timeout":  {reason: "How long a build may take isn't either.", change: func(g *given) { g.platform = strings.Replace(g.platform, "{config: {", "{config: {timeout: 1m, ", 1) }, same: true},
		"Resources": {reason: "How much memory it may have isn't either.", change: func(g *given) {
			g.platform = `build: {config: {registry: {address: "r.example.com:5000"}}, template: {resources: {limits: {memory: 4Gi}}}}`
		}, same: true},
		"PodSecurity": {reason: "Security options aren't either.", change: func(g *given) { g.input.PodSecurity = v1beta1.PodSecurityNone }, same: true},
		"Pods":        {reason: "The workflow's pods aren't either.", change: func(g *given) { g.spec += `, podTemplate: {replicas: 3, container: {env: [{name: A, value: b}]}}` }, same: true},
		"Services":    {reason: "What the workflow is wired to is read when it starts.", change: func(g *given) { g.platform += `, services: {dataIndex: {enabled: true}}` }, same: true},
		"Labels":      {reason: "Labels aren't in the image.", change: func(g *given) { g.metadata = `labels: {a: b}` }, same: true},
	}
	want, seen := base.hashOf(t), map[string]string{}
	for name, tc := range cases {
		g := base
		g.required = maps.Clone(base.required)
		tc.change(&g)
		got := g.hashOf(t)
		if (got == want) != tc.same {
			t.Errorf("%s: %s\nsame hash: want %t, got %t", name, tc.reason, tc.same, got == want)
		}
		if other, found := seen[got]; found && !tc.same {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[got] = name
	}
}

func withAll(all ...map[string][]string) map[string][]string {
	out := map[string][]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// TestBuildDatabase shows that a workflow with a database is compiled for one, and that pods pull
// the image with the credentials with which it is pushed.
func TestBuildDatabase(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"", `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`} {
		w := given{spec: oneState, platform: builds + database}.resolveValid(t)
		persistent := database != ""
		if got := slices.ContainsFunc(w.Build.Env, named("QUARKUS_EXTENSIONS")); got != persistent {
			t.Errorf("platform %q: extensions: want %t, got %v", database, persistent, w.Build.Env)
		}
		if got := strings.Contains(w.Component.Properties.Text, "quarkus.datasource.db-kind = postgresql\n"); got != persistent {
			t.Errorf("platform %q: properties of a database: want %t, got\n%s", database, persistent, w.Component.Properties.Text)
		}
		if diff := cmp.Diff([]corev1.LocalObjectReference{{Name: "push"}}, w.Component.Pod.ImagePullSecrets); diff != "" {
			t.Errorf("platform %q: imagePullSecrets: -want, +got:\n%s", database, diff)
		}
	}
}

// TestBuildRefused shows which builds are refused, and that the message names the platform.
func TestBuildRefused(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 900*1024)
	cases := map[string]struct {
		reason   string
		platform string
		spec     string
		required map[string][]string
		input    v1beta1.Input
		want     string
	}{
		"NoPlatform": {reason: "Nothing names a registry.", want: "the namespace has no platform that names a registry: create a platform with spec.build.config.registry.address"},
		"NoRegistry": {reason: "The platform names none.", platform: none, want: "platform plat names no registry: set spec.build.config.registry.address of platform plat"},
		"None":       {reason: "The input says that nothing is built.", platform: builds, input: v1beta1.Input{Workflows: v1beta1.Workflows{Builder: v1beta1.BuilderNone}}, want: "workflows.builder: None"},
		"Address":    {reason: "An address isn't a URL.", platform: `build: {config: {registry: {address: "https://r.example.com"}}}`, want: "spec.build.config.registry"},
		"Arch":       {reason: "The runtime is for few architectures.", platform: builds, spec: oneState + `, podTemplate: {nodeSelector: {kubernetes.io/arch: mips}}`, want: "spec.podTemplate.nodeSelector[kubernetes.io/arch]"},
		"Path":       {reason: "Files are below the folder of the flow.", platform: builds, spec: oneState + `, resources: {configMaps: [{configMap: {name: a}, workflowPath: ../x}]}`, want: "spec.resources.configMaps[0].workflowPath"},
		"Nameless":   {reason: "A ConfigMap has a name.", platform: builds, spec: oneState + `, resources: {configMaps: [{configMap: {}}]}`, want: "spec.resources.configMaps[0].configMap.name"},
		"Flow":       {reason: "A flow fits into a ConfigMap.", platform: builds, spec: `flow: {states: [{name: a, type: inject, data: {x: ` + big + `xxx}, end: true}]}`, want: "the flow has 901 KiB of JSON"},
		"Files":      {reason: "Flow and files fit into a message.", platform: builds, spec: withFiles, required: filesIn(map[string]string{"a": "x: " + big, "b": "y: " + big}), want: "1801 KiB"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.spec == "" {
				tc.spec = oneState
			}
			r := given{spec: tc.spec, platform: tc.platform, required: tc.required, input: tc.input}.compose(t, nil, nil)
			if r.Fatal == nil || !strings.Contains(r.Fatal.Error(), tc.want) {
				t.Errorf("%s\nwant %q, got %v", tc.reason, tc.want, r.Fatal)
			}
			if strings.HasPrefix(tc.want, "spec.build") && !strings.Contains(r.Fatal.Error(), "platform plat") {
				t.Errorf("%s\nThe platform isn't named: %v", tc.reason, r.Fatal)
			}
		})
	}
}

// TestBuildPending waits for the platform, without a refusal that might be wrong.
func TestBuildPending(t *testing.T) {
	t.Parallel()
	c := given{spec: withFiles, platform: builds}.cluster()
	delete(c.Required, "platforms")
	r := Compose(compositiontest.Request(t, claimed(withFiles, "", ""), c), &v1beta1.Input{})
	if r.Fatal != nil || jobOf(r) != nil || objectOf(r, "workflow-deployment") != nil {
		t.Errorf("want neither refusal nor build, got %v, %v", r.Fatal, keysOf(r))
	}
}

// TestBuildWarnings names files that hide each other, and what the build can't do.
func TestBuildWarnings(t *testing.T) {
	t.Parallel()
	w := given{
		spec:     oneState + `, resources: {configMaps: [{configMap: {name: a}}, {configMap: {name: b}}]}`,
		platform: builds[:len(builds)-1] + `, template: {buildArgs: [{name: QUARKUS_EXTENSIONS, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}}, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`,
		required: filesIn(map[string]string{"a": "x: '1', application.properties: ''", "b": "x: '2'"}),
	}.resolveValid(t)
	all := strings.Join(w.Warnings, "; ")
	for _, want := range []string{"the file x of ConfigMap b hides that of ConfigMap a", "the file application.properties of ConfigMap a hides that of ConfigMap wf-props", "QUARKUS_EXTENSIONS comes from elsewhere"} {
		if !strings.Contains(all, want) {
			t.Errorf("want %q in %q", want, all)
		}
	}
}

// TestBuildRuns follows a workflow from its first build to the next one: the pods run the image
// before until the next one is there.
func TestBuildRuns(t *testing.T) {
	t.Parallel()
	g := given{spec: oneState, platform: builds}
	imageOf := func(r *composition.Result) string {
		if d, ok := objectOf(r, "workflow-deployment").(*appsv1.Deployment); ok {
			return d.Spec.Template.Spec.Containers[0].Image
		}
		return ""
	}
	first := "r.example.com:5000/ns1/wf:" + g.hashOf(t)
	r := g.compose(t, nil, nil)
	if got := imageOf(r); got != "" {
		t.Errorf("before the first build is complete, the Deployment runs %s", got)
	}
	flow := objectOf(r, "workflow-build-"+g.hashOf(t)+"-flow").(*corev1.ConfigMap)
	if !*flow.Immutable || !strings.Contains(flow.Data["wf.sw.json"], `"id":"wf"`) {
		t.Errorf("want an immutable copy of the flow, got %v", flow)
	}
	observed := observe(t, r, compositiontest.Complete)
	r = g.compose(t, observed, nil)
	if got := imageOf(r); got != first {
		t.Errorf("after the first build: want %s, got %s", first, got)
	}
	if slices.ContainsFunc(keysOf(r), func(key string) bool { return strings.HasSuffix(key, "-flow") }) {
		t.Errorf("the copy of the flow stays: %v", keysOf(r))
	}
	observed = observe(t, r, compositiontest.Ready)
	maps.Copy(observed, observe(t, &composition.Result{Composed: r.Composed[slices.IndexFunc(r.Composed, func(c composition.Composed) bool { return c.Object == jobOf(r) }):][:1]}, compositiontest.Complete))
	next := g
	next.spec = strings.Replace(g.spec, "name: a, type: inject", "name: other, type: inject", 1)
	second := "r.example.com:5000/ns1/wf:" + next.hashOf(t)
	r = next.compose(t, observed, nil)
	if got := imageOf(r); got != first {
		t.Errorf("while the second build runs: want %s, got %s", first, got)
	}
	var jobs []string
	for _, key := range keysOf(r) {
		if objectOf(r, key).GetObjectKind().GroupVersionKind().Kind == "Job" {
			jobs = append(jobs, key)
		}
	}
	want := []string{"workflow-build-" + g.hashOf(t), "workflow-build-" + next.hashOf(t)}
	slices.Sort(want)
	if diff := cmp.Diff(want, jobs); diff != "" {
		t.Errorf("while the second build runs, Jobs: -want, +got:\n%s", diff)
	}
	status := r.Status.(*v1alpha08.SonataFlowStatus)
	if status.Image != first || status.Build.Image != second || status.Build.Phase != v1alpha08.BuildPhasePending {
		t.Errorf("status: got image %s, build %v", status.Image, status.Build)
	}
	maps.Copy(observed, observe(t, r, compositiontest.Complete))
	r = next.compose(t, observed, nil)
	if got := imageOf(r); got != second || objectOf(r, want[0]) == nil == (objectOf(r, want[1]) == nil) {
		t.Errorf("after the second build: want %s and its Job alone, got %s and %v", second, got, keysOf(r))
	}
}

// TestBuildPods looks for pods only when a build has failed and the input says so, and tells
// their last words.
func TestBuildPods(t *testing.T) {
	t.Parallel()
	lookUp := v1beta1.Input{Workflows: v1beta1.Workflows{BuildPods: v1beta1.BuildPodsLookUp}}
	cases := map[string]struct {
		reason string
		input  v1beta1.Input
		state  compositiontest.State
		pods   bool
		want   string
	}{
		"Ignored": {reason: "By default the Job's own words are told.", state: compositiontest.Failed, want: "none of its 3 tries succeeded; kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name="},
		"Running": {reason: "A build that runs needs no explanation.", input: lookUp, state: compositiontest.Running, want: "Waiting for Job wf-build-"},
		"Failed":  {reason: "The builder's last lines say more.", input: lookUp, state: compositiontest.Failed, pods: true, want: "its container compile ended with exit code 1 and the words: no such function"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := given{spec: oneState, platform: builds, input: tc.input}
			query := "pods-wf-build-" + g.hashOf(t)
			g.required = map[string][]string{query: {`{kind: Pod, status: {initContainerStatuses: [{name: compile, state: {terminated: {exitCode: 1, message: no such function}}}]}}`}}
			c := g.cluster()
			c.Observed = observe(t, g.compose(t, nil, nil), tc.state)
			req := compositiontest.Request(t, claimed(g.spec, "", ""), c)
			r := Compose(req, &g.input)
			asked, _ := req.Queries()
			if got := slices.ContainsFunc(asked, func(q composition.Query) bool { return q.Kind == "Pod" }); got != tc.pods {
				t.Errorf("%s\npods are looked up: want %t, got %t", tc.reason, tc.pods, got)
			}
			i := slices.IndexFunc(r.Conditions, func(c composition.Condition) bool { return c.Type == v1alpha08.ConditionBuilt })
			if i < 0 || !strings.Contains(r.Conditions[i].Message, tc.want) {
				t.Errorf("%s\nwant %q in %v", tc.reason, tc.want, r.Conditions)
			}
		})
	}
}
