// SPDX-License-Identifier: Apache-2.0

// Package database_test shows where a composed service and its migration arrive in a real
// PostgreSQL server. It asks the function for the objects of the examples and of names that
// people give to databases and schemas. PostgreSQL's own JDBC driver connects with the
// environments of the Jobs and the Deployments, and the server says which database and schema
// that is. The services' images aren't run: neither Quarkus nor Flyway nor Vert.x is real here.
// Their rules for values and URLs are in values_test.go and reactive_test.go, with sources.
package database_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// root is the top of the repository.
const root = "../.."

// A place is where a connection has arrived.
type place struct {
	// server is the host and the port that the client asked for.
	server, database, schema string
}

// A bench has the processes that all tests of names share.
type bench struct {
	client fnv1.FunctionRunnerServiceClient
	server server
	java   *java

	mu          sync.Mutex
	locks       map[string]*sync.Mutex // By database.
	connections int
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	bin, driver := os.Getenv("SONATAFLOW_POSTGRESQL"), os.Getenv("SONATAFLOW_JDBC_DRIVER")
	if bin == "" || driver == "" {
		t.Skip("only `make database` runs this test, on machines that have PostgreSQL, Java and the JDBC driver")
	}
	b := &bench{client: startFunction(t), server: startServer(t, bin), locks: map[string]*sync.Mutex{}}
	b.java = startJava(t, driver, b.server.port)
	t.Run("Examples", b.examples)
	t.Run("Names", b.names)
	t.Run("Locale", b.locale)
	t.Logf("%d connections were made", b.connections)
}

// locale looks at the composed environments as Java does in a container whose image sets no
// locale: what isn't in ASCII must arrive as it was written, too.
func (b *bench) locale(t *testing.T) {
	t.Parallel()
	tc := named{database: "Größe 🐘", schema: "größe"}
	components, refused, err := compose(t.Context(), b.client, tc.composite(), nil)
	if err != nil || refused != "" || len(components) != 1 {
		t.Fatalf("got %v, refused %q, error %v", components, refused, err)
	}
	for name, env := range map[string][]corev1.EnvVar{"Service": components[0].service, "Migration": components[0].migration} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := map[string]string{}, map[string]string{}
			var variables []string
			for _, v := range env {
				if v.ValueFrom == nil {
					want[v.Name] = v.Value
					variables = append(variables, v.Name+"="+v.Value)
				}
			}
			cmd := exec.CommandContext(t.Context(), "java", "-classpath", b.java.classes, "Connect", "environment")
			cmd.Env = variables
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for line := range strings.Lines(string(out)) {
				variable, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
				got[variable] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the environment as Java reads it: -want, +got:\n%s", diff)
			}
		})
	}
}

// java is the process of Connect.java.
type java struct {
	// classes is the folder with what was compiled.
	classes string

	mu      sync.Mutex
	in      io.Writer
	answers *bufio.Scanner
}

// startJava compiles Connect.java, and runs it with the driver until the end of the test. No
// host has an address for it, because it leads all connections to a port of the loopback address.
func startJava(t *testing.T, driver, port string) *java {
	t.Helper()
	dir := t.TempDir()
	hosts := filepath.Join(dir, "hosts")
	if err := os.WriteFile(hosts, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	javac := exec.CommandContext(t.Context(), "javac", "-encoding", "UTF-8", "-classpath", driver, "-d", dir, filepath.Join("testdata", "Connect.java"))
	if out, err := javac.CombinedOutput(); err != nil {
		t.Fatalf("cannot compile Connect.java: %v\n%s", err, out)
	}
	// The context of the test ends before its cleanup, which ends the process.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "java", "-Djdk.net.hosts.file="+hosts, "-Dserver="+port,
		"-classpath", dir+string(os.PathListSeparator)+driver, "Connect")
	output := &bytes.Buffer{}
	cmd.Stderr = output
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("cannot start Connect.java: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close() // It ends at the end of its input.
		if err := cmd.Wait(); err != nil {
			t.Errorf("Connect.java did not end cleanly: %v\n%s", err, output)
		}
	})
	return &java{classes: dir, in: in, answers: bufio.NewScanner(out)}
}

