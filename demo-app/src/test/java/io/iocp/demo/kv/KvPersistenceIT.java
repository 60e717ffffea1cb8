package io.iocp.demo.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.PackagedServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application with an append-only file, seen by Redis' own clients. */
class KvPersistenceIT {

    @TempDir
    Path directory;

    private PackagedServer start(EngineChoice engine, String fsync) {
        return PackagedServer.start(
                engine, "--iocp.concurrency=2", "--demo.kv.append-only=" + log(), "--demo.kv.append-fsync=" + fsync);
    }

    private Path log() {
        return directory.resolve("kv.aof");
    }

    private static String cli(PackagedServer server, String... command) {
        List<String> line = new ArrayList<>(List.of("redis-cli", "-p", "" + server.kvPort()));
        line.addAll(List.of(command));
        return Program.run(Duration.ofSeconds(60), line.toArray(String[]::new)).strip();
    }

    private static String persistence(PackagedServer server, String field) {
        return cli(server, "info", "persistence").replaceFirst("(?s).*\\b" + field + ":([^\r\n]*).*", "$1");
    }

    @EachEngine
    @Needs("redis-cli")
    void everythingIsThereAfterARestart(EngineChoice engine) throws IOException {
        for (String fsync : List.of("everysec", "no")) {
            Files.deleteIfExists(log());
            try (PackagedServer server = start(engine, fsync)) {
                assertThat(cli(server, "set", "text", "a\r\nb")).isEqualTo("OK");
                cli(server, "set", "mortal", "1", "ex", "1000");
                cli(server, "set", "gone", "1", "px", "1");
                cli(server, "incrby", "number", "41");
                cli(server, "incr", "number");
                cli(server, "rpush", "list", "a", "b", "c");
                cli(server, "lpop", "list");
                cli(server, "sadd", "set", "a", "b", "c");
                cli(server, "spop", "set");
                cli(server, "hset", "hash", "f", "1", "g", "2");
                String members = cli(server, "smembers", "set");
                assertThat(persistence(server, "aof_enabled")).isEqualTo("1");
                assertThat(cli(server, "config", "get", "appendfsync")).isEqualTo("appendfsync\n" + fsync);
                server.stop();
                assertThat(server.output()).doesNotContain("WARN", "ERROR");

                try (PackagedServer again = start(engine, fsync)) {
                    assertThat(cli(again, "get", "text")).isEqualTo("a\r\nb");
                    assertThat(Integer.parseInt(cli(again, "ttl", "mortal"))).isBetween(900, 1000);
                    assertThat(cli(again, "get", "number")).isEqualTo("42");
                    assertThat(cli(again, "lrange", "list", "0", "-1")).isEqualTo("b\nc");
                    assertThat(cli(again, "smembers", "set").lines())
                            .containsExactlyInAnyOrder(members.split("\n", -1));
                    assertThat(cli(again, "hget", "hash", "g")).isEqualTo("2");
                    assertThat(cli(again, "exists", "gone")).isEqualTo("0");
                }
            }
        }
    }

    @EachEngine
    @Needs("redis-check-aof")
    void redisItselfCanReadTheFile(EngineChoice engine) {
        try (PackagedServer server = start(engine, "everysec")) {
            cli(server, "set", "a", "1", "ex", "100");
            cli(server, "mset", "b", "2", "c", "3");
            server.stop();
        }
        assertThat(Program.run(Duration.ofSeconds(30), "redis-check-aof", log().toString()))
                .contains("is valid");
    }

    @EachEngine
    @Needs("redis-cli")
    void truncatedTailIsCutOffAndReported(EngineChoice engine) throws IOException {
        byte[] whole = Kv.request("SET", "a", "1");
        Files.write(log(), whole);
        Files.write(log(), "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10\r\nhalf".getBytes(ISO_8859_1), StandardOpenOption.APPEND);
        try (PackagedServer server = start(engine, "always")) {
            assertThat(cli(server, "get", "a")).isEqualTo("1");
            assertThat(server.output())
                    .contains("append-only file " + log()
                            + ": the last command was not written to its end; 29 bytes cut off" + " at offset "
                            + whole.length);
            assertThat(Files.size(log())).isEqualTo(whole.length);
            assertThat(cli(server, "incr", "a")).isEqualTo("2");
        }
        try (PackagedServer again = start(engine, "always")) {
            assertThat(cli(again, "get", "a")).isEqualTo("2");
            assertThat(again.output()).doesNotContain("cut off");
        }
    }

