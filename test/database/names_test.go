// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"fmt"
	"strings"
)

// exampleDatabases returns where each component of each example keeps its data.
func exampleDatabases() map[string]map[string]place {
	return map[string]map[string]place{
		"migration-job": {
			"migration-job-data-index-service": {"postgres.databases:5433", "workflows", "migration-job-data-index-service"},
			"migration-job-jobs-service":       {"postgres.databases:5433", "workflows", "migration-job-jobs-service"},
		},
		"migration-mixed": {
			"migration-mixed-data-index-service": {"db.example.com:5432", "workflows", "data-index"},
			"migration-mixed-jobs-service":       {"postgres.sonataflow-migration-mixed:5432", "sonataflow", "migration-mixed-jobs-service"},
		},
		"pod-template": {
			"pod-template-data-index-service": {"postgres.databases:5432", "sonataflow", "pod-template-data-index-service"},
			"pod-template-jobs-service":       {"postgres.databases:5432", "sonataflow", "pod-template-jobs-service"},
		},
		"postgresql": {
			"postgresql-data-index-service": {"postgres-data-index.databases:5433", "workflows", "data-index"},
			"postgresql-jobs-service":       {"postgres.sonataflow-postgresql:5432", "sonataflow", "postgresql-jobs-service"},
		},
		"production": {
			"production-data-index-service": {"postgres-primary.databases:5432", "sonataflow", "data-index"},
			"production-jobs-service":       {"postgres-primary.databases:5432", "sonataflow", "jobs-service"},
		},
		"rhdh-chart": {
			"sonataflow-platform-data-index-service": {"rhdh-postgresql.rhdh:5432", "sonataflow", "sonataflow-platform-data-index-service"},
			"sonataflow-platform-jobs-service":       {"rhdh-postgresql.rhdh:5432", "sonataflow", "sonataflow-platform-jobs-service"},
		},
		"rhdh-operator": {
			"sonataflow-platform-data-index-service": {"backstage-psql-developer-hub.developer-hub:5432", "backstage_plugin_orchestrator", "sonataflow-platform-data-index-service"},
			"sonataflow-platform-jobs-service":       {"backstage-psql-developer-hub.developer-hub:5432", "backstage_plugin_orchestrator", "sonataflow-platform-jobs-service"},
		},
		"workflow-production": {
			"orders": {"postgres-primary.databases:5432", "sonataflow", "orders"},
		},
	}
}

// A named is a platform with one service that has a database and a migration.
type named struct {
	reason string
	// platform is the claim's name, "p" where it is empty.
	platform string
	// dataIndex tells that the service is the Data Index, which has no reactive client, instead
	// of the Jobs Service, which has one.
	dataIndex bool
	// A URL, or else the fields of serviceRef, the schema where it isn't empty.
	url, database, schema string
	// Where all connections arrive, or a part of the message that refuses the names.
	want    place
	refused string
}

// String shows what a user has written.
func (n named) String() string {
	switch {
	case n.url != "":
		return fmt.Sprintf("URL `%s`", n.url)
	case n.schema != "":
		return fmt.Sprintf("schema %q", n.schema)
	case n.platform != "":
		return fmt.Sprintf("platform %q", n.platform)
	}
	return fmt.Sprintf("database %q", n.database)
}

func (n named) composite() map[string]any {
	platform := n.platform
	if platform == "" {
		platform = "p"
	}
	postgresql := map[string]any{"secretRef": map[string]any{"name": "database"}}
	if n.url != "" {
		postgresql["jdbcUrl"] = n.url
	} else {
		serviceRef := map[string]any{"name": "pg", "namespace": "databases", "databaseName": n.database}
		if n.schema != "" {
			serviceRef["databaseSchema"] = n.schema
		}
		postgresql["serviceRef"] = serviceRef
	}
	service := "jobService"
	if n.dataIndex {
		service = "dataIndex"
	}
	return map[string]any{
		"apiVersion": "sonataflow.org/v1alpha08", "kind": "XSonataFlowPlatform",
		"metadata": map[string]any{"name": "xr", "labels": map[string]any{"crossplane.io/claim-name": platform, "crossplane.io/claim-namespace": "ns"}},
		"spec": map[string]any{
			"claimRef": map[string]any{"apiVersion": "sonataflow.org/v1alpha08", "kind": "SonataFlowPlatform", "name": platform, "namespace": "ns"},
			"services": map[string]any{service: map[string]any{
				"enabled":     true,
				"persistence": map[string]any{"dbMigrationStrategy": "job", "postgresql": postgresql},
			}},
		},
	}
}

