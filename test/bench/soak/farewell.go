// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

// grace is how long Kubernetes waits before it kills a pod that it has told to end.
const grace = 30 * time.Second

// A farewell counts the results of calls after the function is told to end.
type farewell struct {
	mu sync.Mutex
	// underWay are the calls that had begun when the function was told to end; later are
	// the calls that began afterwards.
	underWay, later fates
}

// fates counts calls by their result.
type fates struct {
	answered int
	// turnedAway are the calls that no server had accepted: the caller may repeat them on
	// another connection.
	turnedAway int
	// lost are all other calls.
	lost int
}

func (f fates) all() int { return f.answered + f.turnedAway + f.lost }

func (f *farewell) count(k *kind, underWay, turnedAway bool, wrong error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := &f.later
	if underWay {
		in = &f.underWay
	}
	switch {
	case wrong == nil:
		in.answered++
	case turnedAway:
		in.turnedAway++
	default:
		in.lost++
		_, _ = fmt.Printf("lost: %s: %v\n", k.name, wrong)
	}
}

// end tells the function to end while it has calls to answer, and proves that it answers
// every call that it has accepted. Crossplane repeats the other calls.
func end(ctx context.Context, fn *server.Server, c *callers, giants []*kind) error {
	// The calls under way are huge requests, because they take long.
	c.start(ctx, giantsAtOnce, giants)
	time.Sleep(500 * time.Millisecond)

	told := time.Now()
	c.ending.Store(&told)
	if err := fn.Terminate(); err != nil {
		return err
	}
	var errs []error
	select {
	case <-fn.Exited():
	case <-time.After(grace):
		errs = append(errs, fmt.Errorf("the function still runs %s after it was told to end", grace))
		fn.Kill()
	}
	took := time.Since(told)
	c.wait()

	f := &c.farewell
	_, _ = fmt.Printf("\nSIGTERM: %d calls under way: %d answered, %d turned away before they were taken, %d lost; %d later: %d answered, %d turned away, %d lost\n",
		f.underWay.all(), f.underWay.answered, f.underWay.turnedAway, f.underWay.lost, f.later.all(), f.later.answered, f.later.turnedAway, f.later.lost)
	_, _ = fmt.Printf("the function ended with code %d after %s\n", fn.ExitCode(), took.Round(time.Millisecond))
	if lost := f.underWay.lost + f.later.lost; lost > 0 {
		errs = append(errs, fmt.Errorf("%d calls were lost", lost))
	}
	if f.underWay.answered == 0 {
		errs = append(errs, errors.New("no call was under way: this proved nothing"))
	}
	if code := fn.ExitCode(); code != 0 {
		errs = append(errs, fmt.Errorf("the function ended with code %d", code))
	}
	return errors.Join(errs...)
}
