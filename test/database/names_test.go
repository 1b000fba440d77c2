// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"fmt"
	"strings"
)

// exampleSchemas are the databases and schemas of the examples, by EXAMPLE/COMPONENT.
func exampleSchemas() map[string]seen {
	return map[string]seen{
		"migration-job/migration-job-data-index-service":           {Database: "workflows", Schema: "migration-job-data-index-service"},
		"migration-job/migration-job-jobs-service":                 {Database: "workflows", Schema: "migration-job-jobs-service"},
		"migration-mixed/migration-mixed-data-index-service":       {Database: "workflows", Schema: "data-index"},
		"migration-mixed/migration-mixed-jobs-service":             {Database: "sonataflow", Schema: "migration-mixed-jobs-service"},
		"pod-template/pod-template-data-index-service":             {Database: "sonataflow", Schema: "pod-template-data-index-service"},
		"pod-template/pod-template-jobs-service":                   {Database: "sonataflow", Schema: "pod-template-jobs-service"},
		"postgresql/postgresql-data-index-service":                 {Database: "workflows", Schema: "data-index"},
		"postgresql/postgresql-jobs-service":                       {Database: "sonataflow", Schema: "postgresql-jobs-service"},
		"production/production-data-index-service":                 {Database: "sonataflow", Schema: "data-index"},
		"production/production-jobs-service":                       {Database: "sonataflow", Schema: "jobs-service"},
		"rhdh-orchestrator/sonataflow-platform-data-index-service": {Database: "sonataflow", Schema: "sonataflow-platform-data-index-service"},
		"rhdh-orchestrator/sonataflow-platform-jobs-service":       {Database: "sonataflow", Schema: "sonataflow-platform-jobs-service"},
		"workflow-production/orders":                               {Database: "sonataflow", Schema: "orders"},
	}
}

// A nameCase is a database in a spec, and what PostgreSQL must see, or why the function refuses
// it. No two cases have the same database.
type nameCase struct {
	reason string
	// platform is the name of the platform, from which the schema follows if there is none; ""
	// is any name.
	platform   string
	postgresql object

	database, schema string
	refused          string
}

// asked is the database as the spec has it.
func (c nameCase) asked() string {
	if jdbcURL := text(c.postgresql, "jdbcUrl"); jdbcURL != "" {
		return jdbcURL
	}
	return fmt.Sprintf("%q, %q", text(c.postgresql, "serviceRef", "databaseName"), text(c.postgresql, "serviceRef", "databaseSchema"))
}

// behind is a database behind a Service.
func behind(database, schema string) object {
	return object{"serviceRef": object{"name": "pg", "namespace": "databases", "databaseName": database, "databaseSchema": schema}}
}

// at is a database at a JDBC URL.
func at(rest string) object { return object{"jdbcUrl": "jdbc:postgresql://" + rest} }

// both is a case in which database and schema have one name, which PostgreSQL takes as it is.
func both(reason, name string) nameCase {
	return nameCase{reason: reason, postgresql: behind(name, name), database: name, schema: name}
}

// ofDatabase is a case of a database's name that no schema can have.
func ofDatabase(reason, name string) nameCase {
	return nameCase{reason: reason, postgresql: behind(name, "jobs"), database: name, schema: "jobs"}
}

func refusedSchema(reason, name, refused string) nameCase {
	return nameCase{reason: reason, postgresql: behind("flows", name), refused: refused}
}

func refusedDatabase(reason, name, refused string) nameCase {
	return nameCase{reason: reason, postgresql: behind(name, "jobs"), refused: refused}
}

func refusedURL(reason, rest, refused string) nameCase {
	return nameCase{reason: reason, postgresql: at(rest), refused: refused}
}

