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
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/crossplane/function-sdk-go"
	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	fnv1beta1 "github.com/crossplane/function-sdk-go/proto/v1beta1"
	"github.com/crossplane/function-sdk-go/response"
)

// drainTimeout is how long requests that are under way may take once the process is
// told to end. Kubernetes gives 30 seconds by default.
const drainTimeout = 20 * time.Second

// serve answers requests until the context ends, and then finishes those under way.
//
// The SDK's own Serve can't be stopped, so this one takes its place. Certificates
// are read by the SDK, as Crossplane writes them.
func serve(ctx context.Context, fn fnv1.FunctionRunnerServiceServer, log logging.Logger, c *CLI) error {
	tls := &function.ServeOptions{}
	for _, option := range []function.ServeOption{function.MTLSCertificates(c.TLSCertsDir), function.Insecure(c.Insecure)} {
		if err := option(tls); err != nil {
			return errors.Wrap(err, "cannot set up TLS")
		}
	}
	if tls.Credentials == nil {
		return errors.New("cannot serve without certificates: set --tls-certs-dir, or --insecure for development")
	}

	metrics := grpcprometheus.NewServerMetrics(grpcprometheus.WithServerHandlingTimeHistogram())
	srv := grpc.NewServer(
		grpc.Creds(tls.Credentials),
		grpc.MaxRecvMsgSize(c.MaxRecvMessageSize<<20), //nolint:mnd // The flag is in MiB.
		grpc.UnaryInterceptor(metrics.UnaryServerInterceptor()),
	)
	safe := &recoverer{wrapped: fn, log: log}
	fnv1.RegisterFunctionRunnerServiceServer(srv, safe)
	fnv1beta1.RegisterFunctionRunnerServiceServer(srv, function.ServeBeta(safe)) // For Crossplane v1.16 and earlier.
	alive := health.NewServer()
	healthv1.RegisterHealthServer(srv, alive)
	reflection.Register(srv)
	metrics.InitializeMetrics(srv)

	stopMetrics, err := serveMetrics(ctx, c.MetricsAddress, metrics, log)
	if err != nil {
		return err
	}
	defer stopMetrics()

	lis, err := (&net.ListenConfig{}).Listen(ctx, c.Network, c.Address)
	if err != nil {
		return errors.Wrapf(err, "cannot listen on %s address %q", c.Network, c.Address)
	}
	log.Info("Serving", "address", lis.Addr().String(), "insecure", c.Insecure)

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-ctx.Done()
		log.Info("Finishing requests under way")
		alive.Shutdown()
		late := time.AfterFunc(drainTimeout, srv.Stop)
		defer late.Stop()
		srv.GracefulStop()
	}()
	if err := srv.Serve(lis); err != nil {
		return errors.Wrap(err, "cannot serve")
	}
	<-drained
	log.Info("Ended")
	return nil
}

// serveMetrics serves metrics in the background, and returns what stops it.
func serveMetrics(ctx context.Context, address string, metrics prometheus.Collector, log logging.Logger) (func(), error) {
	if address == "" {
		return func() {}, nil
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot listen on metrics address %q", address)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	go func() {
		if err := srv.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			log.Info("Cannot serve metrics", "error", err)
		}
	}()
	return func() { _ = srv.Close() }, nil
}

// recoverer turns a panic in a request into a fatal result of that request, so that
// one composite can't take the function away from all others.
type recoverer struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	wrapped fnv1.FunctionRunnerServiceServer
	log     logging.Logger
}

// RunFunction answers a request, come what may.
func (r *recoverer) RunFunction(ctx context.Context, req *fnv1.RunFunctionRequest) (rsp *fnv1.RunFunctionResponse, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		r.log.Info("Recovered from a panic", "panic", p, "stack", string(debug.Stack()))
		rsp, err = response.To(req, response.DefaultTTL), nil
		response.Fatal(rsp, errors.Errorf("the function panicked, nothing was changed: %v; its log has the stack, please report it", p))
	}()
	return r.wrapped.RunFunction(ctx, req)
}
