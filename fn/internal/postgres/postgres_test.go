// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

func defaults() postgres.Defaults {
	return postgres.Defaults{Namespace: "ns1", Schema: "plat-data-index-service"}
}

func TestNew(t *testing.T) {
	t.Parallel()
	type want struct {
		database postgres.Database
		reactive string
	}
	secret := v1alpha08.PostgreSQLSecretOptions{Name: "db"}
	standard := postgres.Secret{Name: "db", UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"}
	cases := map[string]struct {
		reason string
		spec   v1alpha08.PersistencePostgreSQL
		want   want
	}{
		"ServiceDefaults": {
			reason: "The name of a Service is enough; all else is what the documentation promises.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, ServiceRef: &v1alpha08.SQLServiceOptions{Name: "pg"}},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-data-index-service",
					Schema: "plat-data-index-service",
					Secret: standard,
				},
				reactive: "postgresql://pg.ns1:5432/sonataflow?search_path=plat-data-index-service",
			},
		},
		"ServiceInFull": {
			reason: "Each field that is given counts.",
			spec: v1alpha08.PersistencePostgreSQL{
				SecretRef:  v1alpha08.PostgreSQLSecretOptions{Name: "db", UserKey: "U", PasswordKey: "P"},
				ServiceRef: &v1alpha08.SQLServiceOptions{Name: "pg", Namespace: "dbns", Port: new(int32(1234)), DatabaseName: "db", DatabaseSchema: "sch"},
			},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://pg.dbns:1234/db?currentSchema=sch",
					Schema: "sch",
					Secret: postgres.Secret{Name: "db", UserKey: "U", PasswordKey: "P"},
				},
				reactive: "postgresql://pg.dbns:1234/db?search_path=sch",
			},
		},
		"ServiceEscaped": {
			reason: "A database and a schema may have any name, which a URL needs in escaped form.",
			spec: v1alpha08.PersistencePostgreSQL{
				SecretRef:  secret,
				ServiceRef: &v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "a/b?c", DatabaseSchema: "x&y=z ü"},
			},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://pg.ns1:5432/a%2Fb%3Fc?currentSchema=x%26y%3Dz+%C3%BC",
					Schema: "x&y=z ü",
					Secret: standard,
				},
				reactive: "postgresql://pg.ns1:5432/a%2Fb%3Fc?search_path=x%26y%3Dz+%C3%BC",
			},
		},
		"JDBCURL": {
			reason: "A JDBC URL is used as it is.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host:1234/database?currentSchema=data-index-service"},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://host:1234/database?currentSchema=data-index-service",
					Schema: "data-index-service",
					Secret: standard,
				},
				reactive: "postgresql://host:1234/database?search_path=data-index-service",
			},
		},
		"JDBCURLWithoutSchema": {
			reason: "Nothing is appended to a JDBC URL without schema; the schema has the name of the service then.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host:1234/database"},
			want: want{
				database: postgres.Database{URL: "jdbc:postgresql://host:1234/database", Schema: "plat-data-index-service", Secret: standard},
				reactive: "postgresql://host:1234/database",
			},
		},
		"JDBCURLWithEmptySchema": {
			reason: "A JDBC URL with an empty schema is one without schema.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host/database?currentSchema="},
			want: want{
				database: postgres.Database{URL: "jdbc:postgresql://host/database?currentSchema=", Schema: "plat-data-index-service", Secret: standard},
				reactive: "postgresql://host/database?search_path=",
			},
		},
		"JDBCURLWithMore": {
			reason: "The schema may stand anywhere in the query, in escaped form; the other parameters stay.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host/db?ssl=true&currentSchema=my%20schema&a=b"},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://host/db?ssl=true&currentSchema=my%20schema&a=b",
					Schema: "my schema",
					Secret: standard,
				},
				reactive: "postgresql://host/db?ssl=true&search_path=my%20schema&a=b",
			},
		},
		"JDBCURLBadlyEscaped": {
			reason: "A schema that can't be unescaped is taken as it is.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host/db?currentSchema=100%"},
			want: want{
				database: postgres.Database{URL: "jdbc:postgresql://host/db?currentSchema=100%", Schema: "100%", Secret: standard},
				reactive: "postgresql://host/db?search_path=100%",
			},
		},
		"JDBCURLPrefixOnce": {
			reason: "Only the jdbc: at the start is taken away for the reactive client.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host/jdbc:db"},
			want: want{
				database: postgres.Database{URL: "jdbc:postgresql://host/jdbc:db", Schema: "plat-data-index-service", Secret: standard},
				reactive: "postgresql://host/jdbc:db",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := tc.spec.DeepCopy()
			got := postgres.New(spec, defaults())
			if diff := cmp.Diff(&tc.want.database, got); diff != "" {
				t.Errorf("%s\nNew(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.reactive, got.ReactiveURL()); diff != "" {
				t.Errorf("%s\nReactiveURL(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(&tc.spec, spec); diff != "" {
				t.Errorf("%s\nNew(...) changed the spec: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolve holds which of two databases a component uses.
func TestResolve(t *testing.T) {
	t.Parallel()
	own := &v1alpha08.PersistencePostgreSQL{SecretRef: v1alpha08.PostgreSQLSecretOptions{Name: "own"}, ServiceRef: &v1alpha08.SQLServiceOptions{Name: "own"}}
	shared := &v1alpha08.PersistencePostgreSQL{
		SecretRef:  v1alpha08.PostgreSQLSecretOptions{Name: "shared", UserKey: "U", PasswordKey: "P"},
		ServiceRef: &v1alpha08.SQLServiceOptions{Name: "shared", Port: new(int32(1234)), DatabaseSchema: "s"},
	}
	ownDatabase := &postgres.Database{
		URL:    "jdbc:postgresql://own.ns1:5432/sonataflow?currentSchema=plat-data-index-service",
		Schema: "plat-data-index-service",
		Secret: postgres.Secret{Name: "own", UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"},
	}
	cases := map[string]struct {
		reason      string
		own, shared *v1alpha08.PersistencePostgreSQL
		want        *postgres.Database
	}{
		"None":   {reason: "Without PostgreSQL, data lasts as long as the pod."},
		"Own":    {reason: "A component uses its own database.", own: own, want: ownDatabase},
		"Both":   {reason: "The component's own database replaces the shared one as a whole: keys, port and schema aren't inherited.", own: own, shared: shared, want: ownDatabase},
		"Shared": {reason: "A component without its own database uses the shared one.", shared: shared, want: &postgres.Database{URL: "jdbc:postgresql://shared.ns1:1234/sonataflow?currentSchema=s", Schema: "s", Secret: postgres.Secret{Name: "shared", UserKey: "U", PasswordKey: "P"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, postgres.Resolve(tc.own, tc.shared, defaults())); diff != "" {
				t.Errorf("%s\nResolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	db := postgres.Database{
		URL:    "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s",
		Schema: "s",
		Secret: postgres.Secret{Name: "generic", UserKey: "user", PasswordKey: "password"},
	}
	key := func(name, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "generic"}, Key: key},
		}}
	}
	cases := map[string]struct {
		reason   string
		reactive bool
		want     []corev1.EnvVar
	}{
		"Blocking": {
			reason: "A service that uses JDBC alone gets the operator's variables, in the operator's order.",
			want: []corev1.EnvVar{
				key("QUARKUS_DATASOURCE_USERNAME", "user"),
				key("QUARKUS_DATASOURCE_PASSWORD", "password"),
				{Name: "QUARKUS_DATASOURCE_DB_KIND", Value: "postgresql"},
				{Name: "QUARKUS_DATASOURCE_JDBC_URL", Value: "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s"},
				{Name: "KOGITO_PERSISTENCE_TYPE", Value: "jdbc"},
			},
		},
		"Reactive": {
			reason:   "A service that uses the reactive client gets a URL for that client, too.",
			reactive: true,
			want: []corev1.EnvVar{
				key("QUARKUS_DATASOURCE_USERNAME", "user"),
				key("QUARKUS_DATASOURCE_PASSWORD", "password"),
				{Name: "QUARKUS_DATASOURCE_DB_KIND", Value: "postgresql"},
				{Name: "QUARKUS_DATASOURCE_JDBC_URL", Value: "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s"},
				{Name: "QUARKUS_DATASOURCE_REACTIVE_URL", Value: "postgresql://pg.ns1:5432/sonataflow?search_path=s"},
				{Name: "KOGITO_PERSISTENCE_TYPE", Value: "jdbc"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, db.Env(tc.reactive)); diff != "" {
				t.Errorf("%s\nEnv(%t): -want, +got:\n%s", tc.reason, tc.reactive, diff)
			}
		})
	}
}

// FuzzNewServiceRef holds that a URL leads to the database and the schema that the spec
// names, for any name of both.
func FuzzNewServiceRef(f *testing.F) {
	f.Add("sonataflow", "schema", int32(5432))
	f.Add("a/b?c#d", "x&y=z%20+ ü", int32(0))
	f.Add("", "", int32(-1))
	f.Add("currentSchema=a", "currentSchema=b", int32(1))
	f.Fuzz(func(t *testing.T, database, schema string, port int32) {
		if !utf8.ValidString(database) || !utf8.ValidString(schema) {
			t.Skip("no text")
		}
		db := postgres.New(&v1alpha08.PersistencePostgreSQL{ServiceRef: &v1alpha08.SQLServiceOptions{
			Name: "pg", DatabaseName: database, DatabaseSchema: schema, Port: &port,
		}}, defaults())
		for text, parameter := range map[string]string{
			strings.TrimPrefix(db.URL, "jdbc:"): "currentSchema",
			db.ReactiveURL():                    "search_path",
		} {
			if port < 0 || strings.Contains(database, "currentSchema=") {
				continue // No URL, and none whose reactive twin names the same database.
			}
			u, err := url.Parse(text)
			if err != nil {
				t.Fatalf("cannot parse %q: %v", text, err)
			}
			if want := "/" + database; database != "" && u.Path != want {
				t.Errorf("%q leads to %q, want %q", text, u.Path, want)
			}
			if diff := cmp.Diff(url.Values{parameter: {db.Schema}}, u.Query()); diff != "" {
				t.Errorf("%q: -want query, +got query:\n%s", text, diff)
			}
		}
		if schema != "" && db.Schema != schema {
			t.Errorf("schema is %q, want %q", db.Schema, schema)
		}
	})
}

// FuzzNewJDBCURL holds that a URL stays as it is, and that there is a schema.
func FuzzNewJDBCURL(f *testing.F) {
	for _, s := range []string{
		"jdbc:postgresql://host:5432/db?currentSchema=a", "jdbc:postgresql://host/db", "jdbc:postgresql://[::1]/db?a&currentSchema&currentSchema=",
		"jdbc:jdbc:?currentSchema=%zz", "", "?", "&&==",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, jdbcURL string) {
		db := postgres.New(&v1alpha08.PersistencePostgreSQL{JdbcURL: jdbcURL}, defaults())
		if db.URL != jdbcURL {
			t.Errorf("URL is %q, want %q", db.URL, jdbcURL)
		}
		if db.Schema == "" {
			t.Errorf("%q has no schema", jdbcURL)
		}
		if strings.Contains(db.ReactiveURL(), "currentSchema=") {
			t.Errorf("the reactive URL %q still has JDBC's parameter", db.ReactiveURL())
		}
		if u, err := url.Parse(strings.TrimPrefix(jdbcURL, "jdbc:")); err == nil && u.Query().Get("currentSchema") != "" && u.Fragment == "" &&
			!strings.Contains(u.RawQuery, "%") && db.Schema != u.Query().Get("currentSchema") {
			t.Errorf("schema of %q is %q, want %q", jdbcURL, db.Schema, u.Query().Get("currentSchema"))
		}
	})
}
