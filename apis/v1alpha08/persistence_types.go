// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// DBMigrationStrategy says how a service's database schema is brought up to date.
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
	// DBMigrationStrategyNone leaves the schema to the administrator of the database.
	DBMigrationStrategyNone DBMigrationStrategy = "none"
)

// PersistenceOptionsSpec says where a supporting service keeps its data.
type PersistenceOptionsSpec struct {
	// The PostgreSQL database of the service. It replaces the database of spec.persistence
	// as a whole.
	// +optional
	PostgreSQL *PersistencePostgreSQL `json:"postgresql,omitempty"`
	// How the schema of the service is migrated: by the service itself when it starts
	// (service), by a Job before the service starts (job), or only by the administrator of
	// the database (none).
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
	// The PostgreSQL database that these services and workflows share.
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

// PersistencePostgreSQL is a PostgreSQL database: its address, and the Secret with its
// credentials.
//
// +kubebuilder:validation:XValidation:rule="has(self.serviceRef) != has(self.jdbcUrl)",message="exactly one of serviceRef and jdbcUrl must be set, to say where the database is"
type PersistencePostgreSQL struct {
	// The Secret with user name and password. It must be in the namespace of the
	// pods that use it, not in the namespace of the database.
	SecretRef PostgreSQLSecretOptions `json:"secretRef"`
	// The Kubernetes Service of the database.
	// +optional
	ServiceRef *SQLServiceOptions `json:"serviceRef,omitempty"`
	// The JDBC URL of the database, which is used unchanged. Example:
	// jdbc:postgresql://host:5432/sonataflow?currentSchema=data-index-service
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^jdbc:postgresql://([A-Za-z0-9._-]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?(,([A-Za-z0-9._-]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?)*/[^/?[:space:][:cntrl:]]*([?][^[:space:][:cntrl:]]*)?$')",message="must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[$][{][^}]*[}]|[$][(][^)]*[)]|[{][{].*[}][}]')",message="holds a placeholder that was not replaced before the document was applied: write the value instead"
	// +kubebuilder:validation:XValidation:rule="!self.matches('%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)')",message="a % must be followed by two hexadecimal digits: write % itself as %25"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/]*:(0+|6553[6-9]|655[4-9][0-9]|65[6-9][0-9]{2}|6[6-9][0-9]{3}|[7-9][0-9]{4})[,/]')",message="a port must be between 1 and 65535, or left out for 5432"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[?&](?i:(pg)?(host|port|dbname)|service)=')",message="a parameter for host, port, database or service has an effect on the JDBC driver, but not on the other clients of the database: write host, port and database before the question mark"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[?&]sslmode(&|$|=)') || self.matches('[?&]sslmode=(?i:disable|allow|prefer|require|verify-ca|verify-full)(&|$)')",message="sslmode must be disable, allow, prefer, require, verify-ca or verify-full"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[?&]currentSchema(=?(&|$)|=[^&]*([+,\\x22\\x27\\x5c]|%(20|22|27|2C|2c|5C|5c)))')",message="currentSchema must name one schema, without blanks, commas, quotes and backslashes"
	JdbcURL string `json:"jdbcUrl,omitempty"`
}

// JDBCURLPattern is what a JDBC URL must match: jdbc:postgresql://, one or more hosts,
// each with an optional port, a slash, an optional database, and optional parameters.
const JDBCURLPattern = "^jdbc:postgresql://" + jdbcHost + "(," + jdbcHost + ")*/[^/?[:space:][:cntrl:]]*([?][^[:space:][:cntrl:]]*)?$"

// jdbcHost is a name, an IPv4 address or an IPv6 address in brackets. It has no @, because
// a URL must not contain credentials: the driver doesn't read them, and every reader of
// the spec would see them.
const jdbcHost = "([A-Za-z0-9._-]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?"

// PostgreSQLSecretOptions is the Secret with the credentials of a database.
type PostgreSQLSecretOptions struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$')",message="not a name that Kubernetes accepts: use small letters, digits, - and ."
	Name string `json:"name"`
	// The key of the user name in the Secret. POSTGRESQL_USER when not given.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]*$') && self != '.' && !self.startsWith('..')",message="not a key that Kubernetes accepts: use letters, digits, -, _ and ."
	UserKey string `json:"userKey,omitempty"`
	// The key of the password in the Secret. POSTGRESQL_PASSWORD when not given.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]*$') && self != '.' && !self.startsWith('..')",message="not a key that Kubernetes accepts: use letters, digits, -, _ and ."
	PasswordKey string `json:"passwordKey,omitempty"`
}

// SQLServiceOptions is a database behind a Kubernetes Service.
type SQLServiceOptions struct {
	// Name of the Service.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z]([-_a-z0-9]*[a-z0-9])?)?$')",message="not a name of a Service that Kubernetes accepts: use small letters, digits and -; for a host outside of the cluster, set jdbcUrl instead of serviceRef"
	Name string `json:"name"`
	// Namespace of the Service. The namespace of the platform when not given.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$')",message="not a namespace that Kubernetes accepts: use small letters, digits and -"
	Namespace string `json:"namespace,omitempty"`
	// Port of the database. 5432 when not given.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`
	// Name of the database. sonataflow when not given.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="!self.matches('[$][{][^}]*[}]|[$][(][^)]*[)]|[{][{].*[}][}]')",message="holds a placeholder that was not replaced before the document was applied: write the value instead"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[[:cntrl:]]')",message="contains a control character: remove the character"
	DatabaseName string `json:"databaseName,omitempty"`
	// Schema within the database. When not given, every service uses a schema named
	// after itself: PLATFORM-data-index-service, PLATFORM-jobs-service. In
	// spec.persistence this field is an addition to the operator's API: all services that
	// inherit spec.persistence use this schema.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="!self.matches('[$][{][^}]*[}]|[$][(][^)]*[)]|[{][{].*[}][}]')",message="holds a placeholder that was not replaced before the document was applied: write the value instead"
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[^[:space:][:cntrl:],\\x22\\x27\\x5c]*$')",message="choose a schema without blanks, commas, quotes, backslashes and control characters"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^(?i:pg_|[$]user$)|[$][$]')",message="choose another schema: PostgreSQL reserves names that start with pg_ and reads $user as the name of the user, and Kubernetes reads $$ as $"
	DatabaseSchema string `json:"databaseSchema,omitempty"`
}
