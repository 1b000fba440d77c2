// SPDX-License-Identifier: Apache-2.0

// Command soak calls the function for a long time, as Crossplane does and as clients
// without access do, and tells it to end while calls are under way. It fails if an answer
// is wrong, if a call is lost, or if the function's goroutines, memory or open files
// grow.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

func main() {
	soak := flag.Duration("time", 15*time.Minute, "how long to call")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *soak); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "soak: FAILED\n%v\n", err)
		os.Exit(1) //nolint:gocritic // Nothing is left to stop.
	}
	_, _ = fmt.Println("soak: passed")
}

func run(ctx context.Context, soak time.Duration) error {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "function")
	if err := server.Build(ctx, "../..", "./fn", program); err != nil {
		return err
	}
	ours, err := newAuthority()
	if err != nil {
		return err
	}
	if err := ours.write(dir); err != nil {
		return err
	}
	own, err := ours.issue()
	if err != nil {
		return err
	}
	metrics, err := server.FreeAddress(ctx)
	if err != nil {
		return err
	}
	creds := ours.credentials(own)
	fn, err := server.Start(ctx, creds, program, "--tls-certs-dir="+dir, "--metrics-address="+metrics)
	if err != nil {
		return err
	}
	defer fn.Stop()

	all, err := kinds(ctx, fn.Client)
	if err != nil {
		return err
	}
	// The first answers, one by one. All later answers must be equal to them.
	for _, k := range all {
		rsp, err := fn.Client.RunFunction(ctx, k.request)
		if err := k.want.check(rsp, err); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	guests, err := visitors(ours)
	if err != nil {
		return err
	}
	t := newTally()
	c, err := connect(fn.Address, creds, t)
	if err != nil {
		return err
	}
	c.start(ctx, callersAtOnce, schedule(all))
	watching, unwatch := context.WithCancel(ctx)
	visits := sync.WaitGroup{}
	visits.Go(func() { visit(watching, fn.Address, guests, all[0], t) })
	felt, err := watch(watching, fn, metrics, t, soak)
	unwatch()
	visits.Wait()
	if err != nil {
		return err
	}

	giants := slices.DeleteFunc(slices.Clone(all), func(k *kind) bool { return k.column != giant })
	errs := []error{end(ctx, fn, c, giants), grown(felt)}
	t.summarize()
	if t.errors > 0 {
		errs = append(errs, fmt.Errorf("%d errors", t.errors))
	}
	return errors.Join(errs...)
}
