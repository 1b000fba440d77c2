// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// workflowOf returns the composite of a workflow "wf" in "ns1" with a spec in YAML and, if
// given, a profile.
func workflowOf(t testing.TB, profile, spec string) *unstructured.Unstructured {
	t.Helper()
	xr := compositeOf(t, spec)
	xr.SetKind(v1alpha08.KindXSonataFlow)
	xr.SetName("wf-x7k2p")
	if profile != "" {
		xr.SetAnnotations(map[string]string{v1alpha08.AnnotationProfile: profile})
	}
	ref := map[string]any{"apiVersion": v1alpha08.APIVersion, "kind": v1alpha08.KindSonataFlow, "namespace": "ns1", "name": "wf"}
	if err := unstructured.SetNestedMap(xr.Object, ref, "spec", "claimRef"); err != nil {
		t.Fatal(err)
	}
	return xr
}

// TestWorkflowRefusal holds workflows that make no sense, or that aren't served, against those
// who must refuse them: the API server, where it can tell, and the function.
func TestWorkflowRefusal(t *testing.T) {
	t.Parallel()
	const (
		flow     = "flow: {states: [{name: a, type: inject, data: {}, end: true}]}\n"
		image    = "podTemplate: {container: {image: r.example.com/wf:1}}\n"
		secret   = `secretRef: {name: pg}`
		ref      = `serviceRef: {name: pg}`
		exactly  = "exactly one of serviceRef and jdbcUrl must be set"
		template = "spec.podTemplate"
		postgres = "spec.persistence.postgresql"
		noImage  = "build an image of the workflow and name it here"
		needs    = "a destination needs a ref, a uri or both"
	)
	pod := func(fields string) string {
		return flow + "podTemplate: {container: {image: r.example.com/wf:1}, " + fields + "}"
	}
	container := func(fields string) string {
		return flow + "podTemplate: {container: {image: r.example.com/wf:1, " + fields + "}}"
	}
	onKnative := func(container, pod string) string {
		return flow + "podTemplate: {deploymentModel: knative, container: {image: r.example.com/wf:1, " + container + "}" + pod + "}"
	}
	knative := func(fields string) string { return onKnative("tty: false", ", "+fields) }
	data := func(pg string) string { return flow + image + "persistence: {postgresql: {" + pg + "}}" }
	// What one of both says where they say it differently. Where the schema says nothing, the
	// API server accepts the document.
	type says struct{ schema, function string }
	cases := map[string]struct {
		reason              string
		profile, spec       string
		annotations, labels map[string]string
		path                string
		says                says
		// condition is the reason of the condition about the spec; Invalid when empty.
		condition string
	}{
		"NoImage":             {reason: "No platform names a registry that an image could be pushed to.", spec: flow, path: template + ".container.image", says: says{"", noImage}, condition: v1alpha08.ReasonMissingImage},
		"NoImagePreview":      {reason: "No platform names a registry that an image could be pushed to.", profile: "preview", spec: flow, path: template + ".container.image", says: says{"", noImage}, condition: v1alpha08.ReasonMissingImage},
		"NoImageProd":         {reason: "The operator takes any other word for preview.", profile: "prod", spec: flow, path: template + ".container.image", says: says{"", noImage}, condition: v1alpha08.ReasonMissingImage},
		"NoImageGitOps":       {reason: "The operator would compose a Deployment that no API server takes.", profile: "gitops", spec: flow, path: template + ".container.image", says: says{"", "the profile gitops runs an image"}, condition: v1alpha08.ReasonMissingImage},
		"DevResourceNameless": {reason: "A ConfigMap has a name.", profile: "dev", spec: flow + "resources: {configMaps: [{configMap: {}}]}", path: "spec.resources.configMaps[0].configMap.name", says: says{"", "name the ConfigMap"}},
		"DevPathAbsolute":     {reason: "Files are below the folder of the flow.", profile: "dev", spec: flow + "resources: {configMaps: [{configMap: {name: a}, workflowPath: /etc}]}", path: "spec.resources.configMaps[0].workflowPath", says: says{"", "a folder below that of the flow"}},
		"DevPathUpwards":      {reason: "Files are below the folder of the flow.", profile: "dev", spec: flow + "resources: {configMaps: [{configMap: {name: a}, workflowPath: specs/../../..}]}", path: "spec.resources.configMaps[0].workflowPath", says: says{"", "a folder below that of the flow"}},
		"DevPathColon":        {reason: "Kubernetes mounts nothing there.", profile: "dev", spec: flow + `resources: {configMaps: [{configMap: {name: a}, workflowPath: "a:b"}]}`, path: "spec.resources.configMaps[0].workflowPath", says: says{"", "a folder below that of the flow"}},
		"DevImageIllegal":     {reason: "No container runtime understands the image.", profile: "dev", spec: flow + `podTemplate: {container: {image: "no image!"}}`, path: template + ".container.image", says: says{"", "not an image"}},
		"DevModelUnknown":     {reason: "There are two models.", profile: "dev", spec: flow + "podTemplate: {deploymentModel: openshift}", path: template + ".deploymentModel", says: says{`supported values: "kubernetes", "knative"`, `supported values: "kubernetes", "knative"`}},
		"UnknownModel":        {reason: "There are two models.", spec: pod("deploymentModel: openshift"), path: template + ".deploymentModel", says: says{`supported values: "kubernetes", "knative"`, `supported values: "kubernetes", "knative"`}},

		"KnativeField":      {reason: "Serving's schema has no such field.", spec: knative("terminationGracePeriodSeconds: 60"), path: template + ".terminationGracePeriodSeconds", says: says{"", "takes no such field"}},
		"KnativeFeature":    {reason: "Serving takes it where a feature is enabled.", spec: knative("nodeSelector: {disk: ssd}"), path: template + ".nodeSelector", says: says{"", "kubernetes.podspec-nodeselector"}},
		"KnativeToken":      {reason: "Serving takes only false.", spec: knative("automountServiceAccountToken: true"), path: template + ".automountServiceAccountToken", says: says{"", "takes only false"}},
		"KnativeUnmounted":  {reason: "Serving takes no such volume.", spec: knative("volumes: [{name: data, emptyDir: {}}]"), path: template + ".volumes[data]", says: says{"", "that no container mounts"}},
		"KnativeMountLost":  {reason: "A mount that is left out mounts nothing.", spec: onKnative("volumeMounts: [{name: data, mountPath: /deployments/config}]", ", volumes: [{name: data, emptyDir: {}}]"), path: template + ".volumes[data]", says: says{"", "that no container mounts"}},
		"KnativePort":       {reason: "A pod has one port.", spec: onKnative("ports: [{name: debug, containerPort: 5005}]", ""), path: template + ".container.ports", says: says{"", "one port"}},
		"KnativeVariable":   {reason: "Serving sets it itself.", spec: onKnative(`env: [{name: PORT, value: "80"}]`, ""), path: template + ".container.env[PORT].name", says: says{"", "sets this variable itself"}},
		"KnativePrivileged": {reason: "Serving takes only false.", spec: onKnative("securityContext: {privileged: true, allowPrivilegeEscalation: true}", ""), path: template + ".container.securityContext.privileged", says: says{"", "no privileged containers"}},
		"KnativeSidecar":    {reason: "Serving's own container has the name.", spec: knative("containers: [{name: queue-proxy, image: i}]"), path: template + ".containers[queue-proxy].name", says: says{"", "choose another"}},
		"KnativeAnnotation": {reason: "Serving's webhook reads the annotations.", annotations: map[string]string{"autoscaling.knative.dev/min-scale": "many"}, spec: knative("hostNetwork: false"), path: "metadata.annotations[autoscaling.knative.dev/min-scale]", says: says{"", "a whole number"}},
		"KnativeVisibility": {reason: "There is one other visibility.", labels: map[string]string{"networking.knative.dev/visibility": "private"}, spec: knative("hostNetwork: false"), path: "metadata.labels[networking.knative.dev/visibility]", says: says{"", "cluster-local"}},

		"NoFlow":          {reason: "A workflow does something.", spec: image, path: "spec.flow", says: says{"Required value", "say what the workflow does"}},
		"FlowEmpty":       {reason: "A workflow does something.", spec: image + "flow: {}", path: "spec.flow", says: says{"Required value", "say what the workflow does"}},
		"FlowIsText":      {reason: "A flow isn't the name of a file.", spec: image + "flow: greeting.sw.json", path: "spec.flow", says: says{"must be of type object", "spec.flow"}},
		"StatesAreAMap":   {reason: "States are a list.", spec: image + "flow: {states: {a: {type: inject}}}", path: "spec.flow", says: says{"must be of type array", "spec.flow"}},
		"TemplateIsText":  {reason: "A podTemplate is an object.", spec: flow + "podTemplate: registry.example.com/wf:1", path: template, says: says{"must be of type object", "must be an object"}},
		"ReplicasAreText": {reason: "Replicas are a number.", spec: pod("replicas: two"), path: template + ".replicas", says: says{"must be of type integer", "must be a whole number"}},
		"SourcesAreAMap":  {reason: "Sources are a list.", spec: flow + image + "sources: {eventType: a}", path: "spec.sources", says: says{"must be of type array", "must be a list"}},

		"ReplicasNegative":   {reason: "There can't be fewer pods than none.", spec: pod("replicas: -1"), path: template + ".replicas", says: says{"greater than or equal to 0", "must be 0 or more"}},
		"BudgetBoth":         {reason: "Kubernetes takes one of both.", spec: pod("podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}"), path: template + ".podDisruptionBudget", says: says{"exclude each other", "exclude each other"}},
		"RestartPolicy":      {reason: "A Deployment restarts its pods.", spec: pod("restartPolicy: Never"), path: template + ".restartPolicy", says: says{"must be Always", `supported values: "Always"`}},
		"InitContainerNamed": {reason: "The workflow's container has the name.", spec: pod("initContainers: [{name: workflow, image: busybox}]"), path: template + ".initContainers[0].name", says: says{"", "workflow"}},
		"ImageIllegal":       {reason: "No container runtime understands the image.", spec: flow + `podTemplate: {container: {image: "no image!"}}`, path: template + ".container.image", says: says{"", "not an image"}},
		"SidecarImage":       {reason: "The images of other containers are looked at, too.", spec: pod("containers: [{name: s, image: A:b:c}]"), path: template + ".containers[0].image", says: says{"", "not an image"}},
		"MountWithoutVolume": {reason: "The pod would never start.", spec: container("volumeMounts: [{name: data, mountPath: /data}]"), path: template + ".container.volumeMounts[0].name", says: says{"", "the pod has no volume of this name"}},
		"EnvNameless":        {reason: "A variable has a name.", spec: container(`env: [{name: "", value: x}]`), path: template + ".container.env", says: says{"give each variable a name", "name"}},
		"EnvTwice":           {reason: "Kubernetes takes one of both.", spec: container("env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"), path: template + ".container.env", says: says{"exclude each other", "exclude each other"}},
		"PullPolicy":         {reason: "Kubernetes knows three.", spec: container("imagePullPolicy: Sometimes"), path: template + ".container.imagePullPolicy", says: says{"must be Always, IfNotPresent or Never", "Unsupported value"}},

		"BothRefAndURL":    {reason: "A database is in one place.", spec: data(secret + ", " + ref + `, jdbcUrl: "jdbc:postgresql://pg/db"`), path: postgres, says: says{exactly, exactly}},
		"NeitherRefNorURL": {reason: "A database is somewhere.", spec: data(secret), path: postgres, says: says{exactly, exactly}},
		"OtherDatabase":    {reason: "Only PostgreSQL is supported.", spec: data(secret + `, jdbcUrl: "jdbc:mysql://pg/db"`), path: postgres + ".jdbcUrl", says: says{"must look like jdbc:postgresql", "must look like jdbc:postgresql"}},
		"SecretNameless":   {reason: "A Secret has a name.", spec: data(`secretRef: {name: ""}, ` + ref), path: postgres + ".secretRef.name", says: says{"at least 1 chars", "name the Secret"}},
		"SchemaSystem":     {reason: "PostgreSQL makes no such schema.", spec: data(secret + ", serviceRef: {name: pg, databaseSchema: pg_wf}"), path: postgres + ".serviceRef.databaseSchema", says: says{"start with pg_", "start with pg_"}},
		"StrategyUnknown":  {reason: "There are three strategies.", spec: flow + image + "persistence: {dbMigrationStrategy: later}", path: "spec.persistence.dbMigrationStrategy", says: says{"Unsupported value", "Unsupported value"}},

		"SinkEmpty":         {reason: "Events go somewhere.", spec: flow + image + "sink: {}", path: "spec.sink", says: says{needs, needs}},
		"SinkVersion":       {reason: "Knative takes no reference without apiVersion.", spec: flow + image + "sink: {ref: {kind: Service, name: events}}", path: "spec.sink.ref.apiVersion", says: says{"set ref.apiVersion", "set it"}},
		"SinkNamespace":     {reason: "Kubernetes has no such namespace.", spec: flow + image + "sink: {ref: {kind: Broker, name: b, namespace: a_b}}", path: "spec.sink.ref.namespace", says: says{"that Kubernetes accepts", "that Kubernetes accepts"}},
		"SourceEmpty":       {reason: "Events come from somewhere.", spec: flow + image + "sources: [{eventType: a}]", path: "spec.sources[0]", says: says{needs, needs}},
		"SourceOfNothing":   {reason: "A source is for a type of events.", spec: flow + image + "sources: [{ref: {kind: Broker, name: b}}]", path: "spec.sources[0].eventType", says: says{"Required value", "name the type of the events"}},
		"SourceTwice":       {reason: "Events of one type come from one Broker.", spec: flow + image + "sources: [{eventType: a, ref: {kind: Broker, name: b}}, {eventType: a, ref: {kind: Broker, name: c}}]", path: "spec.sources[1].eventType", says: says{"", "Duplicate value"}},
		"SourcePlaceholder": {reason: "A script wasn't run.", spec: flow + image + `sources: [{eventType: a, ref: {kind: Broker, name: "${BROKER}"}}]`, path: "spec.sources[0].ref.name", says: says{"", "holds the placeholder ${BROKER}"}},
		"ResourceName":      {reason: "Kubernetes has no such ConfigMap.", spec: flow + image + "resources: {configMaps: [{configMap: {name: A_B}}]}", path: "spec.resources.configMaps[0].configMap.name", says: says{"", "that Kubernetes accepts"}},
	}
	validator, err := xrdschema.Load("../apis")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			xr := workflowOf(t, tc.profile, tc.spec)
			if tc.annotations != nil {
				xr.SetAnnotations(tc.annotations)
			}
			if tc.labels != nil {
				xr.SetLabels(tc.labels)
			}
			schema := validator.Validate(xr.Object).ToAggregate()
			switch {
			case tc.says.schema == "" && schema != nil:
				t.Errorf("%s\nThe API server refuses the document: %v", tc.reason, schema)
			case tc.says.schema != "" && schema == nil:
				t.Errorf("%s\nThe API server accepts:\n%s", tc.reason, tc.spec)
			case schema != nil:
				mentions(t, "the API server", schema.Error(), tc.path, tc.says.schema)
			}
			rsp := resolved(t, requestFor(t, xr), absent)
			mentions(t, "the function", fatal(rsp), tc.path, tc.says.function)
			want := tc.condition
			if want == "" {
				want = v1alpha08.ReasonInvalid
			}
			valid := conditionOf(rsp, v1alpha08.ConditionSpecValid)
			if valid.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || valid.GetReason() != want || !strings.Contains(valid.GetMessage(), tc.path) {
				t.Errorf("%s\nThe claim's condition %s: got %v, want the reason %s", tc.reason, v1alpha08.ConditionSpecValid, valid, want)
			}
			running := conditionOf(rsp, v1alpha08.ConditionRunning)
			if running.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || running.GetReason() != v1alpha08.ReasonUnchanged {
				t.Errorf("%s\nThe claim's condition %s: got %v", tc.reason, v1alpha08.ConditionRunning, running)
			}
		})
	}
}

