// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// shape is what the XRDs accept as a JDBC URL, too.
var shape = regexp.MustCompile(v1alpha08.JDBCURLPattern)

// maxURL is how many characters of a JDBC URL the XRDs accept.
const maxURL = 2048

func validateURL(jdbcURL string, path *field.Path) field.ErrorList {
	if utf8.RuneCountInString(jdbcURL) > maxURL {
		return field.ErrorList{field.TooLong(path, "", maxURL)}
	}
	problems := urlProblems(jdbcURL)
	errs := make(field.ErrorList, 0, len(problems))
	for _, problem := range problems {
		errs = append(errs, field.Invalid(path, redact(jdbcURL), problem))
	}
	return errs
}

// urlProblems lists why the JDBC driver takes a URL for none, or would connect to elsewhere than
// the URL seems to say. What a URL can't be read without comes alone.
func urlProblems(jdbcURL string) []string {
	if found := placeholder.FindString(jdbcURL); found != "" {
		return []string{unfilled(found)}
	}
	if !shape.MatchString(jdbcURL) {
		return []string{"must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"}
	}
	if _, err := url.QueryUnescape(jdbcURL); err != nil {
		return []string{"a % must be followed by two hexadecimal digits: write % itself as %25"}
	}
	if problem := dollarProblem(jdbcURL, "write $ as %24"); problem != "" {
		return []string{problem}
	}
	l := parse(jdbcURL)
	var out []string
	for _, h := range l.hosts {
		out = append(out, h.problems()...)
	}
	if problem := nameProblem("database", l.database); problem != "" {
		out = append(out, problem)
	}
	for _, p := range l.parameters {
		out = append(out, p.problems()...)
	}
	if problem := schemaProblem(l.schema()); problem != "" {
		out = append(out, problem)
	}
	return out
}

func (h host) problems() []string {
	var out []string
	if inner, bracketed := strings.CutPrefix(h.name, "["); bracketed {
		if ip, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err != nil || !ip.Is6() {
			out = append(out, h.name+" is no IPv6 address")
		}
	}
	if port, err := strconv.Atoi(h.port); h.port != "" && (err != nil || port < 1 || port > maxPort) {
		out = append(out, "the port "+h.port+" must be between 1 and 65535, or left out for 5432")
	}
	return out
}

func (p parameter) problems() []string {
	switch {
	case p.name == jdbcSchema && p.value == "":
		return []string{jdbcSchema + " is empty, so that no schema is selected at all: name one, or remove the parameter"}
	case p.name == sslMode && !slices.Contains(sslModes(), strings.ToLower(p.value)):
		return []string{fmt.Sprintf("%s %q is none that the clients know: use %s", sslMode, p.value, strings.Join(sslModes(), ", "))}
	case slices.Contains(movers(), p.name), slices.Contains(movers(), "PG"+strings.ToUpper(p.name)):
		return []string{"the parameter " + p.name + " leads the JDBC driver elsewhere, but no other client: write host, port and database before the question mark"}
	}
	return nil
}

// sslModes are those of both clients, which take capitals, too.
func sslModes() []string {
	return []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
}

// movers are parameters with which the driver replaces what stands before the question mark. It
// knows the first three without PG, too, and in any case.
func movers() []string { return []string{"PGHOST", "PGPORT", "PGDBNAME", "service"} }
