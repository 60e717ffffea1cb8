package io.iocp.demo.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.DemoServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;

class KvServiceIT {

    /** All of redis-benchmark's own tests but those of sorted sets, which are not among the commands. */
    private static final String BENCHMARKS = "ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,"
            + "lrange_100,lrange_300,lrange_500,lrange_600,mset";

    @AfterAll
    static void stop() {
        DemoServer.stopAll();
    }

    // ---- Redis' own clients

    @EachEngine
    @Needs("redis-cli")
    void redisCliSetsAndGets(EngineChoice engine) {
        DemoServer server = DemoServer.on(engine);

        assertThat(cli(server, "set", "cli", "1")).isEqualTo("OK\n");
        assertThat(cli(server, "get", "cli")).isEqualTo("1\n");
        assertThat(cli(server, "incr", "cli")).isEqualTo("2\n");
        assertThat(cli(server, "rpush", "cli-list", "a", "b")).isEqualTo("2\n");
        assertThat(cli(server, "lrange", "cli-list", "0", "-1")).isEqualTo("a\nb\n");
        assertThat(cli(server, "get", "cli-list")).startsWith("WRONGTYPE");
        assertThat(cli(server, "info"))
                .contains("iocp_engine:" + server.port().engine().engine());
    }

    private static String cli(DemoServer server, String... command) {
        List<String> line = new ArrayList<>(List.of("redis-cli", "-p", "" + server.portNumber("kv")));
        line.addAll(List.of(command));
        return Program.run(Duration.ofSeconds(30), line.toArray(String[]::new));
    }

    @EachEngine
    @Needs("redis-benchmark")
    void redisBenchmarkRunsWithoutAnError(EngineChoice engine) {
        benchmark(DemoServer.on(engine), "1");
    }

    @EachEngine
    @Needs("redis-benchmark")
    void redisBenchmarkRunsPipelinedWithoutAnError(EngineChoice engine) {
        benchmark(DemoServer.on(engine), "16");
    }

    private static void benchmark(DemoServer server, String pipeline) {
        DemoServer.Usage before = server.usageWithoutClients();
        String port = "" + server.portNumber("kv");
        String printed = Program.run(
                Duration.ofMinutes(3),
                "redis-benchmark",
                "-p",
                port,
                "-n",
                "5000",
                "-c",
                "50",
                "-P",
                pipeline,
                "-q",
                "-t",
                BENCHMARKS);

        assertThat(printed).doesNotContainIgnoringCase("err").doesNotContain("WARN");
        assertThat(printed.split("requests per second", -1)).hasSize(BENCHMARKS.split(",").length + 2);
        server.awaitUsage(before);
    }

    // ---- the end of a connection

    @EachEngine
    void protocolErrorIsAnsweredAndClosesTheConnection(EngineChoice engine) throws IOException {
        try (RespClient client = new RespClient(DemoServer.on(engine))) {
            client.send("*1\r\n$4\r\nPING\r\n*1\r\n:5\r\n");

            assertThat(client.line()).isEqualTo("+PONG");
            assertThat(client.line()).startsWith("-ERR Protocol error: ");
            assertThat(client.rest()).isEmpty();
        }
    }

    @EachEngine
    void quitIsAnsweredAndClosesTheConnection(EngineChoice engine) throws IOException {
        try (RespClient client = new RespClient(DemoServer.on(engine))) {
            assertThat(client.ask("QUIT")).isEqualTo("+OK");
            assertThat(client.rest()).isEmpty();
        }
    }

    @EachEngine
    void clientThatHasFinishedSendingGetsAllItsReplies(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        byte[] value = value(1 << 20, 7);
        try (RespClient client = new RespClient(server)) {
            set(client, "finished", value);
            for (int i = 0; i < 20; i++) {
                client.send("GET finished\r\n");
            }
            client.socket().shutdownOutput();

            for (int i = 0; i < 20; i++) {
                assertThat(client.bulk()).isEqualTo(value);
            }
            assertThat(client.rest()).isEmpty();
        }
        server.awaitUsage(before);
    }

    @EachEngine
    void garbageHarmsOnlyItsOwnConnection(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        for (int seed = 0; seed < 20; seed++) {
            try (RespClient client = new RespClient(server)) {
                client.send(value(1 << 20, seed));
                client.socket().shutdownOutput();
                client.rest();
            } catch (IOException closedByServer) {
                // A protocol error ends the connection while we still write.
                assertThat(closedByServer).hasMessageMatching(".*(reset|Broken pipe).*");
            }
        }

        server.awaitUsage(before);
        try (RespClient client = new RespClient(server)) {
            assertThat(client.ask("PING")).isEqualTo("+PONG");
        }
        assertThat(server.port().stats().handlerFailures()).isZero();
    }

