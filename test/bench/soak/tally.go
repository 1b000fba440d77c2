// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// fewErrors is the number of errors that are printed. All errors are counted.
const fewErrors = 10

// A tally counts calls.
type tally struct {
	mu     sync.Mutex
	counts counts
	// took and errors are for the whole soak.
	took   map[string][]time.Duration
	errors int
}

// counts are the counts of an interval.
type counts struct {
	calls  [columns]int
	errors int
	// rest has the durations of the answered calls about a platform at rest.
	rest []time.Duration
}

func newTally() *tally { return &tally{took: map[string][]time.Duration{}} }

func (t *tally) count(name string, c column, took time.Duration, wrong error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.calls[c]++
	t.took[name] = append(t.took[name], took)
	if wrong != nil {
		t.counts.errors++
		if t.errors++; t.errors <= fewErrors {
			_, _ = fmt.Printf("error %d: %s: %v\n", t.errors, name, wrong)
		}
		return
	}
	if c == rest {
		t.counts.rest = append(t.counts.rest, took)
	}
}

// take returns the counts since it was called last.
func (t *tally) take() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.counts
	t.counts = counts{}
	return out
}

// summarize prints how many calls there were of each name, and how long they took.
func (t *tally) summarize() {
	_, _ = fmt.Printf("\n%-42s%9s%10s%10s%10s\n", "", "calls", "p50", "p99", "longest")
	for _, name := range slices.Sorted(maps.Keys(t.took)) {
		took := t.took[name]
		_, _ = fmt.Printf("%-42s%9d%10s%10s%10s\n", name, len(took), rounded(quantile(took, 0.5)), rounded(quantile(took, 0.99)), rounded(quantile(took, 1)))
	}
}

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

func (c counts) all() int {
	out := 0
	for _, n := range c.calls {
		out += n
	}
	return out
}

// quantile returns a quantile of durations; 0 if there are none.
func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[int(q*float64(len(of)-1))]
}
