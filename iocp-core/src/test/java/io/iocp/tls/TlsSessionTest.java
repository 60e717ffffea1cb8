package io.iocp.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.TestCertificates;
import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

/** Two sessions that talk to each other, without a thread and without a socket. */
class TlsSessionTest {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static final SSLContext CLIENT = TestCertificates.client();
    private static final SSLContext SERVER = TestCertificates.server();

    private final BufferPool buffers = new BufferPool();
    private final RecordBuffers records = new RecordBuffers(false);

    /** Cipher text on its way. */
    private static final class Wire extends ByteArrayOutputStream {
        ByteBuffer view(int from, int count) {
            return ByteBuffer.wrap(buf, from, count);
        }
    }

    /** A session, and the cipher text on its way to it. */
    private final class End {
        final TlsSession session;
        private final Wire wire = new Wire();
        private int read;

        End(SSLEngine engine) throws SSLException {
            session = new TlsSession(engine, buffers, records);
            session.begin();
        }

        /** All that can be sent goes to the other end. */
        void wrapTo(End other, PlainText plain, int most) throws SSLException {
            LeasedBuffer made = session.wrap(plain, most);
            byte[] bytes = new byte[made.length()];
            made.data().get(bytes);
            made.release();
            other.wire.writeBytes(bytes);
        }

        int waiting() {
            return wire.size() - read;
        }

        /** Takes the next bytes from the wire. */
        void receive(int count) throws SSLException {
            ByteBuffer bytes = wire.view(read, count);
            read += count;
            session.received(bytes);
            assertThat(bytes.hasRemaining()).isFalse();
        }

        /** Takes the next step of its handshake; false if it waits for the other end. */
        boolean shake(End other, IntUnaryOperator piece) throws SSLException {
            switch (session.need()) {
                case TASK -> session.tasks().run();
                case WRAP -> wrapTo(other, nothing(), 0);
                case UNWRAP -> {
                    if (!session.goOn()) {
                        if (waiting() == 0) {
                            return false;
                        }
                        receive(piece.applyAsInt(waiting()));
                    }
                }
                case NOTHING -> {
                    if (session.isEstablished()) {
                        return false;
                    }
                    session.established();
                    boolean ignored = session.goOn();
                }
            }
            return true;
        }

        byte[] plain() {
            byte[] all = new byte[session.plainBytes()];
            assertThat(session.takePlain(MemorySegment.ofArray(all))).isEqualTo(all.length);
            assertThat(session.plainBytes()).isZero();
            return all;
        }

        String text() {
            return new String(plain(), StandardCharsets.ISO_8859_1);
        }
    }

    private static PlainText nothing() {
        return plain();
    }

    private static PlainText plain(byte[]... pieces) {
        PlainText plain = new PlainText();
        plain.of(Arrays.stream(pieces).map(MemorySegment::ofArray).toArray(MemorySegment[]::new), pieces.length);
        return plain;
    }

