// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A scene is a request that the function is called with again and again.
type scene struct {
	name string
	req  *fnv1.RunFunctionRequest
}

// scenes are those of the comparison with templates: the first apply of a platform with
// all that a production one has, and the same platform at rest, of which everything is
// observed.
func scenes(b *testing.B) []scene {
	b.Helper()
	req := requestFor(b, documents(b, "../test/bench/internal/scene/testdata/composite.yaml")[0])
	resolved(b, req, present(b))
	rsp := resolvedAgain(b, req, present(b))
	first := proto.Clone(req).(*fnv1.RunFunctionRequest)
	// Services wait for their migrations, and events for what they connect.
	const reconciles = 6
	for range reconciles {
		req.Observed.Resources = apply(b, rsp.GetDesired().GetResources(), compositiontest.Ready)
		complete(b, req.GetObserved().GetResources())
		rsp = resolvedAgain(b, req, present(b))
	}
	if c := conditionOf(rsp, v1alpha08.ConditionSucceed); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
		b.Fatalf("the platform doesn't come to rest: %v", c)
	}
	return []scene{{"FirstApply", first}, {"AtRest", req}}
}

// complete completes the migrations among observed resources.
func complete(b *testing.B, observed map[string]*fnv1.Resource) {
	b.Helper()
	for key, r := range observed {
		if r.GetResource().GetFields()["kind"].GetStringValue() == "Job" {
			observed[key] = observe(b, r.GetResource(), compositiontest.Complete)
		}
	}
}

// BenchmarkRunFunction is the function's own work.
func BenchmarkRunFunction(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			fn := NewFunction(logging.NewNopLogger())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fn.RunFunction(b.Context(), s.req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParse is the part of that which reads the request.
func BenchmarkParse(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := composition.ParseRequest(s.req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompose is the part that looks up, decides and builds.
func BenchmarkCompose(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			in, err := composition.ParseRequest(s.req)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if out := compose(in, &v1beta1.Input{}, nil); out.Fatal != nil {
					b.Fatal(out.Fatal)
				}
			}
		})
	}
}

// BenchmarkRespond is the part that writes the response.
func BenchmarkRespond(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			in, err := composition.ParseRequest(s.req)
			if err != nil {
				b.Fatal(err)
			}
			out := compose(in, &v1beta1.Input{}, nil)
			b.ReportAllocs()
			for b.Loop() {
				in.Respond(out, report.Types(), v1beta1.DefaultResync)
			}
		})
	}
}

// BenchmarkRoundTrip is what the same bytes cost without any work: a server that
// answers with a response made before.
func BenchmarkRoundTrip(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			rsp := run(b, s.req)
			benchmarkServed(b, &funcRunner{run: func() *fnv1.RunFunctionResponse { return rsp }}, s.req)
		})
	}
}

// BenchmarkServed is both together, as Crossplane sees it.
func BenchmarkServed(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) { benchmarkServed(b, NewFunction(logging.NewNopLogger()), s.req) })
	}
}

func benchmarkServed(b *testing.B, fn fnv1.FunctionRunnerServiceServer, req *fnv1.RunFunctionRequest) {
	b.Helper()
	lis, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s := &server{requests: lis, credentials: insecure.NewCredentials(), maxRecvMiB: 4, log: logging.NewNopLogger()}
	go func() { ended <- s.serve(ctx, fn) }()
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	client := fnv1.NewFunctionRunnerServiceClient(conn)
	b.ReportAllocs()
	b.SetBytes(int64(proto.Size(req)))
	for b.Loop() {
		if _, err := client.RunFunction(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
	_ = conn.Close() // The benchmark is over.
	end()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
