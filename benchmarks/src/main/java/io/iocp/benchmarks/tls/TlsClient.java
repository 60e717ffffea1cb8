package io.iocp.benchmarks.tls;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;

/**
 * One TLS client on a non-blocking connection. Looks at each byte of the first answers; from then on it only counts what the
 * records hold, by their headers, so that it costs less than the server. Of each record a server uses the same number of bytes
 * for itself (TLS 1.3: the type, AES-GCM's tag, and the JDK pads with 16), which the first answers show.
 *
 * <p>Thread: that of the load generator, whose buffers it uses.
 */
public final class TlsClient {
    private static final int HEADER = 5;
    private static final int LENGTH_AT = 3;
    private static final int UNSIGNED_SHORT = 0xffff;
    private static final int UNSIGNED_BYTE = 0xff;
    /** More than any record. */
    private static final int ROOM = 17_000;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** For one thread: what all clients of a load generator may use in turn. */
    static final class Buffers {
        final ByteBuffer in = ByteBuffer.allocateDirect(1 << 18);
        final ByteBuffer out = ByteBuffer.allocateDirect(2 * ROOM);
        final ByteBuffer plain = ByteBuffer.allocateDirect(ROOM);
    }

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final Buffers buffers;
    /** The begin of a record that has not arrived whole. Only while records are looked into. */
    private final ByteBuffer partial = ByteBuffer.allocateDirect(ROOM);

    private boolean shaken;
    private int handshakeBytes;
    /** Of a record with text, not text. */
    private int overhead;

    private boolean counting;
    /** Of the record that arrives: bytes of its header so far, then bytes of its body to come. Only while counting. */
    private int headerBytes;

    private int length;
    private int bodyBytes;

    /** Connects. */
    TlsClient(InetSocketAddress server, SSLEngine engine, Buffers buffers) throws IOException {
        this.engine = engine;
        this.buffers = buffers;
        this.channel = SocketChannel.open(server);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
    }

    SocketChannel channel() {
        return channel;
    }

    SSLEngine engine() {
        return engine;
    }

    boolean shaken() {
        return shaken;
    }

    /** That the server has sent until the handshake was over for this side. */
    int handshakeBytes() {
        return handshakeBytes;
    }

    /** Nothing that arrives is decrypted any more. To be called where an answer has arrived whole, and no byte more. */
    void count() {
        counting = partial.position() == 0;
    }

    boolean counting() {
        return counting;
    }

    void begin() throws IOException {
        engine.beginHandshake();
        shake();
    }

    void send(ByteBuffer request) throws IOException {
        ByteBuffer out = buffers.out.clear();
        while (request.hasRemaining()) {
            engine.wrap(request, out);
        }
        write(out);
    }

    /**
     * Takes what has arrived.
     *
     * @param look gets each piece of text, unless {@linkplain #counting counting}
     * @return how many bytes of text
     */
    int receive(Look look) throws IOException {
        ByteBuffer in = buffers.in.clear();
        in.put(partial.flip());
        partial.clear();
        int bytes = channel.read(in);
        if (bytes < 0) {
            throw new IOException("the server has closed the connection");
        }
        in.flip();
        if (counting) {
            return textBytes(in);
        }
        if (!shaken) {
            handshakeBytes += bytes;
        }
        int text = 0;
        while (in.remaining() >= HEADER && in.remaining() >= HEADER + recordLength(in)) {
            ByteBuffer plain = buffers.plain.clear();
            int length = recordLength(in);
            SSLEngineResult result = engine.unwrap(in, plain);
            if (!shaken) {
                shake();
            }
            plain.flip();
            look.at(text, plain);
            text += plain.limit();
            if (plain.hasRemaining()) {
                overheadIs(length - plain.limit());
            }
            if (result.getStatus() != SSLEngineResult.Status.OK) {
                throw new IOException("a record ended with " + result);
            }
        }
        partial.put(in);
        return text;
    }

    /** What is done with text. */
    interface Look {
        /** Sees a piece that begins so many bytes behind the begin of what arrived now. */
        void at(int offset, ByteBuffer text) throws IOException;
    }

    /** Says so, and closes. */
    void close() throws IOException {
        engine.closeOutbound();
        ByteBuffer out = buffers.out.clear();
        engine.wrap(NOTHING, out);
        write(out);
        channel.close();
    }

    private void shake() throws IOException {
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            } else if (status == HandshakeStatus.NEED_WRAP) {
                ByteBuffer out = buffers.out.clear();
                SSLEngineResult result = engine.wrap(NOTHING, out);
                write(out);
                if (result.getHandshakeStatus() == HandshakeStatus.FINISHED) {
                    shaken = true;
                    return;
                }
            } else {
                shaken = status == HandshakeStatus.NOT_HANDSHAKING;
                return;
            }
        }
    }

    private void write(ByteBuffer out) throws IOException {
        out.flip();
        int bytes = out.remaining();
        if (bytes > 0 && channel.write(out) != bytes) {
            throw new IOException(bytes + " bytes did not fit into an empty connection");
        }
    }

    private void overheadIs(int bytes) throws IOException {
        if (overhead != 0 && overhead != bytes) {
            throw new IOException("of one record " + overhead + " bytes are not text, of another " + bytes);
        }
        overhead = bytes;
    }

    private int textBytes(ByteBuffer in) {
        int text = 0;
        while (in.hasRemaining()) {
            if (bodyBytes > 0) {
                int part = Math.min(bodyBytes, in.remaining());
                in.position(in.position() + part);
                bodyBytes -= part;
                text += bodyBytes == 0 ? length - overhead : 0;
            } else {
                int next = in.get() & UNSIGNED_BYTE;
                headerBytes++;
                length = headerBytes <= LENGTH_AT ? 0 : length << Byte.SIZE | next;
                if (headerBytes == HEADER) {
                    headerBytes = 0;
                    bodyBytes = length;
                }
            }
        }
        return text;
    }

    private static int recordLength(ByteBuffer in) {
        return in.getShort(in.position() + LENGTH_AT) & UNSIGNED_SHORT;
    }
}
