package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.TestCertificates;
import io.iocp.engine.CompletionSink;
import io.iocp.operation.BufferPool;
import io.iocp.operation.Disconnect;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Lifecycle;
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
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Secure connections against what comes in between: the test is the kernel, and the client at the other end. */
@Timeout(60)
class TlsRaceTest {
    private final Endpoint connection = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
    private final BufferPool buffers = new BufferPool();
    private final TlsSession client = client();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();

    private TlsSession client() {
        SSLEngine engine = TestCertificates.client().createSSLEngine("localhost", 443);
        engine.setUseClientMode(true);
        var parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"any"});
        engine.setSSLParameters(parameters);
        return new TlsSession(engine, buffers, new RecordBuffers(false));
    }

    /** A server whose engines are counted. */
    private final class Counted implements TlsSettings {
        private final SSLContext context = TestCertificates.server();

        @Override
        public boolean isClient() {
            return false;
        }

        @Override
        public boolean isTruncationAllowed() {
            return false;
        }

        @Override
        public SSLEngine engine(@Nullable String serverName) {
            made.incrementAndGet();
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(false);
            return engine;
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

    private Handshake start(Shard shard) {
        connection.secure();
        Handshake handshake = new Handshake("handshake");
        handshake.begin(connection);
        handshake.of(new Counted());
        shard.start(handshake);
        return handshake;
    }

    /** What the engine is asked to do next. */
    private static Operation next(ScriptedEngine.Loop loop) {
        await().atMost(ScriptedPort.DEADLINE).until(() -> !loop.submitted.isEmpty());
        return loop.submitted.remove();
    }

    /** The kernel takes all of it, and the client gets it. */
    private void take(ScriptedEngine.Loop loop, Send send) throws SSLException {
        byte[] records = send.piece(0).toArray(ValueLayout.JAVA_BYTE);
        client.received(ByteBuffer.wrap(records));
        loop.complete(send, Status.OK, records.length);
    }

    /** What the client says next. */
    private byte[] said(String text) throws SSLException {
        PlainText plain = new PlainText();
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        plain.of(new MemorySegment[] {MemorySegment.ofArray(bytes)}, 1);
        LeasedBuffer made = client.wrap(plain, bytes.length);
        byte[] records = new byte[made.length()];
        made.data().get(records);
        made.release();
        return records;
    }

    private void bring(CompletionSink sink, Receive receive, byte[] records) {
        LeasedBuffer buffer = buffers.lease(records.length);
        buffer.length(records.length);
        buffer.data().put(0, records);
        receive.lease = buffer;
        sink.completed(receive, Status.OK, records.length, 0);
    }

    private void bring(ScriptedEngine.Loop loop, Receive receive, byte[] records) {
        loop.inTurn(sink -> bring(sink, receive, records));
    }

    /** Plays the client, until the server's handshake has ended. */
    private void shake(ScriptedPort port, Handshake handshake) throws Exception {
        ScriptedEngine.Loop loop = port.loop(0);
        client.begin();
        ByteArrayOutputStream toSay = new ByteArrayOutputStream();
        while (port.ran.isEmpty()) {
            switch (client.need()) {
                case TASK -> client.tasks().run();
                case WRAP -> toSay.writeBytes(said(""));
                case NOTHING -> client.established();
                case UNWRAP -> {
                    boolean _ = client.goOn();
                }
            }
            await().atMost(ScriptedPort.DEADLINE).until(() -> !loop.submitted.isEmpty() || !port.ran.isEmpty());
            if (loop.submitted.peek() instanceof Send send) {
                loop.submitted.remove();
                take(loop, send);
            } else if (toSay.size() > 0 && loop.submitted.peek() instanceof Receive receive) {
                loop.submitted.remove();
                bring(loop, receive, toSay.toByteArray());
                toSay.reset();
            }
        }
        assertThat(port.next()).isSameAs(handshake);
        assertThat(handshake.status).isEqualTo(Status.OK);
        client.established();
    }

    private Send send(int length) {
        Send send = new Send("send");
        send.begin(connection);
        send.one(Arena.global().allocate(length));
        return send;
    }

    @Test
    void shouldEndASendWhoseRecordsWereTakenThoughItIsCancelled() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            shake(port, start(shard));
            Send send = send(100);
            shard.start(send);
            Send raw = (Send) next(loop);
            assertThat(raw).isNotSameAs(send);
            // The kernel has taken it all before the cancel comes.
            assertThat(send.requestCancel()).isTrue();
            shard.cancel(send, connection);
            ScriptedPort.settle(shard);
            assertThat(loop.calls).contains("cancel");
            take(loop, raw);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.OK);
            assertThat(send.bytes).isEqualTo(100);
            assertThat(client.plainBytes()).isEqualTo(100);
            // Nothing was cut: the next one goes.
            Send more = send(7);
            shard.start(more);
            take(loop, (Send) next(loop));
            assertThat(port.next()).isSameAs(more);
            assertThat(more.status).isEqualTo(Status.OK);
        }
    }

    @Test
    void shouldCutTheSessionWhereTheKernelHasNotTakenAll() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            shake(port, start(shard));
            Send send = send(100);
            Send behind = send(100);
            shard.start(send);
            shard.start(behind);
            Operation raw = next(loop);
            send.requestCancel();
            shard.cancel(send, connection);
            loop.complete(raw, Status.CANCELLED, 10);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.CANCELLED);
            assertThat(port.next()).isSameAs(behind);
            assertThat(behind.status).isEqualTo(Status.TLS_ERROR);
            assertThat(behind.cause()).isInstanceOf(SSLException.class);
            assertThat(loop.submitted).isEmpty();
        }
        assertThat(released).hasValue(1);
    }

    @Test
    void shouldNotCloseTheDescriptorWhileItsOwnAnswerIsWithTheKernel() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            shake(port, start(shard));
            Receive receive = new Receive("receive");
            receive.begin(connection);
            receive.intoEngineBuffer();
            shard.start(receive);
            Receive raw = (Receive) next(loop);
            client.engine().beginHandshake(); // new keys, which ask for an answer
            bring(loop, raw, said("x"));
            assertThat(port.next()).isSameAs(receive);
            assertThat(receive.status).isEqualTo(Status.OK);
            Send answer = (Send) next(loop);

            connection.move(Lifecycle.OPEN, Lifecycle.CLOSING);
            shard.close(connection, Status.HANDLE_CLOSED);
            ScriptedPort.settle(shard);
            assertThat(loop.calls).contains("cancel").doesNotContain("closeDescriptor");
            assertThat(released).hasValue(0);
            loop.complete(answer, Status.CANCELLED, 0);
            await().atMost(ScriptedPort.DEADLINE).until(() -> loop.calls.contains("closeDescriptor"));
            assertThat(port.closed).containsExactly(connection);
            assertThat(released).hasValue(1);
        }
        assertThat(released).hasValue(1);
    }

    @Test
    void shouldKeepThePacketOfADisconnectUntilTheLastRecordIsSent() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            shake(port, start(shard));
            Disconnect first = graceful();
            Disconnect second = graceful();
            Disconnect cancelled = graceful();
            shard.start(first);
            shard.start(second);
            shard.start(cancelled);
            Send last = (Send) next(loop);
            ScriptedPort.settle(shard);
            assertThat(port.ran).isEmpty();
            assertThat(loop.calls).doesNotContain("shutdownOutput");
            cancelled.requestCancel();
            shard.cancel(cancelled, connection);
            assertThat(port.next()).isSameAs(cancelled);
            assertThat(cancelled.status).isEqualTo(Status.CANCELLED);
            take(loop, last);
            assertThat(port.next()).isSameAs(first);
            assertThat(port.next()).isSameAs(second);
            assertThat(first.status).isEqualTo(Status.OK);
            assertThat(loop.calls).contains("shutdownOutput");
            assertThat(client.inputEnded()).isTrue();
        }
    }

    private Disconnect graceful() {
        Disconnect disconnect = new Disconnect("disconnect");
        disconnect.mode = DisconnectMode.GRACEFUL;
        disconnect.begin(connection);
        return disconnect;
    }

    @Test
    void shouldCancelAHandshakeBeforeItsTurn() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            // In plain text, and in its way.
            Send before = send(10);
            shard.start(before);
            assertThat(next(loop)).isSameAs(before);
            Handshake handshake = start(shard);
            Send behind = send(10);
            shard.start(behind);
            handshake.requestCancel();
            shard.cancel(handshake, connection);
            assertThat(port.next()).isSameAs(handshake);
            assertThat(handshake.status).isEqualTo(Status.CANCELLED);
            loop.complete(before, Status.OK, 10);
            assertThat(port.next()).isSameAs(before);
            assertThat(before.status).isEqualTo(Status.OK);
            // Never in plain text.
            assertThat(port.next()).isSameAs(behind);
            assertThat(behind.status).isEqualTo(Status.TLS_ERROR);
            assertThat(loop.submitted).isEmpty();
            assertThat(made).hasValue(0);
        }
    }

    @Test
    void shouldCancelAHandshakeInItsTurn() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            Handshake handshake = start(shard);
            Operation raw = next(loop);
            handshake.requestCancel();
            shard.cancel(handshake, connection);
            ScriptedPort.settle(shard);
            assertThat(port.ran).as("the kernel still has its receive").isEmpty();
            // Bytes that come in the same moment do not help any more.
            client.begin();
            bring(loop, (Receive) raw, said(""));
            assertThat(port.next()).isSameAs(handshake);
            assertThat(handshake.status).isEqualTo(Status.CANCELLED);
        }
        assertThat(released.get()).isEqualTo(made.get());
    }

    @Test
    void shouldReleaseTheEngineWhenTheConnectionIsClosedUnderItsTasks() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            CountDownLatch entered = new CountDownLatch(1);
            connection.secure();
            Handshake handshake = new Handshake("handshake");
            handshake.begin(connection);
            handshake.of(new Slow(entered, gate));
            shard.start(handshake);
            Receive raw = (Receive) next(loop);
            client.begin();
            bring(loop, raw, said(""));
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            // The tasks are under way on another thread. Nobody waits for them.
            connection.move(Lifecycle.OPEN, Lifecycle.CLOSING);
            shard.close(connection, Status.HANDLE_CLOSED);
            assertThat(port.next()).isSameAs(handshake);
            assertThat(handshake.status).isEqualTo(Status.HANDLE_CLOSED);
            await().atMost(ScriptedPort.DEADLINE).until(() -> port.closed.contains(connection));
            assertThat(released).as("the tasks still use it").hasValue(0);
            gate.countDown();
            await().atMost(ScriptedPort.DEADLINE).until(() -> released.get() == 1);
        } finally {
            gate.countDown();
        }
    }

    /** An engine whose choice of a protocol takes its time. */
    private final class Slow implements TlsSettings {
        private final Counted counted = new Counted();
        private final CountDownLatch entered;
        private final CountDownLatch gate;

        Slow(CountDownLatch entered, CountDownLatch gate) {
            this.entered = entered;
            this.gate = gate;
        }

        @Override
        public boolean isClient() {
            return false;
        }

        @Override
        public boolean isTruncationAllowed() {
            return false;
        }

        @Override
        public SSLEngine engine(@Nullable String serverName) throws SSLException {
            SSLEngine engine = counted.engine(serverName);
            engine.setHandshakeApplicationProtocolSelector((_, _) -> {
                entered.countDown();
                try {
                    assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return "";
            });
            return engine;
        }

        @Override
        public boolean prefersDirectBuffers() {
            return false;
        }

        @Override
        public void release(SSLEngine engine) {
            counted.release(engine);
        }

        @Override
        public @Nullable String requestedName() {
            return null;
        }
    }
}
