// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// TestJDBCURL checks that the schema and JDBCURLPattern accept the same URLs.
func TestJDBCURL(t *testing.T) {
	t.Parallel()

	v, err := xrdschema.Load(".")
	if err != nil {
		t.Fatalf("Load(apis): %v", err)
	}
	pattern := regexp.MustCompile(v1alpha08.JDBCURLPattern)

	cases := map[string]struct {
		reason string
		urls   []string
		want   bool
	}{
		"Documented": {
			reason: "The URL of the SonataFlow documentation is accepted.",
			urls:   []string{"jdbc:postgresql://host:1234/database?currentSchema=data-index-service"},
			want:   true,
		},
		"Hosts": {
			reason: "A host is a name or an address, with or without a port.",
			urls: []string{
				"jdbc:postgresql://db/",
				"jdbc:postgresql://db.ns.svc.cluster.local/sonataflow",
				"jdbc:postgresql://10.0.0.1:5432/sonataflow",
				"jdbc:postgresql://[2001:db8::1]:5432/sonataflow",
			},
			want: true,
		},
		"SeveralHosts": {
			reason: "A URL may have several hosts: the driver tries one after the other.",
			urls:   []string{"jdbc:postgresql://h1:5432,h2:5432/db?x=y", "jdbc:postgresql://h1,h2/db?targetServerType=primary"},
			want:   true,
		},
		"Parameters": {
			reason: "The pattern accepts any parameter after the database, because the driver has many.",
			urls:   []string{"jdbc:postgresql://db/sonataflow?sslmode=verify-full&options=-c%20statement_timeout=90s", "jdbc:postgresql://db/?currentSchema=x"},
			want:   true,
		},
		"AnotherDatabase": {
			reason: "The services support only PostgreSQL.",
			urls:   []string{"jdbc:mysql://db:3306/sonataflow", "jdbc:postgres://db/sonataflow", "jdbc:h2:mem:test"},
		},
		"NotJDBC": {
			reason: "The services need a JDBC URL; URLs in the syntax of other clients don't work.",
			urls:   []string{"postgres://db/sonataflow", "postgresql://db/sonataflow", "db:5432/sonataflow", "JDBC:POSTGRESQL://db/sonataflow"},
		},
		"NoHost": {
			reason: "Without a host the driver connects to localhost, which is the pod itself.",
			urls: []string{
				"jdbc:postgresql:///db", "jdbc:postgresql:db", "jdbc:postgresql://", "jdbc:postgresql://:5432/db",
				"jdbc:postgresql://?x=y", "jdbc:postgresql://h1,,h2/db",
			},
		},
		"Slashes": {
			reason: "The driver needs exactly one slash after the hosts, before the database.",
			urls:   []string{"jdbc:postgresql://db", "jdbc:postgresql://db?currentSchema=x", "jdbc:postgresql://db/sonataflow/", "jdbc:postgresql://db/a/b"},
		},
		"Characters": {
			reason: "Neither DNS nor the reactive client accepts such hosts, and a control character is a typing error.",
			urls:   []string{"jdbc:postgresql://dü/sonataflow", "jdbc:postgresql://d~b/sonataflow", "jdbc:postgresql://d%62/sonataflow", "jdbc:postgresql://db/sonataflow\x01"},
		},
		"Blanks": {
			reason: "A blank is a typing error, at the ends of a URL, too.",
			urls: []string{
				"", " ", "jdbc:postgresql://db/sonata flow", " jdbc:postgresql://db/sonataflow", "jdbc:postgresql://db/sonataflow ",
				"jdbc:postgresql://db /sonataflow", "jdbc:postgresql://db/sonataflow\n", "jdbc:postgresql://db/sonataflow?a=b\tc",
			},
		},
		"Ports": {
			reason: "A port is a number.",
			urls:   []string{"jdbc:postgresql://db:/sonataflow", "jdbc:postgresql://db:port/sonataflow", "jdbc:postgresql://db:123456/sonataflow"},
		},
		"Credentials": {
			reason: "The driver doesn't read credentials before the host, and every reader of the spec would see them.",
			urls:   []string{"jdbc:postgresql://user:password@db:5432/sonataflow", "jdbc:postgresql://user@db/sonataflow"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, url := range tc.urls {
				if got := pattern.MatchString(url); got != tc.want {
					t.Errorf("\n%s\nJDBCURLPattern matches %q: want %v, got %v", tc.reason, url, tc.want, got)
				}
				got := v.Validate(object(t, v1alpha08.KindSonataFlowPlatform, fmt.Sprintf(`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: %q}}`, url)))
				if accepted := len(got) == 0; accepted != tc.want {
					t.Errorf("\n%s\nValidate(%q): want accepted %v, got %v", tc.reason, url, tc.want, got)
				}
				for _, err := range got {
					if err.Field != "spec.persistence.postgresql.jdbcUrl" || err.Detail != jdbcURL {
						t.Errorf("\n%s\nValidate(%q): want %q, got %q", tc.reason, url, jdbcURL, err)
					}
				}
			}
		})
	}
}
