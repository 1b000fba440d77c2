// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.net.SocketFactory;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connects to PostgreSQL with the environments of containers, as Quarkus' data source does, and
 * prints what the server says about the connections.
 *
 * <p>It reads two lines for each container, whose fields are separated by tabs: the variables, as
 * NAME=VALUE, and what to do. "migrate" does what Flyway does first with the environment of a
 * migration's Job; "make" makes a table where the connection makes tables; "find" only looks for
 * the table. More fields are what a reactive client has read in its URL: host, port, database, and
 * NAME=VALUE for each parameter. A second connection is made with them. The answer is a line
 * "NAME VALUE" for each thing that the server says, or "error MESSAGE", and an empty line.
 *
 * <p>With the argument "environment" it only prints its own environment, a line "NAME VALUE" for each
 * variable.
 */
public final class Connect {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final List<String> PLACES = new ArrayList<>();

    public static void main(String[] args) throws IOException {
        if (args.length == 1 && args[0].equals("environment")) {
            System.getenv().forEach((name, value) -> OUT.println(name + " " + value));
            return;
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String variables = in.readLine(); variables != null; variables = in.readLine()) {
            Map<String, String> env = new HashMap<>();
            for (String variable : variables.split("\t")) {
                String[] pair = variable.split("=", 2);
                env.put(pair[0], pair[1]);
            }
            PLACES.clear();
            try {
                connect(env, List.of(in.readLine().split("\t")));
            } catch (SQLException | RuntimeException e) {
                OUT.println("error " + e.toString().replace("\n", " "));
            }
            OUT.println();
        }
    }

    private static void connect(Map<String, String> env, List<String> todo) throws SQLException {
        String source = todo.get(0).equals("migrate") ? migrated(env) : "";
        String user = env.get("QUARKUS_DATASOURCE_" + source + "USERNAME");
        String password = env.get("QUARKUS_DATASOURCE_" + source + "PASSWORD");
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("socketFactory", Loopback.class.getName());
        try (Connection connection = DriverManager.getConnection(env.get("QUARKUS_DATASOURCE_" + source + "JDBC_URL"), properties);
                Statement statement = connection.createStatement()) {
            switch (todo.get(0)) {
                case "migrate" -> {
                    // Flyway quotes the schema, makes it if there is none, and works in it.
                    String schema = "\"" + env.get("QUARKUS_FLYWAY_" + source + "SCHEMAS").replace("\"", "\"\"") + "\"";
                    statement.execute("CREATE SCHEMA IF NOT EXISTS " + schema);
                    statement.execute("CREATE TABLE " + schema + ".found AS SELECT 'migration'::text AS maker");
                }
                case "make" -> statement.execute("CREATE TABLE found AS SELECT 'service'::text AS maker");
                default -> { }
            }
            report("jdbc", statement);
        }
        if (todo.size() == 1) {
            return;
        }
        PGSimpleDataSource reactive = new PGSimpleDataSource();
        reactive.setUser(user);
        reactive.setPassword(password);
        reactive.setSocketFactory(Loopback.class.getName());
        reactive.setServerNames(new String[] {todo.get(1)});
        reactive.setPortNumbers(new int[] {Integer.parseInt(todo.get(2))});
        reactive.setDatabaseName(todo.get(3));
        for (String argument : todo.subList(4, todo.size())) {
            String[] parameter = argument.split("=", 2);
            reactive.setProperty(parameter[0], parameter[1]);
        }
        try (Connection connection = reactive.getConnection(); Statement statement = connection.createStatement()) {
            report("reactive", statement);
        }
    }

    /** Prints what the server says about the connection of a client. */
    private static void report(String client, Statement statement) throws SQLException {
        OUT.println(client + ".server " + String.join(" ", PLACES));
        PLACES.clear();
        OUT.println(client + ".database " + one(statement, "SELECT current_database()"));
        OUT.println(client + ".schema " + one(statement, "SELECT current_schema()"));
        OUT.println(client + ".search_path " + one(statement, "SHOW search_path"));
        OUT.println(client + ".table " + one(statement, "SELECT maker FROM found"));
    }

    /** Returns the part of names of variables that tells which component a Job migrates. */
    private static String migrated(Map<String, String> env) {
        for (String component : List.of("DATAINDEX", "JOBSSERVICE")) {
            if ("true".equals(env.get("MIGRATE_DB_" + component))) {
                return component + "_";
            }
        }
        throw new IllegalArgumentException("no variable MIGRATE_DB_… is true");
    }

    private static String one(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /**
     * Leads every connection to the test's server on the loopback address, whose port is the system
     * property server, and keeps the address that the driver asked for.
     */
    public static final class Loopback extends SocketFactory {
        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress address, int timeout) throws IOException {
                    InetSocketAddress place = (InetSocketAddress) address;
                    PLACES.add(place.getHostString() + ":" + place.getPort());
                    super.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.getInteger("server")), timeout);
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    private Connect() {}
}
