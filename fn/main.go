// SPDX-License-Identifier: Apache-2.0

// Command fn serves the SonataFlow composition function over gRPC.
package main

import (
	"context"
	"net"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc/credentials"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/function-sdk-go"
)

// CLI are the flags of the function. Crossplane's specification of functions names
// those that it relies on.
type CLI struct {
	Debug bool `help:"Log every request." short:"d"`

	Network        string `default:"tcp"   help:"Network to listen on."`
	Address        string `default:":9443" help:"Address to listen on."`
	MetricsAddress string `default:":8080" env:"METRICS_ADDRESS" help:"Address to serve Prometheus metrics on, at /metrics; none if empty."`

	TLSCertsDir string `env:"TLS_SERVER_CERTS_DIR" help:"Folder with the server's certificate and key (tls.crt, tls.key) and the authority that signs clients' certificates (ca.crt)."`
	Insecure    bool   `help:"Serve without TLS and let anybody call. For development only."`

	MaxRecvMessageSize int `default:"4" env:"MAX_RECV_MESSAGE_SIZE" help:"Largest request to accept, in MiB."`
}

// Run serves the function until the process is told to end.
func (c *CLI) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	log, err := function.NewLogger(c.Debug)
	if err != nil {
		return errors.Wrap(err, "cannot set up logging")
	}
	s := &server{log: log, maxRecvMiB: c.MaxRecvMessageSize}
	if s.credentials, err = c.credentials(); err != nil {
		return err
	}
	lc := &net.ListenConfig{}
	if s.requests, err = lc.Listen(ctx, c.Network, c.Address); err != nil {
		return errors.Wrapf(err, "cannot listen on %s address %q", c.Network, c.Address)
	}
	if c.MetricsAddress != "" {
		if s.metrics, err = lc.Listen(ctx, "tcp", c.MetricsAddress); err != nil {
			return errors.Wrapf(err, "cannot listen on metrics address %q: choose another with --metrics-address", c.MetricsAddress)
		}
	}
	return s.serve(ctx, NewFunction(log))
}

// credentials returns what the server identifies itself and its clients with. The
// SDK reads the certificates, as Crossplane writes them.
func (c *CLI) credentials() (credentials.TransportCredentials, error) {
	o := &function.ServeOptions{}
	for _, option := range []function.ServeOption{function.MTLSCertificates(c.TLSCertsDir), function.Insecure(c.Insecure)} {
		if err := option(o); err != nil {
			return nil, errors.Wrapf(err, "cannot read TLS certificates from %q", c.TLSCertsDir)
		}
	}
	if o.Credentials == nil {
		return nil, errors.New("cannot serve without certificates: set --tls-certs-dir, or --insecure for development")
	}
	return o.Credentials, nil
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("The SonataFlow platform as a Crossplane composition function."))
	ctx.FatalIfErrorf(ctx.Run())
}
