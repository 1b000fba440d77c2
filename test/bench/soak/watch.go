// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

// watch reads the vitals each second, and prints a row each minute, or ten rows if the
// soak is shorter than ten minutes.
func watch(ctx context.Context, fn *server.Server, metrics string, t *tally, soak time.Duration) ([]vitals, error) {
	began := time.Now()
	end := time.After(soak)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	row := time.NewTicker(min(time.Minute, soak/10))
	defer row.Stop()
	_, _ = fmt.Printf("%8s%9s%8s%8s%9s%8s%8s%9s%10s%8s%9s%9s%12s%9s%10s%7s\n", "elapsed", "calls/s",
		"first", "at rest", "cluster", "bad", "giant", "refused", "visitors", "errors", "p50", "p99", "goroutines", "RSS MiB", "heap MiB", "files")

	var all []vitals
	last := began
	for {
		select {
		case <-ctx.Done():
			return all, ctx.Err()
		case <-fn.Exited():
			return all, fmt.Errorf("the function ended by itself, with code %d", fn.ExitCode())
		case <-end:
			v, err := feel(ctx, fn, metrics)
			if err == nil && time.Since(last) > time.Second {
				report(time.Since(began), time.Since(last), t.take(), v)
			}
			return all, err
		case <-second.C:
			v, err := feel(ctx, fn, metrics)
			if err != nil {
				return all, err
			}
			all = append(all, v)
		case now := <-row.C:
			v, err := feel(ctx, fn, metrics)
			if err != nil {
				return all, err
			}
			report(now.Sub(began), now.Sub(last), t.take(), v)
			last = now
		}
	}
}

func report(elapsed, interval time.Duration, c counts, v vitals) {
	_, _ = fmt.Printf("%8s%9.0f%8d%8d%9d%8d%8d%9d%10d%8d%9s%9s%12d%9.1f%10.1f%7d\n", elapsed.Round(time.Second), float64(c.all())/interval.Seconds(),
		c.calls[first], c.calls[rest], c.calls[cluster], c.calls[bad], c.calls[giant], c.calls[refused], c.calls[stranger], c.errors,
		rounded(quantile(c.rest, 0.5)), rounded(quantile(c.rest, 0.99)),
		v.goroutines, v.rss, v.heap, v.descriptors)
}
