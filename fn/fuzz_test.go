// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/monitoring"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
)

// canary is the value of every Secret that the function is told about. It must be in
// nothing that the function says.
const canary = "c4n4ry"

// FuzzRunFunction answers requests that are wrong somewhere: those of the examples and
// documents, with values removed, or replaced by other values or by arbitrary JSON, in the
// composite, in what is observed and in what was looked up. The function must say what
// is wrong with them, and compose nothing that isn't an object of Kubernetes.
func FuzzRunFunction(f *testing.F) {
	seeds := make([]*fnv1.RunFunctionRequest, 0, len(composites(f)))
	for _, name := range slices.Sorted(maps.Keys(composites(f))) {
		req := requestFor(f, composites(f)[name])
		desired := resolved(f, req, present(f)).GetDesired().GetResources()
		req.Observed.Resources = apply(f, desired, compositiontest.Ready)
		resolvedAgain(f, req, present(f))
		seeds = append(seeds, req)
	}
	for _, example := range []string{"workflow-production", "workflow-events", "workflow-cluster-services", "workflow-monitoring", "workflow-dev", "workflow-knative"} {
		// Workflows as their platforms have them.
		req := requestFor(f, documents(f, "../example/"+example+"/composite.yaml")[0])
		req.RequiredResources = map[string]*fnv1.Resources{}
		find := of(f, documents(f, "../example/"+example+"/required.yaml"))
		for range 3 {
			req.Observed.Resources = apply(f, resolvedAgain(f, req, find).GetDesired().GetResources(), compositiontest.Ready)
		}
		seeds = append(seeds, req)
	}
	for i := range seeds {
		f.Add(uint8(i), []byte{}, "{}")
		f.Add(uint8(i), []byte{0, 3, 5, 0, 9, 6, 1, 40, 1, 2, 17, 2}, `[{"name":"a"},{"name":"a"}]`)
	}
	fn := NewFunction(logging.NewNopLogger())
	f.Fuzz(func(t *testing.T, seed uint8, changes []byte, fragment string) {
		req := proto.Clone(seeds[int(seed)%len(seeds)]).(*fnv1.RunFunctionRequest)
		change(req, changes, fragment)
		plantCanary(req)
		rsp, err := fn.RunFunction(t.Context(), proto.Clone(req).(*fnv1.RunFunctionRequest))
		if err != nil {
			t.Fatalf("an error instead of a result: %v", err)
		}
		if conditionOf(rsp, v1alpha08.ConditionSucceed) == nil && conditionOf(rsp, v1alpha08.ConditionRunning) == nil {
			t.Error("the user isn't told how it does")
		}
		if strings.Contains(protojson.Format(rsp), canary) {
			t.Error("the value of a Secret is in the response")
		}
		if text := fatal(rsp); text != "" {
			if len(rsp.GetDesired().GetResources()) > 0 {
				t.Errorf("fatal, with resources: %s", text)
			}
			return
		}
		for key, r := range rsp.GetDesired().GetResources() {
			checkObject(t, key, r.GetResource())
		}
		// What is observed takes nothing away that isn't behind a gate.
		req.Observed.Resources = nil
		bare, err := fn.RunFunction(t.Context(), req)
		if err != nil {
			t.Fatalf("an error instead of a result: %v", err)
		}
		for key := range bare.GetDesired().GetResources() {
			moves := strings.HasPrefix(key, "workflow-") && strings.HasSuffix(key, "-service") // Two kinds of Services can't have one name.
			if rsp.GetDesired().GetResources()[key] == nil && !gated(key) && !moves && !strings.HasSuffix(key, "-deployment") {
				t.Errorf("%s goes when something is observed", key)
			}
		}
	})
}

