// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// Where a URL may have credentials.
var (
	userinfo = regexp.MustCompile(`//.*@`)
	password = regexp.MustCompile(`(?i)([?&](?:ssl)?password=)[^&]*`)
)

// redact takes out of a URL what must not stand in messages that other people read.
func redact(url string) string {
	return password.ReplaceAllString(userinfo.ReplaceAllString(url, "//…@"), "$1…")
}

// Warnings name what of a database in a spec isn't wise or has another effect than it seems to
// have: credentials in the URL, a Service that can't exist, and schemas in capitals.
func Warnings(p *v1alpha08.PersistencePostgreSQL, path *field.Path) []string {
	if p == nil {
		return nil
	}
	var out []string
	if s := p.ServiceRef; s != nil {
		at := path.Child("serviceRef")
		if strings.Contains(s.Name, "_") {
			out = append(out, fmt.Sprintf("%s: no Service can be called %s, so that nothing can use this database; use small letters, digits and -", at.Child("name"), s.Name))
		}
		return append(out, folded(s.DatabaseSchema, at.Child("databaseSchema"))...)
	}
	at := path.Child("jdbcUrl")
	if password.MatchString(p.JdbcURL) {
		out = append(out, at.String()+": has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef")
	}
	l := parse(p.JdbcURL)
	if user, ok := l.value("user"); ok {
		out = append(out, fmt.Sprintf("%s: the JDBC driver connects as user %s, not as the user in the Secret of secretRef; remove the parameter user", at, user))
	}
	return append(out, folded(l.schema(), at)...)
}

// SchemaWarnings name a JDBC URL that leaves the schema to the database.
func SchemaWarnings(p *v1alpha08.PersistencePostgreSQL, path *field.Path) []string {
	if p == nil || p.ServiceRef != nil || parse(p.JdbcURL).schema() != "" {
		return nil
	}
	separator := "?"
	if strings.Contains(p.JdbcURL, "?") {
		separator = "&"
	}
	return []string{fmt.Sprintf("%s: selects no schema, so that the tables are in the default schema, %s, which two services can't share; append %s%s=NAME to choose one",
		path.Child("jdbcUrl"), defaultSchema, separator, jdbcSchema)}
}

// folded warns of a schema that PostgreSQL reads otherwise than it is written.
func folded(schema string, path *field.Path) []string {
	if fold(schema) == schema {
		return nil
	}
	return []string{fmt.Sprintf("%s: PostgreSQL reads the schema %s in small letters, so that %s is used; write it so", path, schema, fold(schema))}
}

// reactiveEnv starts the names of all variables for the reactive client.
const reactiveEnv = "QUARKUS_DATASOURCE_REACTIVE_"

// ReactiveWarnings name what of a JDBC URL about TLS doesn't reach the reactive client of a
// component, given the variables of its container: those for that client tell that its user
// has seen to it.
func ReactiveWarnings(p *v1alpha08.PersistencePostgreSQL, path *field.Path, title string, env []corev1.EnvVar) []string {
	if p == nil || p.JdbcURL == "" || slices.ContainsFunc(env, func(v corev1.EnvVar) bool { return strings.HasPrefix(v.Name, reactiveEnv) }) {
		return nil
	}
	l := parse(p.JdbcURL)
	mode, _ := l.value(sslMode)
	mode = strings.ToLower(mode)
	unknown := l.jdbcOnlyTLS()
	var lacks string
	switch {
	case mode == "disable":
		return nil
	case len(unknown) > 0:
		lacks = "doesn't know " + strings.Join(unknown, ", ")
	case strings.HasPrefix(mode, "verify-"):
		lacks = "has no certificate to trust, which " + sslMode + "=" + mode + " asks for"
	default:
		return nil
	}
	needs := reactiveEnv + "TRUST_CERTIFICATE_PEM=true and " + reactiveEnv + "TRUST_CERTIFICATE_PEM_CERTS=FILE"
	if mode == "verify-full" {
		needs += ", " + reactiveEnv + "HOSTNAME_VERIFICATION_ALGORITHM=HTTPS"
	}
	return []string{fmt.Sprintf("%s: the reactive client of the %s %s; set %s in the URL, and %s in podTemplate.container.env", path.Child("jdbcUrl"), title, lacks, sslMode, needs)}
}

// jdbcOnlyTLS lists parameters about TLS that only the JDBC driver knows.
func (l location) jdbcOnlyTLS() []string {
	var out []string
	for _, p := range l.parameters {
		if strings.HasPrefix(p.name, "ssl") && p.name != sslMode && p.value != "false" {
			out = append(out, p.name)
		}
	}
	return out
}
