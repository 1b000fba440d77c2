// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/scene"
)

// limit is the size of the largest request that the function accepts.
const limit = 4 << 20

// A kind is a request that is made again and again, and the answer that it must get.
type kind struct {
	name   string
	column column
	// share is how many of all calls in a cycle are of this kind.
	share   int
	request *fnv1.RunFunctionRequest
	wire    wire
	want    answer
}

// A column of the report counts the calls of some kinds.
type column int

const (
	first column = iota
	rest
	cluster
	bad
	giant
	refused
	stranger
	columns
)

// kinds returns the requests of a cycle of 1500 calls: four in five are good, one in five
// is bad, and one in 500 is huge, because a huge request costs as much as a hundred
// others.
func kinds(ctx context.Context, client fnv1.FunctionRunnerServiceClient) ([]*kind, error) {
	apply, steady, err := scene.Platform(ctx, client)
	if err != nil {
		return nil, err
	}
	central, err := scene.ClusterPlatform(ctx, client)
	if err != nil {
		return nil, err
	}
	alien, slip, nonsense, mistyped := clone(apply.Request), clone(apply.Request), clone(apply.Request), clone(apply.Request)
	composite(alien)["kind"] = structpb.NewStringValue("XDatabase")
	dataIndex(slip)["podTemplate"] = value(map[string]any{"replicas": -1})
	nonsense.Input = value(map[string]any{"kind": "Input", "apiVersion": "sonataflow.fn.crossplane.io/v1beta1", "colour": []any{"green", map[string]any{"": nil}}}).GetStructValue()
	maps.Copy(composite(mistyped), value(map[string]any{"metadata": map[string]any{"name": true, "labels": "none"}, "spec": []any{1, "two"}, "status": 3}).GetStructValue().GetFields())

	wide, exact, beyond := clone(steady.Request), clone(steady.Request), clone(steady.Request)
	dataIndex(wide)["podTemplate"].GetStructValue().GetFields()["container"].GetStructValue().GetFields()["env"] = variables(5_000)
	pad(exact, limit)
	pad(beyond, limit+1)

	// The keys of a platform's composed resources. A key that ends in a hash changes with
	// releases, so it is a pattern.
	waiting := []string{
		"data-index-config", "data-index-migration-*", "data-index-service",
		"data-index-trigger-jobs-*", "data-index-trigger-process-definition-*", "data-index-trigger-process-error-*",
		"data-index-trigger-process-instance-multiple-*", "data-index-trigger-process-node-*", "data-index-trigger-process-state-*",
		"data-index-trigger-process-variable-*",
		"jobs-service-config", "jobs-service-migration-*", "jobs-service-service", "jobs-service-sinkbinding",
		"jobs-service-trigger-create-job-*", "jobs-service-trigger-delete-job-*",
	}
	// Deployments follow when the databases are migrated.
	running := append([]string{"data-index-deployment", "data-index-pdb", "jobs-service-deployment"}, waiting...)
	all := []*kind{
		{name: "a platform's first apply", column: first, share: 297, request: apply.Request, want: answer{composed: waiting}},
		{name: "a platform at rest", column: rest, share: 700, request: steady.Request, want: answer{composed: running}},
		{name: "a cluster platform", column: cluster, share: 200, request: central.Request},

		{name: "a kind that is unknown", column: bad, share: 60, request: alien, want: answer{fatal: `cannot compose for kind "XDatabase"`}},
		{name: "a spec that is invalid", column: bad, share: 60, request: slip, want: answer{fatal: "spec.services.dataIndex.podTemplate.replicas"}},
		{name: "an input that is nonsense", column: bad, share: 60, request: nonsense, want: answer{fatal: `unknown field "colour"`}},
		{name: "a request that is empty", column: bad, share: 60, request: &fnv1.RunFunctionRequest{}, want: answer{fatal: "the request has no composite resource"}},
		{name: "a composite of wrong types", column: bad, share: 60, request: mistyped, want: answer{fatal: "spec"}},

		{name: "a platform with 5000 variables", column: giant, share: 1, request: wide, want: answer{composed: running}},
		{name: "a request of exactly the largest size", column: giant, share: 1, request: exact, want: answer{composed: running}},
		{name: "a request that is a byte larger", column: refused, share: 1, request: beyond, want: answer{code: codes.ResourceExhausted}},
	}
	for _, k := range all {
		if k.wire, err = proto.Marshal(k.request); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// huge tells whether calls of this kind take much memory.
func (k *kind) huge() bool { return k.column == giant || k.column == refused }

// schedule spreads the kinds over a cycle as evenly as their shares allow, and always in
// the same order. It begins with huge requests, so that the memory that they take isn't
// mistaken for growth later.
func schedule(kinds []*kind) []*kind {
	total, due := 0, make([]int, len(kinds))
	for _, k := range kinds {
		total += k.share
	}
	out := make([]*kind, 0, total)
	for range total {
		next := 0
		for i, k := range kinds {
			if due[i] += k.share; due[i] > due[next] {
				next = i
			}
		}
		due[next] -= total
		out = append(out, kinds[next])
	}
	huge := slices.IndexFunc(out, (*kind).huge)
	return slices.Concat(out[huge:], out[:huge])
}

func clone(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionRequest {
	return proto.Clone(req).(*fnv1.RunFunctionRequest)
}

func composite(req *fnv1.RunFunctionRequest) map[string]*structpb.Value {
	return req.GetObserved().GetComposite().GetResource().GetFields()
}

func dataIndex(req *fnv1.RunFunctionRequest) map[string]*structpb.Value {
	services := composite(req)["spec"].GetStructValue().GetFields()["services"].GetStructValue()
	return services.GetFields()["dataIndex"].GetStructValue().GetFields()
}

// variables returns n environment variables, which together fill most of the largest
// request.
func variables(n int) *structpb.Value {
	out := make([]any, 0, n)
	long := strings.Repeat("x", 7*limit/8/n)
	for i := range n {
		out = append(out, map[string]any{"name": fmt.Sprintf("VARIABLE_%d", i), "value": long})
	}
	return value(out)
}

// value converts a literal of this file.
func value(v any) *structpb.Value {
	out, err := structpb.NewValue(v)
	if err != nil {
		panic(err) // The literal isn't JSON: a mistake in this file.
	}
	return out
}

// pad makes a request exactly as large as wanted, by data in an observed ConfigMap.
func pad(req *fnv1.RunFunctionRequest, size int) {
	data := req.GetObserved().GetResources()["data-index-config"].GetResource().GetFields()["data"].GetStructValue().GetFields()
	padding := size - proto.Size(req)
	for proto.Size(req) != size {
		data["padding"] = structpb.NewStringValue(strings.Repeat("x", padding))
		padding -= proto.Size(req) - size // The encoded length takes more bytes when the padding is longer.
	}
}
