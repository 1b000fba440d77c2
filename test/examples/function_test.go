// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

// TestFunction compares the function's answers with the manifests and the pages.
func TestFunction(t *testing.T) {
	binary, err := function.Build(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	answers := ask(t, binary)

	// The ClusterRoles grant what the function composes and looks up for the examples,
	// and nothing else. Knative's kinds have a ClusterRole of their own.
	t.Run("ClusterRoles", func(t *testing.T) {
		knative := needs(answers)
		rest := maps.Clone(knative)
		isKnative := func(resource string, _ []string) bool { return strings.HasSuffix(resource, ".knative.dev") }
		maps.DeleteFunc(rest, isKnative)
		maps.DeleteFunc(knative, func(resource string, verbs []string) bool { return !isKnative(resource, verbs) })
		for file, want := range map[string]map[string][]string{"rbac.yaml": rest, "rbac-knative.yaml": knative} {
			if diff := cmp.Diff(want, grants(t, file)); diff != "" {
				t.Errorf("example/install/%s: -needed, +granted:\n%s", file, diff)
			}
		}
	})

	// The page of the API lists every resource that the examples have.
	t.Run("Composed", func(t *testing.T) {
		hash := regexp.MustCompile(`-(migration|trigger-[a-z-]+)-[0-9a-f]{8}$`)
		ofBuild := regexp.MustCompile(`^workflow-build-[0-9a-f]{10}(-[0-9a-f]{10})?`)
		ofEvent := regexp.MustCompile(`^workflow-trigger-[0-9a-f]{8}-[0-9a-f]{8}$`)
		found := map[string]bool{}
		for _, rsp := range answers {
			for key := range rsp.GetDesired().GetResources() {
				if build := ofBuild.FindStringSubmatch(key); build != nil {
					key = ofBuild.ReplaceAllString(key, "workflow-build-HASH")
					if build[1] != "" {
						key += "-FILES"
					}
				}
				found[ofEvent.ReplaceAllString(hash.ReplaceAllString(key, "-$1-HASH"), "workflow-trigger-HASH")] = true
			}
		}
		want := make([]string, 0, len(found))
		for key := range found {
			want = append(want, key)
		}
		slices.Sort(want)
		got := firstCells(t, "apis/README.md", "## What is composed")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("apis/README.md, keys of what is composed: -want, +got:\n%s", diff)
		}
	})

	// The page of the installation lists every flag.
	t.Run("Flags", func(t *testing.T) {
		help, err := exec.CommandContext(t.Context(), binary, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		flag := regexp.MustCompile(`--[a-z-]+`)
		var want []string
		for _, f := range flag.FindAllString(string(help), -1) {
			if f != "--help" && !slices.Contains(want, f) {
				want = append(want, f)
			}
		}
		got := flag.FindAllString(strings.Join(firstCells(t, "example/install/README.md", "## Serving"), " "), -1)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("example/install/README.md, flags: -want, +got:\n%s", diff)
		}
	})
}

