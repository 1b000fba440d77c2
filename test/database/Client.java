// SPDX-License-Identifier: Apache-2.0

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/**
 * Stands for the programs in a composed container: connects with PostgreSQL's own driver, as the
 * environment says, and prints what PostgreSQL says, as lines NAME=VALUE.
 *
 * <p>The migrator of a Job makes the table "migrated". A service looks for that table, and makes
 * one of its own, "served". A service that migrates its tables itself makes "migrated", too.
 * Schemas are chosen, made and entered as Flyway does it (PostgreSQLConnection and
 * PostgreSQLSchema in flyway-core), because Quarkus leaves this to Flyway.
 */
public final class Client {
    private static final PrintStream OUT =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private Client() {}

    public static void main(String[] arguments) throws SQLException {
        Map<String, String> env = System.getenv();
        boolean job = false;
        for (String tool : new String[] {"DATAINDEX", "JOBSSERVICE"}) {
            if ("true".equals(env.get("MIGRATE_DB_" + tool))) {
                job = true;
                try (Connection database = connect(env, "QUARKUS_DATASOURCE_" + tool)) {
                    migrate(database, env.get("QUARKUS_FLYWAY_" + tool + "_SCHEMAS"));
                }
            }
        }
        if (!job) {
            try (Connection database = connect(env, "QUARKUS_DATASOURCE")) {
                serve(database, env);
            }
        }
    }

    private static Connection connect(Map<String, String> env, String source) throws SQLException {
        return DriverManager.getConnection(
                env.get(source + "_JDBC_URL"), env.get(source + "_USERNAME"), env.get(source + "_PASSWORD"));
    }

    /** Makes the table in a schema, and the schema if it doesn't exist. */
    private static void migrate(Connection database, String schema) throws SQLException {
        String before = one(database, "SHOW search_path");
        if (one(database, "SELECT nspname FROM pg_namespace WHERE nspname = ?", schema) == null) {
            run(database, "CREATE SCHEMA " + quote(schema));
        }
        // From here on, the connection sees what it would have seen had the schema been there.
        say(database);
        one(database, "SELECT set_config('search_path', ?, false)", quote(schema) + "," + before);
        run(database, "CREATE TABLE migrated (version integer)");
        OUT.println("migrated=" + schemaOf(database, "migrated"));
    }

    private static void serve(Connection database, Map<String, String> env) throws SQLException {
        if ("true".equals(env.get("QUARKUS_FLYWAY_MIGRATE_AT_START")) || "true".equals(env.get("KIE_FLYWAY_ENABLED"))) {
            String schema = one(database, "SELECT current_schema");
            String before = one(database, "SHOW search_path");
            migrate(database, schema != null ? schema : before);
            one(database, "SELECT set_config('search_path', ?, false)", before);
        } else {
            say(database);
            OUT.println("migrated=" + schemaOf(database, "migrated"));
        }
        run(database, "CREATE TABLE served (id integer)");
        OUT.println("served=" + schemaOf(database, "served"));
    }

    private static void say(Connection database) throws SQLException {
        OUT.println("user=" + one(database, "SELECT current_user"));
        OUT.println("database=" + one(database, "SELECT current_database()"));
        OUT.println("schema=" + one(database, "SELECT current_schema()"));
        OUT.println("search_path=" + one(database, "SHOW search_path"));
    }

    /** The schema of the table that an unqualified name finds, null if it finds none. */
    private static String schemaOf(Connection database, String table) throws SQLException {
        return one(database, "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE c.oid = to_regclass(?)", table);
    }

    private static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static void run(Connection database, String statement) throws SQLException {
        try (PreparedStatement s = database.prepareStatement(statement)) {
            s.execute();
        }
    }

    /** The first value of an answer, null if the answer is empty. */
    private static String one(Connection database, String query, String... values) throws SQLException {
        try (PreparedStatement s = database.prepareStatement(query)) {
            for (int i = 0; i < values.length; i++) {
                s.setString(i + 1, values[i]);
            }
            try (ResultSet rows = s.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
