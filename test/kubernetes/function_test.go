// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

const (
	startTimeout = 30 * time.Second
	callTimeout  = 20 * time.Second
)

// start builds the function, runs it as a process until the end of the test, and returns a
// client of it.
func start(t *testing.T) fnv1.FunctionRunnerServiceClient {
	t.Helper()
	program := filepath.Join(t.TempDir(), "function")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./fn")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the function: %v\n%s", err, out)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("cannot find a free port: %v", err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}

	output := &bytes.Buffer{}
	// The context of the test ends before its cleanup, which ends the process.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "--insecure", "--address="+address, "--metrics-address=")
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatalf("cannot start the function: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // The process may have ended before.
		if err := cmd.Wait(); err != nil {
			t.Errorf("the function did not end cleanly: %v\n%s", err, output)
		}
	})
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("cannot connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })

	// After a refused connection gRPC waits a second, so the port is tried first.
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Since(began) > startTimeout {
			t.Fatalf("the function does not serve on %s: %v", address, err)
		}
	}
	return fnv1.NewFunctionRunnerServiceClient(conn)
}

// ask calls the function for a composite as Crossplane does: with its required resources,
// and again after its Jobs have ended. It returns the last response of each reconcile.
func ask(ctx context.Context, client fnv1.FunctionRunnerServiceClient, s spec) ([]*fnv1.RunFunctionResponse, error) {
	composite, err := encode(s.composite)
	if err != nil {
		return nil, err
	}
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES,
		}},
		Observed: &fnv1.State{Composite: composite},
	}
	var out []*fnv1.RunFunctionResponse
	for range 3 {
		rsp, err := settle(ctx, client, req, s.required)
		if err != nil {
			return nil, err
		}
		out = append(out, rsp)
		jobs, err := ended(rsp)
		if err != nil || len(jobs) == 0 || len(jobs) == len(req.GetObserved().GetResources()) {
			return out, err
		}
		req.Observed.Resources = jobs
	}
	return out, nil
}

// settle calls the function until its requirements don't change any more.
func settle(ctx context.Context, client fnv1.FunctionRunnerServiceClient, req *fnv1.RunFunctionRequest, objects []map[string]any) (*fnv1.RunFunctionResponse, error) {
	const limit = 5 // Crossplane's own limit.
	var last *fnv1.Requirements
	for range limit {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		rsp, err := client.RunFunction(ctx, req)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("cannot call the function: %w", err)
		}
		if proto.Equal(last, rsp.GetRequirements()) || fatal(rsp) != "" {
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

// find returns the required resources of a selector. Every Broker exists and is ready,
// because the function composes no Trigger without its Broker.
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
	for _, o := range objects {
		meta, _ := o["metadata"].(map[string]any)
		namespace, _ := meta["namespace"].(string)
		if o["apiVersion"] != q.GetApiVersion() || o["kind"] != q.GetKind() ||
			q.GetMatchName() != "" && (meta["name"] != q.GetMatchName() || namespace != q.GetNamespace()) {
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

// ended returns the Jobs of an answer as Crossplane sees them after they have succeeded.
func ended(rsp *fnv1.RunFunctionResponse) (map[string]*fnv1.Resource, error) {
	out := map[string]*fnv1.Resource{}
	for key, r := range rsp.GetDesired().GetResources() {
		job := r.GetResource().AsMap()
		if job["kind"] != "Job" {
			continue
		}
		job["status"] = map[string]any{"succeeded": 1, "conditions": []any{map[string]any{"type": "Complete", "status": "True"}}}
		var err error
		if out[key], err = encode(job); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func encode(object map[string]any) (*fnv1.Resource, error) {
	s, err := structpb.NewStruct(object)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the object: %w", err)
	}
	return &fnv1.Resource{Resource: s}, nil
}

// fatal returns the message of a fatal result, or "".
func fatal(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	return ""
}

// valid tells whether the function accepts the spec and composes its objects.
func valid(rsp *fnv1.RunFunctionResponse) bool {
	return fatal(rsp) == "" && slices.ContainsFunc(rsp.GetConditions(), func(c *fnv1.Condition) bool {
		return c.GetType() == "SpecValid" && c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE
	})
}

// text returns the content of a file of the repository.
func text(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
