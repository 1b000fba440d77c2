// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// placeholder is what a script leaves behind that was to fill in a value. Kubernetes and Quarkus
// would put values of their own there.
var placeholder = regexp.MustCompile(`\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}`)

// dollar is a $ that doesn't arrive as it is written. Kubernetes makes $ of $$, and older releases
// of it break a character that isn't ASCII after a $. Quarkus makes $ of $$ and of \$, and takes ${
// for a property's name, which needs no } after it.
var dollar = regexp.MustCompile(`\\\$|\$[^\x00-\x7f$]|\$[${]`)

// dollarProblem says why a $ in a text doesn't arrive as it is written; nothing when all do.
func dollarProblem(text, way string) string {
	if found := dollar.FindString(text); found != "" {
		return fmt.Sprintf("has %s in it, which Kubernetes or Quarkus reads otherwise: %s", found, way)
	}
	return ""
}

func unfilled(found string) string {
	return "holds the placeholder " + found + ", which was to be filled in before the document was applied: put the value there"
}

// Validate returns everything that is wrong with a database in a spec.
func Validate(p *v1alpha08.PersistencePostgreSQL, path *field.Path) field.ErrorList {
	return validate(p, path, names.ValidateService)
}

// ValidateUnused returns what is wrong with a database that no component of the platform uses.
// Documents have such ones with a Service that can't exist, for workflows that have their own:
// a _ in its name is no error.
func ValidateUnused(p *v1alpha08.PersistencePostgreSQL, path *field.Path) field.ErrorList {
	return validate(p, path, func(name string, path *field.Path) field.ErrorList {
		return names.ValidateService(strings.ReplaceAll(name, "_", "-"), path)
	})
}

// A nameRule returns what is wrong with a name.
type nameRule func(name string, path *field.Path) field.ErrorList

func validate(p *v1alpha08.PersistencePostgreSQL, path *field.Path, ofService nameRule) field.ErrorList {
	if p == nil {
		return nil
	}
	errs := validateSecret(p.SecretRef, path.Child("secretRef"))
	switch {
	case p.ServiceRef == nil && p.JdbcURL == "":
		return append(errs, field.Required(path, "exactly one of serviceRef and jdbcUrl must be set: say where the database is"))
	case p.ServiceRef != nil && p.JdbcURL != "":
		errs = append(errs, field.Forbidden(path.Child("jdbcUrl"), "exactly one of serviceRef and jdbcUrl must be set: remove one of them"))
	}
	if p.JdbcURL != "" {
		errs = append(errs, validateURL(p.JdbcURL, path.Child("jdbcUrl"))...)
	}
	if p.ServiceRef != nil {
		errs = append(errs, validateService(p.ServiceRef, path.Child("serviceRef"), ofService)...)
	}
	return errs
}

func validateSecret(s v1alpha08.PostgreSQLSecretOptions, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the Secret with the database's user name and password"))
	}
	errs = append(errs, names.ValidateSubdomain(s.Name, path.Child("name"))...)
	errs = append(errs, names.ValidateKey(s.UserKey, path.Child("userKey"))...)
	return append(errs, names.ValidateKey(s.PasswordKey, path.Child("passwordKey"))...)
}

func validateService(s *v1alpha08.SQLServiceOptions, path *field.Path, ofName nameRule) field.ErrorList {
	var errs field.ErrorList
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the Service of the database"))
	}
	for _, err := range ofName(s.Name, path.Child("name")) {
		err.BadValue = s.Name
		if strings.Contains(s.Name, ".") {
			err.Detail += "; a namespace has a field of its own, serviceRef.namespace, and a host outside of the cluster is given by jdbcUrl instead of serviceRef"
		}
		errs = append(errs, err)
	}
	errs = append(errs, names.ValidateNamespace(s.Namespace, path.Child("namespace"))...)
	if s.Port != nil && (*s.Port < 1 || *s.Port > maxPort) {
		errs = append(errs, field.Invalid(path.Child("port"), *s.Port, "must be between 1 and 65535, or left out for 5432"))
	}
	if problem := nameProblem("database", s.DatabaseName); problem != "" {
		errs = append(errs, field.Invalid(path.Child("databaseName"), s.DatabaseName, problem))
	}
	if problem := schemaProblem(s.DatabaseSchema); problem != "" {
		errs = append(errs, field.Invalid(path.Child("databaseSchema"), s.DatabaseSchema, problem))
	}
	return errs
}

const maxPort = 65535

// ValidateReactive returns what is wrong with a database for a component that connects to it
// with the reactive client, too. The component is named as a subject, such as "the Jobs
// Service". The rest is Validate's to say.
func ValidateReactive(p *v1alpha08.PersistencePostgreSQL, path *field.Path, component string) field.ErrorList {
	if p == nil || p.JdbcURL == "" || len(validateURL(p.JdbcURL, path)) > 0 {
		return nil
	}
	at := path.Child("jdbcUrl")
	l := parse(p.JdbcURL)
	var errs field.ErrorList
	if len(l.hosts) > 1 {
		errs = append(errs, field.Invalid(at, redact(p.JdbcURL), component+" has a reactive client, too, which takes one host: name one, such as a Service in front of all of them"))
	}
	if l.database == "" {
		errs = append(errs, field.Invalid(at, redact(p.JdbcURL), component+" has a reactive client, too, which takes no database called like the user: name the database after the host, as in jdbc:postgresql://host:port/database"))
	}
	return errs
}
