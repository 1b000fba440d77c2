// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

const (
	// callersAtOnce is the number of callers, which share a few connections. Crossplane
	// has one connection; with several, calls overlap in more ways.
	callersAtOnce = 64
	connections   = 4
	// giantsAtOnce is the number of huge requests at once. It limits the memory that they
	// take.
	giantsAtOnce = 2
	// patience is how long a call may take. Crossplane waits less, but a huge request
	// takes long on a busy machine, where it shares its connection with fifteen callers.
	patience = 2 * time.Minute
)

// callers call the function until it ends.
type callers struct {
	tally *tally

	conns  []*grpc.ClientConn
	next   atomic.Int64
	giants chan struct{}
	all    sync.WaitGroup

	// ending is when the function was told to end. farewell counts the results of the
	// calls since then.
	ending   atomic.Pointer[time.Time]
	farewell farewell
}

func connect(address string, creds credentials.TransportCredentials, t *tally) (*callers, error) {
	c := &callers{tally: t, giants: make(chan struct{}, giantsAtOnce)}
	for range connections {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds), grpc.WithStatsHandler(streams{}), grpc.WithDefaultCallOptions(
			// gRPC repeats a call that the server hasn't accepted, if its buffer still
			// has the request.
			grpc.MaxRetryRPCBufferSize(2*limit),
			grpc.ForceCodecV2(newCodec()),
		))
		if err != nil {
			return nil, err
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

// start starts n callers, which call with a cycle of kinds until the function ends.
func (c *callers) start(ctx context.Context, n int, cycle []*kind) {
	for i := range n {
		c.all.Go(func() {
			for ctx.Err() == nil {
				k := cycle[int(c.next.Add(1)-1)%len(cycle)]
				if more := c.call(ctx, c.conns[i%len(c.conns)], k); !more {
					return
				}
			}
		})
	}
}

// wait returns when all callers have ended.
func (c *callers) wait() {
	c.all.Wait()
	for _, conn := range c.conns {
		_ = conn.Close() // The server has ended.
	}
}

// call makes one call, and returns whether the caller goes on.
func (c *callers) call(ctx context.Context, conn *grpc.ClientConn, k *kind) bool {
	if k.huge() {
		c.giants <- struct{}{}
		defer func() { <-c.giants }()
	}
	s := &stream{}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, streamKey{}, s), patience)
	defer cancel()
	began := time.Now()
	rsp := &fnv1.RunFunctionResponse{}
	err := conn.Invoke(ctx, method, k.wire, rsp)
	took := time.Since(began)
	wrong := k.want.check(rsp, err)

	if told := c.ending.Load(); told != nil {
		turnedAway := wrong != nil && status.Code(err) == codes.Unavailable && !s.open.Load()
		c.farewell.count(k, began.Before(*told), turnedAway, wrong)
		return wrong == nil
	}
	c.tally.count(k.name, k.column, took, wrong)
	if wrong != nil && ctx.Err() == nil {
		time.Sleep(100 * time.Millisecond) // Without a pause, the error would repeat a thousand times a second.
	}
	return true
}

// A stream tells whether a call has a gRPC stream. A server can accept only calls with a
// stream. A call has none while it waits for a connection, or for a free stream of its
// connection.
type stream struct{ open atomic.Bool }

type streamKey struct{}

// streams follows the streams of a connection.
type streams struct{}

// HandleRPC notes that a call has got a stream, or that gRPC begins another attempt
// because the server hasn't accepted the last one.
func (streams) HandleRPC(ctx context.Context, s stats.RPCStats) {
	call, ok := ctx.Value(streamKey{}).(*stream)
	if !ok {
		return
	}
	switch s.(type) {
	case *stats.Begin:
		call.open.Store(false)
	case *stats.OutHeader:
		call.open.Store(true)
	}
}

// TagRPC tags nothing.
func (streams) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn tags nothing.
func (streams) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn notes nothing.
func (streams) HandleConn(context.Context, stats.ConnStats) {}