    private static PlainText text(String text) {
        return plain(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Both ends, after the handshake, whose bytes have come in such pieces. */
    private record Both(End client, End server) {}

    private Both handshake(String protocol, IntUnaryOperator piece) throws SSLException {
        SSLEngine clientEngine = CLIENT.createSSLEngine("localhost", 443);
        clientEngine.setUseClientMode(true);
        clientEngine.setEnabledProtocols(new String[] {protocol});
        SSLEngine serverEngine = SERVER.createSSLEngine();
        serverEngine.setUseClientMode(false);
        End client = new End(clientEngine);
        End server = new End(serverEngine);
        boolean goesOn = true;
        while (goesOn) {
            goesOn = client.shake(server, piece);
            goesOn |= server.shake(client, piece);
        }
        assertThat(client.session.isEstablished()).isTrue();
        assertThat(server.session.isEstablished()).isTrue();
        // What is left, such as tickets, brings no plain text.
        move(client, piece);
        move(server, piece);
        assertThat(client.session.plainBytes()).isZero();
        assertThat(server.session.plainBytes()).isZero();
        return new Both(client, server);
    }

    private Both handshake(String protocol) throws SSLException {
        return handshake(protocol, all -> all);
    }

    private static void move(End to, IntUnaryOperator piece) throws SSLException {
        while (to.waiting() > 0) {
            to.receive(piece.applyAsInt(to.waiting()));
        }
    }

    private static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    @Test
    void shouldWorkWithPiecesOfEverySize() throws SSLException {
        byte[] data = random(40_000, 1);
        for (String protocol : PROTOCOLS) {
            for (int size : new int[] {1, 2, 3, 4, 5, 6, 7, 13, 21, 100, 333, 1000, 5000, 16_383, 16_406, 100_000}) {
                IntUnaryOperator piece = waiting -> Math.min(size, waiting);
                Both both = handshake(protocol, piece);
                for (End from : List.of(both.client, both.server)) {
                    End to = from == both.client ? both.server : both.client;
                    PlainText plain = plain(data);
                    from.wrapTo(to, plain, Integer.MAX_VALUE);
                    assertThat(plain.isEmpty()).isTrue();
                    move(to, piece);
                    assertThat(to.plain())
                            .as("%s in pieces of %d", protocol, size)
                            .isEqualTo(data);
                }
            }
        }
    }

    @Test
    void shouldWorkWithPiecesOfAnySize() throws SSLException {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            String protocol = PROTOCOLS[random.nextInt(2)];
            int most = 1 + random.nextInt(1 << (1 + random.nextInt(15)));
            IntUnaryOperator piece = waiting -> Math.min(waiting, 1 + random.nextInt(most));
            try {
                Both both = handshake(protocol, piece);
                for (int i = 0; i < 10; i++) {
                    boolean back = random.nextBoolean();
                    End from = back ? both.server : both.client;
                    End to = back ? both.client : both.server;
                    byte[] data = random(random.nextInt(30_000), seed);
                    PlainText plain = plain(data);
                    ByteArrayOutputStream got = new ByteArrayOutputStream();
                    do {
                        from.wrapTo(to, plain, random.nextInt(20_000));
                        if ("TLSv1.3".equals(protocol) && random.nextInt(4) == 0) {
                            from.session.engine().beginHandshake(); // new keys, with the next record
                        }
                        while (to.waiting() > 0) {
                            to.receive(piece.applyAsInt(to.waiting()));
                            take(to.session, random, got);
                        }
                    } while (!plain.isEmpty());
                    assertThat(got.toByteArray()).isEqualTo(data);
                    to.wrapTo(from, nothing(), 0); // its own new keys, if it was asked for them
                    move(from, piece);
                }
                both.client.session.close();
                both.server.session.close();
            } catch (Throwable failure) {
                throw new AssertionError("seed " + seed + ", " + protocol, failure);
            }
        }
    }

    /** Takes all plain text, in both ways. */
    private static void take(TlsSession session, Random random, ByteArrayOutputStream to) {
        while (session.plainBytes() > 0) {
            int before = session.plainBytes();
            if (random.nextBoolean()) {
                MemorySegment some = Arena.ofAuto().allocate(1 + random.nextInt(2000));
                int count = session.takePlain(some);
                to.writeBytes(some.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
                assertThat(session.plainBytes()).isEqualTo(before - count);
            } else {
                LeasedBuffer lease = Objects.requireNonNull(session.takePlain());
                byte[] bytes = new byte[lease.length()];
                lease.data().get(bytes);
                to.writeBytes(bytes);
                assertThat(session.plainBytes()).isEqualTo(before - bytes.length);
                lease.release();
            }
        }
        assertThat(session.takePlain()).isNull();
        assertThat(session.takePlain(MemorySegment.ofArray(new byte[8]))).isZero();
    }

    @Test
    void shouldRenewKeysByItselfInTheMiddleOfTheData() throws SSLException {
        byte[] data = random(5 * TestCertificates.KEY_LIMIT_BYTES, 2);
        Both both = handshake("TLSv1.3");
        PlainText plain = plain(data);
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        int answers = 0;
        while (!plain.isEmpty()) {
            both.client.wrapTo(both.server, plain, 64 << 10);
            move(both.server, waiting -> Math.min(waiting, 10_000));
            got.writeBytes(both.server.plain());
            if (both.server.session.mustWrap()) {
                answers++;
                both.server.wrapTo(both.client, nothing(), 0);
                move(both.client, waiting -> waiting);
            }
        }
        assertThat(got.toByteArray()).isEqualTo(data);
        assertThat(answers).isBetween(3, 6);
        assertThat(both.client.session.plainBytes()).isZero();
    }

    @Test
    void shouldTakePiecesOfAnyMemory() throws SSLException {
        Both both = handshake("TLSv1.3");
        MemorySegment outside = Arena.ofAuto().allocate(20_000);
        outside.fill((byte) 7);
        PlainText plain = new PlainText();
        plain.of(
                new MemorySegment[] {
                    MemorySegment.ofArray(new byte[0]),
                    MemorySegment.ofArray(new byte[] {1, 2, 3}),
                    outside,
                    MemorySegment.ofArray(new byte[0]),
                    MemorySegment.ofArray(new byte[] {4}),
                    MemorySegment.ofArray(new byte[] {99})
                },
                5);
        assertThat(plain.bytesLeft()).isEqualTo(20_004);
        both.client.wrapTo(both.server, plain, 1);
        assertThat(plain.bytesLeft()).isBetween(1L, 20_003L);
        both.client.wrapTo(both.server, plain, Integer.MAX_VALUE);
        assertThat(plain.bytesLeft()).isZero();
        assertThat(plain.isEmpty()).isTrue();
        move(both.server, waiting -> waiting);
        byte[] got = both.server.plain();
        assertThat(got).hasSize(20_004).startsWith(1, 2, 3, 7).endsWith(7, 4);
    }

    @Test
    void shouldEndTheInputBehindTheData() throws SSLException {
        for (String protocol : PROTOCOLS) {
            Both both = handshake(protocol);
            both.client.wrapTo(both.server, text("last"), 100);
            both.client.session.endOutput();
            both.client.wrapTo(both.server, nothing(), 0);
            assertThat(both.client.session.isOutputEnded()).isTrue();
            move(both.server, waiting -> 1);
            assertThat(both.server.session.inputEnded()).isTrue();
            assertThat(both.server.text()).isEqualTo("last");
            // What comes behind is nobody's.
            both.server.session.received(ByteBuffer.wrap(random(100, 3)));
            assertThat(both.server.session.plainBytes()).isZero();
            assertThatThrownBy(() -> both.client.wrapTo(both.server, text("late"), 100))
                    .isInstanceOf(SSLException.class);
            if ("TLSv1.3".equals(protocol)) {
                both.server.wrapTo(both.client, text("answer"), 100);
                move(both.client, waiting -> waiting);
                assertThat(both.client.text()).isEqualTo("answer");
            }
        }
    }

    @Test
    void shouldRefuseARecordThatWasChangedAndKeepWhatCameBefore() throws SSLException {
        for (String protocol : PROTOCOLS) {
            for (int bit = 0; bit < 8 * 30; bit += 7) {
                Both both = handshake(protocol);
                both.client.wrapTo(both.server, text("good"), 100);
                int good = both.server.wire.size();
                both.client.wrapTo(both.server, text("a record that is going to be changed"), 100);
                byte[] changed =
                        Arrays.copyOfRange(both.server.wire.toByteArray(), both.server.read, both.server.wire.size());
                int at = changed.length - 1 - bit / 8; // in the text or its tag, not in the head of the record
                changed[at] ^= (byte) (1 << bit % 8);
                assertThat(good).isPositive();
                assertThatThrownBy(() -> both.server.session.received(ByteBuffer.wrap(changed)))
                        .isInstanceOf(SSLException.class);
                assertThat(both.server.text()).isEqualTo("good");
                // It has an alert to send, which the other end understands.
                both.server.wrapTo(both.client, nothing(), 0);
                assertThat(both.client.waiting()).isPositive();
                assertThatThrownBy(() -> move(both.client, waiting -> waiting)).isInstanceOf(SSLException.class);
            }
        }
    }

    @Test
    void shouldTellByTheFirstByteWhatIsNotTls() throws SSLException {
        for (int first : new int[] {0, 10, 19, 24, 'G', 127, 128, 255}) {
            Both both = handshake("TLSv1.3");
            byte[] one = {(byte) first};
            assertThatThrownBy(() -> both.server.session.received(ByteBuffer.wrap(one)))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void shouldRefuseToRenegotiate() throws SSLException {
        for (boolean byClient : new boolean[] {true, false}) {
            Both both = handshake("TLSv1.2");
            End asks = byClient ? both.client : both.server;
            End asked = byClient ? both.server : both.client;
            asks.session.engine().beginHandshake();
            LeasedBuffer wish = asks.session.wrap(nothing(), 0);
            if (wish.length() == 0) {
                // The session did not hear of it: it speaks with the next record.
                wish.release();
                wish = asks.session.wrap(text("x"), 1);
            }
            byte[] bytes = new byte[wish.length()];
            wish.data().get(bytes);
            wish.release();
            assertThatThrownBy(() -> {
                        asked.session.received(ByteBuffer.wrap(bytes));
                        // A client answers a request with a hello, and refuses what comes of it.
                        asked.wrapTo(asks, nothing(), 0);
                        move(asks, waiting -> waiting);
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void shouldGiveItsMemoryBackWhenItIsClosedInTheMiddle() throws SSLException {
        Both both = handshake("TLSv1.3");
        both.client.wrapTo(both.server, plain(random(50_000, 4)), Integer.MAX_VALUE);
        both.server.receive(both.server.waiting() - 100); // plain text, and a part of a record
        assertThat(both.server.session.plainBytes()).isPositive();
        both.server.session.close();
        assertThat(both.server.session.plainBytes()).isZero();
        assertThat(both.server.session.takePlain()).isNull();
        both.server.session.close();
    }
}
