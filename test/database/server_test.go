// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const startTimeout = 60 * time.Second

// Who works on the server. The owner is who the Secrets name; its password has characters that
// URLs would change.
const (
	admin         = "postgres"
	adminPassword = "admin"
	owner         = "Müller"
	ownerPassword = `p@ss: w%20rd&+?"'\`
)

// A server is a PostgreSQL server on the loopback address that accepts passwords only.
type server struct {
	bin  string
	port string
}

// startServer makes a server in a temporary folder, and runs it until the end of the test.
func startServer(t *testing.T, bin string) server {
	t.Helper()
	as := unprivileged(t)
	// A folder of t.TempDir is in one that only the test's own user may enter.
	dir, err := os.MkdirTemp("", "database-") //nolint:usetesting // The comment above says why.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	data, password := filepath.Join(dir, "data"), filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(adminPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	give(t, password, as)
	give(t, dir, as)
	initdb := command(t.Context(), dir, as, filepath.Join(bin, "initdb"), "--pgdata="+data, "--username="+admin, "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("cannot make a server: %v\n%s", err, out)
	}

	s := server{bin: bin, port: freePort(t)}
	output := &bytes.Buffer{}
	// The context of the test ends before its cleanup, which ends the process.
	cmd := command(context.WithoutCancel(t.Context()), dir, as, filepath.Join(bin, "postgres"), "-D", data,
		"-c", "listen_addresses=127.0.0.1", "-c", "port="+s.port, "-c", "unix_socket_directories=", "-c", "fsync=off")
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatalf("cannot start the server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // It ends all connections; the process may have ended before.
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server did not end cleanly: %v\n%s", err, output)
		}
	})
	s.await(t, output)
	s.sql(t, `CREATE ROLE `+quoted(owner)+` LOGIN PASSWORD '`+strings.ReplaceAll(ownerPassword, "'", "''")+`'`)
	return s
}

// await waits until the server takes connections.
func (s server) await(t *testing.T, output *bytes.Buffer) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := exec.CommandContext(t.Context(), filepath.Join(s.bin, "pg_isready"), "--quiet", "--host=127.0.0.1", "--port="+s.port).Run()
		if err == nil {
			return
		}
		if time.Since(began) > startTimeout {
			t.Fatalf("the server takes no connections: %v\n%s", err, output)
		}
	}
}

// sql runs statements as the administrator.
func (s server) sql(t *testing.T, statements ...string) {
	t.Helper()
	s.sqlIn(t, admin, statements...)
}

// sqlIn runs statements in a database, each in a transaction of its own.
func (s server) sqlIn(t *testing.T, database string, statements ...string) {
	t.Helper()
	args := []string{"--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"}
	for _, statement := range statements {
		args = append(args, "--command="+statement)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.bin, "psql"), args...)
	cmd.Env = append(os.Environ(), "PGHOST=127.0.0.1", "PGPORT="+s.port, "PGUSER="+admin, "PGPASSWORD="+adminPassword, "PGDATABASE="+database, "PGCLIENTENCODING=UTF8")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot run %q in %s: %v\n%s", statements, database, err, out)
	}
}

// quoted returns a name as PostgreSQL takes it literally.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// unprivileged returns the user that runs the server where the test is run by the superuser,
// because PostgreSQL refuses to be run by it; else nil.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL can't be run by root, and there is no user postgres: %v", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// give makes a user the owner of a file.
func give(t *testing.T, file string, to *syscall.Credential) {
	t.Helper()
	if to == nil {
		return
	}
	if err := os.Chown(file, int(to.Uid), int(to.Gid)); err != nil {
		t.Fatal(err)
	}
}

func command(ctx context.Context, dir string, as *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") })
	return cmd
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("cannot find a free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
