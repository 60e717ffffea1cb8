package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServerCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldAnswerWhatRedisBenchmarkAsksFirst() {
        assertThat(kv.call("CONFIG", "GET", "save")).isEqualTo("[\"save\" \"\"]");
        assertThat(kv.call("CONFIG", "GET", "appendonly")).isEqualTo("[\"appendonly\" \"no\"]");
    }

    @Test
    void shouldFindConfigurationByPattern() {
        assertThat(kv.call("CONFIG", "GET", "MAXMEM*"))
                .isEqualTo("[\"maxmemory\" \"0\" \"maxmemory-policy\" \"noeviction\"]");
        assertThat(kv.call("CONFIG", "GET", "port", "databases")).isEqualTo("[\"databases\" \"1\" \"port\" \"6380\"]");
        assertThat(kv.call("CONFIG", "GET", "nothing")).isEqualTo("[]");
        assertThat(kv.call("CONFIG", "GET"))
                .isEqualTo("(error) ERR wrong number of arguments for 'config|get' command");
        assertThat(kv.call("CONFIG", "SET", "port", "1"))
                .isEqualTo("(error) ERR unknown subcommand 'SET'. Try CONFIG HELP.");
    }

    @Test
    void shouldTellOfTheServer() {
        kv.clock.advance(10_000);

        assertThat(kv.call("INFO", "server"))
                .startsWith("\"# Server\r\nredis_version:7.0.0\r\n")
                .contains("\r\ntcp_port:6380\r\n", "\r\nprocess_id:42\r\n", "\r\nuptime_in_seconds:100\r\n")
                .contains("\r\niocp_engine:nio\r\n")
                .contains("\r\niocp_engine_reason:io_uring_setup failed with EPERM: likely seccomp\r\n")
                .doesNotContain("# Clients");
    }

    @Test
    void shouldHaveEverySectionByDefault() {
        assertThat(kv.call("INFO"))
                .contains("# Server", "# Clients", "# Memory", "# Stats", "# Replication", "# Keyspace");
        assertThat(kv.call("INFO", "everything")).contains("# Server", "# Keyspace");
        assertThat(kv.call("INFO", "CLIENTS", "memory"))
                .contains("# Clients", "# Memory")
                .doesNotContain("# Server");
        assertThat(kv.call("INFO", "nothing")).isEqualTo("\"\"");
    }

    @Test
    void shouldCountWhatHappened() {
        kv.call("SET", "a", "1");
        kv.call("SET", "b", "1", "PX", "10");
        kv.call("GET", "a");
        kv.call("GET", "x");
        kv.call("FOO");
        assertThat(kv.call("INFO", "keyspace")).contains("db0:keys=2,expires=1,avg_ttl=0");
        kv.clock.advance(10);
        kv.call("GET", "b");

        assertThat(kv.call("INFO", "stats"))
                .contains("\r\ntotal_connections_received:1\r\n", "\r\ntotal_commands_processed:7\r\n")
                .contains("\r\nexpired_keys:1\r\n", "\r\nkeyspace_hits:1\r\n", "\r\nkeyspace_misses:2\r\n")
                .contains("\r\ntotal_error_replies:1\r\n");
        assertThat(kv.call("INFO", "keyspace")).contains("db0:keys=1,expires=0,avg_ttl=0");
        assertThat(kv.call("INFO", "clients")).contains("connected_clients:1\r\n", "maxclients:10000\r\n");
        assertThat(kv.call("INFO", "memory")).contains("used_memory:1572864\r\n", "used_memory_human:1.50M\r\n");
    }

    @Test
    void shouldCountTheBytesThatMoved() {
        kv.raw("PING\r\n");

        assertThat(kv.raw("INFO stats\r\n")).contains("total_net_input_bytes:6\r\ntotal_net_output_bytes:7\r\n");
    }

    @Test
    void shouldDescribeItsCommands() {
        int count = kv.commands.commands().size();

        assertThat(kv.call("COMMAND", "COUNT")).isEqualTo("(integer) " + count);
        assertThat(kv.raw("COMMAND\r\n")).startsWith("*" + count + "\r\n*10\r\n");
        assertThat(kv.call("COMMAND", "INFO", "GET", "foo", "mset"))
                .isEqualTo("[[\"get\" (integer) 2 [readonly fast] (integer) 1 (integer) 1 (integer) 1 [] [] [] []]"
                        + " (nil array)"
                        + " [\"mset\" (integer) -3 [write denyoom] (integer) 1 (integer) -1 (integer) 2 [] [] [] []]]");
        assertThat(kv.call("COMMAND", "INFO", "PING"))
                .isEqualTo("[[\"ping\" (integer) -1 [fast] (integer) 0 (integer) 0 (integer) 0 [] [] [] []]]");
        assertThat(kv.raw("COMMAND INFO\r\n")).startsWith("*" + count + "\r\n");
        assertThat(kv.raw("COMMAND DOCS\r\n")).startsWith("*" + count * 2 + "\r\n");
        assertThat(kv.call("COMMAND", "DOCS", "get", "foo"))
                .isEqualTo(
                        "[\"get\" [\"summary\" \"Get the value of a key\" \"since\" \"1.0.0\" \"group\" \"string\"]]");
        assertThat(kv.call("COMMAND", "FOO")).isEqualTo("(error) ERR unknown subcommand 'FOO'. Try COMMAND HELP.");
        assertThat(kv.call("COMMAND", "COUNT", "x"))
                .isEqualTo("(error) ERR wrong number of arguments for 'command|count' command");
    }
}
