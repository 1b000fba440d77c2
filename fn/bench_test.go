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
)

// production is the request of a production platform at rest: everything is
// observed, and what it requires was looked up.
func production(b *testing.B) *fnv1.RunFunctionRequest {
	b.Helper()
	req := requestFor(b, documents(b, "../example/production/composite.yaml")[0])
	desired := resolved(b, req, present(b)).GetDesired().GetResources()
	req.Observed.Resources = apply(b, desired, healthy)
	return req
}

// BenchmarkRunFunction is the function's own work.
func BenchmarkRunFunction(b *testing.B) {
	req := production(b)
	fn := NewFunction(logging.NewNopLogger())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fn.RunFunction(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRoundTrip is what the same bytes cost without any work: a server that
// answers with a response made before.
func BenchmarkRoundTrip(b *testing.B) {
	req := production(b)
	rsp := run(b, req)
	benchmarkServed(b, &funcRunner{run: func() *fnv1.RunFunctionResponse { return rsp }}, req)
}

// BenchmarkServed is both together, as Crossplane sees it.
func BenchmarkServed(b *testing.B) {
	benchmarkServed(b, NewFunction(logging.NewNopLogger()), production(b))
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
