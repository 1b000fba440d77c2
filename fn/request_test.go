// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// compositeOf returns the composite of a claim "plat" in "ns1" with a spec in YAML.
func compositeOf(t testing.TB, spec string) *unstructured.Unstructured {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &fields); err != nil {
		t.Fatalf("cannot parse spec: %v\n%s", err, spec)
	}
	fields["claimRef"] = map[string]any{"apiVersion": v1alpha08.APIVersion, "kind": v1alpha08.KindSonataFlowPlatform, "namespace": "ns1", "name": "plat"}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha08.APIVersion,
		"kind":       v1alpha08.KindXSonataFlowPlatform,
		"metadata":   map[string]any{"name": "plat-x7k2p"},
		"spec":       fields,
	}}
}

// documents reads the YAML documents of a file.
func documents(t testing.TB, file string) []*unstructured.Unstructured {
	t.Helper()
	b, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for doc := range bytes.SplitSeq(append([]byte("\n"), b...), []byte("\n---")) {
		o := map[string]any{}
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatalf("cannot parse %s: %v", file, err)
		}
		if len(o) > 0 {
			out = append(out, &unstructured.Unstructured{Object: o})
		}
	}
	return out
}

// requestFor returns what a Crossplane that looks up resources sends for a
// composite.
func requestFor(t testing.TB, xr *unstructured.Unstructured) *fnv1.RunFunctionRequest {
	t.Helper()
	return &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "test", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_CONDITIONS,
		}},
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: structOf(t, xr.Object)}},
	}
}

// withInput adds the function's input, in YAML.
func withInput(t testing.TB, req *fnv1.RunFunctionRequest, input string) *fnv1.RunFunctionRequest {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte("apiVersion: sonataflow.fn.crossplane.io/v1beta1\nkind: Input\n"+input), &fields); err != nil {
		t.Fatal(err)
	}
	req.Input = structOf(t, fields)
	return req
}

func structOf(t testing.TB, o map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run calls the function. The request stays as it is: a response shares parts of the
// request that it answers.
func run(t testing.TB, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	t.Helper()
	rsp, err := NewFunction(logging.NewNopLogger()).RunFunction(t.Context(), proto.Clone(req).(*fnv1.RunFunctionRequest))
	if err != nil {
		t.Fatalf("RunFunction: %v", err)
	}
	return rsp
}

// TestLog holds that a line of the log tells platforms of the same name apart, which a
// namespaced composite may have in any namespace.
func TestLog(t *testing.T) {
	t.Parallel()
	xr := compositeOf(t, "{}")
	xr.SetKind(v1alpha08.KindSonataFlowPlatform)
	xr.SetNamespace("ns1")
	logs := &strings.Builder{}
	log := logging.NewLogrLogger(funcr.New(func(_, args string) { logs.WriteString(args) }, funcr.Options{Verbosity: 10}))
	if _, err := NewFunction(log).RunFunction(t.Context(), requestFor(t, xr)); err != nil {
		t.Fatal(err)
	}
	if want := `"xr-namespace"="ns1" "xr-name"="plat-x7k2p"`; !strings.Contains(logs.String(), want) {
		t.Errorf("want %s in %s", want, logs)
	}
}

// fatal returns the text of a fatal result, or nothing.
func fatal(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	return ""
}

// conditionOf returns the condition of a type, or nil.
func conditionOf(rsp *fnv1.RunFunctionResponse, typ string) *fnv1.Condition {
	i := slices.IndexFunc(rsp.GetConditions(), func(c *fnv1.Condition) bool { return c.GetType() == typ })
	if i < 0 {
		return nil
	}
	return rsp.GetConditions()[i]
}