func nameCases() map[string]nameCase {
	const (
		tooLong   = "of which PostgreSQL keeps 63"
		splits    = "which ends or changes an unquoted name in PostgreSQL"
		unfilled  = "holds the placeholder"
		elsewhere = "leads the JDBC driver elsewhere"
	)
	return map[string]nameCase{
		"Defaults":     {reason: "The schema is called like the service, the database as the documentation says.", platform: "plat", postgresql: object{"serviceRef": object{"name": "pg"}}, database: "sonataflow", schema: "plat-jobs-service"},
		"Dash":         both("The names of Kubernetes have dashes.", "my-db"),
		"DashFirst":    both("A dash may be first.", "-db"),
		"DigitFirst":   both("A digit may be first.", "1db"),
		"Digits":       both("A name of digits is no number.", "2024"),
		"Umlauts":      both("Small letters outside of ASCII stay as they are.", "straße-für-ümläute"),
		"UmlautsLarge": {reason: "PostgreSQL leaves capitals outside of ASCII as they are.", postgresql: behind("ÄÖÜ-DB", "ÄÖÜ-DB"), database: "ÄÖÜ-DB", schema: "ÄÖÜ-db"},
		"Greek":        both("A name may be in any script.", "ροές"),
		"Emoji":        both("A name may have characters of four bytes.", "flow🚀"),
		"Capitals":     {reason: "PostgreSQL reads a schema in small letters, a database as it is.", postgresql: behind("MyDB", "MySchema"), database: "MyDB", schema: "myschema"},
		"Underscore":   both("An underscore is a letter.", "my_db"),
		"Dot":          both("A dot doesn't divide a name in the search path.", "my.db"),
		"Plus":         both("Both clients decode a plus as a blank.", "a+b"),
		"Percent":      both("Both clients decode a percent sign.", "50%"),
		"PercentHex":   both("What looks like an escape is none.", "a%2bb"),
		"Ampersand":    both("An ampersand divides parameters.", "a&b=c"),
		"Question":     both("A question mark starts the parameters.", "a?b"),
		"Slash":        both("A slash starts the database.", "a/b"),
		"Hash":         both("A URL's fragment starts with a hash.", "a#b"),
		"Semicolon":    both("A semicolon ends nothing here.", "a;b"),
		"Colon":        both("A colon starts a port, an @ ends a user.", "a:b@c"),
		"Brackets":     both("Brackets are around an IPv6 address.", "a[b](c){d}"),
		"Signs":        both("The reactive client takes few signs unescaped.", "a!b*c~d^e|f<g>`"),
		"Dollar":       both("A dollar sign alone is no placeholder.", "a$b"),
		"Keyword":      both("A keyword is a name like others in a search path.", "select"),
		"Default":      both("The word default has no meaning in a search path.", "default"),
		"Unset":        both("The word unset has no meaning in a search path.", "unset"),
		"Public":       {reason: "The default schema may be named.", postgresql: behind("of-public", "public"), database: "of-public", schema: "public"},
		"Longest":      both("PostgreSQL keeps 63 bytes.", strings.Repeat("x", 63)),
		"LongestBytes": both("Bytes count, not characters.", strings.Repeat("ü", 31)+"x"),
		"LongPlatform": {reason: "The schema of a platform with a long name has at most 63 bytes.", platform: strings.Repeat("p", 49), postgresql: behind("of-long-platform", ""), database: "of-long-platform", schema: strings.Repeat("p", 49) + "-jobs-service"},

		"Blank":       ofDatabase("A database's name may have blanks.", "my db"),
		"BlankAround": ofDatabase("Also around it.", " db "),
		"Quotes":      ofDatabase("A database's name may have quotes.", `a"b'c`),
		"Comma":       ofDatabase("Quarkus reads a list of reactive URLs: a comma would end one.", "a,b"),
		"Backslash":   ofDatabase("A backslash escapes a comma in Quarkus' lists.", `a\b`),
		"TwoDollars":  ofDatabase("Kubernetes reads two dollar signs as one.", "a$$b"),

		"SchemaBlank":       refusedSchema("A blank ends a name in the search path.", "my schema", splits),
		"SchemaComma":       refusedSchema("A comma ends a name in the search path.", "a,b", splits),
		"SchemaQuote":       refusedSchema("A quote changes how PostgreSQL reads the name.", `"MySchema"`, splits),
		"SchemaApostrophe":  refusedSchema("A quote of either kind is refused.", "a'b", splits),
		"SchemaBackslash":   refusedSchema("Quarkus would take the backslash away.", `a\b`, splits),
		"SchemaUser":        refusedSchema("PostgreSQL replaces $user.", "$user", "$user as the name of the user"),
		"SchemaTwoDollars":  refusedSchema("Kubernetes would make one dollar sign of two.", "a$$b", "Kubernetes $$ as $"),
		"SchemaReserved":    refusedSchema("PostgreSQL keeps the prefix to itself.", "PG_flows", "start with pg_"),
		"SchemaTooLong":     refusedSchema("PostgreSQL would cut the name.", strings.Repeat("x", 64), tooLong),
		"SchemaPlaceholder": refusedSchema("The name was to be filled in.", "${SCHEMA}", unfilled),
		"SchemaReference":   refusedSchema("Kubernetes would replace the reference.", "$(KOGITO_PERSISTENCE_TYPE)", unfilled),

		"DatabaseTooLong":      refusedDatabase("PostgreSQL would cut the name.", strings.Repeat("x", 64), tooLong),
		"DatabaseTooManyBytes": refusedDatabase("Bytes count, not characters.", strings.Repeat("ü", 32), tooLong),
		"DatabaseControl":      refusedDatabase("A control character is a slip.", "a\tb", "control character"),
		"DatabasePlaceholder":  refusedDatabase("The name was to be filled in.", "{{ .Values.db }}", unfilled),

		"URL":                {reason: "A URL is used as it is.", postgresql: at("db.example.com:6543/of-url?currentSchema=jobs"), database: "of-url", schema: "jobs"},
		"URLPort":            {reason: "The port may be left out.", postgresql: at("db.example.com/of-port?currentSchema=jobs"), database: "of-port", schema: "jobs"},
		"URLNoSchema":        {reason: "Without a schema it is the default one.", postgresql: at("db/no-schema"), database: "no-schema", schema: "public"},
		"URLOtherCase":       {reason: "The driver knows currentSchema in this case only.", postgresql: at("db/other-case?currentschema=jobs"), database: "other-case", schema: "public"},
		"URLPlus":            {reason: "The driver decodes a plus as a blank, also in the path.", postgresql: at("db/url+plus?currentSchema=a%2Bb"), database: "url plus", schema: "a+b"},
		"URLEscapedPlus":     {reason: "An escaped plus is a plus.", postgresql: at("db/url%2Bplus?currentSchema=jobs"), database: "url+plus", schema: "jobs"},
		"URLPercent":         {reason: "An escaped percent sign is one.", postgresql: at("db/url%25?currentSchema=50%25"), database: "url%", schema: "50%"},
		"URLUmlauts":         {reason: "The driver takes umlauts unescaped.", postgresql: at("db/url-ümläute?currentSchema=ümläute"), database: "url-ümläute", schema: "ümläute"},
		"URLSigns":           {reason: "The driver takes signs unescaped that the reactive client refuses.", postgresql: at("db/url!*'()&=;:@?currentSchema=a;b:c@d!"), database: "url!*'()&=;:@", schema: "a;b:c@d!"},
		"URLHash":            {reason: "The driver knows no fragment.", postgresql: at("db/url#db?currentSchema=a#b"), database: "url#db", schema: "a#b"},
		"URLComma":           {reason: "A comma in the path doesn't end a reactive URL.", postgresql: at("db/url,db?currentSchema=jobs&ApplicationName=a,b"), database: "url,db", schema: "jobs"},
		"URLCapitals":        {reason: "The schema is written as PostgreSQL reads it.", postgresql: at("Db/URL-Capitals?currentSchema=MySchema"), database: "URL-Capitals", schema: "myschema"},
		"URLTwice":           {reason: "The last parameter of a name counts.", postgresql: at("db/url-twice?currentSchema=a&currentSchema=b"), database: "url-twice", schema: "b"},
		"URLOptions":         {reason: "The server's options select a schema, too.", postgresql: at("db/url-options?options=-c%20search_path=jobs"), database: "url-options", schema: "jobs"},
		"URLOptionsCapitals": {reason: "The schema in options is read in small letters, too.", postgresql: at("db/url-options-capitals?options=--search-path=Jobs"), database: "url-options-capitals", schema: "jobs"},
		"URLBoth":            {reason: "currentSchema wins over options.", postgresql: at("db/url-both?options=-csearch_path=b&currentSchema=a"), database: "url-both", schema: "a"},
		"URLParameters":      {reason: "Parameters of the driver don't reach the reactive client.", postgresql: at("db/url-parameters?ApplicationName=jobs&prepareThreshold=0&flag&sslmode=DISABLE&currentSchema=jobs"), database: "url-parameters", schema: "jobs"},
		"URLDollar":          {reason: "Kubernetes leaves one dollar sign as it is.", postgresql: at("db/url$db?currentSchema=a$b"), database: "url$db", schema: "a$b"},
		"URLTwoDollars":      {reason: "Two escaped dollar signs reach every client.", postgresql: at("db/url%24%24db?currentSchema=jobs"), database: "url$$db", schema: "jobs"},

		"URLQuoted":      refusedURL("Quotes would keep the capitals in one of the two names only.", "db/flows?currentSchema=%22MySchema%22", splits),
		"URLBlank":       refusedURL("A plus is a blank, which ends the schema's name.", "db/flows?currentSchema=my+schema", splits),
		"URLEmptySchema": refusedURL("An empty schema selects none.", "db/flows?currentSchema=", "no schema is selected at all"),
		"URLHalfEscape":  refusedURL("The driver takes such a URL for none.", "db/50%?currentSchema=jobs", "two hexadecimal digits"),
		"URLTwoHosts":    refusedURL("The reactive client takes one host.", "a,b/flows?currentSchema=jobs", "takes one host"),
		"URLNoDatabase":  refusedURL("The reactive client takes no database called like the user.", "db/?currentSchema=jobs", "takes no database called like the user"),
		"URLElsewhere":   refusedURL("A parameter would replace the database.", "db/flows?PGDBNAME=other&currentSchema=jobs", elsewhere),
		"URLUser":        refusedURL("Credentials have no place in a URL.", "user:password@db/flows", "with neither blanks nor credentials"),
		"URLDollars":     refusedURL("Kubernetes would make one dollar sign of two, in the JDBC URL alone.", "db/a$$b?currentSchema=jobs", "write each $ as %24"),
		"URLPlaceholder": refusedURL("The name was to be filled in.", "db/${DATABASE}?currentSchema=jobs", unfilled),
	}
}
