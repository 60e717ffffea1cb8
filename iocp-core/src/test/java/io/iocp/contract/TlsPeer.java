package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Peer;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * A TLS end that blocks, with an engine of the JDK over the streams of a {@link Peer}: what is at the other end of a connection
 * of a port on every engine. It can do what no socket does: seal records without sending them, send them in pieces of its
 * choice, renew its keys.
 *
 * <p>Thread: one that reads and one that writes.
 */
final class TlsPeer {
    private static final int ROOM = 40_000;

    private final Peer peer;
    private final SSLEngine engine;
    private final AtomicInteger renewals = new AtomicInteger();

    /** Cipher text that was read and not opened yet: ready to be read from. The reader's, as the next. */
    private final ByteBuffer in = ByteBuffer.allocate(ROOM).limit(0);

    /** Plain text that nobody has asked for yet: ready to be read from. */
    private final ByteBuffer plain = ByteBuffer.allocate(ROOM).limit(0);

    /** Held by whoever seals and sends: records go out in the order in which they were made. */
    private final Object output = new Object();

    TlsPeer(Peer peer, SSLEngine engine) {
        this.peer = peer;
        this.engine = engine;
    }

    static TlsPeer client(Peer peer, SSLContext context) {
        return client(peer, context, parameters -> {});
    }

    /** A client that asks for {@code localhost} and takes whoever answers with a certificate that it trusts. */
    static TlsPeer client(Peer peer, SSLContext context, Consumer<SSLParameters> settings) {
        SSLEngine engine = context.createSSLEngine("localhost", 443);
        engine.setUseClientMode(true);
        return new TlsPeer(peer, set(engine, settings));
    }

    static TlsPeer server(Peer peer, SSLContext context) {
        return server(peer, context, parameters -> {});
    }

