// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
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

// Inline is embedded in value.
type Inline struct {
	InlineList  []string `json:"inlineList"`
	InlineEmpty leaf     `json:"inlineEmpty,omitempty"`
}

// A leaf may be empty.
type leaf struct {
	Text string `json:"text,omitempty"`
}

// A branch looks empty once its field is left out.
type branch struct {
	List []string `json:"list"`
}

// A value has a field of each sort.
type value struct {
	Inline `json:",inline"`

	List       []string            `json:"list"`
	Pointer    *leaf               `json:"pointer"`
	OrNothing  *leaf               `json:"orNothing,omitempty"`
	Struct     leaf                `json:"struct"`
	OrEmpty    leaf                `json:"orEmpty,omitempty"`
	Branch     branch              `json:"branch,omitempty"`
	Branches   []branch            `json:"branches,omitempty"`
	ByName     map[string]branch   `json:"byName,omitempty"`
	ListByName map[string][]branch `json:"listByName,omitempty"`
	Deep       *value              `json:"deep,omitempty"`
	Time       metav1.Time         `json:"time"`
	Quantity   *resource.Quantity  `json:"quantity,omitempty"`
	Port       *intstr.IntOrString `json:"port,omitempty"`
}

// TestPrune holds what of a Go struct is left out, because to apply a field is to own the
// field: nulls, and the empty structs that Go's types can't leave out.
func TestPrune(t *testing.T) {
	t.Parallel()
	// bare is what is left of an empty value.
	bare := func(more map[string]any) map[string]any {
		maps.Copy(more, map[string]any{"struct": map[string]any{}})
		return more
	}
	cases := map[string]struct {
		reason string
		in     any
		want   map[string]any
	}{
		"Empty": {
			reason: "Of an empty value stays what has no omitempty and isn't a null, also among the fields of an embedded struct.",
			in:     &value{},
			want:   bare(map[string]any{}),
		},
		"EmptyLists": {
			reason: "A list without elements is another thing than no list.",
			in:     &value{List: []string{}, Inline: Inline{InlineList: []string{}}},
			want:   bare(map[string]any{"list": []any{}, "inlineList": []any{}}),
		},
		"EmptyPointers": {
			reason: "An empty object behind a pointer means something, as in emptyDir: {}.",
			in:     &value{Pointer: &leaf{}, OrNothing: &leaf{}},
			want:   bare(map[string]any{"pointer": map[string]any{}, "orNothing": map[string]any{}}),
		},
		"Filled": {
			reason: "A struct with something in it stays.",
			in:     &value{OrEmpty: leaf{Text: "a"}, Branch: branch{List: []string{"a"}}, Inline: Inline{InlineEmpty: leaf{Text: "a"}}},
			want: bare(map[string]any{
				"orEmpty": map[string]any{"text": "a"}, "branch": map[string]any{"list": []any{"a"}}, "inlineEmpty": map[string]any{"text": "a"},
			}),
		},
		"Elements": {
			reason: "Elements of a list keep their places, and entries of a map keep their names, also when there is nothing in them.",
			in: &value{
				Branches: []branch{{}, {List: []string{"a"}}}, ByName: map[string]branch{"a": {}}, ListByName: map[string][]branch{"a": {{}}},
			},
			want: bare(map[string]any{
				"branches": []any{map[string]any{}, map[string]any{"list": []any{"a"}}},
				"byName":   map[string]any{"a": map[string]any{}}, "listByName": map[string]any{"a": []any{map[string]any{}}},
			}),
		},
		"Deep": {
			reason: "The same is left out at every depth.",
			in:     &value{Deep: &value{Deep: &value{}}},
			want:   bare(map[string]any{"deep": bare(map[string]any{"deep": bare(map[string]any{})})}),
		},
		"OwnJSON": {
			reason: "Types that write their own JSON aren't looked into.",
			in:     &value{Time: metav1.Unix(0, 0), Quantity: new(resource.MustParse("1")), Port: new(intstr.FromString("http"))},
			want:   bare(map[string]any{"time": "1970-01-01T00:00:00Z", "quantity": "1", "port": "http"}),
		},
		"Deployment": {
			reason: "Neither the selector nor the containers of a Deployment can be left out by Go's types.",
			in:     &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d"}},
			want:   map[string]any{"metadata": map[string]any{"name": "d"}, "spec": map[string]any{"template": map[string]any{}}},
		},
		"Affinity": {
			reason: "A selector that selects nothing stays, without the null in it.",
			in: &corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{},
			}}},
			want: map[string]any{"affinity": map[string]any{"nodeAffinity": map[string]any{
				"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{},
			}}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A status may be of any type, and is encoded as objects are.
			if diff := cmp.Diff(tc.want, encodeStatus(t, tc.in)); diff != "" {
				t.Errorf("%s\nRespond(...): -want status, +got status:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestEncodeLosesNothing decodes what was encoded of objects whose fields are filled at
// random: the objects are the same as before.
func TestEncodeLosesNothing(t *testing.T) {
	t.Parallel()
	const seed, rounds = 1, 40
	fill := randfill.NewWithSeed(seed).NilChance(0.4).NumElements(0, 3).MaxDepth(12).Funcs(
		func(m *metav1.FieldsV1, _ randfill.Continue) { m.Raw = []byte(`{"f:a":{}}`) },
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"a":1}`) },
		func(s *string, c randfill.Continue) { *s = string(rune('a' + c.Intn(26))) },
		func(n *int64, c randfill.Continue) { *n = int64(c.Intn(100)) }, // Protobuf's numbers are doubles.
		func(b *[]byte, _ randfill.Continue) { *b = []byte("a") },       // No entry of a map is a null.
	)
	for range rounds {
		for _, o := range []any{
			&appsv1.Deployment{}, &batchv1.Job{}, &corev1.Service{}, &corev1.ConfigMap{}, &corev1.Secret{}, &policyv1.PodDisruptionBudget{},
			&v1alpha08.SonataFlowPlatform{}, &v1alpha08.SonataFlowClusterPlatform{},
		} {
			fill.Fill(o)
			encoded, err := json.Marshal(encodeStatus(t, o))
			if err != nil {
				t.Fatal(err)
			}
			decoded := reflect.New(reflect.TypeOf(o).Elem()).Interface()
			if err := json.Unmarshal(encoded, decoded); err != nil {
				t.Fatalf("cannot decode a %T: %v", o, err)
			}
			if diff := cmp.Diff(text(t, o), text(t, decoded)); diff != "" {
				t.Fatalf("%T: -original, +decoded:\n%s", o, diff)
			}
		}
	}
}

// text returns a value in JSON.
func text(t *testing.T, o any) string {
	t.Helper()
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
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
	for _, kind := range []component.Kind{component.DataIndex(), component.JobsService()} {
		c := &component.Component{
			Kind: kind, Owner: "plat", Namespace: "ns1", Image: "service:1.0", Version: "1.0",
			Pod:        component.NewPod(component.PodOptions{Kind: kind, Image: "service:1.0", ConfigMap: "props"}),
			Properties: component.Properties{Text: "a = b\n", WithoutSink: "a = b\n"},
			Database:   &postgres.Database{URL: "jdbc:postgresql://pg", Schema: "s"},
			Migration: &component.Migration{
				Image: "migrator:1.0", SecurityContext: &corev1.SecurityContext{},
				Pod: corev1.PodSpec{AutomountServiceAccountToken: new(false), Containers: []corev1.Container{{}}},
			},
		}
		req := compositiontest.Request(t, anyComposite, compositiontest.Cluster{Old: true})
		orders := workload.Orders{Budget: &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}, Versions: map[string]string{component.AnnotationSecretVersion: "1"}}
		for _, o := range append(workload.For(req, c, orders).Objects, *migration.For(req, c, nil, v1beta1.MigrationPodsIgnore).Job) {
			out[strings.ReplaceAll(kind.Title, " ", "")+o.Object.GetObjectKind().GroupVersionKind().Kind] = o.Object
		}
		full := *c
		if full.Pod, _, err = podtemplate.Merge(c.Pod, template); err != nil {
			t.Fatal(err)
		}
		for _, o := range workload.For(req, &full, workload.Orders{Replicas: new(int32(0)), Versions: map[string]string{component.AnnotationSecretVersion: "1"}}).Objects {
			if o.Key == "data-index-deployment" {
				out["FullDeployment"] = o.Object
			}
		}
	}
	return out
}

// encode returns an object as it is in a response.
func encode(t *testing.T, o composition.Object) map[string]any {
	t.Helper()
	rsp := respond(t, &composition.Result{Composed: []composition.Composed{{Key: "object", Object: o}}, Status: status(1)})
	return rsp.GetDesired().GetResources()["object"].GetResource().AsMap()
}

// encodeStatus returns a status as it is in a response.
func encodeStatus(t *testing.T, status any) map[string]any {
	t.Helper()
	return respond(t, &composition.Result{Status: status}).GetDesired().GetComposite().GetResource().GetFields()["status"].GetStructValue().AsMap()
}

// respond returns the response that a result makes.
func respond(t *testing.T, result *composition.Result) *fnv1.RunFunctionResponse {
	t.Helper()
	req, err := composition.ParseRequest(observed(t, anyComposite))
	if err != nil {
		t.Fatal(err)
	}
	rsp := req.Respond(result, nil, time.Hour)
	if results := rsp.GetResults(); len(results) > 0 {
		t.Fatalf("Respond(...): %v", results)
	}
	return rsp
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