// TestWorkflowRefusalKeeps refuses the spec of a workflow that runs: what was said of it stays,
// and nothing is composed anew.
func TestWorkflowRefusalKeeps(t *testing.T) {
	t.Parallel()
	xr := workflowOf(t, "", "flow: {states: [{name: a, type: inject}]}\npodTemplate: {replicas: -1, container: {image: i}}")
	said := []any{
		map[string]any{"type": v1alpha08.ConditionRunning, "status": "True", "reason": v1alpha08.ReasonAvailable},
		map[string]any{"type": v1alpha08.ConditionSecretsReady, "status": "True", "reason": v1alpha08.ReasonSecretsFound},
	}
	xr.Object["status"] = map[string]any{"conditions": said}
	rsp := run(t, requestFor(t, xr))
	if fatal(rsp) == "" || len(rsp.GetDesired().GetResources()) > 0 {
		t.Errorf("want a fatal result alone, got %q and %d objects", fatal(rsp), len(rsp.GetDesired().GetResources()))
	}
	for typ, reason := range map[string]string{v1alpha08.ConditionRunning: v1alpha08.ReasonUnchanged, v1alpha08.ConditionSecretsReady: v1alpha08.ReasonSecretsFound} {
		if c := conditionOf(rsp, typ); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || c.GetReason() != reason {
			t.Errorf("condition %s: want True and reason %s, got %v", typ, reason, c)
		}
	}
}

// TestWorkflowNeedsLookups runs a workflow under a Crossplane that looks nothing up.
func TestWorkflowNeedsLookups(t *testing.T) {
	t.Parallel()
	req := requestFor(t, workflowOf(t, "", "flow: {states: [{name: a, type: inject}]}\npodTemplate: {container: {image: i}}"))
	req.Meta.Capabilities = nil
	rsp := run(t, req)
	if !strings.Contains(fatal(rsp), "v2.2") || len(rsp.GetDesired().GetResources()) > 0 || conditionOf(rsp, v1alpha08.ConditionSpecValid) != nil {
		t.Errorf("want a fatal result that leaves the spec alone, got %q and %v", fatal(rsp), rsp.GetConditions())
	}
}
