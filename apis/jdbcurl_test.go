// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

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
			reason: "What the SonataFlow documentation shows.",
			urls:   []string{"jdbc:postgresql://host:1234/database?currentSchema=data-index-service"},
			want:   true,
		},
		"Hosts": {
			reason: "A host is a name or an address, with a port or not.",
			urls: []string{
				"jdbc:postgresql://db/",
				"jdbc:postgresql://db.ns.svc.cluster.local/sonataflow",
				"jdbc:postgresql://10.0.0.1:5432/sonataflow",
				"jdbc:postgresql://[2001:db8::1]:5432/sonataflow",
			},
			want: true,
		},
		"SeveralHosts": {
			reason: "The driver tries one after the other.",
			urls:   []string{"jdbc:postgresql://h1:5432,h2:5432/db?x=y", "jdbc:postgresql://h1,h2/db?targetServerType=primary"},
			want:   true,
		},
		"Parameters": {
			reason: "What follows the database is the driver's business.",
			urls:   []string{"jdbc:postgresql://db/sonataflow?sslmode=verify-full&options=-c%20statement_timeout=90s", "jdbc:postgresql://db/?currentSchema=x"},
			want:   true,
		},
		"AnotherDatabase": {
			reason: "The services run on PostgreSQL.",
			urls:   []string{"jdbc:mysql://db:3306/sonataflow", "jdbc:postgres://db/sonataflow", "jdbc:h2:mem:test"},
		},
		"NotJDBC": {
			reason: "Other clients write URLs in other ways.",
			urls:   []string{"postgres://db/sonataflow", "postgresql://db/sonataflow", "db:5432/sonataflow", "JDBC:POSTGRESQL://db/sonataflow"},
		},
		"NoHost": {
			reason: "Without a host the driver takes localhost, which is the pod itself.",
			urls: []string{
				"jdbc:postgresql:///db", "jdbc:postgresql:db", "jdbc:postgresql://", "jdbc:postgresql://:5432/db",
				"jdbc:postgresql://?x=y", "jdbc:postgresql://h1,,h2/db",
			},
		},
		"Slashes": {
			reason: "The driver takes no URL without the slash before the database, and none with another one.",
			urls:   []string{"jdbc:postgresql://db", "jdbc:postgresql://db?currentSchema=x", "jdbc:postgresql://db/sonataflow/", "jdbc:postgresql://db/a/b"},
		},
		"Characters": {
			reason: "Neither DNS nor the reactive client has such hosts, and what can't be seen is a slip.",
			urls:   []string{"jdbc:postgresql://dü/sonataflow", "jdbc:postgresql://d~b/sonataflow", "jdbc:postgresql://d%62/sonataflow", "jdbc:postgresql://db/sonataflow\x01"},
		},
		"Blanks": {
			reason: "A blank is a slip of the keyboard, wherever it is.",
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
			reason: "The driver doesn't understand them, and they would be in everybody's sight.",
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
