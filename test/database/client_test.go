// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// seen is what a client sees in a database.
type seen struct {
	User, Database, Schema string
	// Migrated and Served are the schemas of the tables that the names migrated and served
	// find, without a schema before them. A migration makes the first table, a service the second.
	Migrated, Served string
}

// A client is the compiled Client.java.
type client struct {
	java, classpath string
	server          *server
}

const clientTimeout = time.Minute

// compile compiles Client.java, to be run with a JDBC driver.
func compile(t *testing.T, tools tools, s *server) client {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), tools.javac, "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d", dir, "Client.java").CombinedOutput(); err != nil {
		t.Fatalf("cannot compile Client.java: %v\n%s", err, out)
	}
	return client{java: tools.java, classpath: dir + string(os.PathListSeparator) + tools.driver, server: s}
}

// hosts finds the hosts and ports in a JDBC URL.
var hosts = regexp.MustCompile(`[/,]([A-Za-z0-9._-]+)(?::([0-9]+))?`)

// run runs Client.java in the environment of a container, and nothing else. The Java virtual
// machine is told on its command line that every host of the URL is the server.
func (c client) run(t *testing.T, of container, jdbcURL string) (seen, error) {
	t.Helper()
	var table strings.Builder
	authority, _, _ := strings.Cut(strings.TrimPrefix(jdbcURL, "jdbc:postgresql:/"), "?")
	authority = authority[:strings.LastIndex(authority, "/")]
	for _, m := range hosts.FindAllStringSubmatch(authority, -1) {
		port := m[2]
		if port == "" {
			port = "5432"
		}
		fmt.Fprintln(&table, c.server.expose(t, port), m[1])
	}
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djdk.net.hosts.file="+file, "-cp", c.classpath, "Client")
	output := &bytes.Buffer{}
	cmd.Env, cmd.Stderr = append([]string{"LANG=C.UTF-8"}, of.env...), output
	out, err := cmd.Output()
	if err != nil {
		return seen{}, errors.New(strings.TrimSpace(output.String()))
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		said[name] = value
	}
	return seen{User: said["user"], Database: said["database"], Schema: said["schema"], Migrated: said["migrated"], Served: said["served"]}, nil
}

// schemaOf selects the schema of the table that a name without schema finds.
const schemaOf = `SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(`

// connect connects as Vert.x' client does with these options: with the same message to the
// server, which the properties are a part of.
func (o *reactiveOptions) connect(ctx context.Context, s *server, user, password string) (seen, error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return seen{}, fmt.Errorf("cannot make a configuration: %w", err)
	}
	config.Host, config.Port, config.Database = s.front, o.Port, o.Database
	config.User, config.Password, config.RuntimeParams = user, password, o.Properties
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return seen{}, fmt.Errorf("cannot connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	const query = `SELECT current_user, current_database(), coalesce(current_schema(), 'null'),
		coalesce((` + schemaOf + `'migrated')), 'null'), coalesce((` + schemaOf + `'served')), 'null')`
	var got seen
	if err := conn.QueryRow(ctx, query).Scan(&got.User, &got.Database, &got.Schema, &got.Migrated, &got.Served); err != nil {
		return seen{}, fmt.Errorf("cannot ask: %w", err)
	}
	return got, nil
}
