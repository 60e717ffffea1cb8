package io.iocp.spring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.Exchange;
import io.iocp.spring.handler.Replies;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.EventListener;

/** Who is let in, how long he may take, and how he is let go, seen by plain sockets. */
class ServerLimitsTest {
    private static final byte[] HELLO = "hello".getBytes(UTF_8);
    private static final byte[] V2_LOCAL = {
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0x00, 0x00
    };

    private static ApplicationContextRunner application(EngineChoice engine, String... properties) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues("iocp.concurrency=2", "iocp.engine=" + engine)
                .withPropertyValues(properties);
    }

    private static ApplicationContextRunner tcp(EngineChoice engine, String... properties) {
        return application(engine, properties)
                .withPropertyValues("iocp.servers.echo.port=0", "iocp.servers.echo.address=127.0.0.1");
    }

    static class Echo {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    static class Lines {
        @IoCompletionHandler(server = "echo")
        void line(OverlappedIO packet, Replies replies) {
            replies.send(((Exchange) replies).data(packet));
        }
    }

    private static TcpServer server(ApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("echo"));
    }

    private static Socket connect(ApplicationContext context) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(),
                requireNonNull(server(context).localAddress()).getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void shouldAnswer(Socket socket) throws IOException {
        socket.getOutputStream().write(HELLO);
        assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
    }

    /** The other side has closed, in whatever way. */
    private static void shouldBeClosed(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    private static void shouldBeRejected(ApplicationContext context, Socket socket, RejectReason reason)
            throws IOException {
        long before = server(context).opened();
        shouldBeClosed(socket);
        await().until(() -> server(context).rejected(reason) == 1);
        assertThat(server(context).opened()).isEqualTo(before);
    }

    static class Told implements ConnectionListener {
        final BlockingQueue<String> all = new LinkedBlockingQueue<>();
        final BlockingQueue<Long> slow = new LinkedBlockingQueue<>();

        @Override
        public void rejected(String port, String server, String reason) {
            all.add("rejected " + reason);
        }

        @Override
        public void dropped(String port, String owner, long connection, String reason) {
            all.add("dropped " + reason);
        }

        @Override
        public void readerSlow(String port, String owner, long connection, long pendingBytes) {
            slow.add(pendingBytes);
        }

        String next() throws InterruptedException {
            return requireNonNull(all.poll(10, TimeUnit.SECONDS), "nothing was told");
        }
    }

    // ---- who is let in

    @EachEngine
    void shouldLetInSoManyFromOneAddress(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.max-connections-per-address=1")
                .withBean(Echo.class)
                .withBean(Told.class)
                .run(context -> {
                    try (Socket one = connect(context)) {
                        shouldAnswer(one);
                        try (Socket two = connect(context)) {
                            shouldBeRejected(context, two, RejectReason.PER_ADDRESS);
                        }
                        assertThat(context.getBean(Told.class).next()).isEqualTo("rejected per-address");
                        shouldAnswer(one);
                    }
                    await().until(() -> server(context).connections() == 0);
                    try (Socket again = connect(context)) {
                        shouldAnswer(again);
                    }
                });
    }

    @EachEngine
    void shouldCountWhoSaysNothingAndCouldAnnounceNobody(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.max-connections-per-address=1", "iocp.servers.echo.proxy-protocol=auto")
                .withBean(Echo.class)
                .run(context -> {
                    try (Socket silent = connect(context)) {
                        await().until(() -> server(context).connections() == 1);
                        try (Socket two = connect(context)) {
                            shouldBeRejected(context, two, RejectReason.PER_ADDRESS);
                        }
                        assertThat(silent.isConnected()).isTrue();
                    }
                    await().until(() -> server(context).connections() == 0);
                    try (Socket again = connect(context)) {
                        shouldAnswer(again);
                    }
                });
    }

    @EachEngine
    void shouldRefuseAddressesThatAreDeniedOrNotAllowed(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.deny=10.0.0.0/8,127.0.0.0/8")
                .withBean(Echo.class)
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        shouldBeRejected(context, socket, RejectReason.ADDRESS_DENIED);
                    }
                });
        tcp(engine, "iocp.servers.echo.allow=10.0.0.0/8").withBean(Echo.class).run(context -> {
            try (Socket socket = connect(context)) {
                shouldBeRejected(context, socket, RejectReason.ADDRESS_DENIED);
            }
        });
    }

    @EachEngine
    void shouldAcceptSoManyInASecond(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.accept-rate=3").withBean(Echo.class).run(context -> {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sockets.add(connect(context));
            }
            await().until(() -> server(context).opened() + server(context).rejected(RejectReason.ACCEPT_RATE) == 20);
            assertThat(server(context).opened()).isBetween(3L, 19L);
            for (Socket socket : sockets) {
                socket.close();
            }
        });
    }

    // ---- PROXY protocol

    static class WhoAmI {
        final AtomicInteger accepts = new AtomicInteger();

        @IoCompletionHandler(server = "echo", kinds = OperationKind.ACCEPT)
        String accepted(ConnectionInfo connection) {
            accepts.incrementAndGet();
            return "from " + connection.remoteAddress() + "\n";
        }

        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    private static ApplicationContextRunner proxied(EngineChoice engine, String... properties) {
        return tcp(engine, properties)
                .withBean(WhoAmI.class)
                .withBean(Told.class)
                .withPropertyValues("iocp.servers.echo.proxy-protocol-trusted=127.0.0.0/8");
    }

    private static String line(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("end of stream behind '" + line + "'");
            }
            line.append((char) b);
        }
        return line.toString();
    }

    @EachEngine
    void shouldServeWhomATrustedProxyAnnounces(EngineChoice engine) {
        proxied(engine, "iocp.servers.echo.proxy-protocol=on").run(context -> {
            byte[] header = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n".getBytes(UTF_8);
            for (int cut = 0; cut <= header.length; cut += 11) {
                try (Socket socket = connect(context)) {
                    socket.setTcpNoDelay(true);
                    socket.getOutputStream().write(header, 0, cut);
                    await().pollDelay(Duration.ZERO).until(() -> server(context).connections() > 0);
                    socket.getOutputStream().write(header, cut, header.length - cut);
                    socket.getOutputStream().write(HELLO);
                    assertThat(line(socket)).isEqualTo("from /192.0.2.7:4711");
                    assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                    shouldAnswer(socket);
                    assertThat(server(context).connectionViews())
                            .singleElement()
                            .satisfies(view -> {
                                assertThat(view.peer()).isEqualTo("/192.0.2.7:4711");
                                assertThat(view.transportPeer()).startsWith("/127.0.0.1:");
                            });
                }
                await().until(() -> server(context).connections() == 0);
            }
        });
    }

    @EachEngine
    void shouldServeAProxyThatSpeaksForItselfAndHearNothingOfOneThatLeaves(EngineChoice engine) {
        proxied(engine, "iocp.servers.echo.proxy-protocol=on").run(context -> {
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(V2_LOCAL);
                assertThat(line(socket)).startsWith("from /127.0.0.1:");
                shouldAnswer(socket);
            }
            long opened = server(context).opened();
            connect(context).close();
            await().until(() -> server(context).connections() == 0);
            assertThat(server(context).opened()).isEqualTo(opened);
            assertThat(context.getBean(Told.class).all).isEmpty();
        });
    }

    @EachEngine
    void shouldRefuseWhatIsNoHeader(EngineChoice engine) {
        proxied(engine, "iocp.servers.echo.proxy-protocol=on", "iocp.servers.echo.proxy-protocol-timeout=300ms")
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("GET / HTTP/1.1\r\n".getBytes(UTF_8));
                        shouldBeRejected(context, socket, RejectReason.PROXY_INVALID);
                    }
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("PROXY TC".getBytes(UTF_8));
                        shouldBeRejected(context, socket, RejectReason.PROXY_TIMEOUT);
                    }
                    assertThat(context.getBean(WhoAmI.class).accepts).hasValue(0);
                    await().until(() -> server(context).connections() == 0);
                });
    }

    @EachEngine
    void shouldBelieveNobodyElse(EngineChoice engine) {
        String[] trusted = {"iocp.servers.echo.proxy-protocol-trusted=10.0.0.0/8"};
        proxied(engine, "iocp.servers.echo.proxy-protocol=on")
                .withPropertyValues(trusted)
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        shouldBeRejected(context, socket, RejectReason.PROXY_UNTRUSTED);
                    }
                });
        proxied(engine, "iocp.servers.echo.proxy-protocol=auto")
                .withPropertyValues(trusted)
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n".getBytes(UTF_8));
                        shouldBeRejected(context, socket, RejectReason.PROXY_UNTRUSTED);
                    }
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("PROVE".getBytes(UTF_8));
                        assertThat(line(socket)).startsWith("from /127.0.0.1:");
                        assertThat(socket.getInputStream().readNBytes(5)).isEqualTo("PROVE".getBytes(UTF_8));
                    }
                });
    }

    @EachEngine
    void shouldTakeAHeaderOrNone(EngineChoice engine) {
        proxied(engine, "iocp.servers.echo.proxy-protocol=auto", "iocp.servers.echo.deny=192.0.2.0/24")
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("PROXY TCP6 2001:db8::1 ::1 1 2\r\n".getBytes(UTF_8));
                        assertThat(line(socket)).isEqualTo("from /[2001:db8:0:0:0:0:0:1]:1");
                    }
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write(HELLO);
                        assertThat(line(socket)).startsWith("from /127.0.0.1:");
                        assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                    }
                    try (Socket socket = connect(context)) {
                        socket.getOutputStream().write("PROXY TCP4 192.0.2.9 ".getBytes(UTF_8));
                        socket.getOutputStream().write("198.51.100.1 1 2\r\n".getBytes(UTF_8));
                        shouldBeRejected(context, socket, RejectReason.ADDRESS_DENIED);
                    }
                });
    }

    // ---- deadlines

    @EachEngine
    void shouldCloseWhoSaysNothing(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.first-byte-timeout=200ms")
                .withBean(Echo.class)
                .withBean(Told.class)
                .run(context -> {
                    try (Socket silent = connect(context);
                            Socket busy = connect(context)) {
                        shouldAnswer(busy);
                        shouldBeClosed(silent);
                        assertThat(context.getBean(Told.class).next()).isEqualTo("dropped first-byte-timeout");
                        await().until(() -> server(context).closed(CloseReason.FIRST_BYTE_TIMEOUT) == 1);
                        shouldAnswer(busy);
                    }
                });
    }

    @EachEngine
    void shouldCloseWhoDoesNotEndHisFrame(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.frame-timeout=300ms", "iocp.servers.echo.framing.type=line")
                .withBean(Lines.class)
                .withBean(Told.class)
                .run(context -> {
                    try (Socket slow = connect(context);
                            Socket busy = connect(context)) {
                        slow.getOutputStream().write("begun".getBytes(UTF_8));
                        for (int i = 0; i < 5; i++) {
                            busy.getOutputStream().write("line\nbegun".getBytes(UTF_8));
                            assertThat(busy.getInputStream().readNBytes(4)).isEqualTo("line".getBytes(UTF_8));
                            busy.getOutputStream().write("\n".getBytes(UTF_8));
                            assertThat(busy.getInputStream().readNBytes(5)).isEqualTo("begun".getBytes(UTF_8));
                        }
                        shouldBeClosed(slow);
                        assertThat(context.getBean(Told.class).next()).isEqualTo("dropped frame-timeout");
                        busy.getOutputStream().write("line\n".getBytes(UTF_8));
                        assertThat(busy.getInputStream().readNBytes(4)).isEqualTo("line".getBytes(UTF_8));
                    }
                });
    }

    @EachEngine
    void shouldCloseWhoSendsHisFrameTooSlowly(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.min-receive-rate=1KB", "iocp.servers.echo.framing.type=line")
                .withBean(Lines.class)
                .withBean(Told.class)
                .run(context -> {
                    try (Socket slow = connect(context);
                            Socket between = connect(context)) {
                        between.getOutputStream().write("whole\n".getBytes(UTF_8));
                        slow.getOutputStream().write("a few bytes".getBytes(UTF_8));
                        assertThat(between.getInputStream().readNBytes(5)).hasSize(5);
                        shouldBeClosed(slow);
                        assertThat(context.getBean(Told.class).next()).isEqualTo("dropped too-slow");
                        between.getOutputStream().write("whole\n".getBytes(UTF_8));
                        assertThat(between.getInputStream().readNBytes(5)).hasSize(5);
                    }
                });
        tcp(engine, "iocp.servers.echo.min-receive-rate=1KB")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("iocp.servers.echo.min-receive-rate")
                        .hasMessageContaining("framing.type"));
    }

    @EachEngine
    void shouldEndAConnectionThatIsOldEnough(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.max-age=400ms", "iocp.servers.echo.max-age-jitter=0.5")
                .withBean(Echo.class)
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        shouldAnswer(socket);
                        assertThat(socket.getInputStream().readAllBytes()).isEmpty(); // in good order, no reset
                        await().until(() -> server(context).closed(CloseReason.MAX_AGE) == 1);
                    }
                });
    }

    // ---- Unix domain sockets

    @EachEngine
    void shouldListenAtAPath(EngineChoice engine, @TempDir Path directory) throws Exception {
        Path path = directory.resolve("s");
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(path)); // and nobody removes the file
        }
        assertThat(path).exists();
        application(
                        engine,
                        "iocp.servers.echo.unix-socket=" + path,
                        "iocp.servers.echo.unix-socket-permissions=rw-------")
                .withBean(Echo.class)
                .run(context -> {
                    assertThat(context.getEnvironment().containsProperty("local.iocp.echo.port"))
                            .isFalse();
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                            .isEqualTo("rw-------");
                    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                        client.write(ByteBuffer.wrap(HELLO));
                        assertThat(Channels.newInputStream(client).readNBytes(5))
                                .isEqualTo(HELLO);
                    }
                    application(engine, "iocp.servers.echo.unix-socket=" + path)
                            .run(second -> assertThat(second)
                                    .getFailure()
                                    .rootCause()
                                    .hasMessageContaining("another process listens"));
                    assertThat(path).exists();
                });
        assertThat(path).doesNotExist();
        Files.writeString(path, "precious");
        application(engine, "iocp.servers.echo.unix-socket=" + path)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("no socket"));
        assertThat(path).hasContent("precious");
    }

    // ---- the end

    static class Readiness {
        final List<Object> states = new ArrayList<>();

        @EventListener
        void changed(AvailabilityChangeEvent<ReadinessState> event) {
            states.add(event.getState());
        }
    }

    @EachEngine
    void shouldAnswerTheFrameThatIsOnItsWayAndResetWhoNeverEnds(EngineChoice engine) {
        Readiness readiness = new Readiness();
        tcp(engine, "iocp.servers.echo.framing.type=line", "iocp.shutdown.deadline=3s", "iocp.shutdown.jitter=100ms")
                .withBean(Lines.class)
                .withBean(Readiness.class, () -> readiness)
                .run(context -> {
                    try (Socket idle = connect(context);
                            Socket half = connect(context);
                            Socket never = connect(context)) {
                        half.getOutputStream().write("ha".getBytes(UTF_8));
                        never.getOutputStream().write("ne".getBytes(UTF_8));
                        await().until(() -> server(context).connectionViews().stream()
                                        .filter(view -> view.bytesReceived() == 2)
                                        .count()
                                == 2);
                        Thread stop = new Thread(
                                () -> context.getBean(GracefulShutdown.class).stop());
                        stop.start();
                        assertThat(idle.getInputStream().readAllBytes()).isEmpty();
                        assertThat(readiness.states).containsExactly(ReadinessState.REFUSING_TRAFFIC);
                        half.getOutputStream().write("lf\n".getBytes(UTF_8));
                        assertThat(half.getInputStream().readAllBytes()).isEqualTo("half".getBytes(UTF_8));
                        assertThatThrownBy(() -> never.getInputStream().read())
                                .isInstanceOf(SocketException.class)
                                .hasMessageContaining("reset");
                        stop.join();
                        await().until(() -> server(context).connections() == 0);
                        assertThat(server(context).closed(CloseReason.SHUTDOWN)).isEqualTo(3);
                    }
                });
    }

    static class Flood {
        @IoCompletionHandler(server = "echo")
        void flood(ByteBuffer data, Replies replies) {
            byte[] much = new byte[8 << 20];
            replies.send(much);
        }
    }

    @EachEngine
    void shouldCloseAConnectionWhoseReplyIsMoreThanThereMayBe(EngineChoice engine) {
        tcp(engine, "iocp.memory.max=12MB", "iocp.servers.echo.socket.send-buffer=64KB")
                .withBean(Flood.class)
                .withBean(Told.class)
                .run(context -> {
                    CompletionPort port = context.getBean(CompletionPort.class);
                    assertThat(port.maxMemory()).isEqualTo(12 << 20);
                    try (Socket one = connect(context);
                            Socket two = connect(context)) {
                        one.getOutputStream().write(HELLO);
                        await().until(() -> server(context).connectionViews().stream()
                                .anyMatch(view -> view.pendingBytes() > 6 << 20));
                        two.getOutputStream().write(HELLO);
                        assertThat(context.getBean(Told.class).next()).isEqualTo("dropped out-of-memory");
                        assertThat(port.stats().memory().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum())
                                .isLessThanOrEqualTo(12 << 20);
                        assertThat(one.getInputStream().readNBytes(8 << 20)).hasSize(8 << 20);
                    }
                });
        tcp(engine, "iocp.memory.max=1MB")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("iocp.memory.max")
                        .hasMessageContaining("receive-buffer-size"));
    }

    @EachEngine
    void shouldDropAReaderThatIsTooSlow(EngineChoice engine) {
        tcp(engine, "iocp.servers.echo.send.slow-reader-timeout=300ms", "iocp.servers.echo.socket.send-buffer=64KB")
                .withBean(Flood.class)
                .withBean(Told.class)
                .run(context -> {
                    try (Socket slow = connect(context)) {
                        slow.getOutputStream().write(HELLO);
                        assertThat(context.getBean(Told.class).next()).isEqualTo("dropped slow-reader");
                        assertThat(context.getBean(Told.class).slow.poll()).isGreaterThan(1 << 20);
                        await().until(() -> server(context).closed(CloseReason.SLOW_READER) == 1);
                    }
                    try (Socket fast = connect(context)) {
                        fast.getOutputStream().write(HELLO);
                        assertThat(fast.getInputStream().readNBytes(8 << 20)).hasSize(8 << 20);
                    }
                });
    }
}
