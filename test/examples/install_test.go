// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
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

	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

// The name that Crossplane gives the function when the Configuration brings it.
const functionName = "sonataflow-crossplane-function-sonataflow"

// TestInstall reads the manifests of an installation as strictly as an API server
// can, and holds the names in them against each other.
func TestInstall(t *testing.T) {
	t.Parallel()
	fn, configuration, runtime := &pkgv1.Function{}, &pkgv1.Configuration{}, &pkgv1beta1.DeploymentRuntimeConfig{}
	for file, into := range map[string]any{"function.yaml": fn, "configuration.yaml": configuration, "runtimeconfig.yaml": runtime} {
		if err := yaml.UnmarshalStrict([]byte(text(t, install, file)), into); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if fn.GetName() != functionName {
		t.Errorf("function.yaml: name %q, want %q, which the Compositions call", fn.GetName(), functionName)
	}
	if ref := fn.Spec.RuntimeConfigReference; ref == nil || ref.Name != runtime.GetName() {
		t.Errorf("function.yaml: runtimeConfigRef doesn't name %q", runtime.GetName())
	}
	_, release, _ := strings.Cut(fn.Spec.Package, ":")
	if _, other, _ := strings.Cut(configuration.Spec.Package, ":"); other != release {
		t.Errorf("configuration.yaml has release %s, function.yaml %s", other, release)
	}
	if template := runtime.Spec.DeploymentTemplate; template == nil || template.Spec.Template.Spec.Containers[0].Name != "package-runtime" {
		t.Error("runtimeconfig.yaml: the function's container is called package-runtime")
	}
	for _, plural := range []string{"sonataflowplatforms", "sonataflowclusterplatforms"} {
		if !strings.Contains(text(t, root, "apis", plural, "composition.yaml"), "name: "+functionName+"\n") {
			t.Errorf("the Composition of %s doesn't call %s", plural, functionName)
		}
	}
}

// TestRBAC holds the ClusterRole against what the function composes and looks up for
// the examples: it must grant that, and nothing else.
func TestRBAC(t *testing.T) {
	t.Parallel()
	role := &rbacv1.ClusterRole{}
	if err := yaml.UnmarshalStrict([]byte(text(t, install, "rbac.yaml")), role); err != nil {
		t.Fatal(err)
	}
	if role.GetLabels()["rbac.crossplane.io/aggregate-to-crossplane"] != "true" {
		t.Error("without the label that aggregates it to Crossplane's role, the ClusterRole has no effect")
	}
	granted := map[string][]string{}
	for _, rule := range role.Rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				granted[schema.GroupResource{Group: group, Resource: resource}.String()] = slices.Sorted(slices.Values(rule.Verbs))
			}
		}
	}

	needed := map[string][]string{}
	for _, rsp := range answers(t) {
		for _, r := range rsp.GetDesired().GetResources() {
			o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
			needed[resourceOf(o.GetAPIVersion(), o.GetKind())] = []string{"create", "delete", "get", "list", "patch", "update", "watch"}
		}
		for _, s := range rsp.GetRequirements().GetResources() {
			if resource := resourceOf(s.GetApiVersion(), s.GetKind()); needed[resource] == nil {
				needed[resource] = []string{"get", "list", "watch"}
			}
		}
	}
	if diff := cmp.Diff(needed, granted); diff != "" {
		t.Errorf("rbac.yaml: -needed, +granted:\n%s", diff)
	}
}

func resourceOf(apiVersion, kind string) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.FromAPIVersionAndKind(apiVersion, kind))
	return plural.GroupResource().String()
}

// answers returns what the function says to the composite of each example.
func answers(t *testing.T) map[string]*fnv1.RunFunctionResponse {
	t.Helper()
	out, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// once asks the function about all examples, for all tests.
var once = sync.OnceValues(func() (map[string]*fnv1.RunFunctionResponse, error) {
	ctx := context.Background()
	binary, err := built()
	if err != nil {
		return nil, err
	}
	f, err := function.Start(ctx, binary)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Stop() }()
	conn, err := grpc.NewClient(f.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()

	composites, err := requests()
	if err != nil {
		return nil, err
	}
	out := map[string]*fnv1.RunFunctionResponse{}
	for name, req := range composites {
		rsp, err := fnv1.NewFunctionRunnerServiceClient(conn).RunFunction(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, r := range rsp.GetResults() {
			if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
				return nil, fmt.Errorf("%s: the function refuses the example: %s", name, r.GetMessage())
			}
		}
		out[name] = rsp
	}
	return out, nil
})
