// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// DBMigrationStrategy says who brings a service's database schema up to date.
//
// +kubebuilder:validation:Enum=service;job;none
type DBMigrationStrategy string

// The strategies, as the SonataFlow documentation names them.
const (
	// DBMigrationStrategyService lets the service migrate its schema when it starts.
	DBMigrationStrategyService DBMigrationStrategy = "service"
	// DBMigrationStrategyJob runs a Job that migrates the schema before the service
	// starts.
	DBMigrationStrategyJob DBMigrationStrategy = "job"
	// DBMigrationStrategyNone leaves the schema to whoever administers the database.
	DBMigrationStrategyNone DBMigrationStrategy = "none"
)

// PersistenceOptionsSpec says where a supporting service keeps its data.
type PersistenceOptionsSpec struct {
	// The PostgreSQL database of the service. It replaces the platform's as a whole.
	// +optional
	PostgreSQL *PersistencePostgreSQL `json:"postgresql,omitempty"`
	// Who migrates the schema of the service: the service itself when it starts
	// (service), a Job before the service starts (job), or nobody (none).
	// +optional
	// +kubebuilder:default:=service
	DBMigrationStrategy DBMigrationStrategy `json:"dbMigrationStrategy,omitempty"`
}

// Database returns the PostgreSQL database, or nil when there is none.
func (p *PersistenceOptionsSpec) Database() *PersistencePostgreSQL {
	if p == nil {
		return nil
	}
	return p.PostgreSQL
}

// PlatformPersistenceOptionsSpec says where services and workflows without
// persistence of their own keep their data.
type PlatformPersistenceOptionsSpec struct {
	// The PostgreSQL server that they share.
	// +optional
	PostgreSQL *PersistencePostgreSQL `json:"postgresql,omitempty"`
}

// Database returns the PostgreSQL database, or nil when there is none.
func (p *PlatformPersistenceOptionsSpec) Database() *PersistencePostgreSQL {
	if p == nil {
		return nil
	}
	return p.PostgreSQL
}

// PersistencePostgreSQL is a PostgreSQL database: where it is, and the Secret that
// opens it.
//
// +kubebuilder:validation:XValidation:rule="has(self.serviceRef) != has(self.jdbcUrl)",message="exactly one of serviceRef and jdbcUrl must be set: say where the database is, in one way"
type PersistencePostgreSQL struct {
	// The Secret with user name and password. It must be in the namespace of the
	// pods that use it, not in the database's.
	SecretRef PostgreSQLSecretOptions `json:"secretRef"`
	// The Kubernetes Service of the database.
	// +optional
	ServiceRef *SQLServiceOptions `json:"serviceRef,omitempty"`
	// The JDBC URL of the database, used as it is. Example:
	// jdbc:postgresql://host:5432/sonataflow?currentSchema=data-index-service
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^jdbc:postgresql://([^][/?#,:@[:space:]]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?(,([^][/?#,:@[:space:]]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?)*(/[^[:space:]]*)?([?][^[:space:]]*)?$')",message="must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"
	JdbcURL string `json:"jdbcUrl,omitempty"`
}

// JDBCURLPattern is what a JDBC URL must match: jdbc:postgresql://, then one or more
// hosts with a port each or not, then what may follow.
const JDBCURLPattern = "^jdbc:postgresql://" + jdbcHost + "(," + jdbcHost + ")*(/[^[:space:]]*)?([?][^[:space:]]*)?$"

// jdbcHost is a name, an IPv4 address or an IPv6 address in brackets. An @ would
// mean credentials, which neither the driver nor anybody else wants in a URL.
const jdbcHost = "([^][/?#,:@[:space:]]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?"

// PostgreSQLSecretOptions is the Secret with the credentials of a database.
type PostgreSQLSecretOptions struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// The key that holds the user name. POSTGRESQL_USER when not given.
	// +optional
	UserKey string `json:"userKey,omitempty"`
	// The key that holds the password. POSTGRESQL_PASSWORD when not given.
	// +optional
	PasswordKey string `json:"passwordKey,omitempty"`
}

// SQLServiceOptions is a database behind a Kubernetes Service.
type SQLServiceOptions struct {
	// Name of the Service.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Namespace of the Service. The platform's when not given.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Port of the database. 5432 when not given.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`
	// Name of the database. sonataflow when not given.
	// +optional
	DatabaseName string `json:"databaseName,omitempty"`
	// Schema within the database. When not given, every service uses one named
	// after itself: PLATFORM-data-index-service, PLATFORM-jobs-service. In
	// spec.persistence this field is an addition to the operator's API: it is the
	// schema of all services that inherit that persistence.
	// +optional
	DatabaseSchema string `json:"databaseSchema,omitempty"`
}
