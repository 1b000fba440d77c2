// SPDX-License-Identifier: Apache-2.0

// Package database_test checks that a service finds the tables that its migration made. It
// asks the function for Deployments and Jobs, and runs a program in their environments, as they
// are, that connects to a real PostgreSQL server with PostgreSQL's own JDBC driver. It needs
// PostgreSQL, a JDK and the driver, and is skipped without them. Its dependencies aren't the
// function's, so this package is a module of its own.
package database_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// tools are what the tests need of a machine.
type tools struct {
	// postgres is a folder with initdb and postgres.
	postgres string
	java     string
	javac    string
	// driver is the JDBC driver's archive.
	driver string
}

// findTools looks where Debian's packages put the tools. A test without them is skipped; with
// SONATAFLOW_DATABASE=required in the environment it fails.
func findTools(t *testing.T) tools {
	t.Helper()
	var found tools
	var missing []string
	servers, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if path, err := exec.LookPath("postgres"); err == nil {
		servers = append(servers, path)
	}
	for _, server := range servers {
		if server, err := filepath.EvalSymlinks(server); err == nil && exists(filepath.Join(filepath.Dir(server), "initdb")) {
			found.postgres = filepath.Dir(server)
		}
	}
	if found.postgres == "" {
		missing = append(missing, "a PostgreSQL server (postgresql)")
	}
	for name, path := range map[string]*string{"java": &found.java, "javac": &found.javac} {
		var err error
		if *path, err = exec.LookPath(name); err != nil {
			missing = append(missing, name+" (default-jdk-headless)")
		}
	}
	if found.driver = "/usr/share/java/postgresql.jar"; !exists(found.driver) {
		missing = append(missing, "PostgreSQL's JDBC driver (libpostgresql-jdbc-java)")
	}
	if len(missing) == 0 {
		return found
	}
	slices.Sort(missing)
	message := "skipped, this machine lacks " + strings.Join(missing, ", ") + "; the package of Debian is in parentheses"
	if os.Getenv("SONATAFLOW_DATABASE") == "required" {
		t.Fatal(message)
	}
	t.Skip(message)
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A world is what the tests run in.
type world struct {
	function fnv1.FunctionRunnerServiceClient
	server   *server
	client   client

	mu   sync.Mutex
	rows []string
}

// TestDatabase composes platforms and workflows, and connects as their containers would.
func TestDatabase(t *testing.T) {
	t.Parallel()
	tools := findTools(t)
	s := startServer(t, tools.postgres)
	w := &world{function: startFunction(t), server: s, client: compile(t, tools, s)}
	t.Run("Names", w.names)
	t.Run("Examples", w.examples)
	slices.Sort(w.rows)
	t.Logf("what PostgreSQL saw, DATABASE . SCHEMA:\n| name | JDBC URL | connected to | Job's table | found by the service | found by the reactive client |\n%s", strings.Join(w.rows, "\n"))
}

// row adds a row to the table of what PostgreSQL saw.
func (w *world) row(columns ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows = append(w.rows, "| "+strings.Join(columns, " | ")+" |")
}

// platform returns a platform whose Jobs Service, the service with a reactive client, has a
// migration Job; and the Secret of its database.
func platform(name string, postgresql object, user, password string) (composite object, required []object) {
	postgresql["secretRef"] = object{"name": "credentials"}
	composite = object{
		"apiVersion": "sonataflow.org/v1alpha08", "kind": "SonataFlowPlatform",
		"metadata": object{"name": name, "namespace": "flows", "uid": "7c3b3c0e-0000-4000-8000-000000000000"},
		"spec": object{"services": object{"jobService": object{
			"enabled": true, "persistence": object{"dbMigrationStrategy": "job", "postgresql": postgresql},
		}}},
	}
	credentials := object{
		"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": "credentials", "namespace": "flows"},
		"stringData": object{"POSTGRESQL_USER": user, "POSTGRESQL_PASSWORD": password},
	}
	return composite, []object{credentials}
}

// names tries names that people give databases and schemas.
func (w *world) names(t *testing.T) {
	t.Helper()
	for name, tc := range nameCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			owner := tc.platform
			if owner == "" {
				owner = "platform"
			}
			user, password := name+" user", `p%2"'$$ `+name
			composite, required := platform(owner, tc.postgresql, user, password)
			composed, err := compose(t.Context(), w.function, composite, required)
			if tc.refused != "" {
				w.refused(t, name, tc, err)
				return
			}
			if err != nil {
				t.Fatalf("%s\ncompose(...): %v", tc.reason, err)
			}
			all, err := containers(composed, required)
			if err != nil {
				t.Fatalf("%s\ncontainers(...): %v", tc.reason, err)
			}
			if len(all) != 2 {
				t.Fatalf("%s\nwant a Job and a Deployment that connect, got %d containers", tc.reason, len(all))
			}
			w.server.create(t, tc.database, user, password)
			w.check(t, name, all, seen{User: user, Database: tc.database, Schema: tc.schema})
		})
	}
}

