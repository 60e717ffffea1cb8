package io.iocp.demo.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.demo.DemoServer;
import io.iocp.demo.EchoClients;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;

class EchoServiceIT {

    private static final int CONNECTIONS = Integer.getInteger("demo.connections", 1000);

    @AfterAll
    static void stop() {
        DemoServer.stopAll();
    }

    @EachEngine
    void manyConnectionsGetEveryByteBackInOrder(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();

        new EchoClients(server.address("echo"), CONNECTIONS, 100)
                .run(
                        Duration.ofMinutes(2),
                        () -> await().atMost(Duration.ofSeconds(30))
                                .until(() ->
                                        server.port().stats().connections() == before.connections() + CONNECTIONS));

        server.awaitUsage(before);
    }

    @EachEngine
    void garbageComesBackByteByByte(EngineChoice engine) throws Exception {
        DemoServer server = DemoServer.on(engine);
        byte[] garbage = new byte[1 << 20];
        new Random(20).nextBytes(garbage);

        try (Socket client = server.connect("echo")) {
            CompletableFuture<byte[]> echoed = readAll(client);
            client.getOutputStream().write(garbage);
            client.shutdownOutput();

            assertThat(echoed.get()).isEqualTo(garbage);
        }
    }

    private static CompletableFuture<byte[]> readAll(Socket client) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @EachEngine
    void clientThatNeverReadsIsNotReadForEver(EngineChoice engine) throws Exception {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        long most = 64 << 20;

        try (SocketChannel client = SocketChannel.open(server.address("echo"))) {
            client.configureBlocking(false);
            long written = writeUntilRefused(client, most);

            assertThat(written).isLessThan(most);
            assertThat(server.port().buffers().allocatedBytes()).isLessThan(16 << 20);

            assertThat(readUntilQuiet(client, written)).isEqualTo(written);
        }
        server.awaitUsage(before);
    }

    /** Writes as long as the kernel takes bytes; it has stopped when it took none for half a second. */
    private static long writeUntilRefused(SocketChannel client, long most) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(1 << 16);
        long written = 0;
        long lastProgress = System.nanoTime();
        while (written < most && System.nanoTime() - lastProgress < 500_000_000L) {
            int bytes = client.write(block.clear());
            written += bytes;
            if (bytes > 0) {
                lastProgress = System.nanoTime();
            } else {
                Thread.onSpinWait();
            }
        }
        return written;
    }

    private static long readUntilQuiet(SocketChannel client, long expected) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(1 << 16);
        long read = 0;
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (read < expected && System.nanoTime() < deadline) {
            read += Math.max(0, client.read(block.clear()));
        }
        return read;
    }

    @EachEngine
    void resetsAndHalfOpenConnectionsLeaveNothingBehind(EngineChoice engine) throws Exception {
        DemoServer server = DemoServer.on(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        byte[] message = new byte[10_000];

        for (int round = 0; round < 10; round++) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(server.connect("echo"));
            }
            for (int i = 0; i < clients.size(); i++) {
                Socket client = clients.get(i);
                if (i % 5 != 0) {
                    client.getOutputStream().write(message);
                }
                if (i % 5 == 1) {
                    client.shutdownOutput();
                }
                // Unread echoes or SO_LINGER 0: either way the server sees a reset.
                client.setSoLinger(i % 2 == 0, 0);
            }
            for (Socket client : clients) {
                client.close();
            }
        }

        server.awaitUsage(before);
        try (Socket client = server.connect("echo")) {
            client.getOutputStream().write('!');
            assertThat(client.getInputStream().read()).isEqualTo('!');
        }
        assertThat(server.port().stats().handlerFailures()).isZero();
    }
}