    @EachEngine
    void resetsAndHalfOpenConnectionsLeaveNothingBehind(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        try (RespClient client = new RespClient(server)) {
            set(client, "reset", value(100_000, 3));
        }
        DemoServer.Usage before = server.usageWithoutClients();

        for (int round = 0; round < 10; round++) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(server.connect("kv"));
            }
            for (int i = 0; i < clients.size(); i++) {
                String request = switch (i % 5) {
                    case 0 -> "";
                    case 1 -> "*2\r\n$3\r\nGET\r\n$1000\r\nhalf a key";
                    case 2 -> "GET reset\r\n".repeat(30);
                    case 3 -> "PING\r\n";
                    default -> "*1\r\n$-5\r\n";
                };
                clients.get(i).getOutputStream().write(request.getBytes(ISO_8859_1));
                if (i % 3 == 0) {
                    clients.get(i).shutdownOutput();
                }
                clients.get(i).setSoLinger(i % 2 == 0, 0);
            }
            for (Socket client : clients) {
                client.close();
            }
        }

        server.awaitUsage(before);
        await().atMost(Duration.ofSeconds(10)).until(() -> connectedClients(server) == 1);
        assertThat(server.port().stats().handlerFailures()).isZero();
    }

    private static int connectedClients(DemoServer server) throws IOException {
        try (RespClient client = new RespClient(server)) {
            client.send("INFO clients\r\n");
            String info = new String(client.bulk(), ISO_8859_1);
            return Integer.parseInt(info.replaceFirst("(?s).*connected_clients:(\\d+).*", "$1"));
        }
    }

    // ---- large and slow

    @EachEngine
    void largestValueComesBackAsItWas(EngineChoice engine) throws IOException {
        byte[] value = value(64 << 20, 11);
        try (RespClient client = new RespClient(DemoServer.on(engine))) {
            set(client, "largest", value);
            client.send("GET largest\r\n");
            assertThat(client.bulk()).isEqualTo(value);
            assertThat(client.ask("DEL largest")).isEqualTo(":1");
        }
    }

    @EachEngine
    void clientThatReadsSlowlyIsNotServedIntoMemory(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        byte[] value = value(1 << 20, 5);
        int gets = 300;
        try (RespClient slow = new RespClient(server);
                RespClient other = new RespClient(server)) {
            set(slow, "slow", value);
            slow.send("GET slow\r\n".repeat(gets));

            long sentBefore = -1;
            for (long sent = bytesSent(server); sent != sentBefore; sent = bytesSent(server)) {
                sentBefore = sent;
                for (int i = 0; i < 1000; i++) {
                    assertThat(other.ask("PING")).isEqualTo("+PONG");
                }
                sentBefore += 1000L * "+PONG\r\n".length();
            }
            other.send("INFO stats\r\n");
            assertThat(statistic(new String(other.bulk(), ISO_8859_1), "total_commands_processed"))
                    .isPositive();
            assertThat(server.port().buffers().allocatedBytes()).isLessThan(32 << 20);

            for (int i = 0; i < gets; i++) {
                assertThat(slow.bulk()).isEqualTo(value);
            }
            assertThat(slow.ask("PING")).isEqualTo("+PONG");
        }
        server.awaitUsage(before);
    }

    private static long bytesSent(DemoServer server) {
        return server.port().stats().bytesSent();
    }

    private static long statistic(String info, String name) {
        return Long.parseLong(info.replaceFirst("(?s).*" + name + ":(\\d+).*", "$1"));
    }

    private static void set(RespClient client, String key, byte[] value) throws IOException {
        client.send("*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + value.length + "\r\n");
        client.send(value);
        client.send("\r\n");
        assertThat(client.line()).isEqualTo("+OK");
    }

    private static byte[] value(int bytes, int seed) {
        byte[] value = new byte[bytes];
        new Random(seed).nextBytes(value);
        return value;
    }

    // ---- deadlines

    @EachEngine
    void keyExpiresWithoutBeingLookedAt(EngineChoice engine) throws IOException {
        try (RespClient client = new RespClient(DemoServer.on(engine))) {
            assertThat(client.ask("FLUSHALL")).isEqualTo("+OK");
            assertThat(client.ask("SET mortal 1 PX 150")).isEqualTo("+OK");
            assertThat(client.ask("SET immortal 1")).isEqualTo("+OK");
            assertThat(client.ask("DBSIZE")).isEqualTo(":2");

            // DBSIZE counts what is there and looks at no deadline: the post alone removes the key.
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> client.ask("DBSIZE").equals(":1"));
            assertThat(client.ask("EXISTS mortal")).isEqualTo(":0");
            assertThat(client.ask("EXISTS immortal")).isEqualTo(":1");
        }
    }

    @EachEngine
    void deadlineThatMovesIsKept(EngineChoice engine) throws IOException {
        try (RespClient client = new RespClient(DemoServer.on(engine))) {
            assertThat(client.ask("FLUSHALL")).isEqualTo("+OK");
            assertThat(client.ask("SET moved 1 PX 100")).isEqualTo("+OK");
            assertThat(client.ask("PEXPIRE moved 600")).isEqualTo(":1");
            long start = System.nanoTime();

            await().atMost(Duration.ofSeconds(10))
                    .until(() -> client.ask("DBSIZE").equals(":0"));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(500));
        }
    }
}
