// SPDX-License-Identifier: Apache-2.0

// Command bench compares the cost of the function with the floor, which is the cheapest
// possible function, and with a template function that composes the same objects. It
// calls all three in turn, over gRPC on the loopback interface, so that other load on the
// machine slows all three.
package main

import (
	"context"
	"errors"
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
	workflow, err := scene.Workflow(ctx, ours.Client)
	if err != nil {
		return err
	}
	floor, err := startFloor(ctx, dir, first.Response, steady.Response)
	if err != nil {
		return err
	}
	defer floor.Stop()
	floorOfWorkflow, err := startFloor(ctx, dir, workflow.Response, workflow.Response)
	if err != nil {
		return err
	}
	defer floorOfWorkflow.Stop()
	templates, err := server.Start(ctx, insecure.NewCredentials(), filepath.Join(dir, "templated"))
	if err != nil {
		return err
	}
	defer templates.Stop()

	_, _ = fmt.Printf("%s/%s, %d CPUs, %s; function serves %s after its start\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), ours.Started.Round(time.Millisecond))
	_, _ = fmt.Printf("first apply: %d bytes, at rest: %d bytes with %d observed objects; a workflow: %d bytes with %d\n\n",
		proto.Size(first.Request), proto.Size(steady.Request), len(steady.Request.GetObserved().GetResources()),
		proto.Size(workflow.Request), len(workflow.Request.GetObserved().GetResources()))
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "scene\tcallers\tserver\tp50\tp99\tcalls/s\tCPU a call\tp50 / floor\tp99 / floor\tCPU / floor\tas fast as templates\tMiB\t")
	for _, s := range []scene.Scene{first, steady} {
		theirs, err := templated(s)
		if err != nil {
			return err
		}
		if err := compare(ctx, out, s.Name, []target{{floor, "floor", s.Request}, {ours, "function", s.Request}, {templates, "templates", theirs}}, each); err != nil {
			return err
		}
	}
	if err := compare(ctx, out, workflow.Name, []target{{floorOfWorkflow, "floor", workflow.Request}, {ours, "function", workflow.Request}}, each); err != nil {
		return err
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

// startFloor starts the floor, with the responses that it answers.
func startFloor(ctx context.Context, dir string, first, steady *fnv1.RunFunctionResponse) (*server.Server, error) {
	args := make([]string, 0, 2)
	for flag, rsp := range map[string]*fnv1.RunFunctionResponse{"first": first, "steady": steady} {
		b, err := proto.Marshal(rsp)
		if err != nil {
			return nil, err
		}
		file, err := os.CreateTemp(dir, flag)
		if err != nil {
			return nil, err
		}
		_, err = file.Write(b)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		args = append(args, "--"+flag+"="+file.Name())
	}
	return server.Start(ctx, insecure.NewCredentials(), filepath.Join(dir, "floor"), args...)
}

// compare measures targets, the first of which is the floor, and prints a row for each
// target and number of callers. The third target, if there is one, has the templates.
func compare(ctx context.Context, out *tabwriter.Writer, name string, targets []target, each time.Duration) error {
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
			templates := "-"
			if len(results) > 2 {
				templates = fmt.Sprintf("%.1f", ratio(results[2].p50, r.p50))
			}
			_, _ = fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%.0f\t%s\t%.2f\t%.2f\t%.2f\t%s\t%.1f\t\n", name, callers, targets[i].name, r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond), r.perSecond,
				r.cpu.Round(10*time.Microsecond), ratio(r.p50, results[0].p50), ratio(r.p99, results[0].p99), ratio(r.cpu, results[0].cpu), templates, resident)
		}
		_ = out.Flush()
	}
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
