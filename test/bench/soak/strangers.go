// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A visitor is a client that opens a new connection.
type visitor struct {
	name    string
	creds   credentials.TransportCredentials
	welcome bool
}

// visitors returns the clients that connect now and then: three that the function must
// refuse, and one that it must answer. The last one proves that the function doesn't
// refuse every new connection.
func visitors(ours *authority) ([]visitor, error) {
	theirs, err := newAuthority()
	if err != nil {
		return nil, err
	}
	foreign, err := theirs.issue()
	if err != nil {
		return nil, err
	}
	own, err := ours.issue()
	return []visitor{
		{name: "a client without certificate", creds: ours.credentials()},
		{name: "a client of another authority", creds: ours.credentials(foreign)},
		{name: "a client without TLS", creds: insecure.NewCredentials()},
		{name: "a client that is new", creds: ours.credentials(own), welcome: true},
	}, err
}

// visit lets one visitor after another connect, until the context ends. During each
// visit, a further client is connected and sends nothing.
func visit(ctx context.Context, address string, all []visitor, k *kind, t *tally) {
	for i := 0; ; i++ {
		silent, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			v := all[i%len(all)]
			began := time.Now()
			err = v.call(ctx, address, k)
			if ctx.Err() == nil {
				t.count(v.name, stranger, time.Since(began), err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
		if silent != nil {
			_ = silent.Close() // The client has sent nothing, so an error has no consequence.
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// call makes a call, and returns an error if the visitor gets the wrong answer.
func (v visitor) call(ctx context.Context, address string, k *kind) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(v.creds))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	rsp, err := fnv1.NewFunctionRunnerServiceClient(conn).RunFunction(ctx, k.request)
	if v.welcome {
		return k.want.check(rsp, err)
	}
	if err == nil {
		return errors.New("got an answer")
	}
	if status.Code(err) != codes.Unavailable {
		return fmt.Errorf("want code %s, got %w", codes.Unavailable, err)
	}
	return nil
}
