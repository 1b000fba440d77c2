// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

// A target is a server, and the request that it is called with.
type target struct {
	*server.Server

	name    string
	request *fnv1.RunFunctionRequest
}

// A result has the measurements of a target.
type result struct {
	p50, p99 time.Duration
	// perSecond is the number of calls per second, without the time that the callers
	// spend on the other targets.
	perSecond float64
	// cpu is the processor time that the target used for a call.
	cpu time.Duration
}

// same returns an error unless the targets compose the same objects.
func same(ctx context.Context, targets []target) error {
	var want []string
	for _, t := range targets {
		rsp, err := t.Client.RunFunction(ctx, t.request)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		for _, r := range rsp.GetResults() {
			if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
				return fmt.Errorf("%s: %s", t.name, r.GetMessage())
			}
		}
		got := slices.Sorted(maps.Keys(rsp.GetDesired().GetResources()))
		if want == nil {
			want = got
		}
		if !slices.Equal(want, got) {
			return fmt.Errorf("%s composes %v, want %v", t.name, got, want)
		}
	}
	return nil
}

// measure calls all targets in turn for the given time, with the given number of callers
// at once.
func measure(ctx context.Context, targets []target, callers int, each time.Duration) ([]result, error) {
	used := make([]time.Duration, len(targets))
	for i, t := range targets {
		var err error
		if used[i], err = t.Used(); err != nil {
			return nil, err
		}
	}
	took := make([][][]time.Duration, callers)
	errs := make([]error, callers)
	end := time.Now().Add(each)
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			took[c] = make([][]time.Duration, len(targets))
			// The callers start with different targets.
			for i := c; time.Now().Before(end); i++ {
				t := targets[i%len(targets)]
				began := time.Now()
				if _, err := t.Client.RunFunction(ctx, t.request); err != nil {
					errs[c] = fmt.Errorf("%s: %w", t.name, err)
					return
				}
				took[c][i%len(targets)] = append(took[c][i%len(targets)], time.Since(began))
			}
		})
	}
	all.Wait()
	out := make([]result, len(targets))
	for i := range targets {
		var times []time.Duration
		for c := range callers {
			if errs[c] != nil {
				return nil, errs[c]
			}
			times = append(times, took[c][i]...)
		}
		if len(times) == 0 {
			return nil, fmt.Errorf("no call of %s ended within %s", targets[i].name, each)
		}
		slices.Sort(times)
		var sum time.Duration
		for _, d := range times {
			sum += d
		}
		now, err := targets[i].Used()
		if err != nil {
			return nil, err
		}
		out[i] = result{
			p50: times[len(times)/2], p99: times[len(times)*99/100],
			perSecond: float64(callers) * float64(len(times)) / sum.Seconds(),
			cpu:       (now - used[i]) / time.Duration(len(times)),
		}
	}
	return out, nil
}