    static TlsPeer server(Peer peer, SSLContext context, Consumer<SSLParameters> settings) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        return new TlsPeer(peer, set(engine, settings));
    }

    private static SSLEngine set(SSLEngine engine, Consumer<SSLParameters> settings) {
        SSLParameters parameters = engine.getSSLParameters();
        settings.accept(parameters);
        engine.setSSLParameters(parameters);
        return engine;
    }

    static Consumer<SSLParameters> protocol(String protocol) {
        return parameters -> parameters.setProtocols(new String[] {protocol});
    }

    Peer peer() {
        return peer;
    }

    SSLEngine engine() {
        return engine;
    }

    /** How often the other side made this one say something outside of the handshake: answers to renewed keys. */
    int answers() {
        return renewals.get();
    }

    // ---- handshake

    TlsPeer handshake() throws IOException {
        return handshake(bytes -> peer.output().write(bytes));
    }

    /** What sends the records of a handshake. */
    @FunctionalInterface
    interface Sending {
        void send(byte[] bytes) throws IOException;
    }

    /** The handshake, whose every message goes out as {@code sending} likes. */
    TlsPeer handshake(Sending sending) throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> {
                    byte[] flight = flight();
                    sending.send(flight);
                }
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!open()) {
                        throw new EOFException("the other side ended the stream in the middle of the handshake");
                    }
                }
                case NOT_HANDSHAKING, FINISHED -> {
                    return this;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** All that the engine wants to say. */
    private byte[] flight() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                byte[] record = seal(ByteBuffer.allocate(0));
                if (record.length == 0 && engine.isOutboundDone()) {
                    break;
                }
                all.write(record);
            }
        } catch (SSLException e) {
            // What there is still goes out, as a socket would have it: the alert that says why.
            peer.output().write(all.toByteArray());
            throw e;
        }
        return all.toByteArray();
    }

    // ---- output

    /** One record, or a message of the handshake. */
    private byte[] seal(ByteBuffer data) throws SSLException {
        ByteBuffer record = ByteBuffer.allocate(ROOM);
        SSLEngineResult result = engine.wrap(data, record);
        assertThat(result.getStatus()).isNotEqualTo(SSLEngineResult.Status.BUFFER_OVERFLOW);
        if (data.hasRemaining() && result.bytesConsumed() == 0 && result.getStatus() == SSLEngineResult.Status.CLOSED) {
            throw new SSLException(
                    "this side has ended its stream"); // with TLS 1.2 it has as soon as the other one has
        }
        byte[] bytes = new byte[record.flip().remaining()];
        record.get(bytes);
        return bytes;
    }

    /** The records of these bytes, which must be sent before anything else is. */
    byte[] sealed(byte[] data) throws IOException {
        synchronized (output) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ByteBuffer rest = ByteBuffer.wrap(data);
            do {
                all.write(seal(rest));
            } while (rest.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
            return all.toByteArray();
        }
    }

    void send(byte[] data) throws IOException {
        synchronized (output) {
            OutputStream to = peer.output();
            ByteBuffer rest = ByteBuffer.wrap(data);
            do {
                to.write(seal(rest));
            } while (rest.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
        }
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Tells the other side to use new keys and to answer with new ones of its own. Only with TLS 1.3. */
    byte[] sealedKeyUpdate() throws IOException {
        synchronized (output) {
            engine.beginHandshake();
            byte[] update = flight();
            assertThat(update).as("the message that renews the keys").isNotEmpty();
            return update;
        }
    }

    void updateKeys() throws IOException {
        synchronized (output) {
            peer.output().write(sealedKeyUpdate());
        }
    }

    /** The message that ends this side's stream in good order. */
    byte[] sealedEnd() throws IOException {
        synchronized (output) {
            engine.closeOutbound();
            return flight();
        }
    }

    /** Ends the stream as TLS does it; the connection beneath stays as it is. */
    void finish() throws IOException {
        synchronized (output) {
            peer.output().write(sealedEnd());
        }
    }

    // ---- input

    /**
     * Opens what has come, or what comes next.
     *
     * @return false at the end of the stream beneath
     */
    private boolean open() throws IOException {
        while (true) {
            plain.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(in, plain);
            } catch (SSLException e) {
                synchronized (output) {
                    peer.output().write(flight()); // the alert
                }
                throw e;
            } finally {
                plain.flip();
            }
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
            if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                return true;
            }
            in.compact();
            try {
                int n = peer.input().read(in.array(), in.position(), in.remaining());
                if (n < 0) {
                    return false;
                }
                in.position(in.position() + n);
            } finally {
                in.flip();
            }
        }
    }

    /** Opens until there is plain text, or the other side has ended its stream. */
    private void openSome() throws IOException {
        while (!plain.hasRemaining() && !engine.isInboundDone()) {
            if (!open()) {
                throw new EOFException("the stream ended without close_notify");
            }
            synchronized (output) {
                if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && !engine.isInboundDone()) {
                    peer.output().write(flight());
                    renewals.incrementAndGet();
                }
            }
        }
    }

    /** As many bytes as asked for; fails if the stream ends before. */
    byte[] read(int count) throws IOException {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count) {
            openSome();
            assertThat(engine.isInboundDone() && !plain.hasRemaining())
                    .as("the stream ended after %d of %d bytes", at, count)
                    .isFalse();
            int n = Math.min(count - at, plain.remaining());
            plain.get(bytes, at, n);
            at += n;
        }
        return bytes;
    }

    /** What comes next; nothing if the other side has ended its stream as TLS does it. */
    byte[] readSome() throws IOException {
        openSome();
        return read(plain.remaining());
    }

    String readText(int count) throws IOException {
        return new String(read(count), StandardCharsets.ISO_8859_1);
    }

    /** The other side has ended its stream as TLS does it: with close_notify, not by ending the connection beneath. */
    void seesEnd() throws IOException {
        openSome();
        assertThat(plain.remaining()).as("bytes before the end of the stream").isZero();
        assertThat(engine.isInboundDone()).isTrue();
    }

    /** Reads on where nothing but an alert is expected, and returns what the alert is about. */
    SSLException seesAlert() throws IOException {
        try {
            openSome();
        } catch (SSLException alert) {
            return alert;
        }
        throw new AssertionError("no alert, but " + plain.remaining() + " bytes, "
                + (engine.isInboundDone() ? "and close_notify" : "and no close_notify"));
    }
}
