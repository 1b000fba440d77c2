// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A room is a network namespace within the stack's. A process in it may listen on ports that
// are taken outside. Nothing leads into a room or out of it but connections that the
// supervisor sends on: a socket stays in the namespace in which it was made, and every thread
// of the supervisor can use the socket.
type room struct{ tasks chan func() }

// newRoom makes a room.
func newRoom() (*room, error) {
	r := &room{tasks: make(chan func())}
	made := make(chan error)
	go func() {
		// The thread stays in the namespace, and isn't used for anything else.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- fmt.Errorf("cannot make a network namespace: %w", err)
			return
		}
		if err := loopbackUp(); err != nil {
			made <- fmt.Errorf("cannot bring the loopback interface up: %w", err)
			return
		}
		made <- nil
		for task := range r.tasks {
			task()
		}
	}()
	return r, <-made
}

// in runs a function in a room. Processes that it starts are in the room, too.
func (r *room) in(do func()) {
	done := make(chan struct{})
	r.tasks <- func() {
		defer close(done)
		do()
	}
	<-done
}

// listen listens on an address of the room.
func (r *room) listen(address string) (l net.Listener, err error) {
	r.in(func() { l, err = net.Listen("tcp", address) }) //nolint:noctx // It lives as long as the room.
	return l, err
}

// listenPacket listens for packets on an address of the room.
func (r *room) listenPacket(address string) (l net.PacketConn, err error) {
	r.in(func() { l, err = net.ListenPacket("udp", address) }) //nolint:noctx // It lives as long as the room.
	return l, err
}

// dialing returns a function that connects to an address of the room.
func (r *room) dialing(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (conn net.Conn, err error) {
		r.in(func() { conn, err = (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address) })
		return conn, err
	}
}
