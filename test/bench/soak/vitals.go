// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

const (
	mib = 1 << 20
	// enough is the number of seconds after which one or two huge requests have no
	// influence on the result.
	enough = 45
)

// vitals are the measurements that grow if the function leaks.
type vitals struct {
	goroutines, descriptors int
	rss, heap               float64 // in MiB
}

// feel reads the vitals of the function, from its metrics and from the kernel.
func feel(ctx context.Context, fn *server.Server, metrics string) (v vitals, err error) {
	own, err := scrape(ctx, metrics)
	if err != nil {
		return v, err
	}
	if v.rss, _, err = fn.Memory(); err != nil {
		return v, err
	}
	v.goroutines, v.heap = int(own["go_goroutines"]), own["go_memstats_heap_inuse_bytes"]/mib
	v.descriptors, err = fn.Descriptors()
	return v, err
}

// scrape reads the metrics that have no labels.
func scrape(ctx context.Context, address string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rsp.Body.Close() }()
	out := map[string]float64{}
	lines := bufio.NewScanner(rsp.Body)
	for lines.Scan() {
		name, text, ok := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(text, 64); ok && err == nil {
			out[name] = n
		}
	}
	return out, lines.Err()
}

// grown returns an error for each measurement that grows without bounds: the median of
// its last third is far above the median of its first third. The first fifth isn't
// counted, because pools and heap grow to their size in it.
func grown(all []vitals) error {
	all = all[len(all)/5:]
	if len(all) < enough {
		_, _ = fmt.Println("the soak was too short to tell whether memory, goroutines or open files grow")
		return nil
	}
	third := len(all) / 3
	first, last := all[:third], all[len(all)-third:]
	return errors.Join(
		growth("goroutines", callersAtOnce, median(first, goroutines), median(last, goroutines)),
		growth("MiB of resident memory", 10, median(first, rss), median(last, rss)),
		growth("open files", 16, median(first, descriptors), median(last, descriptors)),
	)
}

// growth returns an error if a value has grown by more than a half, and by more than
// trifle, which has the unit of the value.
func growth(what string, trifle, first, last float64) error {
	_, _ = fmt.Printf("%s: %.0f in the first third, %.0f in the last\n", what, first, last)
	if last > 1.5*first && last > first+trifle {
		return fmt.Errorf("%s grow: from %.0f to %.0f", what, first, last)
	}
	return nil
}

func goroutines(v vitals) float64  { return float64(v.goroutines) }
func descriptors(v vitals) float64 { return float64(v.descriptors) }
func rss(v vitals) float64         { return v.rss }

func median(all []vitals, of func(vitals) float64) float64 {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b vitals) int { return cmp.Compare(of(a), of(b)) })
	return of(sorted[len(sorted)/2])
}
