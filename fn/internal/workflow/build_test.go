// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
	base := given{spec: withFiles, platform: builds, required: files(map[string]string{"a": "x.json: '1'", "b": "y.yaml: '2'"})}
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
		"Resource":     {reason: "A file is compiled.", change: func(g *given) { g.required = files(map[string]string{"a": "x.json: '3'", "b": "y.yaml: '2'"}) }},
		"ResourceName": {reason: "So is a file of another name.", change: func(g *given) { g.required = files(map[string]string{"a": "z.json: '1'", "b": "y.yaml: '2'"}) }},
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
			g.required = files(map[string]string{"c": "x.json: '1'", "b": "y.yaml: '2'"})
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

// TestBuildRegistry shows where images are pushed to, and with what.
func TestBuildRegistry(t *testing.T) {
	t.Parallel()
	type want struct {
		Repository, Secret, CA, Account, Pull string
		Containers                            []string
		Insecure                              bool
	}
	openShift := v1beta1.Input{Cluster: v1beta1.ClusterOpenShift}
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"Plain": {
			reason: "The image is named by namespace and workflow.", given: given{platform: `build: {config: {registry: {address: r.example.com/}}}`},
			want: want{Repository: "r.example.com/ns1/wf", Containers: []string{"compile", "publish"}},
		},
		"All": {
			reason: "A registry may have an organisation, credentials and certificates; the pods pull with the same credentials.",
			given:  given{platform: `build: {config: {registry: {address: "r.example.com:5000", organization: team, secret: push, ca: certs, insecure: true}}}`},
			want:   want{Repository: "r.example.com:5000/team/ns1/wf", Secret: "push", CA: "certs", Pull: "push", Containers: []string{"compile", "publish"}, Insecure: true},
		},
		"Operator": {
			reason: "To the operator, the organisation is nothing.",
			given:  given{platform: `build: {config: {registry: {address: r.example.com, organization: team}}}`, input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator}},
			want:   want{Repository: "r.example.com/ns1/wf", Containers: []string{"compile", "publish"}},
		},
		"OpenShift": {
			reason: "OpenShift has a registry of its own, without any platform.", given: given{input: openShift},
			want: want{Repository: "image-registry.openshift-image-registry.svc:5000/ns1/wf", CA: "openshift-service-ca.crt", Account: "builder", Containers: []string{"compile", "login", "publish"}},
		},
		"OpenShiftNamed": {
			reason: "The same registry may be named.", given: given{input: openShift, platform: `build: {config: {registry: {address: "image-registry.openshift-image-registry.svc:5000", organization: o}}}`},
			want: want{Repository: "image-registry.openshift-image-registry.svc:5000/ns1/wf", CA: "openshift-service-ca.crt", Account: "builder", Containers: []string{"compile", "login", "publish"}},
		},
		"OpenShiftOther": {
			reason: "Another registry is as elsewhere.", given: given{input: openShift, platform: `build: {config: {registry: {address: r.example.com, secret: push}}}`},
			want: want{Repository: "r.example.com/ns1/wf", Secret: "push", Pull: "push", Containers: []string{"compile", "publish"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.spec = oneState
			r := tc.given.compose(t, nil, nil)
			if r.Fatal != nil {
				t.Fatal(r.Fatal)
			}
			w, pod := tc.given.resolveValid(t), jobOf(r).Spec.Template.Spec
			got := want{Repository: w.Build.Repository, Secret: w.Build.Secret, CA: w.Build.CA, Account: pod.ServiceAccountName}
			for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
				got.Containers = append(got.Containers, c.Name)
			}
			got.Insecure = slices.Contains(pod.Containers[0].Args, "--insecure")
			if secrets := w.Component.Pod.ImagePullSecrets; len(secrets) > 0 {
				got.Pull = secrets[0].Name
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestBuildEnv shows which variables the compiler has.
func TestBuildEnv(t *testing.T) {
	t.Parallel()
	const (
		registry   = `build: {config: {registry: {address: r.example.com}}, template: {`
		database   = `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`
		extensions = "io.quarkus:quarkus-jdbc-postgresql,io.quarkus:quarkus-agroal,org.kie:kie-addons-quarkus-persistence-jdbc"
	)
	cases := map[string]struct {
		reason   string
		platform string
		want     []corev1.EnvVar
		warned   bool
	}{
		"None":     {reason: "The builder has what it needs.", platform: registry + `}}`},
		"Both":     {reason: "Arguments and variables are variables; the latter win.", platform: registry + `buildArgs: [{name: A, value: a}, {name: B, value: b}], envs: [{name: A, value: c}]}}`, want: []corev1.EnvVar{{Name: "B", Value: "b"}, {Name: "A", Value: "c"}}},
		"Database": {reason: "A database needs extensions.", platform: registry + `}}` + database, want: []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", Value: extensions}}},
		"Added": {
			reason: "They are added to the platform's, each once.", platform: registry + `buildArgs: [{name: QUARKUS_EXTENSIONS, value: "x,io.quarkus:quarkus-agroal"}]}}` + database,
			want: []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", Value: "x,io.quarkus:quarkus-agroal,io.quarkus:quarkus-jdbc-postgresql,org.kie:kie-addons-quarkus-persistence-jdbc"}},
		},
		"Elsewhere": {
			reason: "What comes out of a ConfigMap can't be added to.", platform: registry + `buildArgs: [{name: QUARKUS_EXTENSIONS, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}}` + database,
			want:   []corev1.EnvVar{{Name: "QUARKUS_EXTENSIONS", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}, Key: "k"}}}},
			warned: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given{spec: oneState, platform: tc.platform}.resolveValid(t)
			if diff := cmp.Diff(tc.want, w.Build.Env, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if warned := strings.Contains(strings.Join(w.Warnings, "; "), "QUARKUS_EXTENSIONS comes from elsewhere"); warned != tc.warned {
				t.Errorf("%s\nwarned: want %t, got %v", tc.reason, tc.warned, w.Warnings)
			}
			text := w.Component.Properties.Text
			if persistent := strings.Contains(text, "quarkus.datasource.db-kind = postgresql\n"); persistent != strings.Contains(tc.platform, database) {
				t.Errorf("%s\nproperties of a database: got\n%s", tc.reason, text)
			}
		})
	}
}

// TestBuildRefused shows which builds are refused, and that the message names the platform.
func TestBuildRefused(t *testing.T) {
	t.Parallel()
	const registry = `build: {config: {registry: {address: r.example.com}`
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
		"BaseImage":  {reason: "No container runtime understands the image.", platform: `build: {config: {baseImage: "no image!", registry: {address: r}}}`, want: "spec.build.config.baseImage"},
		"Secret":     {reason: "No Secret has the name.", platform: `build: {config: {registry: {address: r.example.com, secret: A_B}}}`, want: "spec.build.config.registry.secret"},
		"CA":         {reason: "No ConfigMap has the name.", platform: `build: {config: {registry: {address: r.example.com, ca: A_B}}}`, want: "spec.build.config.registry.ca"},
		"Timeout":    {reason: "A build takes time.", platform: registry + `, timeout: 0s}}`, want: "spec.build.config.timeout"},
		"Env":        {reason: "A variable has a name.", platform: registry + `}, template: {envs: [{value: a}]}}`, want: "spec.build.template.envs[0].name"},
		"BuildArg":   {reason: "An argument has one value.", platform: registry + `}, template: {buildArgs: [{name: A, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}}`, want: "spec.build.template.buildArgs[0].valueFrom"},
		"Resources":  {reason: "A request isn't more than its limit.", platform: registry + `}, template: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}}`, want: "spec.build.template.resources.requests[memory]"},
		"Arch":       {reason: "The runtime is for few architectures.", platform: builds, spec: oneState + `, podTemplate: {nodeSelector: {kubernetes.io/arch: mips}}`, want: "spec.podTemplate.nodeSelector[kubernetes.io/arch]"},
		"Path":       {reason: "Files are below the folder of the flow.", platform: builds, spec: oneState + `, resources: {configMaps: [{configMap: {name: a}, workflowPath: ../x}]}`, want: "spec.resources.configMaps[0].workflowPath"},
		"Nameless":   {reason: "A ConfigMap has a name.", platform: builds, spec: oneState + `, resources: {configMaps: [{configMap: {}}]}`, want: "spec.resources.configMaps[0].configMap.name"},
		"Flow":       {reason: "A flow fits into a ConfigMap.", platform: builds, spec: `flow: {states: [{name: a, type: inject, data: {x: ` + big + `xxx}, end: true}]}`, want: "the flow has 901 KiB of JSON"},
		"Files":      {reason: "Flow and files fit into a message.", platform: builds, spec: withFiles, required: files(map[string]string{"a": "x: " + big, "b": "y: " + big}), want: "1801 KiB"},
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

// TestBuildWarnings names files that hide each other.
func TestBuildWarnings(t *testing.T) {
	t.Parallel()
	w := given{
		spec: oneState + `, resources: {configMaps: [{configMap: {name: a}}, {configMap: {name: b}}]}`, platform: builds,
		required: files(map[string]string{"a": "x: '1', application.properties: ''", "b": "x: '2'"}),
	}.resolveValid(t)
	all := strings.Join(w.Warnings, "; ")
	for _, want := range []string{"the file x of ConfigMap b hides that of ConfigMap a", "the file application.properties of ConfigMap a hides that of ConfigMap wf-props"} {
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