// ask lets Connect.java connect with an environment, and returns what the server says.
func (j *java) ask(env map[string]string, todo []string) (map[string]string, error) {
	variables := make([]string, 0, len(env))
	for name, value := range env {
		variables = append(variables, name+"="+value)
	}
	lines := [][]string{variables, todo}
	var request strings.Builder
	for _, line := range lines {
		for _, field := range line {
			if strings.ContainsAny(field, "\t\r\n") {
				return nil, fmt.Errorf("%q has a character that separates fields or lines", field)
			}
		}
		request.WriteString(strings.Join(line, "\t") + "\n")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := io.WriteString(j.in, request.String()); err != nil {
		return nil, err
	}
	said := map[string]string{}
	for j.answers.Scan() {
		name, value, _ := strings.Cut(j.answers.Text(), " ")
		switch name {
		case "":
			return said, nil
		case "error":
			j.answers.Scan() // The empty line.
			return nil, errors.New(value)
		}
		said[name] = value
	}
	return nil, errors.Join(errors.New("Connect.java has ended"), j.answers.Err())
}

// examples connects with the environments that are composed for the examples.
func (b *bench) examples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "example", "*", "composite.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d examples, error %v", len(files), err)
	}
	got := map[string][]string{}
	for _, file := range files {
		example := filepath.Base(filepath.Dir(file))
		components, refused, err := compose(t.Context(), b.client, documents(t, example, "composite.yaml")[0], documents(t, example, "required.yaml"))
		if err != nil || refused != "" {
			t.Errorf("example/%s: %v%s", example, err, refused)
		}
		for _, c := range components {
			got[example] = append(got[example], c.name)
			t.Run(example+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				want, ok := exampleDatabases()[example][c.name]
				if !ok {
					t.Fatalf("example/%s has a database for %s, which exampleDatabases lacks", example, c.name)
				}
				searchPath := b.check(t, c, want)
				if !t.Failed() {
					t.Logf("| example/%s, %s | %s | %q | %q | %s |", example, c.name, want.server, want.database, want.schema, searchPath)
				}
			})
		}
		slices.Sort(got[example])
	}
	want := map[string][]string{}
	for example, components := range exampleDatabases() {
		want[example] = slices.Sorted(maps.Keys(components))
	}
	maps.DeleteFunc(got, func(_ string, components []string) bool { return len(components) == 0 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("examples with a database: -want, +got:\n%s", diff)
	}
}

// names connects with the environments that are composed for names that people use.
func (b *bench) names(t *testing.T) {
	for name, tc := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			components, refused, err := compose(t.Context(), b.client, tc.composite(), nil)
			if err != nil {
				t.Fatalf("%s\n%v", tc.reason, err)
			}
			if tc.refused != "" {
				if !strings.Contains(refused, tc.refused) {
					t.Errorf("%s\nwant a refusal with %q, got %q and %v", tc.reason, tc.refused, refused, components)
				}
				t.Logf("| %s | refused: %s |", tc, refused)
				return
			}
			if refused != "" || len(components) != 1 {
				t.Fatalf("%s\nwant one component, got %v, refused %q", tc.reason, components, refused)
			}
			if components[0].migration == nil {
				t.Errorf("%s\nwant a Job", tc.reason)
			}
			searchPath := b.check(t, components[0], tc.want)
			if !t.Failed() {
				t.Logf("| %s | %s | %q | %q | %s |", tc, tc.want.server, tc.want.database, tc.want.schema, searchPath)
			}
		})
	}
}

// check makes a database, migrates it with the environment of a component's Job, and connects
// as the component does, with each of its clients. All must arrive at one place, and find there
// what the migration has made. It returns the search path of the component.
func (b *bench) check(t *testing.T, c component, want place) (searchPath string) {
	t.Helper()
	b.makeDatabase(t, want.database)
	args := []string{"find"}
	maker := "migration"
	if c.migration != nil {
		b.connect(t, configuration(t, c.migration), want, maker, "migrate")
	} else {
		// The user makes the schema of a service that migrates by itself.
		b.server.sqlIn(t, want.database, "CREATE SCHEMA IF NOT EXISTS "+quoted(want.schema)+" AUTHORIZATION "+quoted(owner))
		args[0], maker = "make", "service"
	}
	env := configuration(t, c.service)
	return b.connect(t, env, want, maker, append(args, reactiveArguments(t, env["QUARKUS_DATASOURCE_REACTIVE_URL"])...)...)
}

