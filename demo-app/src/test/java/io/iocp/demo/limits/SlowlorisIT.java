package io.iocp.demo.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.demo.PackagedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.TestReporter;

/** A thousand clients that send a byte every ten seconds, as many as the server takes, do not keep others out. */
class SlowlorisIT {
    private static final int SLOW = 1000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @EachEngine
    void newClientsComeIn(EngineChoice engine, TestReporter reporter) throws IOException {
        List<SocketChannel> slow = new ArrayList<>();
        try (PackagedServer server = PackagedServer.start(
                        engine,
                        "--iocp.servers.echo.framing.type=line",
                        "--iocp.servers.echo.max-connections=" + SLOW,
                        "--iocp.servers.echo.backlog=4096",
                        "--iocp.servers.echo.first-byte-timeout=5s",
                        "--iocp.servers.echo.frame-timeout=3s");
                ScheduledExecutorService bytes = Executors.newSingleThreadScheduledExecutor()) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port("echo"));
            for (int i = 0; i < SLOW; i++) {
                SocketChannel channel = SocketChannel.open(address);
                slow.add(channel);
                channel.configureBlocking(false);
                channel.write(ByteBuffer.wrap(new byte[] {'x'}));
            }
            Future<?> dripping =
                    bytes.scheduleAtFixedRate(() -> slow.forEach(SlowlorisIT::oneByte), 10, 10, TimeUnit.SECONDS);
            long full = System.nanoTime();
            await().atMost(PATIENCE).until(() -> isServed(address));
            long served = System.nanoTime();
            await().atMost(PATIENCE)
                    .until(() -> Metrics.of(server.webPort())
                                    .sum("iocp_connections_closed_total", "server=\"echo\"", "reason=\"frame-timeout\"")
                            == SLOW);
            for (int i = 0; i < 50; i++) {
                assertThat(isServed(address)).isTrue();
            }
            assertThat(dripping.isDone()).as("still dripping").isFalse();
            bytes.shutdownNow();
            reporter.publishEntry("%d slow clients on %s: a new one was served %d ms after all places were taken"
                    .formatted(SLOW, engine, (served - full) / 1_000_000));
        } finally {
            for (SocketChannel channel : slow) {
                channel.close();
            }
        }
    }

    private static void oneByte(SocketChannel channel) {
        try {
            channel.write(ByteBuffer.wrap(new byte[] {'x'}));
        } catch (IOException closed) {
            // as it should be
        }
    }

    private static boolean isServed(InetSocketAddress address) {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("hello\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            return socket.getInputStream().readNBytes(5).length == 5;
        } catch (IOException refused) {
            return false;
        }
    }
}
