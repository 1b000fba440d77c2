// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
)

// A component is what is composed for one service that has a database.
type component struct {
	name string
	// service is the environment of the service, and migration that of the Job that
	// migrates its database: nil where there is no Job.
	service, migration []corev1.EnvVar
}

// labelMigrates is a label of the pods of a Job: the component whose database it migrates.
const labelMigrates = "sonataflow.org/migrates"

// startFunction runs the function as a process until the end of the test.
func startFunction(t *testing.T) fnv1.FunctionRunnerServiceClient {
	t.Helper()
	binary, err := function.Build(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// The context of the test ends before its cleanup, which ends the process.
	f, err := function.Start(context.WithoutCancel(t.Context()), binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient(f.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return fnv1.NewFunctionRunnerServiceClient(conn)
}

// compose returns the components with a database that the function composes for a composite,
// also after its Jobs have succeeded, or the message with which the function refuses the
// composite's spec.
func compose(ctx context.Context, client fnv1.FunctionRunnerServiceClient, composite map[string]any, required []map[string]any) (components []component, refused string, err error) {
	xr, err := encode(composite)
	if err != nil {
		return nil, "", err
	}
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES,
		}},
		Observed: &fnv1.State{Composite: xr, Resources: map[string]*fnv1.Resource{}},
	}
	rsp, err := settle(ctx, client, req, required)
	if err != nil {
		return nil, "", err
	}
	if problem := problemOf(rsp); problem != "" {
		if n := len(rsp.GetDesired().GetResources()); n > 0 {
			return nil, "", fmt.Errorf("the function composes %d objects of a spec that it refuses", n)
		}
		return nil, problem, nil
	}
	migrations := map[string][]corev1.EnvVar{}
	for key, r := range rsp.GetDesired().GetResources() {
		object := r.GetResource().AsMap()
		if object["kind"] != "Job" {
			continue
		}
		job := &batchv1.Job{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, job); err != nil {
			return nil, "", err
		}
		migrates, ok := job.Spec.Template.Labels[labelMigrates]
		if !ok {
			continue // The Job builds an image.
		}
		migrations[migrates] = job.Spec.Template.Spec.Containers[0].Env
		object["status"] = map[string]any{"succeeded": 1, "conditions": []any{map[string]any{"type": "Complete", "status": "True"}}}
		if req.Observed.Resources[key], err = encode(object); err != nil {
			return nil, "", err
		}
	}
	if rsp, err = settle(ctx, client, req, required); err != nil {
		return nil, "", err
	}
	for _, r := range rsp.GetDesired().GetResources() {
		object := r.GetResource().AsMap()
		if object["kind"] != "Deployment" {
			continue
		}
		d := &appsv1.Deployment{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, d); err != nil {
			return nil, "", err
		}
		env := d.Spec.Template.Spec.Containers[0].Env
		if valueOf(env, "QUARKUS_DATASOURCE_JDBC_URL") != "" {
			components = append(components, component{name: d.Name, service: env, migration: migrations[d.Name]})
			delete(migrations, d.Name)
		}
	}
	if len(migrations) > 0 {
		return nil, "", fmt.Errorf("Jobs without a Deployment: %v", migrations)
	}
	return components, "", nil
}

// settle calls the function until its requirements don't change any more.
func settle(ctx context.Context, client fnv1.FunctionRunnerServiceClient, req *fnv1.RunFunctionRequest, objects []map[string]any) (*fnv1.RunFunctionResponse, error) {
	const limit = 5 // Crossplane's own limit.
	var last *fnv1.Requirements
	for range limit {
		rsp, err := client.RunFunction(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("cannot call the function: %w", err)
		}
		if proto.Equal(last, rsp.GetRequirements()) || problemOf(rsp) != "" {
			return rsp, nil
		}
		last = rsp.GetRequirements()
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, q := range last.GetResources() {
			found, err := find(q, objects)
			if err != nil {
				return nil, err
			}
			req.RequiredResources[name] = &fnv1.Resources{Items: found}
		}
	}
	return nil, errors.New("the function's requirements don't become stable")
}

// find returns the objects that a selector selects, as Crossplane does. Every Broker exists and
// is ready, because a workload waits for its Broker.
func find(q *fnv1.ResourceSelector, objects []map[string]any) ([]*fnv1.Resource, error) {
	if q.GetKind() == "Broker" {
		r, err := encode(map[string]any{
			"apiVersion": q.GetApiVersion(), "kind": q.GetKind(),
			"metadata": map[string]any{"name": q.GetMatchName(), "namespace": q.GetNamespace()},
			"status":   map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
		})
		return []*fnv1.Resource{r}, err
	}
	var out []*fnv1.Resource
	for _, object := range objects {
		o := unstructured.Unstructured{Object: object}
		if o.GetAPIVersion() != q.GetApiVersion() || o.GetKind() != q.GetKind() {
			continue
		}
		switch {
		case q.GetMatchName() != "":
			if o.GetName() != q.GetMatchName() || o.GetNamespace() != q.GetNamespace() {
				continue
			}
		case q.GetNamespace() != "" && o.GetNamespace() != q.GetNamespace(),
			!labels.SelectorFromSet(q.GetMatchLabels().GetLabels()).Matches(labels.Set(o.GetLabels())):
			continue
		}
		r, err := encode(object)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// problemOf returns the message with which the function refuses a spec, or "".
func problemOf(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	for _, c := range rsp.GetConditions() {
		if c.GetType() == "SpecValid" && c.GetStatus() == fnv1.Status_STATUS_CONDITION_FALSE {
			return c.GetMessage()
		}
	}
	return ""
}

func encode(object map[string]any) (*fnv1.Resource, error) {
	s, err := structpb.NewStruct(object)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the object: %w", err)
	}
	return &fnv1.Resource{Resource: s}, nil
}

// valueOf returns the value of a variable as Kubernetes gets it, or "".
func valueOf(env []corev1.EnvVar, name string) string {
	for _, v := range env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// documents returns the documents of a file of an example; none if there is no such file.
func documents(t *testing.T, example, file string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "example", example, file))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for doc := range strings.SplitSeq(string(content), "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(doc), &object); err != nil {
			t.Fatalf("example/%s/%s: %v", example, file, err)
		}
		out = append(out, object)
	}
	return out
}
