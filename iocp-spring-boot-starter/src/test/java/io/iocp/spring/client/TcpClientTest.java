package io.iocp.spring.client;

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
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.Replies;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.EventListener;

/** Clients from properties with annotated handlers, against plain sockets, on both engines. */
class TcpClientTest {

    private static ApplicationContextRunner application(EngineChoice engine, int port) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.clients.up.host=127.0.0.1",
                        "iocp.clients.up.port=" + port,
                        "iocp.clients.up.reconnect.initial-delay=2ms",
                        "iocp.clients.up.reconnect.max-delay=40ms",
                        "iocp.concurrency=2",
                        "iocp.engine=" + engine);
    }

    private static TcpClient client(ApplicationContext context) {
        return context.getBean(TcpClients.class).client("up");
    }

    private static TcpClient connected(ApplicationContext context) {
        TcpClient client = client(context);
        await().until(() ->
                client.connections(ClientState.UP) == client.settings().connections());
        return client;
    }

    private static Throwable failure(CompletableFuture<?> stage) {
        try {
            stage.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return requireNonNull(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it has not failed");
    }

    /** What was on the port has ended by the time that the context has. */
    private static void assertNothingInFlight(CompletionPort port) {
        assertThat(port.stats().inFlight().values()).allMatch(n -> n == 0);
        assertThat(port.stats().connections()).isZero();
    }

    static class Answers {
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();

        @IoCompletionHandler(client = "up")
        void received(String text) {
            received.add(text);
        }
    }

    @EachEngine
    void shouldSendAndReceive(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            List<CompletionPort> port = new ArrayList<>();
            application(engine, server.port()).withBean(Answers.class).run(context -> {
                TcpClient client = connected(context);
                port.add(context.getBean(CompletionPort.class));

                client.send("hello").get(20, TimeUnit.SECONDS);

                assertThat(context.getBean(Answers.class).received.poll(20, TimeUnit.SECONDS))
                        .isEqualTo("hello");
                assertThat(client.connects(ConnectOutcome.SUCCESS)).isEqualTo(1);
                assertThat(client.connectionViews()).singleElement().satisfies(view -> {
                    assertThat(view.owner()).isEqualTo("up");
                    assertThat(view.peer()).contains(":" + server.port());
                    assertThat(view.bytesSent()).isEqualTo(5);
                });
            });
            assertNothingInFlight(port.getFirst());
        }
    }

    static class Order {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

        @IoCompletionHandler(client = "up", kinds = OperationKind.CONNECT)
        String connected(OverlappedIO packet) {
            seen.add("connected " + packet.status());
            return "hello";
        }

        @IoCompletionHandler(client = "up")
        void received(String text, Replies replies) {
            seen.add(text);
            if (text.endsWith("3")) {
                replies.closeWhenSent();
            } else {
                replies.send("2".equals(text) ? "3" : "2");
            }
        }

        @EventListener
        void up(TcpClientConnected event) {
            seen.add(event.client() + " up");
        }

        @EventListener
        void lost(TcpClientLost event) {
            seen.add(event.client() + " lost " + event.reason() + " " + (event.nextTryIn() != null));
        }
    }

    @EachEngine
    void shouldCallHandlersInOrderAndConnectAgainWhenOneHasClosed(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port()).withBean(Order.class).run(context -> {
                BlockingQueue<String> seen = context.getBean(Order.class).seen;
                List<String> first = new ArrayList<>();
                while (first.size() < 9) {
                    String next = seen.poll(20, TimeUnit.SECONDS);
                    assertThat(next).as("after %s", first).isNotNull();
                    first.add(next);
                }
                assertThat(first)
                        .containsExactly(
                                "connected OK",
                                "up up",
                                "hello",
                                "2",
                                "3",
                                "up lost application true",
                                "connected OK",
                                "up up",
                                "hello");
            });
        }
    }

    @EachEngine
    void shouldTryAgainAndAgainUntilSomebodyListens(EngineChoice engine) throws Exception {
        int port = freePort();
        application(engine, port).run(context -> {
            TcpClient client = client(context);
            await().until(() -> client.connects(ConnectOutcome.REFUSED) >= 4);
            ClientConnectionView view = client.views().getFirst();
            assertThat(view.failures()).isGreaterThanOrEqualTo(3);
            assertThat(view.lastFailure()).startsWith("refused (");
            assertThat(failure(client.send("x")))
                    .isInstanceOf(ClientNotConnectedException.class)
                    .hasMessageContainingAll("client 'up' has no connection", "refused", "remedy")
                    .hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(client::connection).isInstanceOf(ClientNotConnectedException.class);
            try (PlainServer server = new PlainServer(port, PlainServer.ECHO)) {
                connected(context).send("x").get(20, TimeUnit.SECONDS);
                assertThat(server.accepted()).isEqualTo(1);
            }
        });
    }

    static class Failures {
        final BlockingQueue<String> told = new LinkedBlockingQueue<>();

        @IoCompletionHandler(client = "up", kinds = OperationKind.CONNECT)
        String connected(Status status, ConnectionInfo info) {
            told.add(status + " " + info.remoteAddress());
            return "hello";
        }

        @IoCompletionHandler(client = "up")
        void received(byte[] echo) {
            told.add("received");
        }

        @OnClosed(client = "up")
        void closed() {
            told.add("closed");
        }
    }

    @EachEngine
    void shouldTellHandlersOfFailuresAndOfTheEnd(EngineChoice engine) throws Exception {
        int port = freePort();
        application(engine, port).withBean(Failures.class).run(context -> {
            BlockingQueue<String> told = context.getBean(Failures.class).told;
            assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("REFUSED /127.0.0.1:" + port);
            try (PlainServer server = new PlainServer(port, PlainServer.ECHO)) {
                connected(context);
                await().until(() -> told.contains("OK /127.0.0.1:" + port));
                await().until(() -> told.contains("received"));
                server.hangUp();
                await().until(() -> told.contains("closed"));
            }
        });
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @EachEngine
    void shouldComeBackWhenTheServerHasBeenRestarted(EngineChoice engine) throws Exception {
        PlainServer server = new PlainServer(PlainServer.ECHO);
        int port = server.port();
        application(engine, port)
                .withPropertyValues("iocp.clients.up.connections=3")
                .run(context -> {
                    TcpClient client = connected(context);
                    server.close();
                    await().until(() -> client.connections(ClientState.UP) == 0);
                    await().until(() -> client.connects(ConnectOutcome.REFUSED) >= 6);
                    try (PlainServer again = new PlainServer(port, PlainServer.ECHO)) {
                        connected(context);
                        for (int i = 0; i < 3; i++) {
                            again.next(); // a client is connected before the server has accepted it
                        }
                        assertThat(again.accepted()).isEqualTo(3);
                        assertThat(client.reconnects()).isGreaterThanOrEqualTo(6);
                    }
                });
    }

    @EachEngine
    void shouldWaitLongerForAServerThatAcceptsAndHangsUp(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(Socket::close)) {
            application(engine, server.port())
                    .withPropertyValues("iocp.clients.up.reconnect.jitter=0")
                    .run(context -> {
                        TcpClient client = client(context);
                        await().until(() -> client.views().getFirst().failures() >= 5);
                        assertThat(client.closedFor(CloseReason.PEER) + client.closedFor(CloseReason.RESET))
                                .isGreaterThanOrEqualTo(4);
                    });
        }
    }

    @EachEngine
    void shouldUseAllConnectionsOfThePool(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port())
                    .withBean(Answers.class)
                    .withPropertyValues("iocp.clients.up.connections=4")
                    .run(context -> {
                        TcpClient client = connected(context);
                        for (int i = 0; i < 40; i++) {
                            client.send("x").get(20, TimeUnit.SECONDS);
                        }
                        assertThat(client.connectionViews())
                                .hasSize(4)
                                .allSatisfy(view -> assertThat(view.bytesSent()).isPositive());
                        ClientConnection own = client.connection("a key");
                        assertThat(client.connection("a key")).isEqualTo(own);
                        assertThat(own.isUp()).isTrue();
                    });
        }
    }

    @EachEngine
    void shouldKeepTheOrderOfEachThread(EngineChoice engine) throws Exception {
        int threads = 4;
        int each = 2_000;
        BlockingQueue<byte[]> got = new LinkedBlockingQueue<>();
        try (PlainServer server = new PlainServer(
                socket -> got.add(socket.getInputStream().readNBytes(threads * each * Integer.BYTES)))) {
            application(engine, server.port()).run(context -> {
                ClientConnection to = connected(context).connection();
                List<Thread> senders = new ArrayList<>();
                List<CompletableFuture<Void>> sent = Collections.synchronizedList(new ArrayList<>());
                for (int t = 0; t < threads; t++) {
                    int thread = t;
                    senders.add(Thread.ofPlatform().start(() -> {
                        for (int i = 0; i < each; i++) {
                            ByteBuffer data = ByteBuffer.allocate(Integer.BYTES).putInt(0, thread << 24 | i);
                            sent.add(to.send(data));
                        }
                    }));
                }
                for (Thread sender : senders) {
                    sender.join();
                }
                CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
                byte[] bytes = got.poll(20, TimeUnit.SECONDS);
                assertThat(bytes).hasSize(threads * each * Integer.BYTES);
                int[] next = new int[threads];
                ByteBuffer all = ByteBuffer.wrap(bytes);
                while (all.hasRemaining()) {
                    int value = all.getInt();
                    assertThat(value & 0xFFFFFF).isEqualTo(next[value >>> 24]++);
                }
            });
        }
    }

    @EachEngine
    void shouldRefuseToSendMoreThanThePeerReads(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.NOTHING)) {
            application(engine, server.port()).run(context -> {
                TcpClient client = connected(context);
                byte[] much = new byte[256 << 10];
                List<CompletableFuture<Void>> sent = new ArrayList<>();
                Throwable refusal = null;
                // The kernel's buffers take a few MiB; then ours fill up, and nothing leaves any more.
                while (refusal == null && sent.size() < 1000) {
                    CompletableFuture<Void> next = client.send(much);
                    if (next.isCompletedExceptionally()) {
                        refusal = failure(next);
                    } else {
                        sent.add(next);
                    }
                }
                assertThat(refusal)
                        .isInstanceOf(SendRefusedException.class)
                        .hasMessageContaining("wait for the stages of earlier sends");

                InputStream in = server.next().getInputStream();
                assertThat(in.readNBytes(sent.size() * much.length)).hasSize(sent.size() * much.length);
                CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
                client.send("more").get(20, TimeUnit.SECONDS);
            });
        }
    }

    static class Counts {
        final AtomicLong received = new AtomicLong();

        @IoCompletionHandler(client = "up")
        void received(ByteBuffer data) {
            received.addAndGet(data.remaining());
        }
    }

    @EachEngine
    void shouldReceiveWhileThePeerWaitsWithReadingUntilItHas(EngineChoice engine) throws Exception {
        // The peer stops to read when its answers are not read: the two must not wait for each other.
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port()).withBean(Counts.class).run(context -> {
                CompletableFuture<Void> sent = connected(context).send(new byte[48 << 20]);
                AtomicLong received = context.getBean(Counts.class).received;
                await().until(() -> received.get() == 48 << 20);
                sent.get(20, TimeUnit.SECONDS);
            });
        }
    }

    @EachEngine
    void shouldTellWhatWasNotSentWhenTheConnectionIsLost(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.NOTHING)) {
            application(engine, server.port()).run(context -> {
                TcpClient client = connected(context);
                ClientConnection connection = client.connection();
                CompletableFuture<Void> never = connection.send(new byte[64 << 20]);
                server.next().close();
                assertThat(failure(never)).isInstanceOf(IOException.class);
                await().until(() -> !connection.isUp());
                assertThat(failure(connection.send("x"))).isInstanceOf(ClientNotConnectedException.class);
                connected(context).send("x").get(20, TimeUnit.SECONDS);
            });
        }
    }

    @EachEngine
    void shouldSendWhatItWasGivenBeforeItStops(EngineChoice engine) throws Exception {
        CompletableFuture<Integer> got = new CompletableFuture<>();
        CountDownLatch stopping = new CountDownLatch(1);
        try (PlainServer server = new PlainServer(socket -> {
            awaitQuietly(stopping);
            got.complete(socket.getInputStream().readAllBytes().length);
        })) {
            CompletableFuture<?>[] sent = new CompletableFuture<?>[1];
            application(engine, server.port()).run(context -> {
                TcpClient client = connected(context);
                sent[0] = client.send(new byte[16 << 20]);
                Thread.ofPlatform().daemon().start(() -> {
                    await().until(() -> client.connections(ClientState.DRAINING) == 1);
                    stopping.countDown();
                });
            });
            assertThat(sent[0]).isCompleted();
            assertThat(got.get(20, TimeUnit.SECONDS)).isEqualTo(16 << 20);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @EachEngine
    void shouldGiveUpAConnectThatTakesTooLongAndStopInTheMiddleOfOne(EngineChoice engine) throws Exception {
        // A full backlog: what connects is not answered.
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket first = new Socket(full.getInetAddress(), full.getLocalPort());
                Socket second = new Socket(full.getInetAddress(), full.getLocalPort())) {
            List<CompletionPort> port = new ArrayList<>();
            application(engine, full.getLocalPort())
                    .withPropertyValues("iocp.clients.up.connect-timeout=50ms")
                    .run(context -> {
                        port.add(context.getBean(CompletionPort.class));
                        await().until(() -> client(context).connects(ConnectOutcome.TIMED_OUT) >= 2);
                    });
            assertNothingInFlight(port.getFirst());
            application(engine, full.getLocalPort()).run(context -> {
                port.set(0, context.getBean(CompletionPort.class));
                await().until(() -> client(context).connections(ClientState.CONNECTING) == 1);
            });
            assertNothingInFlight(port.getFirst());
            assertThat(first.isConnected() && second.isConnected()).isTrue();
        }
    }

    @EachEngine
    void shouldStopWhileItWaitsForTheNextTry(EngineChoice engine) throws Exception {
        List<CompletionPort> port = new ArrayList<>();
        application(engine, freePort())
                .withPropertyValues(
                        "iocp.clients.up.reconnect.initial-delay=1h", "iocp.clients.up.reconnect.max-delay=1h")
                .run(context -> {
                    port.add(context.getBean(CompletionPort.class));
                    TcpClient client = client(context);
                    await().until(() -> client.connections(ClientState.WAITING) == 1);
                    assertThat(client.views().getFirst().nextTryAt()).isNotNull();

                    TcpClients clients = context.getBean(TcpClients.class);
                    clients.stop();
                    assertThat(client.connections(ClientState.STOPPED)).isEqualTo(1);
                    assertThat(failure(client.send("x"))).hasMessageContaining("it is stopped");

                    clients.start();
                    await().until(() -> client.connects(ConnectOutcome.REFUSED) == 2);
                });
        assertNothingInFlight(port.getFirst());
    }

    /** Knows nothing at first, and never answers for one name. */
    static class Names implements HostResolver {
        final AtomicInteger asked = new AtomicInteger();
        final BlockingQueue<String> threads = new LinkedBlockingQueue<>();
        final CountDownLatch forgotten = new CountDownLatch(1);

        @Override
        public List<InetAddress> addresses(String host) throws UnknownHostException {
            threads.add(Thread.currentThread().getName());
            if (host.equals("silent.test")) {
                asked.incrementAndGet();
                try {
                    forgotten.await();
                } catch (InterruptedException e) {
                    // The context is closed.
                }
            }
            if (asked.incrementAndGet() < 3) {
                throw new UnknownHostException(host + " is not known yet");
            }
            return List.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
        }
    }

    @EachEngine
    void shouldLookUpTheNameForEachTryAndNotOnAWorker(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port())
                    .withBean(Names.class)
                    .withPropertyValues("iocp.clients.up.host=moves.test")
                    .run(context -> {
                        TcpClient client = connected(context);
                        assertThat(client.connects(ConnectOutcome.UNKNOWN_HOST)).isEqualTo(2);
                        server.next(); // accepted, so that it is hung up
                        server.hangUp();
                        await().until(() -> client.connects(ConnectOutcome.SUCCESS) == 2);
                        assertThat(context.getBean(Names.class).asked).hasValue(4);
                        assertThat(context.getBean(Names.class).threads).allMatch(name -> name.startsWith("iocp-dns-"));
                    });
        }
    }

    @EachEngine
    void shouldStopWhileANameIsLookedUp(EngineChoice engine) {
        List<CompletionPort> port = new ArrayList<>();
        application(engine, 7)
                .withBean(Names.class)
                .withPropertyValues("iocp.clients.up.host=silent.test")
                .run(context -> {
                    port.add(context.getBean(CompletionPort.class));
                    await().until(() -> context.getBean(Names.class).asked.get() > 0);
                    assertThat(client(context).connections(ClientState.CONNECTING))
                            .isEqualTo(1);
                });
        assertNothingInFlight(port.getFirst());
    }

    @EachEngine(sockets = true)
    void shouldConnectToAUnixSocket(EngineChoice engine, @TempDir Path directory) throws Exception {
        Path path = directory.resolve("up.sock");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                    .withPropertyValues("iocp.clients.up.unix-socket=" + path, "iocp.engine=" + engine)
                    .run(context -> {
                        try (SocketChannel socket = server.accept()) {
                            connected(context).send("hello").get(20, TimeUnit.SECONDS);
                            ByteBuffer got = ByteBuffer.allocate(5);
                            while (got.hasRemaining()) {
                                assertThat(socket.read(got)).isPositive();
                            }
                            assertThat(new String(got.array(), UTF_8)).isEqualTo("hello");
                        }
                    });
        }
    }

    @EachEngine
    void shouldCloseAnIdleConnectionAndMakeANewOne(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port())
                    .withPropertyValues("iocp.clients.up.idle-timeout=20ms")
                    .run(context -> {
                        TcpClient client = client(context);
                        await().until(() -> client.closedFor(CloseReason.IDLE) >= 2);
                        await().until(() -> server.accepted() >= 3);
                    });
        }
    }

    @EachEngine
    void shouldCloseAConnectionForAnOperatorAndMakeANewOne(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port()).run(context -> {
                TcpClient client = connected(context);
                long id = client.connectionViews().getFirst().id();
                assertThat(client.connectionView(id)).isNotNull();
                assertThat(client.connectionView(id + 1_000_000)).isNull();
                assertThat(client.closeConnection(id + 1_000_000)).isFalse();
                assertThat(client.drainConnection(id + 1_000_000)).isFalse();
                assertThat(client.drainConnection(id)).isTrue();
                await().until(() -> client.connects(ConnectOutcome.SUCCESS) == 2);
                id = connected(context).connectionViews().getFirst().id();
                assertThat(client.closeConnection(id)).isTrue();
                await().until(() -> client.connects(ConnectOutcome.SUCCESS) == 3);
                await().until(() -> client.closedFor(CloseReason.OPERATOR) == 1);
            });
        }
    }

    static class Quarrelsome {
        final AtomicInteger calls = new AtomicInteger();

        @IoCompletionHandler(client = "up", kinds = OperationKind.CONNECT)
        void connected() {
            if (calls.incrementAndGet() < 3) {
                throw new IllegalStateException("not today");
            }
        }
    }

    @EachEngine
    void shouldConnectAgainWhenTheHandlerOfTheConnectFails(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port()).withBean(Quarrelsome.class).run(context -> {
                TcpClient client = connected(context);
                assertThat(client.connects(ConnectOutcome.HANDLER_FAILED)).isEqualTo(2);
                assertThat(context.getBean(Quarrelsome.class).calls).hasValue(3);
            });
        }
    }

    @EachEngine
    void shouldEndWithThePort(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server.port())
                    .withPropertyValues("iocp.clients.up.connections=2")
                    .run(context -> {
                        TcpClient client = connected(context);
                        context.getBean(CompletionPort.class).close();
                        await().until(client::isStopped);
                        assertThat(failure(client.send("x"))).isInstanceOf(ClientNotConnectedException.class);
                    });
        }
    }

    @EachEngine
    void shouldFailNothingTwiceAndLoseNothingWhenManySendWhileConnectionsBreak(EngineChoice engine) throws Exception {
        int threads = 4;
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            List<CompletionPort> port = new ArrayList<>();
            application(engine, server.port())
                    .withPropertyValues("iocp.clients.up.connections=3")
                    .run(context -> {
                        port.add(context.getBean(CompletionPort.class));
                        TcpClient client = connected(context);
                        AtomicInteger ended = new AtomicInteger();
                        AtomicInteger started = new AtomicInteger();
                        List<Thread> senders = new ArrayList<>();
                        for (int t = 0; t < threads; t++) {
                            senders.add(Thread.ofPlatform().start(() -> {
                                for (int i = 0; i < 3_000; i++) {
                                    started.incrementAndGet();
                                    CompletableFuture<?> counted = client.send(new byte[i % 700])
                                            .whenComplete((done, e) -> ended.incrementAndGet());
                                    assertThat(counted).isNotNull();
                                }
                            }));
                        }
                        while (senders.stream().anyMatch(Thread::isAlive)) {
                            server.hangUp();
                            senders.getFirst().join(5);
                        }
                        for (Thread sender : senders) {
                            sender.join();
                        }
                        await().until(() -> ended.get() == started.get());
                        assertThat(ended).hasValue(threads * 3_000);
                        await().until(() -> client.connections(ClientState.UP) == 3);
                    });
            assertNothingInFlight(port.getFirst());
        }
    }
}
