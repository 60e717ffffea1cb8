package io.iocp.spring.handler;

import static io.iocp.spring.handler.HandlerApplication.connect;
import static io.iocp.spring.handler.HandlerApplication.read;
import static io.iocp.spring.handler.HandlerApplication.readToEnd;
import static io.iocp.spring.handler.HandlerApplication.send;
import static io.iocp.spring.handler.HandlerApplication.server;
import static io.iocp.spring.handler.HandlerApplication.with;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import io.iocp.spring.annotation.OnDrain;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What is no packet: a connection is closed, or about to be drained. */
class ConnectionEventsTest {

    static class Watched {
        final List<String> seen = new CopyOnWriteArrayList<>();
        final AtomicReference<@Nullable String> told = new AtomicReference<>();

        @IoCompletionHandler(
                server = {"lines", "raw"},
                kinds = OperationKind.ACCEPT)
        Object key() {
            return new StringJoiner(",").add("the key");
        }

        @IoCompletionHandler(server = {"lines", "raw"})
        @Nullable
        String line(Connection connection, @Nullable String data, Status status) {
            seen.add(status + " " + data);
            if (status == Status.OK && data != null && data.startsWith("quit")) {
                connection.close();
            }
            if (status == Status.OK && data != null && data.startsWith("throw")) {
                throw new IllegalStateException("as asked");
            }
            return status == Status.OK ? data + ";" : null;
        }

        @OnClosed(server = {"lines", "raw"})
        void closed(
                CloseReason reason,
                ConnectionInfo info,
                Connection connection,
                StringJoiner key,
                InetSocketAddress peer,
                Duration open) {
            seen.add("CLOSED");
            told.set(reason + " " + info.owner() + " " + connection.isOpen() + " " + key + " "
                    + peer.getAddress().isLoopbackAddress() + " " + open.isNegative() + " " + info.bytesReceived());
        }
    }

    @EachEngine
    void shouldTellOfTheEndBehindTheLastPacket(EngineChoice engine) {
        with(engine, Watched.class).run(context -> {
            Watched handler = context.getBean(Watched.class);
            try (Socket socket = connect(context, "raw")) {
                send(socket, "some");
                assertThat(read(socket, "some;")).isEqualTo("some;");
                socket.shutdownOutput();
                assertThat(readToEnd(socket)).isEmpty();
            }
            await().until(() -> handler.told.get() != null);
            assertThat(handler.told.get()).isEqualTo("PEER raw false the key true false 4");
            assertThat(handler.seen).containsExactly("OK some", "EOF ", "CLOSED");
        });
    }

    @EachEngine
    void shouldSayWhyItWasClosed(EngineChoice engine) {
        with(engine, Watched.class).run(context -> {
            Watched handler = context.getBean(Watched.class);
            try (Socket socket = connect(context, "lines")) {
                send(socket, "throw\n");
                assertThat(readToEnd(socket)).isEmpty();
            }
            await().until(() -> handler.told.get() != null);
            assertThat(handler.told.get()).startsWith("HANDLER_FAILED lines");
            handler.told.set(null);
            try (Socket socket = connect(context, "lines")) {
                send(socket, "quit\n");
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            } catch (IOException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
            await().until(() -> handler.told.get() != null);
            assertThat(handler.told.get()).startsWith("APPLICATION lines");
        });
    }

    static class Posting {
        final AtomicInteger posts = new AtomicInteger();
        final AtomicInteger atTheEnd = new AtomicInteger(-1);
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        @IoCompletionHandler(server = "raw")
        void data(Connection connection) throws IOException {
            for (int i = 0; i < 100; i++) {
                connection.post(new OverlappedIO(), i);
            }
            connection.close();
        }

        @IoCompletionHandler(server = "raw", kinds = OperationKind.POST, blocking = true)
        void posted() throws InterruptedException {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
            posts.incrementAndGet();
            running.decrementAndGet();
        }

        @OnClosed(server = "raw", blocking = true)
        void closed() {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            atTheEnd.set(posts.get());
            running.decrementAndGet();
        }
    }

    @EachEngine
    void shouldComeBehindPacketsThatRunElsewhere(EngineChoice engine) {
        with(engine, Posting.class).run(context -> {
            Posting handler = context.getBean(Posting.class);
            try (Socket socket = connect(context, "raw")) {
                send(socket, "x");
                await().untilAtomic(handler.atTheEnd, org.hamcrest.Matchers.not(-1));
            }
            assertThat(handler.atTheEnd).hasValue(100);
            assertThat(handler.most).hasValue(1);
        });
    }

    static class Failing {
        final AtomicInteger told = new AtomicInteger();

        @IoCompletionHandler(server = "lines")
        String line(String line) {
            return line + ";";
        }

        @OnClosed(server = "lines")
        void closed() {
            told.incrementAndGet();
            throw new IllegalStateException("as asked");
        }

        @OnDrain(server = "lines")
        String drain() {
            throw new IllegalStateException("as asked");
        }
    }

    @EachEngine
    void shouldLoseNothingWhenOneThrows(EngineChoice engine) {
        with(engine, Failing.class).run(context -> {
            Failing handler = context.getBean(Failing.class);
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\n");
                assertThat(read(socket, "a;")).isEqualTo("a;");
                server(context, "lines").drain();
                assertThat(readToEnd(socket)).isEmpty();
            }
            await().untilAtomic(handler.told, org.hamcrest.Matchers.is(1));
            await().until(() -> server(context, "lines").closed(CloseReason.SHUTDOWN) == 1);
            HandlerRegistry registry = context.getBean(HandlerRegistry.class);
            assertThat(registry.handlers().stream()
                            .mapToLong(HandlerEndpoint::failures)
                            .sum())
                    .isEqualTo(2);
        });
    }

    static class Polite {
        final AtomicReference<@Nullable Replies> held = new AtomicReference<>();
        final AtomicInteger drains = new AtomicInteger();

        @IoCompletionHandler(server = "lines")
        String line(String line) {
            return line + ";";
        }

        @IoCompletionHandler(server = "lines", kinds = OperationKind.POST)
        void finish(Replies replies) {
            replies.send("done;");
            replies.holdOpen(false);
        }

        @OnDrain(server = "lines")
        String drain(Replies replies) {
            drains.incrementAndGet();
            held.set(replies);
            replies.holdOpen(true);
            return "goodbye;";
        }
    }

    @EachEngine
    void shouldSayGoodbyeAndHoldTheConnectionOpenUntilItIsDone(EngineChoice engine) {
        with(engine, Polite.class).run(context -> {
            Polite handler = context.getBean(Polite.class);
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\n");
                assertThat(read(socket, "a;")).isEqualTo("a;");
                server(context, "lines").drain();
                assertThat(read(socket, "goodbye;")).isEqualTo("goodbye;");
                server(context, "lines").drain();
                Replies replies = requireNonNull(handler.held.get());
                replies.connection().post(new OverlappedIO(), 0);
                assertThat(readToEnd(socket)).isEqualTo("done;");
                assertThat(handler.drains).hasValue(1);
            }
        });
    }
}
