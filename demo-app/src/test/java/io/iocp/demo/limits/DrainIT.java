package io.iocp.demo.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.demo.PackagedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged application is told to stop while all of its clients are at work: whatever it has carried out it has answered, as is
 * seen from what the next one reads in the append-only file. {@code -Diocp.drain.connections=5000} for more than a build should wait
 * for.
 */
class DrainIT {
    private static final int CONNECTIONS = Integer.getInteger("iocp.drain.connections", 300);
    private static final Duration PATIENCE = Duration.ofSeconds(60).plusMillis(20L * CONNECTIONS);

    @TempDir
    private Path directory;

    @EachEngine
    void everythingThatWasCarriedOutIsAnswered(EngineChoice engine, TestReporter reporter) throws Exception {
        String file = "--demo.kv.append-only=" + directory.resolve("kv.aof");
        IncrementingClients clients;
        long stopped;
        try (PackagedServer server =
                PackagedServer.start(engine, file, "--iocp.shutdown.jitter=2s", "--iocp.servers.kv.backlog=4096")) {
            clients = new IncrementingClients(address(server), CONNECTIONS);
            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> {
                try {
                    clients.run(PATIENCE.multipliedBy(2));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            await().atMost(PATIENCE).until(() -> clients.answeredOnce() == CONNECTIONS || running.isDone());
            long start = System.nanoTime();
            server.program().terminate();
            running.get();
            stopped = System.nanoTime() - start;
            server.program().await(PATIENCE);
            assertThat(server.output()).doesNotContain("still busy", "ERROR", "Exception:");
        }
        assertThat(clients.cut()).as("cut in the middle of a reply").isZero();
        assertThat(clients.reset()).as("reset").isZero();
        try (PackagedServer next = PackagedServer.start(engine, file);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), next.kvPort());
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
            for (int i = 0; i < CONNECTIONS; i++) {
                socket.getOutputStream()
                        .write(("GET " + IncrementingClients.key(i) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(in.readLine()).startsWith("$");
                assertThat(Long.parseLong(in.readLine()))
                        .as("what was carried out for client %d, and what was answered", i)
                        .isEqualTo(clients.value(i));
            }
        }
        reporter.publishEntry(
                "%d connections on %s: %d requests answered, none cut, none reset, all closed %d ms after SIGTERM"
                        .formatted(CONNECTIONS, engine, clients.replies(), stopped / 1_000_000));
    }

    private static InetSocketAddress address(PackagedServer server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.kvPort());
    }
}
