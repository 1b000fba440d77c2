// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// serviceRange has the addresses of all Services. All of them are addresses of the
// stack's loopback interface, so that a process can listen on the address of a Service.
const serviceRange = "10.96.0.0/16"

// nameServer is the address of the stack's name server.
const nameServer = "127.0.0.1:53"

// loopbackUp brings the loopback interface of this thread's network namespace up, and gives
// it the addresses of all Services.
func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, lo); err != nil {
		return err
	}
	// On the loopback interface, one address makes its whole network local.
	network := netip.MustParsePrefix(serviceRange)
	mask := net.CIDRMask(network.Bits(), network.Addr().BitLen())
	for _, set := range []struct {
		request uint
		value   []byte
	}{{unix.SIOCSIFADDR, network.Addr().Next().AsSlice()}, {unix.SIOCSIFNETMASK, mask}} {
		services, err := unix.NewIfreq("lo:1")
		if err != nil {
			return err
		}
		if err := services.SetInet4Addr(set.value); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(socket, set.request, services); err != nil {
			return err
		}
	}
	return nil
}

// forward sends connections on to where dial leads, until the listener is closed.
func forward(ctx context.Context, l net.Listener, dial func(context.Context) (net.Conn, error)) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = from.Close() }()
			to, err := dial(ctx)
			if err != nil {
				return // The client sees a connection that is closed, as it would a dead pod's.
			}
			defer func() { _ = to.Close() }()
			go func() {
				_, _ = io.Copy(to, from)
				if tcp, ok := to.(*net.TCPConn); ok {
					_ = tcp.CloseWrite()
				}
			}()
			_, _ = io.Copy(from, to)
		}()
	}
}

// serveNames answers questions for the names of Services, as a cluster's DNS does, with
// their addresses as they are at the moment.
func (s *supervisor) serveNames(ctx context.Context, l net.PacketConn) {
	buffer := make([]byte, 1024)
	for {
		n, client, err := l.ReadFrom(buffer)
		if err != nil {
			return
		}
		question := dnsmessage.Message{}
		if err := question.Unpack(buffer[:n]); err != nil || len(question.Questions) == 0 {
			continue
		}
		go func() {
			if answer, err := s.answer(ctx, question); err == nil {
				_, _ = l.WriteTo(answer, client)
			}
		}()
	}
}

func (s *supervisor) answer(ctx context.Context, question dnsmessage.Message) ([]byte, error) {
	q := question.Questions[0]
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true, RecursionDesired: question.RecursionDesired},
		Questions: question.Questions[:1],
	}
	switch address, err := s.resolve(ctx, strings.TrimSuffix(q.Name.String(), ".")); {
	case err != nil:
		out.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		out.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: address.As4()},
		}}
	}
	return out.Pack()
}

// resolve returns the address of the Service that a name means: NAME.NAMESPACE.svc, also
// with the cluster's domain. A Service may be another name.
func (s *supervisor) resolve(ctx context.Context, name string) (netip.Addr, error) {
	parts := strings.Split(strings.TrimSuffix(name, ".cluster.local"), ".")
	if len(parts) != 3 || parts[2] != "svc" {
		return netip.Addr{}, fmt.Errorf("%s isn't the name of a Service", name)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	service, err := s.client.Get(ctx, kube.Services, parts[1], parts[0])
	if err != nil {
		return netip.Addr{}, err
	}
	if other, _, _ := unstructured.NestedString(service.Object, "spec", "externalName"); other != "" && other != name {
		return s.resolve(ctx, other)
	}
	address, _, err := unstructured.NestedString(service.Object, "spec", "clusterIP")
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.ParseAddr(address)
}

// listenForNames starts the name server of the stack.
func (s *supervisor) listenForNames(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", nameServer)
	if err != nil {
		return fmt.Errorf("cannot listen for questions about names: %w", err)
	}
	go s.serveNames(ctx, l)
	return nil
}

// expose makes a process reachable at the address of its Service, which kube-proxy does in a
// cluster. Connections to the Service's port lead to where dial does.
func (s *supervisor) expose(ctx context.Context, namespace, service, port string, dial func(context.Context) (net.Conn, error)) error {
	address, err := s.resolve(ctx, service+"."+namespace+".svc")
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(address.String(), port))
	if errors.Is(err, unix.EADDRINUSE) {
		return nil // It is exposed already.
	}
	if err != nil {
		return fmt.Errorf("cannot listen on the address of Service %s: %w", service, err)
	}
	go forward(ctx, l, dial)
	return nil
}

// dialing returns a function that connects to an address.
func dialing(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	}
}