// reactiveArguments returns Connect.java's arguments for a connection like a reactive client's,
// given the value of the variable with its URL: none where there is no URL.
func reactiveArguments(t *testing.T, value string) []string {
	t.Helper()
	if value == "" {
		return nil
	}
	urls := list(value)
	if len(urls) != 1 {
		t.Fatalf("Quarkus reads %d URLs in %q", len(urls), value)
	}
	at, err := reactive(urls[0])
	if err != nil {
		t.Fatalf("the reactive client refuses %q: %v", urls[0], err)
	}
	args := []string{at.host, at.port, at.database}
	if at.sslMode != "" {
		args = append(args, "sslmode="+at.sslMode)
	}
	for name, value := range at.settings {
		// What the driver calls the settings that it sends to the server as they are. The
		// server ends a connection with a setting that it doesn't know.
		property, ok := map[string]string{"search_path": "currentSchema", "options": "options"}[name]
		if !ok {
			t.Fatalf("the server gets the setting %s from %q", name, urls[0])
		}
		args = append(args, property+"="+value)
	}
	return args
}

// makeDatabase makes an empty database, which is the test's alone until the test's end.
func (b *bench) makeDatabase(t *testing.T, name string) {
	t.Helper()
	b.mu.Lock()
	lock, ok := b.locks[name]
	if !ok {
		lock = &sync.Mutex{}
		b.locks[name] = lock
	}
	b.mu.Unlock()
	lock.Lock()
	t.Cleanup(lock.Unlock)
	b.server.sql(t, "DROP DATABASE IF EXISTS "+quoted(name), "CREATE DATABASE "+quoted(name)+" OWNER "+quoted(owner)+" TEMPLATE template0")
}

// connect runs Connect.java with an environment, compares what the server says of each
// connection with a place and with who has made the table there, and returns the search path.
func (b *bench) connect(t *testing.T, env map[string]string, want place, maker string, args ...string) string {
	t.Helper()
	said, err := b.java.ask(env, args)
	if err != nil {
		t.Fatalf("%s: want a connection to database %q on %s, got %v", args, want.database, want.server, err)
	}
	clients := []string{"jdbc"}
	if len(args) > 1 {
		clients = append(clients, "reactive")
	}
	for _, client := range clients {
		got := place{server: said[client+".server"], database: said[client+".database"], schema: said[client+".schema"]}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(place{})); diff != "" {
			t.Errorf("%s, %s: -want, +got:\n%s", args, client, diff)
		}
		if by := said[client+".table"]; by != maker {
			t.Errorf("%s, %s: want the table that the %s has made, got %q", args, client, maker, by)
		}
	}
	b.mu.Lock()
	b.connections += len(clients)
	b.mu.Unlock()
	return said["jdbc.search_path"]
}

// configuration returns the values of a container's environment as Quarkus reads them. Secrets
// have the owner's name and password.
func configuration(t *testing.T, env []corev1.EnvVar) map[string]string {
	t.Helper()
	out := map[string]string{}
	var errs []error
	for _, v := range env {
		switch {
		case strings.HasSuffix(v.Name, "_USERNAME"):
			out[v.Name] = owner
		case strings.HasSuffix(v.Name, "_PASSWORD"):
			out[v.Name] = ownerPassword
		case v.ValueFrom == nil:
			value, err := quarkus(kubelet(v.Value))
			if strings.HasSuffix(v.Name, "_SCHEMAS") {
				if items := list(value); len(items) != 1 {
					err = errors.Join(err, fmt.Errorf("%d items in %q", len(items), value))
				} else {
					value = items[0]
				}
			}
			errs = append(errs, err)
			out[v.Name] = value
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return out
}