// ask returns the function's answers to the composites of all examples: first before any
// composed resource exists, on Kubernetes and on OpenShift, then after every Job has failed and
// Knative has taken up every SinkBinding.
func ask(t *testing.T, binary string) []*fnv1.RunFunctionResponse {
	t.Helper()
	f, err := function.Start(t.Context(), binary)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient(f.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()

	client := fnv1.NewFunctionRunnerServiceClient(conn)
	var out []*fnv1.RunFunctionResponse
	for _, name := range examples(t) {
		observed := &fnv1.State{Composite: &fnv1.Resource{Resource: encode(t, one(t, folder, name, "composite.yaml").Object)}}
		rsp := call(t, client, name, "Kubernetes", observed)
		out = append(out, rsp, call(t, client, name, "OpenShift", observed))
		if observed.Resources = later(t, rsp); len(observed.GetResources()) > 0 {
			out = append(out, call(t, client, name, "Kubernetes", observed))
		}
	}
	return out
}

// otherAddresses are properties with addresses of the kinds that no example names.
const otherAddresses = `
other.stateful.url = ${kubernetes:statefulsets.v1.apps/shop/stateful}
other.knative.url = ${knative:services.v1.serving.knative.dev/shop/service}
`

// call calls the function for an example. Of the required resources it finds only Brokers,
// because without Brokers there are no Triggers, the platforms that workflows belong to, and
// ConfigMaps with properties of workflows, which name addresses of every kind.
func call(t *testing.T, client fnv1.FunctionRunnerServiceClient, example, cluster string, observed *fnv1.State) *fnv1.RunFunctionResponse {
	t.Helper()
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES,
		}},
		Input:             encode(t, map[string]any{"apiVersion": "sonataflow.fn.crossplane.io/v1beta1", "kind": "Input", "cluster": cluster}),
		Observed:          observed,
		RequiredResources: map[string]*fnv1.Resources{},
	}
	var rsp *fnv1.RunFunctionResponse
	for range 3 {
		var err error
		if rsp, err = client.RunFunction(t.Context(), req); err != nil {
			t.Fatalf("%s: %v", example, err)
		}
		for name, q := range rsp.GetRequirements().GetResources() {
			req.RequiredResources[name] = &fnv1.Resources{}
			for _, doc := range documents(t, folder, example, "required.yaml") {
				if text, named, _ := unstructured.NestedString(doc.Object, "data", "application.properties"); named {
					doc.Object["data"] = map[string]any{"application.properties": text + otherAddresses}
				}
				asked := doc.GetKind() == v1alpha08.KindXSonataFlowPlatform || doc.GetKind() == "ConfigMap" && doc.GetName() == q.GetMatchName()
				if asked && q.GetKind() == doc.GetKind() {
					req.RequiredResources[name].Items = append(req.RequiredResources[name].Items, &fnv1.Resource{Resource: encode(t, doc.Object)})
				}
			}
			if q.GetKind() == "Broker" {
				req.RequiredResources[name].Items = []*fnv1.Resource{{Resource: encode(t, map[string]any{
					"apiVersion": q.GetApiVersion(), "kind": q.GetKind(), "metadata": map[string]any{"name": q.GetMatchName(), "namespace": q.GetNamespace()},
					"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
				})}}
			}
		}
	}
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			t.Errorf("the function refuses example/%s: %s", example, r.GetMessage())
		}
	}
	return rsp
}

// later returns the Jobs of an answer with the status of a failed Job, and the SinkBindings with
// that of one whose workload Knative misses.
func later(t *testing.T, rsp *fnv1.RunFunctionResponse) map[string]*fnv1.Resource {
	t.Helper()
	out := map[string]*fnv1.Resource{}
	for key, r := range rsp.GetDesired().GetResources() {
		o := r.GetResource().AsMap()
		var condition map[string]any
		switch o["kind"] {
		case "Job":
			condition = map[string]any{"type": "Failed", "status": "True"}
		case "SinkBinding":
			condition = map[string]any{"type": "Ready", "status": "False", "reason": "SubjectMissing"}
		default:
			continue
		}
		o["status"] = map[string]any{"conditions": []any{condition}}
		out[key] = &fnv1.Resource{Resource: encode(t, o)}
	}
	return out
}

func encode(t *testing.T, object map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(object)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// needs returns the verbs that Crossplane needs for each resource.
func needs(answers []*fnv1.RunFunctionResponse) map[string][]string {
	out := map[string][]string{}
	for _, rsp := range answers {
		for _, r := range rsp.GetDesired().GetResources() {
			o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
			out[resourceOf(o.GetAPIVersion(), o.GetKind())] = []string{"create", "delete", "get", "list", "patch", "update", "watch"}
		}
		for _, s := range rsp.GetRequirements().GetResources() {
			if resource := resourceOf(s.GetApiVersion(), s.GetKind()); out[resource] == nil {
				out[resource] = []string{"get", "list", "watch"}
			}
		}
	}
	return out
}

// grants returns the verbs that a ClusterRole grants for each resource.
func grants(t *testing.T, file string) map[string][]string {
	t.Helper()
	role := &rbacv1.ClusterRole{}
	if err := yaml.UnmarshalStrict([]byte(text(t, install, file)), role); err != nil {
		t.Fatal(err)
	}
	if role.GetLabels()["rbac.crossplane.io/aggregate-to-crossplane"] != "true" {
		t.Error("the ClusterRole lacks the label that adds it to Crossplane's role")
	}
	out := map[string][]string{}
	for _, rule := range role.Rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				out[schema.GroupResource{Group: group, Resource: resource}.String()] = slices.Sorted(slices.Values(rule.Verbs))
			}
		}
	}
	return out
}

func resourceOf(apiVersion, kind string) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.FromAPIVersionAndKind(apiVersion, kind))
	return plural.GroupResource().String()
}
