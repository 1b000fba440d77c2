// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reactiveOptions are what Vert.x' PostgreSQL client reads from a URL.
type reactiveOptions struct {
	Host     string
	Port     uint16
	Database string
	SSLMode  string
	// Properties are sent to the server as settings, in the message that starts a connection.
	Properties map[string]string
}

// The grammar is that of io.vertx.pgclient.impl.PgConnectionUriParser, in the repository
// eclipse-vertx/vertx-sql-client, path
// vertx-pg-client/src/main/java/io/vertx/pgclient/impl/PgConnectionUriParser.java, commit
// 0cf0d8dc37cb880cc6bdc9474a69e858b8ce125f. An older version, commit
// a90419998a8cb090448fdb3b733a64664cefc409, takes neither ! nor * in a database's name, and so
// this grammar takes neither: a composed URL must suit both. The user of a URL is left out,
// because credentials come from a Secret.
var (
	vertxURL = regexp.MustCompile(`^postgre(?:s|sql)://` +
		`(?P<host>[0-9.]+|\[[a-zA-Z0-9:]+\]|[a-zA-Z0-9\-._~%]+)?` + // One host: there is no comma.
		`(?::(?P<port>[0-9]+))?` +
		`(?:/(?P<database>[a-zA-Z0-9\-._~%]+))?` +
		`(?:\?(?P<parameters>.*))?$`)

	// vertxSSLModes are the values of io.vertx.pgclient.SslMode.
	vertxSSLModes = regexp.MustCompile(`^(?i:disable|allow|prefer|require|verify-ca|verify-full)$`)
)

// parseReactive reads a value of QUARKUS_DATASOURCE_REACTIVE_URL as Quarkus and Vert.x read it.
func parseReactive(text string) (reactiveOptions, error) {
	if strings.Contains(text, ",") {
		return reactiveOptions{}, errors.New("Quarkus reads a list of URLs: a comma ends one")
	}
	m := vertxURL.FindStringSubmatch(text)
	if m == nil {
		return reactiveOptions{}, fmt.Errorf("wrong syntax of %s", text)
	}
	// The defaults of io.vertx.pgclient.PgConnectOptions.
	o := reactiveOptions{Host: "localhost", Port: 5432, Database: "db", Properties: map[string]string{}}
	for name, into := range map[string]*string{"host": &o.Host, "database": &o.Database} {
		if part := m[vertxURL.SubexpIndex(name)]; part != "" {
			value, err := decodeReactive(part)
			if err != nil {
				return o, err
			}
			*into = value
		}
	}
	if o.Host[0] == '[' {
		o.Host = strings.Trim(o.Host, "[]")
	}
	if err := o.setPort(m[vertxURL.SubexpIndex("port")]); err != nil {
		return o, err
	}
	for pair := range strings.SplitSeq(m[vertxURL.SubexpIndex("parameters")], "&") {
		if err := o.setParameter(pair); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *reactiveOptions) setPort(port string) error {
	if port == "" {
		return nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return fmt.Errorf("the port %s is not between 1 and 65535", port)
	}
	o.Port = uint16(number)
	return nil
}

// setParameter takes a parameter. Its name is read in small letters and isn't decoded.
func (o *reactiveOptions) setParameter(pair string) error {
	if pair == "" {
		return nil
	}
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return fmt.Errorf("the parameter %s has no =", pair)
	}
	value, err := decodeReactive(strings.TrimSpace(value))
	if err != nil {
		return err
	}
	switch name = strings.ToLower(name); name {
	case "port", "host", "hostaddr", "user", "password", "dbname":
		return fmt.Errorf("the parameter %s leads the client elsewhere: none may be composed", name)
	case "sslmode":
		if !vertxSSLModes.MatchString(value) {
			return fmt.Errorf("unknown sslmode %s", value)
		}
		o.SSLMode = strings.ToLower(value)
	default:
		o.Properties[name] = value
	}
	return nil
}

// decodeReactive decodes as java.net.URLDecoder does: %XX, and a + is a blank.
func decodeReactive(text string) (string, error) {
	value, err := url.QueryUnescape(text)
	if err != nil {
		return "", fmt.Errorf("cannot decode: %w", err)
	}
	return value, nil
}

func TestParseReactive(t *testing.T) {
	t.Parallel()
	type want struct {
		options reactiveOptions
		err     string
	}
	cases := map[string]struct {
		reason string
		url    string
		want   want
	}{
		"Full": {
			reason: "Every part is read, and decoded.",
			url:    "postgresql://pg.databases:5433/my%20db%2B?search_path=a%2Bb&options=-c+x%3D1&sslmode=Require",
			want: want{options: reactiveOptions{
				Host: "pg.databases", Port: 5433, Database: "my db+", SSLMode: "require",
				Properties: map[string]string{"search_path": "a+b", "options": "-c x=1"},
			}},
		},
		"Defaults": {
			reason: "The client has a default for each part, also for the database.",
			url:    "postgresql://",
			want:   want{options: reactiveOptions{Host: "localhost", Port: 5432, Database: "db", Properties: map[string]string{}}},
		},
		"IPv6": {
			reason: "Brackets aren't part of the address.",
			url:    "postgresql://[fd00::1]:1/d",
			want:   want{options: reactiveOptions{Host: "fd00::1", Port: 1, Database: "d", Properties: map[string]string{}}},
		},
		"LastParameter":   {reason: "The last parameter of a name counts.", url: "postgresql://h/d?search_path=a&search_path=b", want: want{options: reactiveOptions{Host: "h", Port: 5432, Database: "d", Properties: map[string]string{"search_path": "b"}}}},
		"TwoHosts":        {reason: "A comma ends a URL.", url: "postgresql://a,b/d", want: want{err: "Quarkus reads a list of URLs: a comma ends one"}},
		"NoDatabase":      {reason: "A slash needs a name after it.", url: "postgresql://a/", want: want{err: "wrong syntax of postgresql://a/"}},
		"Unescaped":       {reason: "A database's name has few characters.", url: "postgresql://a/ü", want: want{err: "wrong syntax of postgresql://a/ü"}},
		"NoValue":         {reason: "A parameter has a value.", url: "postgresql://a/d?flag", want: want{err: "the parameter flag has no ="}},
		"Elsewhere":       {reason: "A parameter can replace what stands before the question mark.", url: "postgresql://a/d?DBNAME=x", want: want{err: "the parameter dbname leads the client elsewhere: none may be composed"}},
		"UnknownSSLMode":  {reason: "The client knows six modes.", url: "postgresql://a/d?sslmode=on", want: want{err: "unknown sslmode on"}},
		"PortTooLarge":    {reason: "A port has sixteen bits.", url: "postgresql://a:65536/d", want: want{err: "the port 65536 is not between 1 and 65535"}},
		"HalfEscape":      {reason: "A % is followed by two digits.", url: "postgresql://a/d%2", want: want{err: `cannot decode: invalid URL escape "%2"`}},
		"SchemeOfTheJDBC": {reason: "The JDBC driver's scheme is another one.", url: "jdbc:postgresql://a/d", want: want{err: "wrong syntax of jdbc:postgresql://a/d"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseReactive(tc.url)
			message := ""
			if err != nil {
				got, message = reactiveOptions{}, err.Error()
			}
			if diff := cmp.Diff(tc.want, want{options: got, err: message}, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("%s\nparseReactive(%q): -want, +got:\n%s", tc.reason, tc.url, diff)
			}
		})
	}
}
