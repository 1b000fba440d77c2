// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// read reads a database as a spec has it.
func read(t *testing.T, text string) *v1alpha08.PersistencePostgreSQL {
	t.Helper()
	var out *v1alpha08.PersistencePostgreSQL
	if err := yaml.UnmarshalStrict([]byte(text), &out); err != nil {
		t.Fatalf("cannot read YAML: %v\n%s", err, text)
	}
	return out
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		secret  = `secretRef: {name: db}`
		ref     = `serviceRef: {name: pg}`
		url     = `jdbcUrl: "jdbc:postgresql://pg:5432/sonataflow"`
		exactly = "exactly one of serviceRef and jdbcUrl must be set: "
		like    = ": must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"
		port    = ": must be between 1 and 65535, or left out for 5432"
		named   = "p.secretRef.name: Required value: name the Secret with the database's user name and password"
	)
	cases := map[string]struct {
		reason   string
		database string
		want     []string
	}{
		"None":                {reason: "A database needn't be given."},
		"Service":             {reason: "A database may be a Service.", database: `{` + secret + `, ` + ref + `}`},
		"ServiceInFull":       {reason: "Each field of a Service may be given.", database: `{secretRef: {name: db, userKey: u, passwordKey: p}, serviceRef: {name: pg, namespace: db, port: 65535, databaseName: d, databaseSchema: s}}`},
		"URL":                 {reason: "A database may be a JDBC URL.", database: `{` + secret + `, ` + url + `}`},
		"Both":                {reason: "A database is in one place.", database: `{` + secret + `, ` + ref + `, ` + url + `}`, want: []string{"p.jdbcUrl: Forbidden: " + exactly + "remove one of them"}},
		"Neither":             {reason: "A database is somewhere.", database: `{` + secret + `}`, want: []string{"p: Required value: " + exactly + "say where the database is"}},
		"SecretAbsent":        {reason: "A database has credentials.", database: `{` + ref + `}`, want: []string{named}},
		"SecretNameEmpty":     {reason: "A Secret has a name.", database: `{secretRef: {name: ""}, ` + url + `}`, want: []string{named}},
		"ServiceNameEmpty":    {reason: "A Service has a name.", database: `{` + secret + `, serviceRef: {name: ""}}`, want: []string{"p.serviceRef.name: Required value: name the Service of the database"}},
		"ServiceNameAbsent":   {reason: "A Service has a name.", database: `{` + secret + `, serviceRef: {port: 5432}}`, want: []string{"p.serviceRef.name: Required value: name the Service of the database"}},
		"PortZero":            {reason: "Port 0 can't be connected to.", database: `{` + secret + `, serviceRef: {name: pg, port: 0}}`, want: []string{"p.serviceRef.port: Invalid value: 0" + port}},
		"PortNegative":        {reason: "Ports are positive.", database: `{` + secret + `, serviceRef: {name: pg, port: -1}}`, want: []string{"p.serviceRef.port: Invalid value: -1" + port}},
		"PortTooLarge":        {reason: "Ports have 16 bits.", database: `{` + secret + `, serviceRef: {name: pg, port: 65536}}`, want: []string{"p.serviceRef.port: Invalid value: 65536" + port}},
		"AnotherDatabase":     {reason: "Only PostgreSQL is supported.", database: `{` + secret + `, jdbcUrl: "jdbc:mysql://host/db"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:mysql://host/db"` + like}},
		"URLWithoutJDBC":      {reason: "The services use JDBC.", database: `{` + secret + `, jdbcUrl: "postgresql://host:5432/db"}`, want: []string{`p.jdbcUrl: Invalid value: "postgresql://host:5432/db"` + like}},
		"PostgresScheme":      {reason: "The scheme of JDBC is postgresql, not postgres.", database: `{` + secret + `, jdbcUrl: "jdbc:postgres://host:5432/db"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgres://host:5432/db"` + like}},
		"URLWithoutHost":      {reason: "Without a host, JDBC looks for the database on the pod itself.", database: `{` + secret + `, jdbcUrl: "jdbc:postgresql:///db"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql:///db"` + like}},
		"URLWithBlank":        {reason: "A blank in a URL is a slip.", database: `{` + secret + `, jdbcUrl: "jdbc:postgresql://host:5432/my db"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql://host:5432/my db"` + like}},
		"URLWithCredentials":  {reason: "JDBC takes no credentials before the host, and the message doesn't repeat them.", database: `{` + secret + `, jdbcUrl: "jdbc:postgresql://user:pass@host/db"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql://…@host/db"` + like}},
		"URLWithPassword":     {reason: "The message about a wrong URL doesn't repeat a password in the URL's query.", database: `{` + secret + `, jdbcUrl: "jdbc:postgresql:db?user=u&password=pass&a=b"}`, want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql:db?user=u&password=…&a=b"` + like}},
		"URLWithPasswordOnly": {reason: "A password in the query of a URL is allowed; there is a warning about it.", database: `{` + secret + `, jdbcUrl: "jdbc:postgresql://host/db?user=u&password=pass"}`},
		"EverythingIsNamed":   {reason: "All that is wrong is named at once.", database: `{secretRef: {name: ""}, jdbcUrl: "mysql://x", serviceRef: {port: 0}}`, want: []string{named, "p.jdbcUrl: Forbidden: " + exactly + "remove one of them", `p.jdbcUrl: Invalid value: "mysql://x"` + like, "p.serviceRef.name: Required value: name the Service of the database", "p.serviceRef.port: Invalid value: 0" + port}},
		"Empty":               {reason: "An empty database lacks its Secret and its place.", database: `{}`, want: []string{named, "p: Required value: " + exactly + "say where the database is"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := postgres.Validate(read(t, tc.database), field.NewPath("p"))
			got := make([]string, 0, len(errs))
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nValidate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestValidateKeepsCredentials holds that a password which a user wrote into a URL doesn't
// get into a message.
func TestValidateKeepsCredentials(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	cases := map[string]struct{ reason, url string }{
		"BeforeTheHost":       {reason: "A password before the host is a secret.", url: "jdbc:postgresql://user:" + password + "@host/db"},
		"BesideAnotherSlip":   {reason: "Another slip in the URL changes nothing about that.", url: "jdbc:postgresql://user:" + password + "@host/db?a=b c"},
		"InTheQuery":          {reason: "A password in the query is a secret.", url: "jdbc:postgresql:db?user=u&password=" + password},
		"InCapitals":          {reason: "The name of the parameter may be written with capitals.", url: "jdbc:postgresql:db?Password=" + password + "&a=b"},
		"InBothPlaces":        {reason: "A URL may have two passwords.", url: "jdbc:postgresql://user:" + password + "@host/db?password=" + password},
		"SeveralTimes":        {reason: "A query may have two passwords.", url: "jdbc:postgresql:db?password=" + password + "&password=" + password},
		"InAnotherDatabase":   {reason: "A URL of another database may have a password.", url: "jdbc:mysql://user:" + password + "@host/db"},
		"WithoutPostgresJDBC": {reason: "A URL that isn't JDBC's may have a password.", url: "postgres://user:" + password + "@host/db"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := &v1alpha08.PersistencePostgreSQL{SecretRef: v1alpha08.PostgreSQLSecretOptions{Name: "db"}, JdbcURL: tc.url}
			errs := postgres.Validate(database, field.NewPath("p"))
			if len(errs) != 1 || errs[0].Field != "p.jdbcUrl" {
				t.Fatalf("%s\nValidate(...): want an error about the URL, got %v", tc.reason, errs)
			}
			if text := errs[0].Error(); strings.Contains(text, password) {
				t.Errorf("%s\nValidate(...): the password stands in %q", tc.reason, text)
			}
		})
	}
}