// change changes values of a request: three bytes say in which object, which value of
// it, and how.
func change(req *fnv1.RunFunctionRequest, changes []byte, fragment string) {
	arbitrary := &structpb.Value{}
	if protojson.Unmarshal([]byte(fragment), arbitrary) != nil {
		arbitrary = structpb.NewStringValue(fragment)
	}
	palette := []*structpb.Value{
		arbitrary, structpb.NewNullValue(), structpb.NewStringValue(""), structpb.NewStringValue("x"), structpb.NewStringValue(strings.Repeat("long.", 60)),
		structpb.NewNumberValue(-1), structpb.NewNumberValue(1e300), structpb.NewNumberValue(0.5), structpb.NewBoolValue(true),
		structpb.NewStructValue(&structpb.Struct{}), structpb.NewListValue(&structpb.ListValue{}),
	}
	objects := []*structpb.Struct{req.GetObserved().GetComposite().GetResource()}
	for _, key := range slices.Sorted(maps.Keys(req.GetObserved().GetResources())) {
		objects = append(objects, req.GetObserved().GetResources()[key].GetResource())
	}
	for _, name := range slices.Sorted(maps.Keys(req.GetRequiredResources())) {
		for _, r := range req.GetRequiredResources()[name].GetItems() {
			objects = append(objects, r.GetResource())
		}
	}
	for c := range slices.Chunk(changes, 3) {
		if len(c) < 3 {
			return
		}
		object := objects[0]
		if c[0]%2 == 1 { // Half of the changes are in the composite.
			object = objects[int(c[0]/2)%len(objects)]
		}
		var fields []func(*structpb.Value)
		collect(object, &fields)
		if len(fields) == 0 {
			continue
		}
		var value *structpb.Value // None removes the field.
		if i := int(c[2]) % (len(palette) + 1); i < len(palette) {
			value = proto.Clone(palette[i]).(*structpb.Value)
		}
		fields[int(c[1])%len(fields)](value)
	}
}

// collect lists ways to set, or with nil to remove, each field at any depth.
func collect(s *structpb.Struct, into *[]func(*structpb.Value)) {
	for _, name := range slices.Sorted(maps.Keys(s.GetFields())) {
		*into = append(*into, func(v *structpb.Value) {
			if v == nil {
				delete(s.GetFields(), name)
				return
			}
			s.Fields[name] = v
		})
		value := s.GetFields()[name]
		collect(value.GetStructValue(), into)
		for _, e := range value.GetListValue().GetValues() {
			collect(e.GetStructValue(), into)
		}
	}
}

// plantCanary gives all Secrets of a request the canary as their values.
func plantCanary(req *fnv1.RunFunctionRequest) {
	for _, rs := range req.GetRequiredResources() {
		for _, r := range rs.GetItems() {
			data := r.GetResource().GetFields()["data"].GetStructValue().GetFields()
			if r.GetResource().GetFields()["kind"].GetStringValue() != "Secret" {
				continue
			}
			for name := range data {
				data[name] = structpb.NewStringValue(canary)
			}
		}
	}
}

// checkObject holds an object against its type, and its names against the rules of
// Kubernetes.
func checkObject(t *testing.T, key string, s *structpb.Struct) {
	t.Helper()
	o := &unstructured.Unstructured{Object: s.AsMap()}
	types := map[string]any{
		"ConfigMap": &corev1.ConfigMap{}, "Service": &corev1.Service{}, "Deployment": &appsv1.Deployment{}, "Job": &batchv1.Job{},
		"PodDisruptionBudget": &policyv1.PodDisruptionBudget{}, "Trigger": &eventing.Trigger{}, "SinkBinding": &eventing.SinkBinding{},
		"ServiceMonitor": &monitoring.ServiceMonitor{},
	}
	into, ok := types[o.GetKind()]
	if o.GetAPIVersion() == "serving.knative.dev/v1" {
		into = &workload.KnativeService{}
	}
	if !ok {
		t.Fatalf("%s: unknown kind %q", key, o.GetKind())
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, into, true); err != nil {
		t.Errorf("%s isn't a %s: %v", key, o.GetKind(), err)
	}
	for _, problem := range validation.IsDNS1035Label(o.GetName()) {
		t.Errorf("%s: name %q: %s", key, o.GetName(), problem)
	}
	for _, err := range metavalidation.ValidateLabels(o.GetLabels(), field.NewPath("metadata", "labels")) {
		// A namespace that isn't legal is the composite's: no API server has such.
		if !strings.Contains(err.Field, "app-namespace") && !strings.Contains(err.Error(), o.GetLabels()["app-namespace"]) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
