package io.iocp.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.ForwardingSslEngine;
import io.iocp.TestCertificates;
import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session does at its edges: one direction ended and the other not, and a peer that wants more than it reads. */
@Timeout(60)
class TlsSessionEdgesTest {
    private static final BufferPool BUFFERS = new BufferPool();
    private static final PlainText NOTHING = new PlainText();

    private TlsSession server;
    private final TlsSession client;

    TlsSessionEdgesTest() {
        server = sessionOf(new Ended(serving()));
        SSLEngine asking = TestCertificates.client().createSSLEngine("localhost", 443);
        asking.setUseClientMode(true);
        client = sessionOf(asking);
    }

    private static TlsSession sessionOf(SSLEngine engine) {
        return new TlsSession(engine, BUFFERS, new RecordBuffers(false));
    }

    private static SSLEngine serving() {
        SSLEngine engine = TestCertificates.server().createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    /** As OpenSSL's engine has it: with its output ended it wants to receive, for ever. */
    private static final class Ended extends ForwardingSslEngine {
        Ended(SSLEngine engine) {
            super(engine);
        }

        @Override
        public HandshakeStatus getHandshakeStatus() {
            return isOutboundDone() ? HandshakeStatus.NEED_UNWRAP : super.getHandshakeStatus();
        }

        @Override
        public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer into) throws SSLException {
            return told(super.wrap(from, offset, length, into));
        }

        @Override
        public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] into, int offset, int length) throws SSLException {
            return told(super.unwrap(from, into, offset, length));
        }

        private SSLEngineResult told(SSLEngineResult result) {
            return isOutboundDone()
                    ? new SSLEngineResult(
                            result.getStatus(),
                            HandshakeStatus.NEED_UNWRAP,
                            result.bytesConsumed(),
                            result.bytesProduced())
                    : result;
        }
    }

    /** As the JDK's engine has it once its peer has sent large records: each of its own needs more room than the standard's. */
    private static final class Large extends ForwardingSslEngine {
        private final int room;
        private boolean large;

        Large(SSLEngine engine, int room) {
            super(engine);
            this.room = room;
        }

        @Override
        public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer into) throws SSLException {
            return large && into.remaining() < room
                    ? new SSLEngineResult(SSLEngineResult.Status.BUFFER_OVERFLOW, getHandshakeStatus(), 0, 0)
                    : super.wrap(from, offset, length, into);
        }

        @Override
        public SSLSession getSession() {
            SSLSession session = super.getSession();
            return (SSLSession) Proxy.newProxyInstance(
                    Large.class.getClassLoader(),
                    new Class<?>[] {SSLSession.class},
                    (_, method, arguments) ->
                            method.getName().equals("getPacketBufferSize") ? room : method.invoke(session, arguments));
        }
    }

    private void handshake(String protocol) throws SSLException {
        client.engine().setEnabledProtocols(new String[] {protocol});
        client.begin();
        server.begin();
        while (client.need() != TlsSession.Need.NOTHING || server.need() != TlsSession.Need.NOTHING) {
            step(client, server);
            step(server, client);
        }
        client.established();
        server.established();
        move(server, client, NOTHING);
        client.goOn();
        server.goOn();
    }

    private static void step(TlsSession from, TlsSession to) throws SSLException {
        switch (from.need()) {
            case TASK -> from.tasks().run();
            case WRAP -> move(from, to, NOTHING);
            case UNWRAP -> from.goOn();
            case NOTHING -> {}
        }
    }

    private static int move(TlsSession from, TlsSession to, PlainText plain) throws SSLException {
        LeasedBuffer records = from.wrap(plain, 1 << 16);
        int length = records.length();
        try {
            if (length > 0) {
                to.received(records.data());
            }
        } finally {
            records.release();
        }
        return length;
    }

    private void wantNewKeys() throws SSLException {
        client.engine().beginHandshake();
        ByteBuffer update = ByteBuffer.allocate(20_000);
        client.engine().wrap(ByteBuffer.allocate(0), update);
        server.received(update.flip());
    }

    private static PlainText text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment memory =
                Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        memory.copyFrom(MemorySegment.ofArray(bytes));
        PlainText plain = new PlainText();
        plain.of(new MemorySegment[] {memory}, 1);
        return plain;
    }

    private static String taken(TlsSession session) {
        byte[] bytes = new byte[session.plainBytes()];
        session.takePlain(MemorySegment.ofArray(bytes));
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void shouldReceiveBehindItsOwnEnd(String protocol) throws SSLException {
        handshake(protocol);
        LeasedBuffer late = client.wrap(text("on its way"), 1 << 16);
        server.endOutput();
        assertThat(move(server, client, NOTHING)).as("the close_notify").isPositive();
        server.received(late.data());
        late.release();
        assertThat(taken(server)).isEqualTo("on its way");
        assertThat(client.inputEnded()).isTrue();
    }

    @Test
    void shouldMakeRoomForAnEngineThatWantsMore() throws SSLException {
        Large large = new Large(serving(), 34_000);
        server = sessionOf(large);
        handshake("TLSv1.3");
        large.large = true;
        String text = "0123456789".repeat(5_000);
        assertThat(move(server, client, text(text))).isGreaterThan(text.length());
        assertThat(taken(client)).isEqualTo(text);
    }

    @Test
    void shouldFailWithAnEngineThatWantsMoreThanItSays() throws SSLException {
        Large large = new Large(serving(), 16_000);
        server = sessionOf(new ForwardingSslEngine(large) {
            @Override
            public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer into)
                    throws SSLException {
                return large.large
                        ? new SSLEngineResult(SSLEngineResult.Status.BUFFER_OVERFLOW, getHandshakeStatus(), 0, 0)
                        : super.wrap(from, offset, length, into);
            }
        });
        handshake("TLSv1.3");
        large.large = true;
        assertThatThrownBy(() -> server.wrap(text("x"), 1 << 16))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("records of more than");
    }

    @Test
    void shouldSendBehindTheEndOfItsPeer() throws SSLException {
        handshake("TLSv1.3");
        client.endOutput();
        move(client, server, NOTHING);
        assertThat(server.inputEnded()).isTrue();
        assertThat(move(server, client, NOTHING)).isLessThan(100);
        move(server, client, text("still here"));
        assertThat(taken(client)).isEqualTo("still here");
        server.endOutput();
        move(server, client, NOTHING);
        assertThat(client.inputEnded()).isTrue();
    }

    @Test
    void shouldEndWhoAsksForNewKeysAndReadsNoneOfTheAnswers() throws SSLException {
        handshake("TLSv1.3");
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        wantNewKeys();
                    }
                })
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("reads");
    }

    @Test
    void shouldAnswerAsManyWishesForNewKeysAsAreRead() throws SSLException {
        handshake("TLSv1.3");
        for (int i = 0; i < 500; i++) {
            wantNewKeys();
            assertThat(move(server, client, NOTHING)).as("the answer").isPositive();
        }
        move(client, server, text("all well"));
        assertThat(taken(server)).isEqualTo("all well");
    }

    @Test
    void shouldHoldLittleForMuchText() throws SSLException {
        handshake("TLSv1.3");
        ByteBuffer all = ByteBuffer.allocate(1 << 16);
        for (int i = 0; i < 1000; i++) {
            LeasedBuffer one = client.wrap(text("x"), 1 << 16);
            all.put(one.data());
            one.release();
        }
        server.received(all.flip());
        assertThat(server.plainBytes()).isEqualTo(1000);
        int buffers = 0;
        for (LeasedBuffer text = server.takePlain(); text != null; text = server.takePlain()) {
            buffers++;
            text.release();
        }
        assertThat(buffers).isLessThan(5);
    }
}
