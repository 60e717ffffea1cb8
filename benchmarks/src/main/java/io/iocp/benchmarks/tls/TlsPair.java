package io.iocp.benchmarks.tls;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A server's and a client's engine that talk with each other in memory, and what the server's costs.
 *
 * <p>Thread: one.
 */
public final class TlsPair {
    private static final int ROOM = 1 << 16;
    private static final int MOST_TURNS = 20;
    private static final int LENGTH_AT = 3;
    private static final int HEADER = 5;
    private static final int RECORD = 17_000;
    /** Of records that are made one after the other, and then read. */
    private static final int BATCH_BYTES = 1 << 18;

    private static final int MOST_OF_BATCH = 64;
    /** More than encryption adds to a record. */
    private static final int ADDED_BYTES = 256;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine server;
    private final SSLEngine client;
    private final ByteBuffer toServer = ByteBuffer.allocateDirect(ROOM);
    private final ByteBuffer toClient = ByteBuffer.allocateDirect(ROOM);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(RECORD);
    private long serverNanos;

    TlsPair(SSLEngine server, SSLEngine client) {
        this.server = server;
        this.client = client;
    }

    /**
     * What the server took for a record.
     *
     * @param wrapNanos to make one
     * @param unwrapNanos to read one
     * @param allocatedBytes for both
     */
    record Records(double wrapNanos, double unwrapNanos, double allocatedBytes) {}

    /** Does it, long computations included, and returns how much of the time was the server's. */
    long handshake() throws SSLException {
        serverNanos = 0;
        client.beginHandshake();
        long from = System.nanoTime();
        server.beginHandshake();
        serverNanos += System.nanoTime() - from;
        for (int turn = 0; turn < MOST_TURNS; turn++) {
            go(client, toClient, toServer);
            long begin = System.nanoTime();
            go(server, toServer, toClient);
            serverNanos += System.nanoTime() - begin;
            if (isDone(client) && isDone(server) && toClient.position() == 0 && toServer.position() == 0) {
                return serverNanos;
            }
        }
        throw new SSLException("the handshake does not come to an end: " + server.getHandshakeStatus() + ", "
                + client.getHandshakeStatus());
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }

    /** One byte each way, with what may come in front of it: tickets. */
    void greet() throws SSLException {
        greet(client, server, toServer);
        greet(server, client, toClient);
    }

    private void greet(SSLEngine from, SSLEngine to, ByteBuffer way) throws SSLException {
        from.wrap(ByteBuffer.allocateDirect(1), way);
        way.flip();
        while (way.hasRemaining()) {
            to.unwrap(way, plain.clear());
        }
        way.clear();
    }

    /** Both say that they end. */
    void end() throws SSLException {
        client.closeOutbound();
        client.wrap(NOTHING, toServer);
        go(server, toServer, toClient);
        server.closeOutbound();
    }

    private void go(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        in.flip();
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            } else if (status == HandshakeStatus.NEED_WRAP) {
                engine.wrap(NOTHING, out);
            } else {
                boolean asked = in.hasRemaining();
                SSLEngineResult result = engine.unwrap(in, plain.clear());
                // OpenSSL's ends a handshake only when it is asked once more, with nothing.
                if (engine.getHandshakeStatus() == status
                        && !(asked && result.getStatus() == SSLEngineResult.Status.OK)) {
                    in.compact();
                    return;
                }
            }
        }
    }

    /**
     * Some records, made one after the other and then read one by one, by the server each time.
     *
     * @param direct where the cipher text lies; the plain text is outside of the heap
     */
    Records records(int bytes, boolean direct) throws SSLException {
        int count = Math.clamp(BATCH_BYTES / bytes, 4, MOST_OF_BATCH);
        ByteBuffer text = ByteBuffer.allocateDirect(bytes);
        int room = RECORD + count * (bytes + ADDED_BYTES);
        ByteBuffer cipher = direct ? ByteBuffer.allocateDirect(room) : ByteBuffer.allocate(room);
        long allocated = -THREADS.getCurrentThreadAllocatedBytes();
        long nanos = -System.nanoTime();
        wrap(server, text, count, cipher);
        double wrapNanos = (double) (nanos + System.nanoTime()) / count;
        allocated += THREADS.getCurrentThreadAllocatedBytes();
        unwrap(client, cipher.flip());
        wrap(client, text, count, cipher.clear());
        cipher.flip();
        allocated -= THREADS.getCurrentThreadAllocatedBytes();
        nanos = -System.nanoTime();
        unwrap(server, cipher);
        double unwrapNanos = (double) (nanos + System.nanoTime()) / count;
        allocated += THREADS.getCurrentThreadAllocatedBytes();
        return new Records(wrapNanos, unwrapNanos, (double) allocated / count);
    }

    private static void wrap(SSLEngine engine, ByteBuffer text, int count, ByteBuffer cipher) throws SSLException {
        for (int i = 0; i < count; i++) {
            text.clear();
            while (text.hasRemaining()) {
                engine.wrap(text, cipher);
            }
        }
    }

    /** Record by record, as the port does, and as some engines insist on. */
    private void unwrap(SSLEngine engine, ByteBuffer cipher) throws SSLException {
        int end = cipher.limit();
        while (cipher.position() < end) {
            int from = cipher.position();
            cipher.limit(from + HEADER + Short.toUnsignedInt(cipher.getShort(from + LENGTH_AT)));
            while (cipher.hasRemaining()) {
                engine.unwrap(cipher, plain.clear());
            }
            cipher.limit(end);
        }
    }
}
