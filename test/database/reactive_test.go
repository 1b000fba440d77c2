// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An address is what a client of Vert.x has read in a URL.
type address struct {
	host, port, database string
	// sslMode is empty for the client's default, which is to use no TLS.
	sslMode string
	// settings are sent to the server when the connection starts.
	settings map[string]string
}

// reactiveSyntax is the grammar of a URL. All parts but the scheme may be left out.
var reactiveSyntax = regexp.MustCompile(`^postgre(?:s|sql)://` +
	`(?:([a-zA-Z0-9\-._~%!*]+(?::[a-zA-Z0-9\-._~%!*]+)?)@)?` + // user:password
	`([0-9.]+|\[[a-zA-Z0-9:]+\]|[a-zA-Z0-9\-._~%]+)?` + // host
	`(?::([0-9]+))?` + // port
	`(?:/([a-zA-Z0-9\-._~%!*]+))?` + // database
	`(?:\?([^\r\n]*))?$`) // parameters

// reactive reads a URL as Vert.x' PostgreSQL client does. The rules are those of
// eclipse-vertx/vertx-sql-client, vertx-pg-client, io.vertx.pgclient.impl.PgConnectionUriParser
// (commit 0cf0d8dc37cb), and the defaults those of io.vertx.pgclient.PgConnectOptions:
//
//   - Host, database and values of parameters are decoded as java.net.URLDecoder does it: a +
//     is a blank. Values lose blanks at their ends before that.
//   - A parameter without = is an error. Names of parameters aren't decoded, and have no
//     capitals.
//   - host, hostaddr, port, dbname, user and password replace what stands before the question
//     mark; sslmode has six values; all other parameters are the server's to understand.
//   - The last parameter of a name counts.
func reactive(text string) (address, error) {
	m := reactiveSyntax.FindStringSubmatch(text)
	if m == nil {
		return address{}, errors.New("wrong syntax")
	}
	if m[1] != "" {
		return address{}, errors.New("has credentials, which are the Secret's")
	}
	out := address{host: "localhost", port: "5432", database: "db", settings: map[string]string{}}
	fields := []struct {
		text string
		set  *string
	}{{m[2], &out.host}, {m[3], &out.port}, {m[4], &out.database}}
	for _, f := range fields {
		decoded, err := url.QueryUnescape(f.text)
		if err != nil {
			return address{}, err
		}
		if decoded != "" {
			*f.set = decoded
		}
	}
	for pair := range strings.SplitSeq(m[5], "&") {
		if pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		if !found {
			return address{}, fmt.Errorf("parameter %s has no =", name)
		}
		decoded, err := url.QueryUnescape(strings.TrimSpace(value))
		if err != nil {
			return address{}, err
		}
		switch name = strings.ToLower(name); name {
		case "host", "hostaddr":
			out.host = decoded
		case "port":
			out.port = decoded
		case "dbname":
			out.database = decoded
		case "user", "password":
			return address{}, errors.New("has credentials, which are the Secret's")
		case "sslmode":
			if !slices.Contains([]string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}, strings.ToLower(decoded)) {
				return address{}, fmt.Errorf("unknown sslmode %s", decoded)
			}
			out.sslMode = strings.ToLower(decoded)
		default:
			out.settings[name] = decoded
		}
	}
	if strings.HasPrefix(out.host, "[") && strings.HasSuffix(out.host, "]") {
		out.host = out.host[1 : len(out.host)-1]
	}
	number, err := strconv.Atoi(out.port)
	if err != nil || number < 1 || number > 65535 {
		return address{}, fmt.Errorf("port %s isn't between 1 and 65535", out.port)
	}
	out.port = strconv.Itoa(number)
	return out, nil
}

func TestReactive(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, url string
		want        address
		// refused tells that the client refuses the URL.
		refused bool
	}{
		"Full": {
			reason: "A URL has host, port, database and the server's settings.", url: "postgresql://pg.ns:05433/a%20b%2Bc?search_path=s%2B1&Options=-c+x%3D1&sslmode=Require",
			want: address{host: "pg.ns", port: "5433", database: "a b+c", sslMode: "require", settings: map[string]string{"search_path": "s+1", "options": "-c x=1"}},
		},
		"Defaults":      {reason: "Host, port and database have defaults.", url: "postgres://", want: address{host: "localhost", port: "5432", database: "db", settings: map[string]string{}}},
		"IPv6":          {reason: "The brackets aren't part of an address.", url: "postgresql://[::1]/d", want: address{host: "::1", port: "5432", database: "d", settings: map[string]string{}}},
		"LastCounts":    {reason: "A parameter replaces an earlier one.", url: "postgresql://h/d?search_path=a&search_path=b", want: address{host: "h", port: "5432", database: "d", settings: map[string]string{"search_path": "b"}}},
		"Moved":         {reason: "Parameters lead elsewhere.", url: "postgresql://h/d?dbname=e&host=i&port=1", want: address{host: "i", port: "1", database: "e", settings: map[string]string{}}},
		"SlashAlone":    {reason: "A slash has a database after it.", url: "postgresql://h/", refused: true},
		"Hosts":         {reason: "The client takes one host.", url: "postgresql://a,b/d", refused: true},
		"IPv6WithDots":  {reason: "An IPv6 address has no dots.", url: "postgresql://[::1.2.3.4]/d", refused: true},
		"Ampersand":     {reason: "A database has few characters unescaped.", url: "postgresql://h/a&b", refused: true},
		"Plus":          {reason: "A + is none of them.", url: "postgresql://h/a+b", refused: true},
		"Umlaut":        {reason: "An umlaut isn't, either.", url: "postgresql://h/ü", refused: true},
		"Valueless":     {reason: "A parameter has a value.", url: "postgresql://h/d?a", refused: true},
		"Percent":       {reason: "A % has two digits after it.", url: "postgresql://h/d%zz", refused: true},
		"PortOutside":   {reason: "A port has 16 bits.", url: "postgresql://h:65536/d", refused: true},
		"SSLMode":       {reason: "The modes are PostgreSQL's.", url: "postgresql://h/d?sslmode=true", refused: true},
		"JDBC":          {reason: "A JDBC URL is another one.", url: "jdbc:postgresql://h/d", refused: true},
		"User":          {reason: "No composed URL has credentials.", url: "postgresql://u:p@h/d", refused: true},
		"UserParameter": {reason: "No composed URL has credentials.", url: "postgresql://h/d?user=u", refused: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reactive(tc.url)
			if (err != nil) != tc.refused {
				t.Errorf("%s\nreactive(%q): want refused %t, got %v", tc.reason, tc.url, tc.refused, err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(address{})); diff != "" {
				t.Errorf("%s\nreactive(%q): -want, +got:\n%s", tc.reason, tc.url, diff)
			}
		})
	}
}
