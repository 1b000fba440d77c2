// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/function"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

const callTimeout = 20 * time.Second

// An object is one of Kubernetes, as JSON has it.
type object = map[string]any

// startFunction runs the function until the end of the test, and returns a client of it.
func startFunction(t *testing.T) fnv1.FunctionRunnerServiceClient {
	t.Helper()
	binary, err := function.Build(t.Context(), "../..", t.TempDir())
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
		t.Fatalf("cannot connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return fnv1.NewFunctionRunnerServiceClient(conn)
}

// A refusal is the message of a fatal result.
type refusal string

func (r refusal) Error() string { return string(r) }

// compose calls the function for a composite as Crossplane does, until its Jobs have succeeded
// and nothing is composed any more that wasn't before. It returns all composed objects. The
// error is a refusal if the function refuses the composite.
func compose(ctx context.Context, client fnv1.FunctionRunnerServiceClient, composite object, required []object) ([]object, error) {
	xr, err := encode(composite)
	if err != nil {
		return nil, err
	}
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES,
		}},
		Observed: &fnv1.State{Composite: xr},
	}
	composed := map[string]object{}
	const limit = 6 // The longest way is SinkBinding, Job, Deployment.
	for range limit {
		rsp, err := settle(ctx, client, req, required)
		if err != nil {
			return nil, err
		}
		before := len(composed)
		req.Observed.Resources = map[string]*fnv1.Resource{}
		for key, r := range rsp.GetDesired().GetResources() {
			composed[key] = r.GetResource().AsMap()
			if req.Observed.Resources[key], err = encode(healthy(r.GetResource().AsMap())); err != nil {
				return nil, err
			}
		}
		if len(composed) == before {
			out := make([]object, 0, len(composed))
			for o := range maps.Values(composed) {
				out = append(out, o)
			}
			return out, nil
		}
	}
	return nil, errors.New("the function composes more and more objects")
}

// settle calls the function until its requirements don't change any more.
func settle(ctx context.Context, client fnv1.FunctionRunnerServiceClient, req *fnv1.RunFunctionRequest, objects []object) (*fnv1.RunFunctionResponse, error) {
	const limit = 5 // Crossplane's own limit.
	var last *fnv1.Requirements
	for range limit {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		rsp, err := client.RunFunction(ctx, req, grpc.WaitForReady(true))
		cancel()
		if err != nil {
			return nil, fmt.Errorf("cannot call the function: %w", err)
		}
		for _, r := range rsp.GetResults() {
			if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
				return nil, refusal(r.GetMessage())
			}
		}
		if proto.Equal(last, rsp.GetRequirements()) {
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

// find returns the required resources that a selector selects. Every Broker exists and is
// ready, because a workload waits for its Broker.
func find(q *fnv1.ResourceSelector, objects []object) ([]*fnv1.Resource, error) {
	if q.GetKind() == "Broker" {
		r, err := encode(object{
			"apiVersion": q.GetApiVersion(), "kind": q.GetKind(),
			"metadata": object{"name": q.GetMatchName(), "namespace": q.GetNamespace()},
			"status":   object{"conditions": []any{object{"type": "Ready", "status": "True"}}},
		})
		return []*fnv1.Resource{r}, err
	}
	var out []*fnv1.Resource
	for _, o := range objects {
		if o["apiVersion"] != q.GetApiVersion() || o["kind"] != q.GetKind() ||
			q.GetMatchName() != "" && (text(o, "metadata", "name") != q.GetMatchName() || text(o, "metadata", "namespace") != q.GetNamespace()) {
			continue
		}
		r, err := encode(o)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// healthy gives a composed object the status for which another one may wait.
func healthy(o object) object {
	switch o["kind"] {
	case "Job":
		o["status"] = object{"succeeded": 1, "conditions": []any{object{"type": "Complete", "status": "True"}}}
	case "SinkBinding":
		o["status"] = object{"conditions": []any{object{"type": "Ready", "status": "True"}}}
	}
	return o
}

func encode(o object) (*fnv1.Resource, error) {
	s, err := structpb.NewStruct(o)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the object: %w", err)
	}
	return &fnv1.Resource{Resource: s}, nil
}

// text returns the text at a path of an object, "" if there is none.
func text(o object, path ...string) string {
	for _, name := range path[:len(path)-1] {
		o, _ = o[name].(object)
	}
	value, _ := o[path[len(path)-1]].(string)
	return value
}