    @EachEngine
    void corruptFileStopsTheStartAndIsLeftAsItIs(EngineChoice engine) throws IOException {
        byte[] whole = Kv.request("SET", "a", "1");
        Files.write(log(), whole);
        Files.write(log(), "*3\r\n$3\r\nSET\r\nxxxx".getBytes(ISO_8859_1), StandardOpenOption.APPEND);
        Files.write(log(), whole, StandardOpenOption.APPEND);
        long size = Files.size(log());
        try (PackagedServer server = start(engine, "always")) {
            assertThat(server.program().await(Duration.ofSeconds(60))).isEqualTo(1);
            assertThat(server.output())
                    .contains(
                            "append-only file " + log() + " is corrupt at offset " + (whole.length + 13) + " of "
                                    + size,
                            "truncate -s " + whole.length + " " + log())
                    .doesNotContain("\tat ");
        }
        assertThat(Files.size(log())).isEqualTo(size);
    }

    @EachEngine
    @Needs("redis-benchmark")
    void fileIsRewrittenUnderLoad(EngineChoice engine) throws IOException {
        try (PackagedServer server = start(engine, "always")) {
            String port = "" + server.kvPort();
            String[] load = {
                "redis-benchmark",
                "-p",
                port,
                "-n",
                "10000",
                "-c",
                "20",
                "-P",
                "4",
                "-q",
                "-r",
                "1000",
                "-t",
                "set,incr,lpush,sadd,hset,spop"
            };
            Program.run(Duration.ofMinutes(2), load);
            long before = Files.size(log());
            try (Program more = Program.start(load)) {
                for (int rewrite = 0; rewrite < 5; rewrite++) {
                    assertThat(cli(server, "bgrewriteaof")).startsWith("Background append only file rewriting started");
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> persistence(server, "aof_rewrite_in_progress")
                                    .equals("0"));
                    assertThat(persistence(server, "aof_last_bgrewrite_status")).isEqualTo("ok");
                }
                assertThat(more.await(Duration.ofMinutes(2))).isZero();
            }
            assertThat(cli(server, "del", "mylist")).isEqualTo("1");
            cli(server, "bgrewriteaof");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> persistence(server, "aof_rewrite_in_progress").equals("0"));
            assertThat(Files.size(log())).isLessThan(before);
            assertThat(Files.exists(directory.resolve("kv.aof.rewrite"))).isFalse();
            String counters = cli(server, "--no-raw", "mget", "counter:000000000001", "counter:000000000002");
            String keys = cli(server, "dbsize");
            server.stop();

            try (PackagedServer again = start(engine, "always")) {
                assertThat(cli(again, "--no-raw", "mget", "counter:000000000001", "counter:000000000002"))
                        .isEqualTo(counters);
                assertThat(cli(again, "dbsize")).isEqualTo(keys);
            }
        }
    }

    @EachEngine
    @Needs("redis-cli")
    void writesAreRefusedOnceTheFileCannotGrow(EngineChoice engine) throws IOException {
        int mostKiB = 512;
        AcknowledgedWrites client = new AcknowledgedWrites(1);
        try (PackagedServer server = PackagedServer.startAfter(
                "ulimit -f " + mostKiB, engine, "--demo.kv.append-only=" + log(), "--demo.kv.append-fsync=always")) {
            int port = server.kvPort();
            client.start(port, 4, 10);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !client.refusals().isEmpty());

            assertThat(cli(server, "set", "a", "1")).startsWith("MISCONF Errors writing to the AOF file: ");
            assertThat(cli(server, "ping")).isEqualTo("PONG");
            assertThat(persistence(server, "aof_last_write_status")).isEqualTo("err");
            HttpURLConnection health =
                    (HttpURLConnection) URI.create("http://127.0.0.1:" + server.webPort() + "/actuator/health")
                            .toURL()
                            .openConnection();
            assertThat(health.getResponseCode()).isEqualTo(503);
            assertThat(new String(health.getErrorStream().readAllBytes(), ISO_8859_1))
                    .contains("BGREWRITEAOF");
            server.kill();
        }
        try (PackagedServer again = start(engine, "always")) {
            assertThat(client.acknowledged()).isPositive();
            assertThat(client.missing(again.kvPort())).isEmpty();
        }
    }
}
