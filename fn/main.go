// SPDX-License-Identifier: Apache-2.0

// Command fn serves the SonataFlow composition function over gRPC.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"google.golang.org/grpc/credentials"

	"github.com/crossplane/function-sdk-go"
	"github.com/crossplane/function-sdk-go/errors"
)

// CLI has the flags of the function. Crossplane relies on some of them: its specification
// of functions names these.
type CLI struct {
	Debug bool

	Network        string
	Address        string
	MetricsAddress string

	TLSCertsDir string
	Insecure    bool

	// MaxRecvMessageSize is in MiB.
	MaxRecvMessageSize int
}

// parse reads the flags. A flag that isn't given takes the value of its environment
// variable, if it has one. The parser is pflag, because other parsers look methods up by
// name, and then the linker has to keep all methods of all of Kubernetes' types: a
// quarter of the binary.
func (c *CLI) parse(args []string) error {
	flags := pflag.NewFlagSet("function", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {
		_, _ = fmt.Fprintf(os.Stdout, "The SonataFlow platform as a Crossplane composition function.\n\nFlags:\n%s", flags.FlagUsages())
	}
	flags.BoolVarP(&c.Debug, "debug", "d", false, "Log every request.")
	flags.StringVar(&c.Network, "network", "tcp", "Network to listen on.")
	flags.StringVar(&c.Address, "address", ":9443", "Address to listen on.")
	flags.StringVar(&c.MetricsAddress, "metrics-address", ":8080", "Address to serve Prometheus metrics on, at /metrics; none if empty. ($METRICS_ADDRESS)")
	flags.StringVar(&c.TLSCertsDir, "tls-certs-dir", "", "Folder with the server's certificate and key (tls.crt, tls.key) and the authority that signs clients' certificates (ca.crt). ($TLS_SERVER_CERTS_DIR)")
	flags.BoolVar(&c.Insecure, "insecure", false, "Serve without TLS, so that any client may call. For development only.")
	flags.IntVar(&c.MaxRecvMessageSize, "max-recv-message-size", 4, "Largest request to accept, in MiB. ($MAX_RECV_MESSAGE_SIZE)")
	for flag, variable := range map[string]string{
		"metrics-address": "METRICS_ADDRESS", "tls-certs-dir": "TLS_SERVER_CERTS_DIR", "max-recv-message-size": "MAX_RECV_MESSAGE_SIZE",
	} {
		if value, set := os.LookupEnv(variable); set {
			if err := flags.Lookup(flag).Value.Set(value); err != nil {
				return errors.Wrapf(err, "cannot use %q as %s", value, variable)
			}
		}
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errors.Errorf("unexpected argument %q: there are only flags, see --help", flags.Arg(0))
	}
	return nil
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

// credentials returns the credentials of the server, with the authority for its clients.
// The SDK reads the certificates, as Crossplane writes them.
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
	c := &CLI{}
	err := c.parse(os.Args[1:])
	if errors.Is(err, pflag.ErrHelp) {
		return
	}
	if err == nil {
		err = c.Run()
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "function: error:", err)
		os.Exit(1)
	}
}
