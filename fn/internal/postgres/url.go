// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A location is what a JDBC URL says. Both URLs and the schema follow from it.
//
// It reads a URL as PostgreSQL's JDBC driver does (org.postgresql.Driver.parseURL): the
// database and the values of parameters are decoded, and a + in them is a blank; the names of
// parameters are taken as they are written; the last parameter of a name counts.
type location struct {
	hosts []host
	// database is empty when the URL names none. The driver then takes the one that is
	// called like the user.
	database   string
	parameters []parameter
}

// A host has no port when the URL gives none.
type host struct{ name, port string }

type parameter struct{ name, value string }

const (
	jdbcScheme     = "jdbc:postgresql://"
	reactiveScheme = "postgresql://"

	defaultPort = "5432"
)

// Parameters of a JDBC URL, and what the reactive client calls the one with the schema.
const (
	jdbcSchema     = "currentSchema"
	reactiveSchema = "search_path"
	options        = "options"
	sslMode        = "sslmode"
)

// parse reads a JDBC URL. What can't be decoded stays as it is: Validate refuses it.
func parse(jdbcURL string) location {
	server, query, _ := strings.Cut(strings.TrimPrefix(jdbcURL, jdbcScheme), "?")
	addresses, database, _ := strings.Cut(server, "/")
	l := location{database: decode(database)}
	for address := range strings.SplitSeq(addresses, ",") {
		h := host{name: address}
		if i := strings.LastIndex(address, ":"); i > strings.LastIndex(address, "]") {
			h = host{name: address[:i], port: address[i+1:]}
		}
		l.hosts = append(l.hosts, h)
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			l.parameters = append(l.parameters, parameter{name, decode(value)})
		}
	}
	return l
}

func decode(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// value returns the value of a parameter, and whether the URL has it.
func (l location) value(name string) (string, bool) {
	for _, p := range slices.Backward(l.parameters) {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// with returns the location with another value of a parameter.
func (l location) with(name, value string) location {
	l.parameters = slices.DeleteFunc(slices.Clone(l.parameters), func(p parameter) bool { return p.name == name })
	l.parameters = append(l.parameters, parameter{name, value})
	return l
}

// schema returns the schema that is selected, as it was written; nothing when none is. A
// schema of its own wins over one in the server's options, as it does in PostgreSQL.
func (l location) schema() string {
	if schema, ok := l.value(jdbcSchema); ok {
		return schema
	}
	given, _ := l.value(options)
	return searchPath(given)
}

// searchPath returns the search path that options of the PostgreSQL server set: -c NAME=VALUE,
// -cNAME=VALUE or --NAME=VALUE, where a - in the name stands for _. The last one counts.
func searchPath(given string) string {
	var path string
	words := strings.Fields(given)
	for i, word := range words {
		switch {
		case word == "-c" && i+1 < len(words):
			word = words[i+1]
		case strings.HasPrefix(word, "-c"):
			word = word[len("-c"):]
		case strings.HasPrefix(word, "--"):
			word = word[len("--"):]
		default:
			continue
		}
		if name, value, _ := strings.Cut(word, "="); strings.EqualFold(strings.ReplaceAll(name, "-", "_"), reactiveSchema) {
			path = value
		}
	}
	return path
}

// jdbc returns a URL for the JDBC driver.
func (l location) jdbc() string {
	addresses := make([]string, 0, len(l.hosts))
	for _, h := range l.hosts {
		addresses = append(addresses, h.address(h.name))
	}
	return jdbcScheme + strings.Join(addresses, ",") + "/" + escape(l.database) + query(l.parameters)
}

// reactive returns a URL for Quarkus' reactive client, which is Vert.x'. Its grammar is in
// io.vertx.pgclient.impl.PgConnectionUriParser:
//
//   - One host: several are a syntax error. An IPv6 address has no dots in it.
//   - A database has at least one character, and none but letters, digits and -._~%!*. It is
//     decoded as the JDBC driver does it. A URL without database means one called db.
//   - Each parameter has a value. Of the JDBC driver's parameters the client knows sslmode. It
//     sends those that it doesn't know to the server, as settings, and the server ends the
//     connection if it doesn't know one either. Of the JDBC driver's parameters the server knows
//     options, and the schema under its own name, search_path.
//   - Quarkus takes a list of URLs: a comma would end one.
//
// Credentials come from the Secret.
func (l location) reactive() string {
	addresses := make([]string, 0, len(l.hosts))
	for _, h := range l.hosts {
		addresses = append(addresses, h.address(canonical(h.name)))
	}
	var known []parameter
	for _, p := range l.parameters {
		switch p.name {
		case jdbcSchema:
			known = append(known, parameter{reactiveSchema, p.value})
		case options, sslMode:
			known = append(known, p)
		}
	}
	return reactiveScheme + strings.Join(addresses, ",") + "/" + escape(l.database) + query(known)
}

func query(parameters []parameter) string {
	pairs := make([]string, 0, len(parameters))
	for _, p := range parameters {
		pairs = append(pairs, p.name+"="+url.QueryEscape(p.value))
	}
	if len(pairs) == 0 {
		return ""
	}
	return "?" + strings.Join(pairs, "&")
}

// escape writes the name of a database so that both clients read it. url.PathEscape wouldn't do:
// it leaves a +, which both take for a blank, and characters that the reactive client refuses.
func escape(database string) string {
	return strings.ReplaceAll(url.QueryEscape(database), "+", "%20")
}

// address is a name of the host with its port.
func (h host) address(name string) string {
	if h.port == "" {
		return name
	}
	return name + ":" + h.port
}

// canonical writes an address in one way, IPv6 in brackets and without dots. A name stays as
// it is.
func canonical(name string) string {
	ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
	switch ip = ip.Unmap(); {
	case err != nil:
		return name
	case ip.Is4():
		return ip.String()
	}
	return "[" + ip.String() + "]"
}
