// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	grpcprometheus "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/crossplane/function-sdk-go"
	"github.com/crossplane/function-sdk-go/errors"
	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	fnv1beta1 "github.com/crossplane/function-sdk-go/proto/v1beta1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// drainTimeout is how long requests under way may take when the process is told to end.
// By default, Kubernetes kills the process after 30 seconds.
const drainTimeout = 20 * time.Second

// handshakeTimeout is how long a client may take for the TLS handshake of a new
// connection. During a handshake gRPC neither drains nor stops. So it must be well below
// drainTimeout: otherwise a client that connects and sends nothing keeps the process
// until Kubernetes kills it, and requests are cut off.
const handshakeTimeout = 5 * time.Second

// The windows of gRPC's flow control: how many unread bytes of a request, and of all
// requests of a connection, may be on their way.
const streamWindow, connectionWindow = 1 << 20, 4 << 20

// A server answers Crossplane's requests. The SDK's own server can't be stopped without
// cutting off requests under way.
type server struct {
	// requests is the listener for Crossplane.
	requests net.Listener
	// metrics is the listener for Prometheus; nil serves no metrics.
	metrics net.Listener

	credentials credentials.TransportCredentials
	// maxRecvMiB is the size of the largest request to accept.
	maxRecvMiB int
	log        logging.Logger
}

// serve answers requests until the context ends, and then finishes the requests under
// way.
func (s *server) serve(ctx context.Context, fn fnv1.FunctionRunnerServiceServer) error {
	metrics := grpcprometheus.NewServerMetrics(grpcprometheus.WithServerHandlingTimeHistogram())
	srv := grpc.NewServer(
		grpc.Creds(s.credentials),
		grpc.MaxRecvMsgSize(s.maxRecvMiB<<20), //nolint:mnd // From MiB.
		grpc.ConnectionTimeout(handshakeTimeout),
		// A request about a platform at rest doesn't fit into the default window of 64 KiB: half
		// of it would wait until the first half was acknowledged.
		grpc.InitialWindowSize(streamWindow), grpc.InitialConnWindowSize(connectionWindow),
		grpc.UnaryInterceptor(metrics.UnaryServerInterceptor()),
	)
	safe := &recoverer{wrapped: fn, log: s.log}
	fnv1.RegisterFunctionRunnerServiceServer(srv, safe)
	fnv1beta1.RegisterFunctionRunnerServiceServer(srv, function.ServeBeta(safe)) // For Crossplane v1.16 and earlier.
	alive := health.NewServer()
	healthv1.RegisterHealthServer(srv, alive)
	reflection.Register(srv)
	metrics.InitializeMetrics(srv)
	if s.metrics != nil {
		defer s.serveMetrics(metrics)()
	}

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-ctx.Done()
		s.log.Info("Finishing requests under way")
		alive.Shutdown()
		late := time.AfterFunc(drainTimeout, srv.Stop)
		defer late.Stop()
		srv.GracefulStop()
	}()
	s.log.Info("Serving", "address", s.requests.Addr().String(), "protocol", s.credentials.Info().SecurityProtocol)
	if err := srv.Serve(s.requests); err != nil {
		return errors.Wrap(err, "cannot serve")
	}
	<-drained
	s.log.Info("Ended")
	return nil
}

// serveMetrics serves metrics in the background, and returns a function that stops the
// server.
func (s *server) serveMetrics(requests prometheus.Collector) (stop func()) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	go func() {
		if err := srv.Serve(s.metrics); !errors.Is(err, http.ErrServerClosed) {
			s.log.Info("Cannot serve metrics", "error", err)
		}
	}()
	return func() { _ = srv.Close() } // The process ends, so an error has no consequence.
}

// recoverer turns a panic in a request into a fatal result of that request, so that one
// composite can't end the function for all others.
type recoverer struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	wrapped fnv1.FunctionRunnerServiceServer
	log     logging.Logger
}

// RunFunction answers a request, also if the wrapped function panics.
func (r *recoverer) RunFunction(ctx context.Context, req *fnv1.RunFunctionRequest) (rsp *fnv1.RunFunctionResponse, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		r.log.Info("Recovered from a panic", "panic", p, "stack", string(debug.Stack()))
		in, _ := composition.ParseRequest(req) // An unreadable request is returned, too.
		rsp, err = in.Respond(report.Refused(in.Composite, errors.Errorf("the function panicked and changes nothing: %v; its log has the stack, please report it", p)), report.Types(), v1beta1.MinResync), nil
	}()
	return r.wrapped.RunFunction(ctx, req)
}
