// SPDX-License-Identifier: Apache-2.0

// Command bench compares the cost of the function with the floor, which is the cheapest
// possible function, and with a template function that composes the same objects. It
// calls all three in turn, over gRPC on the loopback interface, so that other load on the
// machine slows all three.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/scene"
	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/server"
)

func main() {
	seconds := flag.Float64("seconds", 10, "how long to call, for each scene and number of callers")
	flag.Parse()
	if err := run(context.Background(), time.Duration(*seconds*float64(time.Second))); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, each time.Duration) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, where := range map[string][2]string{"function": {"../..", "./fn"}, "floor": {".", "./floor"}, "templated": {".", "./templated"}} {
		if err := server.Build(ctx, where[0], where[1], filepath.Join(dir, name)); err != nil {
			return err
		}
	}

	ours, err := server.Start(ctx, insecure.NewCredentials(), filepath.Join(dir, "function"), "--insecure", "--metrics-address=")
	if err != nil {
		return err
	}
	defer ours.Stop()
	first, steady, err := scene.Platform(ctx, ours.Client)
	if err != nil {
		return err
	}
	args := make([]string, 0, 2)
	for _, s := range []struct {
		flag string
		rsp  *fnv1.RunFunctionResponse
	}{{"--first=", first.Response}, {"--steady=", steady.Response}} {
		b, err := proto.Marshal(s.rsp)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, s.flag[2:len(s.flag)-1]+".pb")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			return err
		}
		args = append(args, s.flag+file)
	}
	floor, err := server.Start(ctx, insecure.NewCredentials(), filepath.Join(dir, "floor"), args...)
	if err != nil {
		return err
	}
	defer floor.Stop()
	templates, err := server.Start(ctx, insecure.NewCredentials(), filepath.Join(dir, "templated"))
	if err != nil {
		return err
	}
	defer templates.Stop()

	_, _ = fmt.Printf("%s/%s, %d CPUs, %s; function serves %s after its start\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), ours.Started.Round(time.Millisecond))
	_, _ = fmt.Printf("first apply: %d bytes, at rest: %d bytes with %d observed objects\n\n",
		proto.Size(first.Request), proto.Size(steady.Request), len(steady.Request.GetObserved().GetResources()))
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "scene\tcallers\tserver\tp50\tp99\tcalls/s\tCPU a call\tp50 / floor\tp99 / floor\tCPU / floor\tas fast as templates\tMiB\t")
	for _, s := range []scene.Scene{first, steady} {
		theirs, err := templated(s)
		if err != nil {
			return err
		}
		targets := []target{{floor, "floor", s.Request}, {ours, "function", s.Request}, {templates, "templates", theirs}}
		if err := same(ctx, targets); err != nil {
			return err
		}
		for _, callers := range []int{1, 8, 64} {
			results, err := measure(ctx, targets, callers, each)
			if err != nil {
				return err
			}
			for i, r := range results {
				resident, _, err := targets[i].Memory()
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%.0f\t%s\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t\n", s.Name, callers, targets[i].name, r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond), r.perSecond,
					r.cpu.Round(10*time.Microsecond), ratio(r.p50, results[0].p50), ratio(r.p99, results[0].p99), ratio(r.cpu, results[0].cpu), float64(results[len(results)-1].p50)/float64(r.p50), resident)
			}
			_ = out.Flush()
		}
	}
	for _, t := range []struct {
		name string
		*server.Server
	}{{"floor", floor}, {"function", ours}, {"templates", templates}} {
		resident, program, err := t.Memory()
		if err != nil {
			return err
		}
		_, _ = fmt.Printf("resident memory of %s: %.1f MiB, of which the program's file is %.1f MiB\n", t.name, resident, program)
	}
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
