// SPDX-License-Identifier: Apache-2.0

// Package postgres decides how a service reaches its PostgreSQL database, and says
// it in the environment variables that Quarkus reads.
package postgres

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// What the SonataFlow documentation promises when a field isn't given.
const (
	defaultDatabase    = "sonataflow"
	defaultUserKey     = "POSTGRESQL_USER"
	defaultPasswordKey = "POSTGRESQL_PASSWORD"
)

// A Database is where a service keeps its data.
type Database struct {
	// URL is the JDBC URL, in ASCII. The service and its migration both connect with it, so
	// that they can't disagree.
	URL string
	// Schema is the schema that the URL selects, as PostgreSQL reads its name: its default
	// one if the URL selects none.
	Schema string
	// Secret opens the database.
	Secret Secret
}

// A Secret holds user name and password, in the namespace of the pods that use it.
type Secret struct {
	Name, UserKey, PasswordKey string
}

// Defaults are what a spec may leave open.
type Defaults struct {
	// Namespace of the database's Service.
	Namespace string
	// Schema of the service.
	Schema string
}

// Resolve decides where data is kept: in a component's own database, else in the one that
// it shares with other components, else nowhere that lasts (nil).
func Resolve(own, shared *v1alpha08.PersistencePostgreSQL, d Defaults) *Database {
	switch {
	case own != nil:
		return New(own, d)
	case shared != nil:
		return New(shared, d)
	}
	return nil
}

// New decides how the database in a spec is reached. The spec has passed Validate. URL, schema
// and reactive URL follow from one location. A JDBC URL in the spec is used as it is, unless
// its schema reads otherwise in PostgreSQL, or a container without a locale would misread it.
func New(spec *v1alpha08.PersistencePostgreSQL, d Defaults) *Database {
	l, text := parse(spec.JdbcURL), spec.JdbcURL
	if spec.ServiceRef != nil {
		l = behind(spec.ServiceRef, d)
		text = l.jdbc()
	}
	schema := fold(l.schema())
	switch {
	case schema != l.schema():
		text = l.with(jdbcSchema, schema).jdbc()
	case !ASCII(text):
		text = l.jdbc()
	}
	return &Database{
		URL:    text,
		Schema: cmp.Or(schema, defaultSchema),
		Secret: Secret{
			Name:        spec.SecretRef.Name,
			UserKey:     cmp.Or(spec.SecretRef.UserKey, defaultUserKey),
			PasswordKey: cmp.Or(spec.SecretRef.PasswordKey, defaultPasswordKey),
		},
	}
}

// behind is the location of a database behind a Kubernetes Service.
func behind(s *v1alpha08.SQLServiceOptions, d Defaults) location {
	port := defaultPort
	if s.Port != nil {
		port = strconv.Itoa(int(*s.Port))
	}
	return location{
		hosts:      []host{{name: s.Name + "." + cmp.Or(s.Namespace, d.Namespace), port: port}},
		database:   cmp.Or(s.DatabaseName, defaultDatabase),
		parameters: []parameter{{jdbcSchema, cmp.Or(s.DatabaseSchema, d.Schema)}},
	}
}

// ASCII tells whether a text has no character but ASCII's, which containers read alike with
// every locale.
func ASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// ReactiveURL is the URL for Quarkus' reactive client.
func (db *Database) ReactiveURL() string { return parse(db.URL).reactive() }

// Env returns the environment variables with which a service finds its database.
// Only a reactive service needs the reactive URL.
func (db *Database) Env(reactive bool) []corev1.EnvVar {
	env := []corev1.EnvVar{
		db.Secret.User("QUARKUS_DATASOURCE_USERNAME"),
		db.Secret.Password("QUARKUS_DATASOURCE_PASSWORD"),
		{Name: "QUARKUS_DATASOURCE_DB_KIND", Value: "postgresql"},
		{Name: "QUARKUS_DATASOURCE_JDBC_URL", Value: db.URL},
	}
	if reactive {
		env = append(env, corev1.EnvVar{Name: "QUARKUS_DATASOURCE_REACTIVE_URL", Value: db.ReactiveURL()})
	}
	return append(env, corev1.EnvVar{Name: "KOGITO_PERSISTENCE_TYPE", Value: "jdbc"})
}

// User returns an environment variable with the user's name.
func (s Secret) User(name string) corev1.EnvVar { return s.env(name, s.UserKey) }

// Password returns an environment variable with the password.
func (s Secret) Password(name string) corev1.EnvVar { return s.env(name, s.PasswordKey) }

func (s Secret) env(name, key string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: s.Name}, Key: key},
	}}
}
