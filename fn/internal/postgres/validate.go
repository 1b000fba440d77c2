// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// jdbcURL is what the XRDs accept, too.
var jdbcURL = regexp.MustCompile(v1alpha08.JDBCURLPattern)

// Where a URL may have credentials.
var (
	userinfo = regexp.MustCompile(`//[^/@]*@`)
	password = regexp.MustCompile(`(?i)([?&]password=)[^&]*`)
)

// redact takes out of a URL what must not stand in messages that other people read.
func redact(url string) string {
	return password.ReplaceAllString(userinfo.ReplaceAllString(url, "//…@"), "$1…")
}

// Validate returns everything that is wrong with a database in a spec.
func Validate(p *v1alpha08.PersistencePostgreSQL, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	var errs field.ErrorList
	if p.SecretRef.Name == "" {
		errs = append(errs, field.Required(path.Child("secretRef", "name"), "name the Secret with the database's user name and password"))
	}
	switch {
	case p.ServiceRef == nil && p.JdbcURL == "":
		return append(errs, field.Required(path, "exactly one of serviceRef and jdbcUrl must be set: say where the database is"))
	case p.ServiceRef != nil && p.JdbcURL != "":
		errs = append(errs, field.Forbidden(path.Child("jdbcUrl"), "exactly one of serviceRef and jdbcUrl must be set: remove one of them"))
	}
	if p.JdbcURL != "" && !jdbcURL.MatchString(p.JdbcURL) {
		errs = append(errs, field.Invalid(path.Child("jdbcUrl"), redact(p.JdbcURL), "must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"))
	}
	if p.ServiceRef == nil {
		return errs
	}
	at := path.Child("serviceRef")
	if p.ServiceRef.Name == "" {
		errs = append(errs, field.Required(at.Child("name"), "name the Service of the database"))
	}
	if port := p.ServiceRef.Port; port != nil && (*port < 1 || *port > 65535) {
		errs = append(errs, field.Invalid(at.Child("port"), *port, "must be between 1 and 65535, or left out for 5432"))
	}
	return errs
}

// Warnings name what of a database in a spec isn't wise: a password that everybody can
// read who may read Deployments.
func Warnings(p *v1alpha08.PersistencePostgreSQL, path *field.Path) []string {
	if p == nil || !password.MatchString(p.JdbcURL) {
		return nil
	}
	return []string{path.Child("jdbcUrl").String() + ": has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef"}
}
