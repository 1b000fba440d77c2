// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// What a database is in short: where clients connect to, and the schema.
type reached struct{ URL, Reactive, Schema string }

func reach(p v1alpha08.PersistencePostgreSQL) reached {
	db := postgres.New(&p, postgres.Defaults{Namespace: "ns1", Schema: "plat-jobs-service"})
	return reached{URL: db.URL, Reactive: db.ReactiveURL(), Schema: db.Schema}
}

func byURL(jdbcURL string) v1alpha08.PersistencePostgreSQL {
	return v1alpha08.PersistencePostgreSQL{SecretRef: v1alpha08.PostgreSQLSecretOptions{Name: "s"}, JdbcURL: jdbcURL}
}

func byService(s v1alpha08.SQLServiceOptions) v1alpha08.PersistencePostgreSQL {
	return v1alpha08.PersistencePostgreSQL{SecretRef: v1alpha08.PostgreSQLSecretOptions{Name: "s"}, ServiceRef: &s}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   v1alpha08.PersistencePostgreSQL
		want   reached
	}{
		"Service": {
			reason: "A Service's name is enough.",
			spec:   byService(v1alpha08.SQLServiceOptions{Name: "pg"}),
			want: reached{
				URL:      "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-jobs-service",
				Reactive: "postgresql://pg.ns1:5432/sonataflow?search_path=plat-jobs-service",
				Schema:   "plat-jobs-service",
			},
		},
		"ServiceInCapitals": {
			reason: "PostgreSQL reads a schema of a search path in small letters, but not a database.",
			spec:   byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "MyDB", DatabaseSchema: "MySchema"}),
			want: reached{
				URL:      "jdbc:postgresql://pg.ns1:5432/MyDB?currentSchema=myschema",
				Reactive: "postgresql://pg.ns1:5432/MyDB?search_path=myschema",
				Schema:   "myschema",
			},
		},
		"ServiceWithUmlauts": {
			reason: "PostgreSQL leaves all capitals but those of ASCII as they are.",
			spec:   byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "ÄA"}),
			want: reached{
				URL:      "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=%C3%84a",
				Reactive: "postgresql://pg.ns1:5432/sonataflow?search_path=%C3%84a",
				Schema:   "Äa",
			},
		},
		"ServiceWithAnyDatabase": {
			reason: "Both clients read a + as a blank, and the reactive one takes few characters unescaped.",
			spec:   byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "1x+y z%/?#,:@&=$('ü'-_.~"}),
			want: reached{
				URL:      "jdbc:postgresql://pg.ns1:5432/1x%2By%20z%25%2F%3F%23%2C%3A%40%26%3D%24%28%27%C3%BC%27-_.~?currentSchema=plat-jobs-service",
				Reactive: "postgresql://pg.ns1:5432/1x%2By%20z%25%2F%3F%23%2C%3A%40%26%3D%24%28%27%C3%BC%27-_.~?search_path=plat-jobs-service",
				Schema:   "plat-jobs-service",
			},
		},
		"URL": {
			reason: "A URL is used as it is.",
			spec:   byURL("jdbc:postgresql://host:1234/database?currentSchema=data-index-service"),
			want: reached{
				URL:      "jdbc:postgresql://host:1234/database?currentSchema=data-index-service",
				Reactive: "postgresql://host:1234/database?search_path=data-index-service",
				Schema:   "data-index-service",
			},
		},
		"URLWithoutSchema": {
			reason: "A URL that selects no schema means the database's default one.",
			spec:   byURL("jdbc:postgresql://host:1234/database"),
			want:   reached{URL: "jdbc:postgresql://host:1234/database", Reactive: "postgresql://host:1234/database", Schema: "public"},
		},
		"URLInCapitals": {
			reason: "Only the schema is written otherwise than in the spec; the driver reads all else as before.",
			spec:   byURL("jdbc:postgresql://Host/My+DB?ApplicationName=a%20b&currentSchema=MySchema&flag"),
			want: reached{
				URL:      "jdbc:postgresql://Host/My%20DB?ApplicationName=a+b&flag=&currentSchema=myschema",
				Reactive: "postgresql://Host/My%20DB?search_path=myschema",
				Schema:   "myschema",
			},
		},
		"URLWithJDBCParameters": {
			reason: "The reactive client would hand unknown parameters to the server, which ends the connection for them.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?ApplicationName=jobs&sslmode=require&prepareThreshold=0&currentSchema=jobs&ssl=true&sslrootcert=/ca.crt"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?ApplicationName=jobs&sslmode=require&prepareThreshold=0&currentSchema=jobs&ssl=true&sslrootcert=/ca.crt",
				Reactive: "postgresql://db/sonataflow?sslmode=require&search_path=jobs",
				Schema:   "jobs",
			},
		},
		"URLWithServerOptions": {
			reason: "Options are the server's: both clients hand them over.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?currentSchema=jobs&options=-c%20statement_timeout=90s"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?currentSchema=jobs&options=-c%20statement_timeout=90s",
				Reactive: "postgresql://db/sonataflow?search_path=jobs&options=-c+statement_timeout%3D90s",
				Schema:   "jobs",
			},
		},
		"URLWithSchemaInOptions": {
			reason: "The server's options select a schema, too; the last of them counts.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?options=-csearch_path=a%20-c%20Search-Path=b"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?options=-csearch_path=a%20-c%20Search-Path=b",
				Reactive: "postgresql://db/sonataflow?options=-csearch_path%3Da+-c+Search-Path%3Db",
				Schema:   "b",
			},
		},
		"URLWithCapitalsInOptions": {
			reason: "A schema that reads otherwise is written out in both URLs.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?options=--search_path=Jobs"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?options=--search_path%3DJobs&currentSchema=jobs",
				Reactive: "postgresql://db/sonataflow?options=--search_path%3DJobs&search_path=jobs",
				Schema:   "jobs",
			},
		},
		"URLWithBothSchemas": {
			reason: "PostgreSQL prefers a setting of its own to one in options.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?currentSchema=a&options=-c%20search_path=b"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?currentSchema=a&options=-c%20search_path=b",
				Reactive: "postgresql://db/sonataflow?search_path=a&options=-c+search_path%3Db",
				Schema:   "a",
			},
		},
		"URLWithSchemaTwice": {
			reason: "Both clients take the last one.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?currentSchema=a&currentSchema=b"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?currentSchema=a&currentSchema=b",
				Reactive: "postgresql://db/sonataflow?search_path=a&search_path=b",
				Schema:   "b",
			},
		},
		"URLWithOtherNames": {
			reason: "The driver knows parameters by their exact names alone.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?currentschema=a&search_path=b&current%53chema=c&SSLMODE=require"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?currentschema=a&search_path=b&current%53chema=c&SSLMODE=require",
				Reactive: "postgresql://db/sonataflow",
				Schema:   "public",
			},
		},
		"URLWithCredentials": {
			reason: "The reactive client takes credentials from the Secret alone.",
			spec:   byURL("jdbc:postgresql://db/sonataflow?user=u&password=p&currentSchema=a"),
			want: reached{
				URL:      "jdbc:postgresql://db/sonataflow?user=u&password=p&currentSchema=a",
				Reactive: "postgresql://db/sonataflow?search_path=a",
				Schema:   "a",
			},
		},
		"URLEscaped": {
			reason: "A database in a URL is escaped already, and may have what looks like a fragment or another scheme.",
			spec:   byURL("jdbc:postgresql://db/jdbc:x%2By+z%20#u?currentSchema=a%2Bb"),
			want: reached{
				URL:      "jdbc:postgresql://db/jdbc:x%2By+z%20#u?currentSchema=a%2Bb",
				Reactive: "postgresql://db/jdbc%3Ax%2By%20z%20%23u?search_path=a%2Bb",
				Schema:   "a+b",
			},
		},
		"IPv6": {
			reason: "An address has colons, too.",
			spec:   byURL("jdbc:postgresql://[2001:db8::1]/db?currentSchema=a"),
			want: reached{
				URL:      "jdbc:postgresql://[2001:db8::1]/db?currentSchema=a",
				Reactive: "postgresql://[2001:db8::1]/db?search_path=a",
				Schema:   "a",
			},
		},
		"IPv6WithDots": {
			reason: "The reactive client takes no dots in an IPv6 address.",
			spec:   byURL("jdbc:postgresql://[64:ff9b::1.2.3.4]:5433/db?currentSchema=a"),
			want: reached{
				URL:      "jdbc:postgresql://[64:ff9b::1.2.3.4]:5433/db?currentSchema=a",
				Reactive: "postgresql://[64:ff9b::102:304]:5433/db?search_path=a",
				Schema:   "a",
			},
		},
		"IPv4InIPv6": {
			reason: "It is an IPv4 address.",
			spec:   byURL("jdbc:postgresql://[::ffff:1.2.3.4]/db?currentSchema=a"),
			want: reached{
				URL:      "jdbc:postgresql://[::ffff:1.2.3.4]/db?currentSchema=a",
				Reactive: "postgresql://1.2.3.4/db?search_path=a",
				Schema:   "a",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if errs := postgres.Validate(&tc.spec, field.NewPath("p")); len(errs) > 0 {
				t.Errorf("%s\nValidate(...): %v", tc.reason, errs)
			}
			if diff := cmp.Diff(tc.want, reach(tc.spec)); diff != "" {
				t.Errorf("%s\nNew(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSameTables(t *testing.T) {
	t.Parallel()
	const reference = "jdbc:postgresql://pg.ns1:5432/db?currentSchema=s"
	secret := postgres.Secret{Name: "s", UserKey: "u"}
	cases := map[string]struct {
		reason string
		a, b   *postgres.Database
		want   bool
	}{
		"Equal":         {reason: "One URL is one place.", a: at(reference), b: at(reference), want: true},
		"None":          {reason: "An embedded database is its pod's own.", a: at(reference)},
		"OtherSchema":   {reason: "Schemas keep tables apart.", a: at(reference), b: at("jdbc:postgresql://pg.ns1:5432/db?currentSchema=t")},
		"OtherDatabase": {reason: "So do databases; their names have capitals.", a: at(reference), b: at("jdbc:postgresql://pg.ns1:5432/DB?currentSchema=s")},
		"OtherHost":     {reason: "So do servers.", a: at(reference), b: at("jdbc:postgresql://pg.ns2:5432/db?currentSchema=s")},
		"OtherPort":     {reason: "A host may have several servers.", a: at(reference), b: at("jdbc:postgresql://pg.ns1:5433/db?currentSchema=s")},
		"Capitals":      {reason: "PostgreSQL reads the schema in small letters.", a: at(reference), b: at("jdbc:postgresql://pg.ns1:5432/db?currentSchema=S"), want: true},
		"DefaultPort":   {reason: "5432 needs no writing.", a: at(reference), b: at("jdbc:postgresql://pg.ns1/db?currentSchema=s"), want: true},
		"PortWithZeros": {reason: "A port is a number.", a: at(reference), b: at("jdbc:postgresql://pg.ns1:05432/db?currentSchema=s"), want: true},
		"Bare":          {reason: "A Service is found by its name in its namespace.", a: at(reference), b: at("jdbc:postgresql://pg/db?currentSchema=s"), want: true},
		"Cluster":       {reason: "A Service has a long name, too.", a: at(reference), b: at("jdbc:postgresql://PG.ns1.svc.cluster.local./db?currentSchema=s"), want: true},
		"Svc":           {reason: "And one in between.", a: at("jdbc:postgresql://pg.ns1.svc/db?currentSchema=s"), b: at("jdbc:postgresql://pg/db?currentSchema=s"), want: true},
		"Outside":       {reason: "Other names are as they are.", a: at("jdbc:postgresql://db.example.com/db?currentSchema=s"), b: at("jdbc:postgresql://DB.example.com:5432/db?currentSchema=s&ssl=true"), want: true},
		"SeveralHosts":  {reason: "Hosts of one URL are one cluster.", a: at(reference), b: at("jdbc:postgresql://other,pg/db?currentSchema=s"), want: true},
		"IPv6":          {reason: "An address may be written in several ways.", a: at("jdbc:postgresql://[::1]/db?currentSchema=s"), b: at("jdbc:postgresql://[0:0::1]/db?currentSchema=s"), want: true},
		"Escaped":       {reason: "Names are compared decoded.", a: at("jdbc:postgresql://h/a%2Db?currentSchema=s"), b: at("jdbc:postgresql://h/a-b?currentSchema=%73"), want: true},
		"NoSchema":      {reason: "Two that select none are in the default one.", a: at("jdbc:postgresql://h/db"), b: at("jdbc:postgresql://h/db?currentSchema=public"), want: true},
		"SameUser": {
			reason: "Without a name the database is called like the user.",
			a:      &postgres.Database{URL: "jdbc:postgresql://h/", Schema: "s", Secret: secret},
			b:      &postgres.Database{URL: "jdbc:postgresql://h/", Schema: "s", Secret: secret},
			want:   true,
		},
		"AnotherUser": {
			reason: "What isn't known isn't said.",
			a:      &postgres.Database{URL: "jdbc:postgresql://h/", Schema: "s", Secret: secret},
			b:      &postgres.Database{URL: "jdbc:postgresql://h/", Schema: "s", Secret: postgres.Secret{Name: "t", UserKey: "u"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]*postgres.Database{{tc.a, tc.b}, {tc.b, tc.a}} {
				if got := postgres.SameTables(pair[0], pair[1], "ns1"); got != tc.want {
					t.Errorf("%s\nSameTables(%v, %v): want %t, got %t", tc.reason, pair[0], pair[1], tc.want, got)
				}
			}
		})
	}
}

func at(jdbcURL string) *postgres.Database {
	p := byURL(jdbcURL)
	return postgres.New(&p, postgres.Defaults{})
}

// reactiveURL is what Vert.x' PostgreSQL client takes as a URL, without user and password, and
// without the comma at which Quarkus ends a URL.
var reactiveURL = regexp.MustCompile(`^postgresql://(?:[0-9.]+|\[[a-zA-Z0-9:]+\]|[a-zA-Z0-9\-._~%]+)(?::[0-9]+)?(?:/[a-zA-Z0-9\-._~%!*]+)?(?:\?[^,]*)?$`)

// FuzzDatabase holds that a database that Validate accepts leads service, migration and reactive
// client to one place.
func FuzzDatabase(f *testing.F) {
	for _, s := range []string{
		"jdbc:postgresql://host:5432/db?currentSchema=a", "jdbc:postgresql://host/x%2By+z", "jdbc:postgresql://[::1]/db?a&currentSchema=B&b=c=d",
		"jdbc:postgresql://a,b:1/db?currentSchema=%zz", "jdbc:postgresql://h/100%25#?options=-c%20search_path=X&sslmode=require&&", "jdbc:postgresql://h/ü?currentSchema=%C3%84",
		"jdbc:postgresql://h/?user=u&password=p", "jdbc:postgresql://[::ffff:1.2.3.4]:05432/a%2Fb%3Fc", "jdbc:postgresql://${HOST}/db", "", "?", "&&==",
	} {
		f.Add(s, s, s)
	}
	path := field.NewPath("spec")
	f.Fuzz(func(t *testing.T, jdbcURL, database, schema string) {
		for _, p := range []v1alpha08.PersistencePostgreSQL{byURL(jdbcURL), byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: database, DatabaseSchema: schema})} {
			postgres.Warnings(&p, path)
			postgres.SchemaWarnings(&p, path)
			postgres.ReactiveWarnings(&p, path, "Jobs Service", nil)
			got := reach(p)
			if len(postgres.Validate(&p, path)) > 0 || len(postgres.ValidateReactive(&p, path, "the Jobs Service")) > 0 {
				continue
			}
			jdbc, reactive := parsed(t, got.URL, "jdbc:"), parsed(t, got.Reactive, "")
			if !strings.EqualFold(jdbc.Hostname(), reactive.Hostname()) && !strings.Contains(jdbc.Hostname(), ":") || port(jdbc) != port(reactive) {
				t.Errorf("%q and %q lead to two servers", got.URL, got.Reactive)
			}
			if name(jdbc) != name(reactive) || name(jdbc) == "" || p.ServiceRef != nil && database != "" && name(jdbc) != database {
				t.Errorf("%q and %q lead to two databases", got.URL, got.Reactive)
			}
			if !reactiveURL.MatchString(got.Reactive) {
				t.Errorf("%q is no URL for the reactive client", got.Reactive)
			}
			for parameter, u := range map[string]*url.URL{"currentSchema": jdbc, "search_path": reactive} {
				values := parameters(t, u)
				if selected, ok := values[parameter]; ok && selected != got.Schema {
					t.Errorf("%q selects schema %q, want %q", u, selected, got.Schema)
				} else if !ok && got.Schema != "public" && !strings.Contains(values["options"], got.Schema) {
					t.Errorf("%q selects no schema, want %q", u, got.Schema)
				}
			}
			for parameter := range parameters(t, reactive) {
				if parameter != "search_path" && parameter != "sslmode" && parameter != "options" {
					t.Errorf("the server doesn't know %s of %q", parameter, got.Reactive)
				}
			}
		}
	})
}

// parsed reads a URL. The JDBC driver has no fragments and no user before the host.
func parsed(t *testing.T, text, prefix string) *url.URL {
	t.Helper()
	rest, ok := strings.CutPrefix(text, prefix+"postgresql://")
	u, err := url.Parse("postgresql://" + strings.ReplaceAll(rest, "#", "%23"))
	if err != nil || !ok {
		t.Fatalf("cannot parse %q: %v", text, err)
	}
	return u
}

func port(u *url.URL) string {
	if u.Port() == "" {
		return "5432"
	}
	return strings.TrimLeft(u.Port(), "0")
}

// name is the database of a URL, as both clients decode it.
func name(u *url.URL) string {
	decoded, err := url.QueryUnescape(strings.TrimPrefix(u.EscapedPath(), "/"))
	if err != nil {
		return "%"
	}
	return decoded
}

// parameters of a URL as both clients read them: the last of a name counts.
func parameters(t *testing.T, u *url.URL) map[string]string {
	t.Helper()
	out := map[string]string{}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			t.Fatalf("cannot decode %q: %v", value, err)
		}
		if pair != "" {
			out[name] = decoded
		}
	}
	return out
}
