package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.ForwardingSslEngine;
import io.iocp.TestCertificates;
import io.iocp.operation.BufferPool;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import io.iocp.operation.TlsSettings;
import io.iocp.tls.PlainText;
import io.iocp.tls.RecordBuffers;
import io.iocp.tls.TlsSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Secure connections against what comes in between, with an engine that does what the test says. */
@Timeout(60)
class SecureRaceTest {
    private static final BufferPool BUFFERS = new BufferPool();

    private final Endpoint connection = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
    private final AtomicInteger released = new AtomicInteger();

    private static SSLEngine serving() {
        SSLEngine engine = TestCertificates.server().createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    private static SSLEngine asking() {
        SSLEngine engine = TestCertificates.client().createSSLEngine("localhost", 443);
        engine.setUseClientMode(true);
        return engine;
    }

    /** Of a side that says the first word. */
    private class Settings implements TlsSettings {
        private final Supplier<SSLEngine> engines;

        Settings(Supplier<SSLEngine> engines) {
            this.engines = engines;
        }

        @Override
        public boolean isClient() {
            return true;
        }

        @Override
        public boolean isTruncationAllowed() {
            return false;
        }

        @Override
        public SSLEngine engine(@Nullable String serverName) {
            return engines.get();
        }

        @Override
        public boolean prefersDirectBuffers() {
            return false;
        }

        @Override
        public void release(SSLEngine engine) {
            released.incrementAndGet();
        }

        @Override
        public @Nullable String requestedName() {
            return null;
        }
    }

    private static Handshake handshake(Endpoint endpoint, TlsSettings settings) {
        Handshake handshake = new Handshake("handshake");
        handshake.begin(endpoint);
        endpoint.secure();
        handshake.of(settings);
        return handshake;
    }

    private Send send() {
        Send send = new Send("send");
        send.begin(connection);
        send.one(Arena.global().allocate(4));
        return send;
    }

    /** An engine whose task is done when the test says so. */
    private static SSLEngine computing(CountDownLatch begun, CountDownLatch go) {
        Deque<Runnable> tasks = new ArrayDeque<>();
        tasks.add(() -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts a task", e);
            }
        });
        return new ForwardingSslEngine(asking()) {
            @Override
            public HandshakeStatus getHandshakeStatus() {
                return HandshakeStatus.NEED_TASK;
            }

            @Override
            public @Nullable Runnable getDelegatedTask() {
                return tasks.poll();
            }
        };
    }

    // ---- nothing in plain text

    @Test
    void shouldNotSendInPlainTextWhatWasStartedOnASecureConnectionThatHasGone() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            connection.secure();
            connection.secured();
            Send late = send(); // its start is still under way while all this happens
            connection.recycled();
            shard.start(late);
            assertThat(port.next()).isSameAs(late);
            assertThat(late.status).isEqualTo(Status.ABORTED);
            assertThat(port.loop(0).submitted).isEmpty();
        }
    }

    @Test
    void shouldCountAsSecureOnlyWhatComesBehindTheHandshake() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            Handshake handshake = handshake(connection, new Settings(() -> computing(begun, go)));
            assertThat(connection.isSecure())
                    .as("before the handshake has its place")
                    .isFalse();
            shard.start(handshake);
            ScriptedPort.settle(shard);
            assertThat(connection.isSecure()).isTrue();
            assertThat(connection.secure()).as("a second one").isFalse();
            go.countDown();
        }
    }

    // ---- engines

    @Test
    void shouldReleaseTheEngineThoughItsTaskOutlivesThePort() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            shard.start(handshake(connection, new Settings(() -> computing(begun, go))));
            begun.await();
        }
        assertThat(connection.lifecycle()).isEqualTo(Endpoint.Lifecycle.CLOSED);
        assertThat(released).hasValue(0);
        go.countDown();
        await().atMost(ScriptedPort.DEADLINE)
                .untilAsserted(() -> assertThat(released).hasValue(1));
    }

    @Test
    void shouldCloseTheDescriptorThoughTheEngineCannotBeReleased() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(0);
        TlsSettings unreleasable = new Settings(() -> computing(begun, go)) {
            @Override
            public void release(SSLEngine engine) {
                super.release(engine);
                throw new UnsatisfiedLinkError("the library has gone");
            }
        };
        ScriptedPort port = new ScriptedPort(1, _ -> {});
        try (port) {
            Shard shard = port.associate(connection);
            shard.start(handshake(connection, unreleasable));
            begun.await();
        }
        assertThat(port.loop(0).calls).contains("closeDescriptor");
        await().atMost(ScriptedPort.DEADLINE)
                .untilAsserted(() -> assertThat(released).hasValue(1));
    }

    @Test
    void shouldEndAHandshakeWhoseEngineCannotBeLoadedAndNoOther() throws Exception {
        Endpoint other = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            port.associate(other);
            UnsatisfiedLinkError missing = new UnsatisfiedLinkError("no such library");
            Handshake bad = handshake(connection, new Settings(() -> {
                throw missing;
            }));
            Handshake good = handshake(other, new Settings(SecureRaceTest::asking));
            shard.command(
                    s -> { // both in one turn
                        s.flow().take(started(bad));
                        s.flow().take(started(good));
                    });
            assertThat(port.next()).isSameAs(bad);
            assertThat(bad.status).isEqualTo(Status.TLS_ERROR);
            assertThat(bad.cause()).isInstanceOf(SSLException.class).hasCause(missing);
            await().atMost(ScriptedPort.DEADLINE)
                    .until(() -> port.loop(0).submitted.size() == 1);
            complete(port.loop(0), port.loop(0).submitted.element(), Status.RESET, 0);
            assertThat(port.next()).isSameAs(good);
        }
    }

    private static Operation started(Operation operation) {
        operation.started();
        return operation;
    }

    // ---- what the session sends itself

    /** The other side of a connection whose raw requests the test answers. */
    private static final class Other {
        final ScriptedEngine.Loop loop;
        final TlsSession session =
                new TlsSession(SecureRaceTest.serving(), SecureRaceTest.BUFFERS, new RecordBuffers(false));
        int seen;

        Other(ScriptedEngine.Loop loop) {
            this.loop = loop;
        }

        Operation request() {
            await().atMost(ScriptedPort.DEADLINE).until(() -> loop.submitted.size() > seen);
            return loop.submitted.stream().skip(seen++).findFirst().orElseThrow();
        }

        /** Answers requests until the handshake of this side is over, and there is one for what comes next. */
        void handshake(Operation ofPort) throws IOException {
            session.begin();
            while (ofPort.state() != Operation.State.IDLE) {
                if (loop.submitted.size() > seen) {
                    answer(request());
                }
            }
            session.established();
        }

        private void answer(Operation request) throws IOException {
            if (request instanceof Send send) {
                long length = send.length();
                session.received(send.piece(0).asByteBuffer());
                complete(loop, send, Status.OK, length);
                return;
            }
            bring(request, records());
        }

        LeasedBuffer records() throws IOException {
            while (true) {
                switch (session.need()) {
                    case TASK -> session.tasks().run();
                    case UNWRAP -> session.goOn();
                    case WRAP, NOTHING -> {
                        return session.wrap(new PlainText(), 0);
                    }
                }
            }
        }

        void bring(Operation request, LeasedBuffer records) {
            loop.inTurn(sink -> {
                request.lease = records;
                sink.completed(request, Status.OK, records.length(), 0);
            });
            loop.wakeup();
        }
    }

    private static void complete(ScriptedEngine.Loop loop, Operation operation, Status status, long bytes) {
        loop.complete(operation, status, bytes);
    }

    @Test
    void shouldEndACancelledSendThoughAnAnswerThatNobodyReadsIsInItsWay() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            Handshake handshake = handshake(connection, new Settings(SecureRaceTest::asking));
            shard.start(handshake);
            Other other = new Other(port.loop(0));
            other.handshake(handshake);
            assertThat(port.next()).isSameAs(handshake);
            assertThat(handshake.status).isEqualTo(Status.OK);

            Receive receive = new Receive("receive");
            receive.begin(connection);
            receive.intoEngineBuffer();
            shard.start(receive);
            Operation raw = other.request();
            other.session.engine().beginHandshake(); // wants new keys
            other.bring(raw, other.records());
            Operation again;
            Operation answer;
            Operation one = other.request();
            Operation two = other.request();
            answer = one instanceof Send ? one : two;
            again = one instanceof Send ? two : one;
            assertThat(answer).isInstanceOf(Send.class);

            Send send = send();
            shard.start(send);
            assertThat(send.requestCancel()).isTrue();
            shard.cancel(send, connection);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.CANCELLED);

            complete(port.loop(0), answer, Status.OK, ((Send) answer).length());
            Send next = send();
            shard.start(next);
            Operation records = other.request();
            complete(port.loop(0), records, Status.OK, ((Send) records).length());
            assertThat(port.next()).isSameAs(next);
            assertThat(next.status).isEqualTo(Status.OK);
            complete(port.loop(0), again, Status.RESET, 0);
            assertThat(port.next()).isSameAs(receive);
        }
    }

    @Test
    void shouldEndTheReceiveOfASessionThatCanSendNoMore() throws Exception {
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            Handshake handshake = handshake(connection, new Settings(() -> new ForwardingSslEngine(asking()) {
                @Override
                public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer into)
                        throws SSLException {
                    if (left.getAndDecrement() <= 0) {
                        throw new StackOverflowError("in the middle of the engine");
                    }
                    return super.wrap(from, offset, length, into);
                }
            }));
            shard.start(handshake);
            Other other = new Other(port.loop(0));
            other.handshake(handshake);
            assertThat(port.next()).isSameAs(handshake);

            Receive receive = new Receive("receive");
            receive.begin(connection);
            receive.intoEngineBuffer();
            shard.start(receive);
            Operation raw = other.request();
            left.set(0);
            Send send = send();
            shard.start(send);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.TLS_ERROR);
            assertThat(port.loop(0).calls).as("the peer is not waited for").contains("cancel");
            complete(port.loop(0), raw, Status.CANCELLED, 0);
            assertThat(port.next()).isSameAs(receive);
            assertThat(receive.status).isEqualTo(Status.TLS_ERROR);
        }
    }
}