// refused checks that the function refused a case for its reason.
func (w *world) refused(t *testing.T, name string, tc nameCase, err error) {
	t.Helper()
	var got refusal
	if !errors.As(err, &got) || !strings.Contains(string(got), tc.refused) {
		t.Errorf("%s\ncompose(...): want a refusal with %q, got %v", tc.reason, tc.refused, err)
	}
	w.row(name, tc.asked(), "refused: "+tc.refused, "", "", "")
}

// check runs the container of a Job, if there is one, and the container of the component after
// it. Both must see the same, and so must the reactive client of the component.
func (w *world) check(t *testing.T, name string, all []container, want seen) {
	t.Helper()
	slices.SortFunc(all, func(a, b container) int { // The Job comes first.
		if a.job == b.job {
			return 0
		}
		if a.job {
			return -1
		}
		return 1
	})
	want.Migrated = want.Schema
	var job string
	for _, c := range all {
		jdbcURL := c.value("QUARKUS_DATASOURCE_JDBC_URL") + c.value("QUARKUS_DATASOURCE_JOBSSERVICE_JDBC_URL") + c.value("QUARKUS_DATASOURCE_DATAINDEX_JDBC_URL")
		if want.Served = want.Schema; c.job {
			want.Served = ""
		}
		got, err := w.client.run(t, c, jdbcURL)
		if err != nil {
			t.Errorf("job %t, %s: %v", c.job, jdbcURL, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("job %t, %s: -want, +got:\n%s", c.job, jdbcURL, diff)
		}
		if c.job {
			job = got.Database + " . " + got.Migrated
			continue
		}
		reactive := w.reactive(t, c, want)
		w.row(name, jdbcURL, got.Database+" . "+got.Schema, job, got.Database+" . "+got.Migrated, reactive)
	}
}

// reactive connects with the URL of a container's reactive client, if it has one, and returns
// what was seen.
func (w *world) reactive(t *testing.T, c container, want seen) string {
	t.Helper()
	reactiveURL := c.value("QUARKUS_DATASOURCE_REACTIVE_URL")
	if reactiveURL == "" {
		return "none"
	}
	options, err := parseReactive(reactiveURL)
	if err != nil {
		t.Errorf("%s: %v", reactiveURL, err)
		return "not read"
	}
	got, err := options.connect(t.Context(), w.server, c.value("QUARKUS_DATASOURCE_USERNAME"), c.value("QUARKUS_DATASOURCE_PASSWORD"))
	if err != nil {
		t.Errorf("%s: %v", reactiveURL, err)
		return "not connected"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want, +got:\n%s", reactiveURL, diff)
	}
	return got.Database + " . " + got.Migrated
}

// examples tries the databases of all examples. The services of an example have one server,
// and databases that are told apart by their names.
func (w *world) examples(t *testing.T) {
	t.Helper()
	want := exampleSchemas()
	files, err := filepath.Glob("../../example/*/composite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		example := filepath.Base(filepath.Dir(file))
		required := read(t, filepath.Join(filepath.Dir(file), "required.yaml"))
		for _, composite := range read(t, file) {
			composed, err := compose(t.Context(), w.function, composite, required)
			if err != nil {
				t.Fatalf("%s: compose(...): %v", example, err)
			}
			all, err := containers(composed, required)
			if err != nil {
				t.Fatalf("%s: containers(...): %v", example, err)
			}
			for _, c := range all {
				if c.job {
					continue
				}
				name := example + "/" + c.component
				expected, found := want[name]
				if !found {
					t.Errorf("%s has a database: add it to exampleSchemas", name)
					continue
				}
				delete(want, name)
				t.Run(name, func(t *testing.T) {
					own := slices.DeleteFunc(slices.Clone(all), func(other container) bool { return other.component != c.component })
					user := c.value("QUARKUS_DATASOURCE_USERNAME")
					w.server.create(t, expected.Database, user, c.value("QUARKUS_DATASOURCE_PASSWORD"))
					expected.User = user
					w.check(t, name, own, expected)
				})
			}
		}
	}
	for name := range want {
		t.Errorf("want an example %s with a database", name)
	}
}

// read returns the documents of a file, none if there is no file.
func read(t *testing.T, file string) []object {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []object
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(document), &o); err != nil {
			t.Fatal(fmt.Errorf("cannot parse %s: %w", file, err))
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}
