// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

const (
	templateFile = "testdata/pod-template.yaml"
	goldenFile   = "testdata/deployment.yaml"
)

// TestHygiene holds what every object that this function can compose must look like
// when it leaves.
func TestHygiene(t *testing.T) {
	t.Parallel()
	for name, o := range objects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded := encode(t, o)
			u := unstructured.Unstructured{Object: encoded}
			if u.GetAPIVersion() == "" || u.GetKind() == "" || u.GetName() == "" || u.GetNamespace() == "" {
				t.Errorf("%s %s %s/%s lacks what tells it from others", u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName())
			}
			if _, found := encoded["status"]; found {
				t.Error("status is the cluster's to write")
			}
			for _, label := range []string{"app.kubernetes.io/managed-by", "app.kubernetes.io/version", "sonataflow.org/service"} {
				if u.GetLabels()[label] == "" {
					t.Errorf("label %s is missing", label)
				}
			}
			walk(encoded, nil, func(path []string, v any) {
				at := field.NewPath("", path...)
				last := path[len(path)-1]
				if v == nil {
					t.Errorf("%s is null", at)
				}
				if last == "creationTimestamp" {
					t.Errorf("%s is the API server's to write", at)
				}
				if len(path) > 1 && v == "" && slices.Contains([]string{"labels", "annotations", "matchLabels", "selector"}, path[len(path)-2]) {
					t.Errorf("%s is empty", at)
				}
				// Go's types write these whether or not there is anything in them.
				if m, ok := v.(map[string]any); ok && len(m) == 0 && slices.Contains([]string{"metadata", "strategy", "resources", "spec"}, last) {
					t.Errorf("%s claims an object with nothing in it", at)
				}
			})
		})
	}
}

// TestNoNulls holds that a null, which would unset somebody else's field, is left
// out of objects and of the status.
func TestNoNulls(t *testing.T) {
	t.Parallel()
	rsp := &fnv1.RunFunctionResponse{}
	composition.Respond(rsp, &composition.Request{Composite: &unstructured.Unstructured{}}, &composition.Result{
		// Neither the selector nor the containers can be left out by Go's types.
		Composed: []composition.Composed{{Key: "object", Object: &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d"}}}},
		Status: &corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{},
		}}},
	}, nil)
	object := map[string]any{"metadata": map[string]any{"name": "d"}, "spec": map[string]any{"template": map[string]any{"spec": map[string]any{}}}}
	if diff := cmp.Diff(object, rsp.GetDesired().GetResources()["object"].GetResource().AsMap()); diff != "" {
		t.Errorf("-want object, +got object:\n%s", diff)
	}
	status := map[string]any{"affinity": map[string]any{"nodeAffinity": map[string]any{
		"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{},
	}}}
	if diff := cmp.Diff(status, rsp.GetDesired().GetComposite().GetResource().AsMap()["status"]); diff != "" {
		t.Errorf("-want status, +got status:\n%s", diff)
	}
}

// TestGolden shows a Deployment with all that has an empty or optional part: what a
// user wrote is there, also when it is empty, and no zeros beside it.
func TestGolden(t *testing.T) {
	t.Parallel()
	got, err := yaml.Marshal(encode(t, objects(t)["FullDeployment"]))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(goldenFile, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// objects are all kinds of objects that are composed, with default pods and with one
// that has everything.
func objects(t *testing.T) map[string]composition.Object {
	t.Helper()
	raw, err := os.ReadFile(templateFile)
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.YAMLToJSONStrict(raw)
	if err != nil {
		t.Fatal(err)
	}
	template := podtemplate.Template{Spec: &v1alpha08.PodTemplateSpec{}, Path: field.NewPath("podTemplate")}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &template.Raw); err != nil {
		t.Fatal(err)
	}
	if strict, err := kjson.UnmarshalStrict(text, template.Spec); err != nil || len(strict) > 0 {
		t.Fatalf("cannot read %s: %v %v", templateFile, err, strict)
	}
	out := map[string]composition.Object{}
	for prefix, kind := range map[string]service.Kind{"DataIndex": service.DataIndex, "JobsService": service.JobsService} {
		s := &service.Service{
			Kind: kind, Platform: "plat", Namespace: "ns1", Name: kind.Name("plat"), Version: "1.0", Properties: "a = b\n", SecretVersion: "1",
			Pod:    service.NewPod(service.PodOptions{Kind: kind, Image: "service:1.0", ConfigMap: "props"}),
			Budget: &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))},
		}
		out[prefix+"ConfigMap"] = s.ConfigMap()
		out[prefix+"Service"] = s.NetworkService()
		out[prefix+"Deployment"] = s.Deployment()
		out[prefix+"PodDisruptionBudget"] = s.PodDisruptionBudget()
		out[prefix+"Migration"] = migration.NewJob(
			migration.Target{Image: "migrator:1.0", Database: &postgres.Database{URL: "jdbc:postgresql://pg", Schema: "s"}},
			migration.JobOptions{ObjectMeta: s.MigrationMeta("0a1b2c3d", "1.0"), Service: s.Name, SecurityContext: &corev1.SecurityContext{}},
		)
		if kind == service.JobsService {
			continue
		}
		full := *s
		full.Replicas = new(int32(0))
		if full.Pod, _, err = podtemplate.Merge(s.Pod, template); err != nil {
			t.Fatal(err)
		}
		out["FullDeployment"] = full.Deployment()
	}
	return out
}

// encode returns an object as it is in a response.
func encode(t *testing.T, o composition.Object) map[string]any {
	t.Helper()
	rsp := &fnv1.RunFunctionResponse{}
	composition.Respond(rsp, &composition.Request{Composite: &unstructured.Unstructured{}}, &composition.Result{
		Composed: []composition.Composed{{Key: "object", Object: o}},
		Status:   &v1alpha08.SonataFlowPlatformStatus{},
	}, nil)
	if results := rsp.GetResults(); len(results) > 0 {
		t.Fatalf("Respond(...): %v", results)
	}
	return rsp.GetDesired().GetResources()["object"].GetResource().AsMap()
}

// walk visits all that is in an object, with the path to it.
func walk(v any, path []string, visit func(path []string, v any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			at := append(slices.Clone(path), k)
			visit(at, e)
			walk(e, at, visit)
		}
	case []any:
		for _, e := range v {
			at := append(slices.Clone(path), "[]")
			visit(at, e)
			walk(e, at, visit)
		}
	}
}

// A broken object can't be encoded.
type broken struct {
	corev1.ConfigMap

	Unspeakable chan int `json:"unspeakable"`
}

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns1"},
		Data:       data,
	}
}
