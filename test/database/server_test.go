// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTimeout = 30 * time.Second

	// superuser is the name of the role that makes the databases and roles of the cases.
	superuser, superpassword = "admin", "admin"
)

// A server is a PostgreSQL server, with empty data, on this machine's loopback interface.
type server struct {
	// address is the server's own, with a port that was free.
	address string
	// t is the test that started the server.
	t *testing.T
	// front is a loopback address of the server's own, on which the server can be reached at
	// any port that expose was called for.
	front   string
	exposed map[string]bool
	mu      sync.Mutex
}

// startServer starts a server that is ended with the test, by its process id.
func startServer(t *testing.T, bin string) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "sonataflow-database-") //nolint:usetesting // Only root may enter the folder of t.TempDir.
	if err != nil {
		t.Fatalf("cannot make a folder for the server: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := unprivileged(t, dir)

	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(superpassword), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "--pgdata="+data, "--username="+superuser, "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("cannot initialize the server's data: %v\n%s", err, out)
	}

	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	output := &bytes.Buffer{}
	// A signal ends the server, see below, and not the end of a context, which would kill it.
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, output
	// The server ends with this process, also when that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGINT}
	started, exited := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started the process.
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("cannot start the server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // The process may have ended before.
		if err := <-exited; err != nil {
			t.Errorf("the server did not end cleanly: %v\n%s", err, output)
		}
	})

	s := &server{t: t, address: address, exposed: map[string]bool{}}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err = s.run(t.Context(), "postgres", "SELECT 1"); err == nil {
			break
		}
		if time.Since(began) > startTimeout {
			t.Fatalf("the server does not serve on %s: %v", address, err)
		}
	}
	return s
}

// unprivileged returns the user who may run the server, nil for the user of this process, and
// gives that user a folder. PostgreSQL refuses to run as root.
func unprivileged(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL refuses to run as root, and the user of Debian's package isn't there: %v", err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("cannot find a free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// run runs a statement in a database.
func (s *server) run(ctx context.Context, database, statement string) error {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return fmt.Errorf("cannot make a configuration: %w", err)
	}
	host, port, _ := net.SplitHostPort(s.address)
	number, _ := strconv.ParseUint(port, 10, 16)
	config.Host, config.Port, config.Database = host, uint16(number), database
	config.User, config.Password = superuser, superpassword
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("cannot connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("cannot run %s: %w", statement, err)
	}
	return nil
}

// create makes an empty database that a user owns, until the end of the test.
func (s *server) create(t *testing.T, database, owner, password string) {
	t.Helper()
	name, role := pgx.Identifier{database}.Sanitize(), pgx.Identifier{owner}.Sanitize()
	secret := "'" + string(bytes.ReplaceAll([]byte(password), []byte("'"), []byte("''"))) + "'"
	for _, statement := range []string{"CREATE ROLE " + role + " LOGIN PASSWORD " + secret, "CREATE DATABASE " + name + " OWNER " + role} {
		if err := s.run(t.Context(), "postgres", statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range []string{"DROP DATABASE " + name + " WITH (FORCE)", "DROP ROLE " + role} {
			if err := s.run(context.WithoutCancel(t.Context()), "postgres", statement); err != nil {
				t.Error(err)
			}
		}
	})
}

// expose lets the server be reached at a port of its front address, and returns that address.
// URLs can so be used as they are composed, with their ports.
func (s *server) expose(t *testing.T, port string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.exposed[port] {
		return s.front
	}
	var l net.Listener
	err := errors.New("no address was tried")
	for n := 1; n < 255 && err != nil; n++ {
		front := s.front
		if front == "" {
			front = fmt.Sprintf("127.54.32.%d", n)
		}
		if l, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(front, port)); err == nil {
			s.front = front
		}
	}
	if err != nil {
		t.Fatalf("cannot listen at port %s of a loopback address: %v", port, err)
	}
	s.exposed[port] = true
	s.t.Cleanup(func() { _ = l.Close() }) // Other tests use the port, too.
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return // The test has ended.
			}
			go s.forward(in)
		}
	}()
	return s.front
}

// forward hands the bytes of a connection to the server, and those of the server back.
func (s *server) forward(in net.Conn) {
	defer func() { _ = in.Close() }()
	out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", s.address)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
}
