// SPDX-License-Identifier: Apache-2.0

// Command fn serves the SonataFlow composition function over gRPC.
package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/crossplane/function-sdk-go"
)

// CLI are the flags of the function. Those that Crossplane sets are named in its
// specification of functions.
type CLI struct {
	Debug bool `help:"Log every request." short:"d"`

	Network        string `default:"tcp" help:"Network to listen on."`
	Address        string `default:":9443" help:"Address to listen on."`
	MetricsAddress string `default:":8080" env:"METRICS_ADDRESS" help:"Address to serve Prometheus metrics on, at /metrics; none if empty."`

	TLSCertsDir string `env:"TLS_SERVER_CERTS_DIR" help:"Folder with the server's certificate and key (tls.crt, tls.key) and the authority that signs clients' certificates (ca.crt)."`
	Insecure    bool   `help:"Serve without TLS and let anybody call. For development only."`

	MaxRecvMessageSize int `default:"4" env:"MAX_RECV_MESSAGE_SIZE" help:"Largest request to accept, in MiB."`
}

// Run serves the function until the process is told to end.
func (c *CLI) Run() error {
	log, err := function.NewLogger(c.Debug)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return serve(ctx, NewFunction(log), log, c)
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("The SonataFlow platform as a Crossplane composition function."))
	ctx.FatalIfErrorf(ctx.Run())
}