// cases returns names that people use. A database that is to be reached has one of the cases'
// own where its name isn't the subject, so that cases run at once.
func cases() map[string]named {
	const server = "pg.databases:5432"
	// database is the case of a database whose name PostgreSQL must see as it is.
	database := func(name, reason string) named {
		return named{reason: reason, database: name, want: place{server, name, "p-jobs-service"}}
	}
	refusedDatabase := func(name, refused, reason string) named {
		return named{reason: reason, database: name, refused: refused}
	}
	// schema is the case of a schema that PostgreSQL reads as seen.
	schema := func(name, seen, reason string) named {
		database := "of " + name
		if len(name) > 60 {
			database = "of a long name, " + name[:2]
		}
		return named{reason: reason, database: database, schema: name, want: place{server, database, seen}}
	}
	refusedSchema := func(name, refused, reason string) named {
		return named{reason: reason, database: "refused", schema: name, refused: refused}
	}
	url := func(url, reason string, want place) named { return named{reason: reason, url: url, want: want} }
	refusedURL := func(url, refused, reason string) named { return named{reason: reason, url: url, refused: refused} }
	const (
		start  = "jdbc:postgresql://host/"
		host   = "host:5432"
		dollar = "which Kubernetes or Quarkus reads otherwise"
	)
	long := strings.Repeat("x", 63)
	umlauts := strings.Repeat("ü", 31) + "x" // 63 bytes

	return map[string]named{
		"DatabaseDashes":      database("my-data-base", "Dashes are legal in a quoted name."),
		"DatabaseCapitals":    database("MyDatabase", "Clients name a database literally."),
		"DatabaseDigit":       database("1st", "A digit may be first."),
		"DatabaseUmlauts":     database("Größe", "Names are in UTF-8."),
		"DatabaseElephant":    database("data 🐘", "So are pictures."),
		"DatabaseBlank":       database("two words", "A blank is part of a name."),
		"DatabaseBlanks":      database(" ends ", "Also at its ends."),
		"DatabasePlus":        database("a+b", "Clients read a + as a blank, unless it is escaped."),
		"DatabasePercent":     database("100%", "A % is escaped, too."),
		"DatabaseEscape":      database("%41", "A name that looks escaped isn't decoded."),
		"DatabaseAmpersand":   database("a&b=c", "It begins no parameter."),
		"DatabaseQuestion":    database("a?currentSchema=b", "It ends no path."),
		"DatabaseHash":        database("a#b", "It begins no fragment."),
		"DatabaseSlash":       database("a/b", "It ends no path."),
		"DatabaseColon":       database("u:p@h", "It names no user."),
		"DatabaseComma":       database("a,b", "It ends no URL in Quarkus' list of reactive URLs."),
		"DatabaseQuotes":      database(`it's "quoted"`, "Quotes are part of a name."),
		"DatabaseBackslash":   database(`back\slash\`, "A backslash escapes nothing."),
		"DatabaseDollar":      database("$a$", "A dollar refers to nothing."),
		"DatabaseDollars":     database("a$$b", "Kubernetes would make one of two."),
		"DatabaseBrace":       database("a{b}", "Braces alone refer to nothing."),
		"DatabaseEscaped":     database(`a\$b`, "Quarkus would take the backslash away."),
		"DatabaseKeyword":     database("select", "A keyword is a name, too."),
		"DatabaseLong":        database(long, "A name may have 63 bytes."),
		"DatabaseLongUmlauts": database(umlauts, "The bytes count."),
		"DatabaseTooLong":     refusedDatabase(long+"x", "64 bytes", "PostgreSQL cuts a name after 63 bytes."),
		"DatabaseTooManyUmlauts": refusedDatabase(strings.Repeat("ü", 32), "64 bytes",
			"It has 32 characters, but 64 bytes."),
		"DatabaseUnfilled": refusedDatabase("${DB}", "placeholder", "A script wasn't run."),
		"DatabaseNewline":  refusedDatabase("a\nb", "control character", "What can't be seen is a slip."),

		"SchemaDashes":         schema("data-index", "data-index", "A search path needs no quotes for it."),
		"SchemaCapitals":       schema("MyJobs", "myjobs", "PostgreSQL reads an unquoted name in small letters."),
		"SchemaDigit":          schema("1st-schema", "1st-schema", "A digit may be first."),
		"SchemaUmlauts":        schema("größe", "größe", "Names are in UTF-8."),
		"SchemaCapitalUmlauts": schema("ÄA", "Äa", "PostgreSQL folds no capitals but those of ASCII."),
		"SchemaElephant":       schema("🐘", "🐘", "Pictures are in UTF-8, too."),
		"SchemaPlus":           schema("a+b", "a+b", "A + isn't a blank."),
		"SchemaPercent":        schema("100%", "100%", "A % is escaped."),
		"SchemaEscape":         schema("%41", "%41", "A name that looks escaped isn't decoded."),
		"SchemaAmpersand":      schema("a&b=c", "a&b=c", "It begins no parameter."),
		"SchemaQuestion":       schema("a?b#c", "a?b#c", "It begins nothing."),
		"SchemaDot":            schema("a.b", "a.b", "A name in a search path has no parts."),
		"SchemaSigns":          schema("a:b@c/d;e--(f)[g]*", "a:b@c/d;e--(f)[g]*", "All but blanks, commas, quotes and backslashes are part of a name."),
		"SchemaDollar":         schema("a$b$", "a$b$", "A dollar refers to nothing."),
		"SchemaBrace":          schema("a{b}", "a{b}", "Braces alone refer to nothing."),
		"SchemaKeyword":        schema("select", "select", "A keyword is a name in a search path."),
		"SchemaDefault":        schema("default", "default", "The keyword doesn't mean the default search path."),
		"SchemaPublic":         schema("public", "public", "The schema that every database has."),
		"SchemaLong":           schema(long, long, "A name may have 63 bytes."),
		"SchemaLongUmlauts":    schema(umlauts, umlauts, "The bytes count."),
		"SchemaTooLong":        refusedSchema(long+"x", "64 bytes", "PostgreSQL cuts a name after 63 bytes."),
		"SchemaTooManyUmlauts": refusedSchema(strings.Repeat("ü", 32), "64 bytes", "It has 32 characters, but 64 bytes."),
		"SchemaBlank":          refusedSchema("two words", "' '", "A blank ends an unquoted name."),
		"SchemaNoBreak":        refusedSchema("two\u00a0words", `'\u00a0'`, "A blank that looks like one is a slip."),
		"SchemaComma":          refusedSchema("a,b", "','", "A comma makes two schemas of one."),
		"SchemaQuotes":         refusedSchema(`"MySchema"`, `'"'`, "The migration would quote the quotes."),
		"SchemaQuote":          refusedSchema("it's", `'\''`, "A quote is a slip."),
		"SchemaBackslash":      refusedSchema(`a\b`, `'\\'`, "Quarkus takes a backslash out of a list."),
		"SchemaUser":           refusedSchema("$User", "$user", "PostgreSQL reads it as the user's name."),
		"SchemaOfPostgreSQL":   refusedSchema("PG_jobs", "pg_", "PostgreSQL makes no such schema."),
		"SchemaDollars":        refusedSchema("a$$b", "$$", "Kubernetes makes one of two."),
		"SchemaUnfilled":       refusedSchema("${SCHEMA}", "placeholder", "A script wasn't run."),
		"SchemaUnclosed":       refusedSchema("a${b", dollar, "Quarkus looks for a property b."),
		"SchemaDollarUmlaut":   refusedSchema("a$ü", dollar, "Older releases of Kubernetes break a character that isn't ASCII after a $."),
		"SchemaTab":            refusedSchema("a\tb", "control character", "What can't be seen is a slip."),

		"URL":             url(start+"u1?currentSchema=jobs", "A URL is used as it is.", place{host, "u1", "jobs"}),
		"URLPort":         url("jdbc:postgresql://db.example.com:05433/u2?currentSchema=jobs", "A port is a number.", place{"db.example.com:5433", "u2", "jobs"}),
		"URLNoSchema":     url(start+"u3", "No schema is the default one.", place{host, "u3", "public"}),
		"URLCapitals":     url(start+"MyU4?currentSchema=MyJobs", "Names are read as PostgreSQL reads them.", place{host, "MyU4", "myjobs"}),
		"URLPlus":         url(start+"u5+a%2Bb?currentSchema=a%2Bb", "A + is a blank.", place{host, "u5 a+b", "a+b"}),
		"URLUmlauts":      url(start+"u6ü#?currentSchema=ü", "A URL may have them unescaped.", place{host, "u6ü#", "ü"}),
		"URLEscaped":      url(start+"u7%2Fa%3Fb%20%25%C3%BC?currentSchema=%C3%BC%25", "A URL may have them escaped.", place{host, "u7/a?b %ü", "ü%"}),
		"URLAmpersands":   url(start+"u8=&a?&&currentSchema=jobs&", "A database has an &; parameters may be empty.", place{host, "u8=&a", "jobs"}),
		"URLTwice":        url(start+"u9?currentSchema=a&currentSchema=b", "Both clients take the last one.", place{host, "u9", "b"}),
		"URLOptions":      url(start+"u10?options=-c%20search_path=jobs", "The server's options select a schema.", place{host, "u10", "jobs"}),
		"URLLongOptions":  url(start+"u11?options=-csearch_path=a%20--Search-Path=b", "The last of them counts.", place{host, "u11", "b"}),
		"URLFoldedOption": url(start+"u12?options=-csearch_path=Jobs", "They are read in small letters, too.", place{host, "u12", "jobs"}),
		"URLBoth":         url(start+"u13?currentSchema=a&options=-c%20search_path=b", "A setting of its own comes before the options.", place{host, "u13", "a"}),
		"URLMode":         url(start+"u14?sslmode=Disable&currentSchema=jobs", "Both clients know the mode, in capitals, too.", place{host, "u14", "jobs"}),
		"URLParameters": url(start+"u15?ApplicationName=jobs&prepareThreshold=0&ssl=false&currentSchema=jobs",
			"The reactive client gets none of the driver's parameters.", place{host, "u15", "jobs"}),
		"URLOtherNames": url(start+"u16?currentschema=a&search_path=b&current%53chema=c", "The driver knows exact names alone.", place{host, "u16", "public"}),
		"URLIPv4":       url("jdbc:postgresql://192.0.2.1:5433/u17?currentSchema=jobs", "A host may be an address.", place{"192.0.2.1:5433", "u17", "jobs"}),
		"URLDollar":     url(start+"u18$a%24%24?currentSchema=a$b", "A dollar refers to nothing.", place{host, "u18$a$$", "a$b"}),
		"URLHosts": {
			reason: "The driver takes the first host that answers.", dataIndex: true, url: "jdbc:postgresql://pg-1,pg-2:5433/u19?currentSchema=index&targetServerType=primary",
			want: place{"pg-1:5432", "u19", "index"},
		},
		"URLNoDatabase": {
			reason: "The driver takes the database that is called like the user.", dataIndex: true, url: start + "?currentSchema=index",
			want: place{host, owner, "index"},
		},
		"URLHostsReactive":      refusedURL("jdbc:postgresql://pg-1,pg-2/db?currentSchema=jobs", "takes one host", "The reactive client takes one host."),
		"URLNoDatabaseReactive": refusedURL(start+"?currentSchema=jobs", "name the database after the host", "The reactive client would take one called db."),
		"URLSchemaEmpty":        refusedURL(start+"db?currentSchema=", "currentSchema is empty", "It selects no schema at all."),
		"URLSchemaQuotes":       refusedURL(start+"db?currentSchema=%22MySchema%22", `'"'`, "The migration would quote the quotes."),
		"URLSchemas":            refusedURL(start+"db?currentSchema=a,b", "','", "A comma makes two schemas of one."),
		"URLSchemaBlank":        refusedURL(start+"db?currentSchema=a+b", "' '", "A + is a blank."),
		"URLOptionsSchemas":     refusedURL(start+"db?options=-csearch_path=a,b", "','", "So it does in options."),
		"URLPercent":            refusedURL(start+"100%", "%25", "The driver can't decode it."),
		"URLHost":               refusedURL(start+"db?host=other", "parameter host", "The reactive client would go elsewhere."),
		"URLUnfilled":           refusedURL("jdbc:postgresql://${HOST}/db", "placeholder", "A script wasn't run."),
		"URLCredentials":        refusedURL("jdbc:postgresql://u:p@host/db", "credentials", "The driver takes them for a part of the host."),
		"URLSlashes":            refusedURL(start+"db/schema", "must look like", "The driver takes no path in a database."),
		"URLDollars":            refusedURL(start+"a$$b?currentSchema=jobs", dollar, "Kubernetes makes one of two."),
		"URLDollarsInSchema":    refusedURL(start+"db?options=-csearch_path=a$$b", dollar, "Kubernetes makes one of two."),
		"URLUnclosed":           refusedURL(start+"a${b?currentSchema=jobs", dollar, "Quarkus looks for a property b."),
		"URLEscapedDollar":      refusedURL(start+`a\$b?currentSchema=jobs`, dollar, "Quarkus takes the backslash away."),
		"URLDollarUmlaut":       refusedURL(start+"a$ü?currentSchema=jobs", dollar, "Older releases of Kubernetes break a character that isn't ASCII after a $."),
		"URLOptionsEscaped":     refusedURL(start+`db?options=-csearch_path=a%5C%20b`, `'\\'`, "The server's options have escapes of their own."),

		"PlatformDigit": {
			reason: "A schema by default is called like the service, which has a letter in front.", platform: "1st-platform", database: "d1",
			want: place{server, "d1", "p1st-platform-70b84c74-jobs-service"},
		},
		"PlatformLong": {
			reason: "A schema by default has 63 bytes.", platform: long[:50], database: "d2",
			want: place{server, "d2", long[:50] + "-jobs-service"},
		},
	}
}
