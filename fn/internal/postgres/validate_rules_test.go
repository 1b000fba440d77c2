// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

func TestRules(t *testing.T) {
	t.Parallel()
	const (
		unfilled = "holds the placeholder"
		shape    = "must look like jdbc:postgresql://host:port/database?currentSchema=schema"
	)
	// with is a document that is fine, but for one thing.
	with := func(change func(p *v1alpha08.PersistencePostgreSQL)) v1alpha08.PersistencePostgreSQL {
		p := byService(v1alpha08.SQLServiceOptions{Name: "pg"})
		change(&p)
		return p
	}
	type problem struct{ path, says string }
	cases := map[string]struct {
		reason string
		spec   v1alpha08.PersistencePostgreSQL
		// want are parts of the messages; none where the document is fine.
		want []problem
	}{
		"Fine":              {reason: "What is needed is enough.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg"})},
		"FineInFull":        {reason: "Every field may be given.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg-1", Namespace: "1st", Port: new(int32(1)), DatabaseName: "a b/c", DatabaseSchema: "data-index-ü"})},
		"FineURL":           {reason: "A URL is enough.", spec: byURL("jdbc:postgresql://db.example.com/db?currentSchema=a-1")},
		"FineSeveralHosts":  {reason: "The JDBC driver takes several hosts.", spec: byURL("jdbc:postgresql://a,[::1]:1,c:65535/db?targetServerType=primary")},
		"FineNoDatabase":    {reason: "The driver takes the user's database.", spec: byURL("jdbc:postgresql://host/")},
		"FineModeInCapital": {reason: "Both clients take capitals here.", spec: byURL("jdbc:postgresql://host/db?sslmode=Verify-Full")},

		"Nothing": {
			reason: "A database has credentials and a place.", spec: v1alpha08.PersistencePostgreSQL{},
			want: []problem{{"p.secretRef.name", "name the Secret"}, {"p", "exactly one of serviceRef and jdbcUrl"}},
		},
		"SecretUnderscore":   {reason: "Kubernetes has no such Secret.", spec: with(func(p *v1alpha08.PersistencePostgreSQL) { p.SecretRef.Name = "my_secret" }), want: []problem{{"p.secretRef.name", "accepts"}}},
		"SecretUnfilled":     {reason: "A script wasn't run.", spec: with(func(p *v1alpha08.PersistencePostgreSQL) { p.SecretRef.Name = "${SECRET}" }), want: []problem{{"p.secretRef.name", unfilled + " ${SECRET}"}}},
		"UserKeyBlank":       {reason: "A Secret has no such key.", spec: with(func(p *v1alpha08.PersistencePostgreSQL) { p.SecretRef.UserKey = "user name" }), want: []problem{{"p.secretRef.userKey", "accepts"}}},
		"PasswordKeySlash":   {reason: "A Secret has no such key.", spec: with(func(p *v1alpha08.PersistencePostgreSQL) { p.SecretRef.PasswordKey = "db/password" }), want: []problem{{"p.secretRef.passwordKey", "accepts"}}},
		"ServiceEmpty":       {reason: "A Service has a name.", spec: byService(v1alpha08.SQLServiceOptions{}), want: []problem{{"p.serviceRef.name", "name the Service"}}},
		"ServiceDots":        {reason: "A host isn't a Service.", spec: byService(v1alpha08.SQLServiceOptions{Name: "db.example.com"}), want: []problem{{"p.serviceRef.name", "jdbcUrl"}}},
		"ServiceUnderscore":  {reason: "Kubernetes has no such Service.", spec: byService(v1alpha08.SQLServiceOptions{Name: "my_db"}), want: []problem{{"p.serviceRef.name", "accepts"}}},
		"ServiceAll":         {reason: "A name is shown as it was written.", spec: byService(v1alpha08.SQLServiceOptions{Name: "my_db.ns"}), want: []problem{{"p.serviceRef.name", `"my_db.ns"`}}},
		"ServiceUnfilled":    {reason: "A script wasn't run.", spec: byService(v1alpha08.SQLServiceOptions{Name: "${DB}"}), want: []problem{{"p.serviceRef.name", unfilled + " ${DB}"}}},
		"NamespaceDots":      {reason: "Kubernetes has no such namespace.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", Namespace: "a.b"}), want: []problem{{"p.serviceRef.namespace", "accepts"}}},
		"Port":               {reason: "A port has 16 bits.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", Port: new(int32(65536))}), want: []problem{{"p.serviceRef.port", "between 1 and 65535"}}},
		"DatabaseUnfilled":   {reason: "A script wasn't run.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "{{ .db }}"}), want: []problem{{"p.serviceRef.databaseName", unfilled + " {{ .db }}"}}},
		"DatabaseControl":    {reason: "What can't be seen is a slip.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "db\n"}), want: []problem{{"p.serviceRef.databaseName", "control character"}}},
		"DatabaseLong":       {reason: "PostgreSQL cuts names.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: strings.Repeat("ü", 32)}), want: []problem{{"p.serviceRef.databaseName", "64 bytes"}}},
		"SchemaUnfilled":     {reason: "A script wasn't run.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "$(SCHEMA)"}), want: []problem{{"p.serviceRef.databaseSchema", unfilled + " $(SCHEMA)"}}},
		"SchemaBlank":        {reason: "A blank ends an unquoted name.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "my schema"}), want: []problem{{"p.serviceRef.databaseSchema", `' '`}}},
		"SchemaComma":        {reason: "A comma makes two of one.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a,b"}), want: []problem{{"p.serviceRef.databaseSchema", `','`}}},
		"SchemaQuotes":       {reason: "A quoted name is another one.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: `"MySchema"`}), want: []problem{{"p.serviceRef.databaseSchema", `'"'`}}},
		"SchemaQuote":        {reason: "A quote is a slip.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "it's"}), want: []problem{{"p.serviceRef.databaseSchema", `'\''`}}},
		"SchemaBackslash":    {reason: "Quarkus takes it out of a list.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: `a\b`}), want: []problem{{"p.serviceRef.databaseSchema", `'\\'`}}},
		"SchemaInvisible":    {reason: "What can't be seen is a slip.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a\u200b"}), want: []problem{{"p.serviceRef.databaseSchema", `'\u200b'`}}},
		"SchemaNoBreak":      {reason: "So is a blank that looks like one.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a\u00a0b"}), want: []problem{{"p.serviceRef.databaseSchema", `'\u00a0'`}}},
		"SchemaControl":      {reason: "What can't be seen is a slip.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a\x00"}), want: []problem{{"p.serviceRef.databaseSchema", "control character"}}},
		"SchemaLong":         {reason: "PostgreSQL cuts names, and Flyway wouldn't find its own.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: strings.Repeat("x", 64)}), want: []problem{{"p.serviceRef.databaseSchema", "64 bytes"}}},
		"SchemaOfPostgreSQL": {reason: "PostgreSQL makes no such schema.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "PG_jobs"}), want: []problem{{"p.serviceRef.databaseSchema", "pg_"}}},
		"SchemaOfUser":       {reason: "Service and migration would mean two.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "$user"}), want: []problem{{"p.serviceRef.databaseSchema", "$user"}}},
		"SchemaDollars":      {reason: "Kubernetes makes one of two.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a$$b"}), want: []problem{{"p.serviceRef.databaseSchema", "$$"}}},

		"SchemaUnclosed":     {reason: "Quarkus looks for a property b.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a${b"}), want: []problem{{"p.serviceRef.databaseSchema", "has ${ in it"}}},
		"SchemaDollarUmlaut": {reason: "Older releases of Kubernetes break the umlaut.", spec: byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "a$ü"}), want: []problem{{"p.serviceRef.databaseSchema", "has $ü in it"}}},
		"FineDollars":        {reason: "A $ before a letter, a brace that closes, a parenthesis or nothing stays.", spec: byURL("jdbc:postgresql://host/$a$}$(?currentSchema=a$b$")},
		"FineDatabaseDollars": {
			reason: "The composed URLs have each $ of a database as %24.",
			spec:   byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: `a$$b${\$ü`}),
		},

		"URLDollars":           {reason: "Kubernetes makes one of two, so that the JDBC driver goes to another database than the reactive client.", spec: byURL("jdbc:postgresql://host/a$$b"), want: []problem{{"p.jdbcUrl", "has $$ in it, which Kubernetes or Quarkus reads otherwise: write $ as %24"}}},
		"URLDollarsInOptions":  {reason: "They select a schema, too.", spec: byURL("jdbc:postgresql://host/db?options=-csearch_path=a$$b"), want: []problem{{"p.jdbcUrl", "has $$ in it"}}},
		"URLUnclosed":          {reason: "Quarkus looks for a property b.", spec: byURL("jdbc:postgresql://host/a${b"), want: []problem{{"p.jdbcUrl", "has ${ in it"}}},
		"URLEscapedDollar":     {reason: "Quarkus takes the backslash away.", spec: byURL(`jdbc:postgresql://host/a\$b`), want: []problem{{"p.jdbcUrl", `has \$ in it`}}},
		"URLDollarUmlaut":      {reason: "Older releases of Kubernetes break the umlaut.", spec: byURL("jdbc:postgresql://host/a$ü"), want: []problem{{"p.jdbcUrl", "has $ü in it"}}},
		"URLUnfilled":          {reason: "A script wasn't run.", spec: byURL("jdbc:postgresql://${PGHOST}:${PGPORT}/db"), want: []problem{{"p.jdbcUrl", unfilled + " ${PGHOST}"}}},
		"URLShort":             {reason: "Without a host the driver looks on the pod itself.", spec: byURL("jdbc:postgresql:db"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLWithoutSlash":      {reason: "The driver takes no URL without one.", spec: byURL("jdbc:postgresql://host?currentSchema=a"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLSlashes":           {reason: "The driver takes no URL with two.", spec: byURL("jdbc:postgresql://host/db/schema"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLHost":              {reason: "No host has such a name, and the reactive client refuses it.", spec: byURL("jdbc:postgresql://höst/db"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLControl":           {reason: "What can't be seen is a slip.", spec: byURL("jdbc:postgresql://host/db\x01"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLLong":              {reason: "The schema of the API has a limit.", spec: byURL("jdbc:postgresql://host/db?a=" + strings.Repeat("x", 2048)), want: []problem{{"p.jdbcUrl", "2048"}}},
		"URLPercent":           {reason: "The driver can't decode it.", spec: byURL("jdbc:postgresql://host/100%"), want: []problem{{"p.jdbcUrl", "%25"}}},
		"URLPercentInQuery":    {reason: "The driver can't decode it.", spec: byURL("jdbc:postgresql://host/db?options=%zz"), want: []problem{{"p.jdbcUrl", "%25"}}},
		"URLPorts":             {reason: "Ports have 16 bits, and there is no port 0.", spec: byURL("jdbc:postgresql://a:0,b:65536/db"), want: []problem{{"p.jdbcUrl", "port 0 "}, {"p.jdbcUrl", "port 65536 "}}},
		"URLAddress":           {reason: "Brackets have an IPv6 address in them.", spec: byURL("jdbc:postgresql://[1.2.3.4]/db"), want: []problem{{"p.jdbcUrl", "[1.2.3.4] is no IPv6 address"}}},
		"URLDatabaseControl":   {reason: "What can't be seen is a slip.", spec: byURL("jdbc:postgresql://host/db%00"), want: []problem{{"p.jdbcUrl", "control character"}}},
		"URLDatabaseEncoding":  {reason: "Names are in UTF-8.", spec: byURL("jdbc:postgresql://host/%ff"), want: []problem{{"p.jdbcUrl", "UTF-8"}}},
		"URLSchemaEmpty":       {reason: "An empty search path has no schema at all.", spec: byURL("jdbc:postgresql://host/db?currentSchema="), want: []problem{{"p.jdbcUrl", "currentSchema is empty"}}},
		"URLSchemaNoValue":     {reason: "An empty search path has no schema at all.", spec: byURL("jdbc:postgresql://host/db?currentSchema"), want: []problem{{"p.jdbcUrl", "currentSchema is empty"}}},
		"URLSchemaBlank":       {reason: "A + is a blank.", spec: byURL("jdbc:postgresql://host/db?currentSchema=a+b"), want: []problem{{"p.jdbcUrl", `' '`}}},
		"URLSchemaComma":       {reason: "A search path of several schemas isn't one.", spec: byURL("jdbc:postgresql://host/db?currentSchema=app%2Cpublic"), want: []problem{{"p.jdbcUrl", `','`}}},
		"URLSchemaInOptions":   {reason: "It is a search path of several schemas, too.", spec: byURL("jdbc:postgresql://host/db?options=-c%20search_path=app,public"), want: []problem{{"p.jdbcUrl", `','`}}},
		"URLSchemaQuotes":      {reason: "A quoted name is another one.", spec: byURL("jdbc:postgresql://host/db?currentSchema=%22MySchema%22"), want: []problem{{"p.jdbcUrl", `'"'`}}},
		"URLMode":              {reason: "Neither client starts with it.", spec: byURL("jdbc:postgresql://host/db?sslmode=true"), want: []problem{{"p.jdbcUrl", "verify-full"}}},
		"URLHostInQuery":       {reason: "The driver prefers it, the reactive client never hears of it.", spec: byURL("jdbc:postgresql://host/db?host=other&PGDBNAME=x"), want: []problem{{"p.jdbcUrl", "parameter host "}, {"p.jdbcUrl", "parameter PGDBNAME "}}},
		"URLService":           {reason: "No pod has the file that the driver looks for.", spec: byURL("jdbc:postgresql://host/db?service=x"), want: []problem{{"p.jdbcUrl", "parameter service "}}},
		"URLPasswordIsSecret":  {reason: "Messages are read by many.", spec: byURL("jdbc:postgresql://host/db?password=hunter2&sslpassword=hunter2&sslmode=x"), want: []problem{{"p.jdbcUrl", "sslmode"}}},
		"URLSeveralAtOnce":     {reason: "All that is wrong is said at once.", spec: byURL("jdbc:postgresql://host:0/db%01?currentSchema=a,b"), want: []problem{{"p.jdbcUrl", "port 0"}, {"p.jdbcUrl", "control"}, {"p.jdbcUrl", `','`}}},
		"URLOddCredentials":    {reason: "Messages are read by many.", spec: byURL("jdbc:postgresql://u:hunter2/?hunter2@host/db"), want: []problem{{"p.jdbcUrl", shape}}},
		"URLCredentialsInHost": {reason: "The driver takes none there.", spec: byURL("jdbc:postgresql://u:hunter2@host/db"), want: []problem{{"p.jdbcUrl", shape}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := postgres.Validate(&tc.spec, field.NewPath("p"))
			if len(got) != len(tc.want) {
				t.Fatalf("%s\nValidate(...): want %d errors, got %v", tc.reason, len(tc.want), got)
			}
			for i, err := range got {
				if err.Field != tc.want[i].path || !strings.Contains(err.Error(), tc.want[i].says) {
					t.Errorf("%s\nValidate(...): want %q at %s, got %v", tc.reason, tc.want[i].says, tc.want[i].path, err)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s\nValidate(...) has a password in it: %v", tc.reason, err)
				}
			}
		})
	}
}

func TestValidateUnused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   *v1alpha08.PersistencePostgreSQL
		want   []string
	}{
		"None":       {reason: "There need not be one."},
		"Underscore": {reason: "Documents have databases that workflows replace.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "db_not_defined"}))},
		"Rest":       {reason: "All else holds for it, too.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "${DB}", Namespace: "a_b"})), want: []string{"p.serviceRef.name", "p.serviceRef.namespace"}},
		"URL":        {reason: "All else holds for it, too.", spec: new(byURL("jdbc:postgresql:db")), want: []string{"p.jdbcUrl"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := texts(postgres.ValidateUnused(tc.spec, field.NewPath("p")), func(err *field.Error) string { return err.Field })
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidateUnused(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestValidateReactive(t *testing.T) {
	t.Parallel()
	const who = "the Jobs Service, which inherits it,"
	cases := map[string]struct {
		reason string
		spec   *v1alpha08.PersistencePostgreSQL
		want   []string
	}{
		"None":    {reason: "An embedded database has no URL."},
		"Service": {reason: "A Service is one host.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg"}))},
		"URL":     {reason: "One host and a database are what the client takes.", spec: new(byURL("jdbc:postgresql://[::1]:5432/db?a=b,c"))},
		"Hosts": {
			reason: "The client takes one host.", spec: new(byURL("jdbc:postgresql://pg-1:5432,pg-2:5432/db?currentSchema=jobs&password=x")),
			want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql://pg-1:5432,pg-2:5432/db?currentSchema=jobs&password=…": ` + who + ` has a reactive client, too, which takes one host: name one, such as a Service in front of all of them`},
		},
		"Database": {
			reason: "The client would take one called db.", spec: new(byURL("jdbc:postgresql://pg/")),
			want: []string{`p.jdbcUrl: Invalid value: "jdbc:postgresql://pg/": ` + who + ` has a reactive client, too, which takes no database called like the user: name the database after the host, as in jdbc:postgresql://host:port/database`},
		},
		"NoURL": {reason: "Validate says what is wrong.", spec: new(byURL("jdbc:postgresql://a,b"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := texts(postgres.ValidateReactive(tc.spec, field.NewPath("p"), who), (*field.Error).Error)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidateReactive(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// texts returns a text of each error.
func texts(errs field.ErrorList, of func(*field.Error) string) []string {
	if len(errs) == 0 {
		return nil
	}
	out := make([]string, 0, len(errs))
	for _, err := range errs {
		out = append(out, of(err))
	}
	return out
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   *v1alpha08.PersistencePostgreSQL
		want   []string
	}{
		"None":          {reason: "Nothing is fine."},
		"Service":       {reason: "Each service has a schema of its own.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseName: "DB"}))},
		"ServiceSchema": {reason: "Small letters are what PostgreSQL reads.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "jobs"}))},
		"URL":           {reason: "A URL with a schema is complete.", spec: new(byURL("jdbc:postgresql://pg/db?ssl=true&currentSchema=jobs"))},
		"URLOptions":    {reason: "The server's options name a schema, too.", spec: new(byURL("jdbc:postgresql://pg/db?options=-csearch_path=jobs"))},
		"ServiceUnderscore": {
			reason: "What nothing uses may be like that, but can't be used.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "db_not_defined"})),
			want: []string{"p.serviceRef.name: no Service can be called db_not_defined, so that nothing can use this database; use small letters, digits and -"},
		},
		"ServiceCapitals": {
			reason: "The schema isn't called as it looks.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg", DatabaseSchema: "MySchema"})),
			want: []string{"p.serviceRef.databaseSchema: PostgreSQL reads the schema MySchema in small letters, so that myschema is used; write it so"},
		},
		"URLCapitals": {
			reason: "The schema isn't called as it looks.", spec: new(byURL("jdbc:postgresql://pg/db?currentSchema=MySchema")),
			want: []string{"p.jdbcUrl: PostgreSQL reads the schema MySchema in small letters, so that myschema is used; write it so"},
		},
		"PasswordLater": {
			reason: "The password may stand anywhere in the query, in any case of letters.", spec: new(byURL("jdbc:postgresql://pg/db?currentSchema=jobs&Password=p&a=b")),
			want: []string{"p.jdbcUrl: has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef"},
		},
		"DatabasePassword": {reason: "A database may be called password.", spec: new(byURL("jdbc:postgresql://pg/password=p?currentSchema=jobs"))},
		"URLWithCredentials": {
			reason: "Credentials belong into the Secret.", spec: new(byURL("jdbc:postgresql://pg/db?currentSchema=jobs&user=me&password=x")),
			want: []string{
				"p.jdbcUrl: has a password in it, which stands in clear text in the Deployment; move it to the Secret of secretRef",
				"p.jdbcUrl: the JDBC driver connects as user me, not as the user in the Secret of secretRef; remove the parameter user",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, postgres.Warnings(tc.spec, field.NewPath("p"))); diff != "" {
				t.Errorf("%s\nWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSchemaWarnings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   *v1alpha08.PersistencePostgreSQL
		want   []string
	}{
		"None":    {reason: "Nothing is fine."},
		"Service": {reason: "A Service's schema has a default of its own for each service.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg"}))},
		"URL":     {reason: "A URL with a schema is complete.", spec: new(byURL("jdbc:postgresql://pg/db?currentSchema=jobs"))},
		"Options": {reason: "The server's options name a schema, too.", spec: new(byURL("jdbc:postgresql://pg/db?options=-csearch_path=jobs"))},
		"URLWithoutSchema": {
			reason: "Not every reader knows where tables are then.", spec: new(byURL("jdbc:postgresql://pg/db")),
			want: []string{"p.jdbcUrl: selects no schema, so that the tables are in the default schema, public, which two services can't share; append ?currentSchema=NAME to choose one"},
		},
		"URLWithoutSchemaWithQuery": {
			reason: "There is one question mark.", spec: new(byURL("jdbc:postgresql://pg/db?ssl=true")),
			want: []string{"p.jdbcUrl: selects no schema, so that the tables are in the default schema, public, which two services can't share; append &currentSchema=NAME to choose one"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, postgres.SchemaWarnings(tc.spec, field.NewPath("p"))); diff != "" {
				t.Errorf("%s\nSchemaWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestReactiveWarnings(t *testing.T) {
	t.Parallel()
	const (
		remedy = "set sslmode in the URL, and QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM=true and QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS=FILE"
		algo   = ", QUARKUS_DATASOURCE_REACTIVE_HOSTNAME_VERIFICATION_ALGORITHM=HTTPS"
		where  = " in podTemplate.container.env"
		client = "p.jdbcUrl: the reactive client of the Jobs Service "
	)
	cases := map[string]struct {
		reason string
		spec   *v1alpha08.PersistencePostgreSQL
		env    []corev1.EnvVar
		want   []string
	}{
		"None":       {reason: "An embedded database has no URL."},
		"Service":    {reason: "A Service has no parameters.", spec: new(byService(v1alpha08.SQLServiceOptions{Name: "pg"}))},
		"NoTLS":      {reason: "Parameters of other kinds make no difference that matters.", spec: new(byURL("jdbc:postgresql://pg/db?ApplicationName=a&prepareThreshold=0"))},
		"Mode":       {reason: "Both clients know it.", spec: new(byURL("jdbc:postgresql://pg/db?sslmode=require"))},
		"Off":        {reason: "No TLS is wanted.", spec: new(byURL("jdbc:postgresql://pg/db?sslmode=disable&sslrootcert=/ca.crt"))},
		"False":      {reason: "Nothing is wanted that the client lacks.", spec: new(byURL("jdbc:postgresql://pg/db?ssl=false"))},
		"Configured": {reason: "The user has seen to it.", spec: new(byURL("jdbc:postgresql://pg/db?ssl=true")), env: []corev1.EnvVar{{Name: "QUARKUS_DATASOURCE_REACTIVE_TRUST_ALL", Value: "true"}}},
		"TLS": {
			reason: "What is encrypted in one client would be in clear text in the other.", spec: new(byURL("jdbc:postgresql://pg/db?ssl=true&currentSchema=a&sslrootcert=/ca.crt")),
			env:  []corev1.EnvVar{{Name: "OTHER", Value: "x"}},
			want: []string{client + "doesn't know ssl, sslrootcert; " + remedy + where},
		},
		"VerifyWithCertificate": {
			reason: "The client won't start without one.", spec: new(byURL("jdbc:postgresql://pg/db?sslmode=verify-full&sslrootcert=/ca.crt")),
			want: []string{client + "doesn't know sslrootcert; " + remedy + algo + where},
		},
		"Verify": {
			reason: "The client won't start without one.", spec: new(byURL("jdbc:postgresql://pg/db?sslmode=verify-CA")),
			want: []string{client + "has no certificate to trust, which sslmode=verify-ca asks for; " + remedy + where},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, postgres.ReactiveWarnings(tc.spec, field.NewPath("p"), "Jobs Service", tc.env)); diff != "" {
				t.Errorf("%s\nReactiveWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
