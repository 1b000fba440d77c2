// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

func defaults() postgres.Defaults {
	return postgres.Defaults{Namespace: "ns1", Schema: "plat-data-index-service"}
}

func TestNew(t *testing.T) {
	t.Parallel()
	type want struct {
		database postgres.Database
		reactive string
	}
	secret := v1alpha08.PostgreSQLSecretOptions{Name: "db"}
	standard := postgres.Secret{Name: "db", UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"}
	cases := map[string]struct {
		reason string
		spec   v1alpha08.PersistencePostgreSQL
		want   want
	}{
		"ServiceDefaults": {
			reason: "The name of a Service is enough; all else is what the documentation promises.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, ServiceRef: &v1alpha08.SQLServiceOptions{Name: "pg"}},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-data-index-service",
					Schema: "plat-data-index-service",
					Secret: standard,
				},
				reactive: "postgresql://pg.ns1:5432/sonataflow?search_path=plat-data-index-service",
			},
		},
		"ServiceInFull": {
			reason: "Each field that is given counts.",
			spec: v1alpha08.PersistencePostgreSQL{
				SecretRef:  v1alpha08.PostgreSQLSecretOptions{Name: "db", UserKey: "U", PasswordKey: "P"},
				ServiceRef: &v1alpha08.SQLServiceOptions{Name: "pg", Namespace: "dbns", Port: new(int32(1234)), DatabaseName: "db", DatabaseSchema: "sch"},
			},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://pg.dbns:1234/db?currentSchema=sch",
					Schema: "sch",
					Secret: postgres.Secret{Name: "db", UserKey: "U", PasswordKey: "P"},
				},
				reactive: "postgresql://pg.dbns:1234/db?search_path=sch",
			},
		},
		"JDBCURL": {
			reason: "A JDBC URL is used as it is.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host:1234/database?currentSchema=data-index-service"},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://host:1234/database?currentSchema=data-index-service",
					Schema: "data-index-service",
					Secret: standard,
				},
				reactive: "postgresql://host:1234/database?search_path=data-index-service",
			},
		},
		"JDBCURLUmlauts": {
			reason: "A container without a locale would misread what isn't in ASCII.",
			spec:   v1alpha08.PersistencePostgreSQL{SecretRef: secret, JdbcURL: "jdbc:postgresql://host/größe?currentSchema=ä&ssl"},
			want: want{
				database: postgres.Database{
					URL:    "jdbc:postgresql://host/gr%C3%B6%C3%9Fe?currentSchema=%C3%A4&ssl=",
					Schema: "ä",
					Secret: standard,
				},
				reactive: "postgresql://host/gr%C3%B6%C3%9Fe?search_path=%C3%A4",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := tc.spec.DeepCopy()
			got := postgres.New(spec, defaults())
			if diff := cmp.Diff(&tc.want.database, got); diff != "" {
				t.Errorf("%s\nNew(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.reactive, got.ReactiveURL()); diff != "" {
				t.Errorf("%s\nReactiveURL(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(&tc.spec, spec); diff != "" {
				t.Errorf("%s\nNew(...) changed the spec: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolve holds which of two databases a component uses.
func TestResolve(t *testing.T) {
	t.Parallel()
	own := &v1alpha08.PersistencePostgreSQL{SecretRef: v1alpha08.PostgreSQLSecretOptions{Name: "own"}, ServiceRef: &v1alpha08.SQLServiceOptions{Name: "own"}}
	shared := &v1alpha08.PersistencePostgreSQL{
		SecretRef:  v1alpha08.PostgreSQLSecretOptions{Name: "shared", UserKey: "U", PasswordKey: "P"},
		ServiceRef: &v1alpha08.SQLServiceOptions{Name: "shared", Port: new(int32(1234)), DatabaseSchema: "s"},
	}
	ownDatabase := &postgres.Database{
		URL:    "jdbc:postgresql://own.ns1:5432/sonataflow?currentSchema=plat-data-index-service",
		Schema: "plat-data-index-service",
		Secret: postgres.Secret{Name: "own", UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"},
	}
	cases := map[string]struct {
		reason      string
		own, shared *v1alpha08.PersistencePostgreSQL
		want        *postgres.Database
	}{
		"None":   {reason: "Without PostgreSQL, data lasts as long as the pod."},
		"Own":    {reason: "A component uses its own database.", own: own, want: ownDatabase},
		"Both":   {reason: "The component's own database replaces the shared one as a whole: keys, port and schema aren't inherited.", own: own, shared: shared, want: ownDatabase},
		"Shared": {reason: "A component without its own database uses the shared one.", shared: shared, want: &postgres.Database{URL: "jdbc:postgresql://shared.ns1:1234/sonataflow?currentSchema=s", Schema: "s", Secret: postgres.Secret{Name: "shared", UserKey: "U", PasswordKey: "P"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, postgres.Resolve(tc.own, tc.shared, defaults())); diff != "" {
				t.Errorf("%s\nResolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	db := postgres.Database{
		URL:    "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s",
		Schema: "s",
		Secret: postgres.Secret{Name: "generic", UserKey: "user", PasswordKey: "password"},
	}
	key := func(name, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "generic"}, Key: key},
		}}
	}
	cases := map[string]struct {
		reason   string
		reactive bool
		want     []corev1.EnvVar
	}{
		"Blocking": {
			reason: "A service that uses JDBC alone gets the operator's variables, in the operator's order.",
			want: []corev1.EnvVar{
				key("QUARKUS_DATASOURCE_USERNAME", "user"),
				key("QUARKUS_DATASOURCE_PASSWORD", "password"),
				{Name: "QUARKUS_DATASOURCE_DB_KIND", Value: "postgresql"},
				{Name: "QUARKUS_DATASOURCE_JDBC_URL", Value: "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s"},
				{Name: "KOGITO_PERSISTENCE_TYPE", Value: "jdbc"},
			},
		},
		"Reactive": {
			reason:   "A service that uses the reactive client gets a URL for that client, too.",
			reactive: true,
			want: []corev1.EnvVar{
				key("QUARKUS_DATASOURCE_USERNAME", "user"),
				key("QUARKUS_DATASOURCE_PASSWORD", "password"),
				{Name: "QUARKUS_DATASOURCE_DB_KIND", Value: "postgresql"},
				{Name: "QUARKUS_DATASOURCE_JDBC_URL", Value: "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema=s"},
				{Name: "QUARKUS_DATASOURCE_REACTIVE_URL", Value: "postgresql://pg.ns1:5432/sonataflow?search_path=s"},
				{Name: "KOGITO_PERSISTENCE_TYPE", Value: "jdbc"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, db.Env(tc.reactive)); diff != "" {
				t.Errorf("%s\nEnv(%t): -want, +got:\n%s", tc.reason, tc.reactive, diff)
			}
		})
	}
}
