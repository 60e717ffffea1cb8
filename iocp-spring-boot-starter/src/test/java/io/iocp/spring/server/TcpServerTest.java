package io.iocp.spring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.CompletionKey;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.Replies;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Servers from properties with annotated handlers, seen by a plain socket, on both engines. */
class TcpServerTest {
    private static final byte[] HELLO = "hello".getBytes(UTF_8);

    private static ApplicationContextRunner application(EngineChoice engine) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.address=127.0.0.1",
                        "iocp.concurrency=2",
                        "iocp.engine=" + engine);
    }

    static class Echo {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @EachEngine
    void shouldSendBackWhatTheHandlerReturns(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            try (Socket socket = connect(context)) {
                for (int i = 0; i < 1000; i++) {
                    socket.getOutputStream().write(HELLO);
                    assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                }
            }
            TcpServer server = server(context);
            await().until(() -> server.connections() == 0);
            assertThat(server.opened()).isEqualTo(1);
            assertThat(server.closed(CloseReason.PEER)).isEqualTo(1);
        });
    }

    @EachEngine
    void shouldLoseNothingWhenThePeerReadsLate(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            byte[] sent = new byte[24 << 20];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = (byte) (i * 31 + i / 251);
            }
            try (Socket socket = connect(context)) {
                Thread writer = new Thread(() -> {
                    try {
                        socket.getOutputStream().write(sent);
                        socket.shutdownOutput();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                writer.start();
                // All of it cannot be in buffers: the server has stopped reading by the time that nothing more can be
                // written.
                await().until(() -> Thread.State.RUNNABLE != writer.getState()
                        || context.getBean(CompletionPort.class).stats().bytesReceived() > 2 << 20);
                assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
                writer.join();
            }
        });
    }

    static class Sessions {
        final BlockingQueue<String> ended = new LinkedBlockingQueue<>();

        record Session(List<String> lines) {}

        @IoCompletionHandler(server = "echo", kinds = OperationKind.ACCEPT)
        Session accepted(Connection connection) {
            return new Session(new CopyOnWriteArrayList<>(
                    List.of(((InetSocketAddress) connection.remoteAddress()).getHostString())));
        }

        @IoCompletionHandler(server = "echo")
        @Nullable
        String received(Session session, String text, Status status, @Nullable IOException failure) {
            if (status != Status.OK) {
                ended.add(status + " " + failure + " " + session.lines());
                return null;
            }
            session.lines().add(text);
            return session.lines().size() + " ";
        }
    }

    @EachEngine
    void shouldGiveTheConnectionTheKeyThatTheAcceptHandlerReturns(EngineChoice engine) {
        application(engine).withBean(Sessions.class).run(context -> {
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                assertThat(socket.getInputStream().readNBytes(2)).isEqualTo("2 ".getBytes(UTF_8));
                socket.getOutputStream().write(HELLO);
                assertThat(socket.getInputStream().readNBytes(2)).isEqualTo("3 ".getBytes(UTF_8));
            }
            assertThat(context.getBean(Sessions.class).ended.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("EOF null [127.0.0.1, hello, hello]");
        });
    }

    static class Banner {
        @IoCompletionHandler(server = "echo", kinds = OperationKind.ACCEPT)
        String welcome() {
            return "welcome\n";
        }

        @IoCompletionHandler(server = "echo")
        void received(@CompletionKey String server, byte[] data, Replies replies, Connection connection) {
            replies.send(server + " ");
            LeasedBuffer buffer = connection.port().buffers().lease(data.length);
            buffer.length(data.length);
            buffer.data().put(data);
            replies.send(buffer);
            replies.send(new byte[0]);
            replies.closeWhenSent();
        }
    }

    @EachEngine
    void shouldSendInOrderAndCloseWhenSent(EngineChoice engine) {
        application(engine).withBean(Banner.class).run(context -> {
            try (Socket socket = connect(context)) {
                assertThat(socket.getInputStream().readNBytes(8)).isEqualTo("welcome\n".getBytes(UTF_8));
                socket.getOutputStream().write(HELLO);
                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .isEqualTo("echo hello");
            }
            await().until(() -> server(context).closed(CloseReason.APPLICATION) == 1);
        });
    }

    /** Answers when it is told to, however much later that is. */
    static class Later {
        final BlockingQueue<Connection> asked = new LinkedBlockingQueue<>();
        final CountDownLatch ended = new CountDownLatch(1);

        @IoCompletionHandler(server = "echo")
        void received(Status status, Connection connection, Replies replies) {
            if (status == Status.OK) {
                replies.holdOpen(true);
                asked.add(connection);
            } else {
                ended.countDown();
            }
        }

        @IoCompletionHandler(server = "echo", kinds = OperationKind.POST)
        String answer(Replies replies) {
            replies.send("late ");
            replies.holdOpen(false);
            return "answer";
        }
    }

    @EachEngine
    void shouldStayOpenForAReplyThatIsStillToCome(EngineChoice engine) {
        application(engine).withBean(Later.class).run(context -> {
            Later later = context.getBean(Later.class);
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                Connection connection = requireNonNull(later.asked.poll(10, TimeUnit.SECONDS));
                socket.shutdownOutput();
                assertThat(later.ended.await(10, TimeUnit.SECONDS)).isTrue();
                server(context).drain();
                assertThat(connection.isOpen()).isTrue();

                connection.post(new OverlappedIO(), 0);
                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .isEqualTo("late answer");
            }
            await().until(() -> server(context).connections() == 0);
        });
    }

    /** Answers with a file, and closes its handle at once. */
    static class Transmits {
        static final int BYTES = 3_000_000;

        final AtomicInteger ended = new AtomicInteger();

        @IoCompletionHandler(server = "echo")
        void received(ByteBuffer data, Replies replies) throws IOException {
            Path file = Files.createTempFile("transmitted", ".bin");
            Files.write(file, new byte[BYTES]);
            FileHandle handle = replies.connection().port().openFile(file);
            replies.send("before ");
            replies.transmitFile(TransmitFileRequest.of(handle).head(MemorySegment.ofBuffer(data)));
            replies.send(" behind");
            handle.close();
            Files.delete(file);
        }

        @IoCompletionHandler(server = "echo", kinds = OperationKind.TRANSMIT_FILE)
        void transmitted(Status status, long bytes) {
            if (status == Status.OK && bytes == HELLO.length + BYTES) {
                ended.incrementAndGet();
            }
        }
    }

    @EachEngine
    void shouldTransmitAFileInItsTurnAndCloseTheConnectionBehindIt(EngineChoice engine) {
        application(engine).withBean(Transmits.class).run(context -> {
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                socket.shutdownOutput();

                byte[] answer = socket.getInputStream().readAllBytes();
                assertThat(answer).hasSize("before hello behind".length() + Transmits.BYTES);
                assertThat(new String(answer, 0, 12, UTF_8)).isEqualTo("before hello");
                assertThat(new String(answer, answer.length - 7, 7, UTF_8)).isEqualTo(" behind");
            }
            await().until(() -> server(context).closed(CloseReason.PEER) == 1);
            assertThat(context.getBean(Transmits.class).ended).hasValue(1);
        });
    }

    static class Failing {
        @IoCompletionHandler(server = "echo")
        void fail() {
            throw new IllegalStateException("as asked");
        }
    }

    @EachEngine
    void shouldCloseTheConnectionWhenItsHandlerFails(EngineChoice engine) {
        application(engine).withBean(Failing.class).run(context -> {
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                assertThat(endOf(socket)).isTrue();
            }
            await().until(() -> server(context).closed(CloseReason.HANDLER_FAILED) == 1);
            assertThat(context.getBean(CompletionPort.class).stats().handlerFailures())
                    .isEqualTo(1);
        });
    }

    @EachEngine
    void shouldListenOnEveryAddressWhenNoneIsSet(EngineChoice engine) {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues("iocp.servers.echo.port=0", "iocp.concurrency=1", "iocp.engine=" + engine)
                .withBean(Echo.class)
                .run(context -> {
                    int port = requireNonNull(server(context).localAddress()).getPort();
                    // Every loopback address that this machine has, of both families.
                    for (InetAddress loopback : NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress())
                            .inetAddresses()
                            .toList()) {
                        try (Socket socket = new Socket(loopback, port)) {
                            socket.setSoTimeout(20_000);
                            socket.getOutputStream().write(HELLO);
                            assertThat(socket.getInputStream().readNBytes(5))
                                    .as("over " + loopback)
                                    .isEqualTo(HELLO);
                        }
                    }
                });
    }

    @EachEngine
    void shouldCloseAtOnceWhatIsMoreThanMayBe(EngineChoice engine) {
        application(engine)
                .withBean(Echo.class)
                .withPropertyValues("iocp.servers.echo.max-connections=1")
                .run(context -> {
                    try (Socket first = connect(context)) {
                        first.getOutputStream().write(HELLO);
                        assertThat(first.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                        try (Socket second = connect(context)) {
                            assertThat(endOf(second)).isTrue();
                        }
                        assertThat(server(context).rejected(RejectReason.MAX_CONNECTIONS))
                                .isEqualTo(1);
                    }
                    await().until(() -> server(context).connections() == 0);
                    try (Socket third = connect(context)) {
                        third.getOutputStream().write(HELLO);
                        assertThat(third.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                    }
                });
    }

    @EachEngine
    void shouldCloseIdleConnections(EngineChoice engine) {
        application(engine)
                .withBean(Echo.class)
                .withPropertyValues("iocp.servers.echo.idle-timeout=100ms")
                .run(context -> {
                    try (Socket socket = connect(context)) {
                        assertThat(endOf(socket)).isTrue();
                    }
                    await().until(() -> server(context).closed(CloseReason.IDLE) == 1);
                });
    }

    @EachEngine
    void shouldCountResets(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                socket.setSoLinger(true, 0);
            }
            await().until(() -> server(context).closed(CloseReason.RESET) == 1);
            assertThat(server(context).connections()).isZero();
        });
    }

    static class Slow {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch proceed = new CountDownLatch(1);

        @IoCompletionHandler(server = "echo", blocking = true)
        byte[] slow(byte[] data) throws InterruptedException {
            entered.countDown();
            assertThat(proceed.await(10, TimeUnit.SECONDS)).isTrue();
            return data;
        }
    }

    @EachEngine
    void shouldFinishWhatIsBeingHandledWhenItStops(EngineChoice engine) {
        application(engine).withBean(Slow.class).run(context -> {
            Slow slow = context.getBean(Slow.class);
            try (Socket busy = connect(context);
                    Socket idle = connect(context)) {
                busy.getOutputStream().write(HELLO);
                assertThat(slow.entered.await(10, TimeUnit.SECONDS)).isTrue();
                int port = localPort(context);
                Thread closing = new Thread(context.getSourceApplicationContext()::close);
                closing.start();

                assertThat(endOf(idle)).isTrue();
                assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                        .isInstanceOf(SocketException.class);
                slow.proceed.countDown();
                assertThat(busy.getInputStream().readAllBytes()).isEqualTo(HELLO);
                closing.join(10_000);
                assertThat(closing.isAlive()).isFalse();
            }
        });
    }

    @EachEngine
    void shouldCloseWhatIsStillBusyAtTheDeadline(EngineChoice engine) {
        application(engine)
                .withBean(Slow.class)
                .withPropertyValues("iocp.shutdown.deadline=100ms")
                .run(context -> {
                    Slow slow = context.getBean(Slow.class);
                    try (Socket busy = connect(context)) {
                        busy.getOutputStream().write(HELLO);
                        assertThat(slow.entered.await(10, TimeUnit.SECONDS)).isTrue();
                        Thread closing = new Thread(context.getSourceApplicationContext()::close);
                        closing.start();
                        // The descriptor is closed, and so the reset sent, as soon as no packet of it is anywhere.
                        await().until(() -> server(context).state() == TcpServer.State.STOPPED);
                        slow.proceed.countDown();
                        assertThat(endOf(busy)).isTrue();
                        closing.join(10_000);
                        assertThat(closing.isAlive()).isFalse();
                    }
                });
    }

    @EachEngine
    void shouldListenAgainAfterAStop(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            context.getSourceApplicationContext().stop();
            assertThat(server(context).state()).isEqualTo(TcpServer.State.STOPPED);
            context.getSourceApplicationContext().start();
            try (Socket socket = connect(context)) {
                socket.getOutputStream().write(HELLO);
                assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(HELLO);
            }
        });
    }

    private static boolean endOf(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    private static TcpServer server(ApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("echo"));
    }

    private static int localPort(ApplicationContext context) {
        return context.getEnvironment().getRequiredProperty("local.iocp.echo.port", Integer.class);
    }

    private static Socket connect(ApplicationContext context) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), localPort(context));
        socket.setSoTimeout(10_000);
        return socket;
    }
}
