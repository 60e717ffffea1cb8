package io.iocp.tls;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One TLS connection: cipher text in, plain text out, and the other way round. It does no input or output, waits for nothing and
 * can be stepped.
 *
 * <p>Thread: one at a time, and none while its {@linkplain #tasks tasks} run.
 */
public final class TlsSession {
    /*
     * Memory. A session has a record buffer only while it has a part of a record and waits for the rest, and plain text only
     * until somebody takes it; an idle one has neither. Cipher text lies on the heap while the JDK's engine works on it
     * (44 % cheaper to encrypt and 26 % to decrypt than outside, at 16 KiB), and is copied to where the kernel can reach it.
     *
     * Order. What comes in is unwrapped at once, record by record, until the engine wants something else done first: a task,
     * or, before the handshake is over, something sent. What is behind that waits in the backlog, so nothing is unwrapped
     * twice or out of order.
     *
     * Renegotiation, which TLS 1.2 has and nobody should use, is refused: it would let a client make the server compute.
     */

    /** What has to be done before the handshake can go on. */
    public enum Need {
        /** Nothing: it is over. */
        NOTHING,
        /** {@link #tasks} are to run. */
        TASK,
        /** There is something to {@link #wrap}. */
        WRAP,
        /** More has to be {@linkplain #received received}. */
        UNWRAP
    }

    /** Room for what encryption adds to a record, and for a small record of the engine's own. */
    private static final int ADDED_BYTES = 256;

    private static final int RECORD_BYTES = 1 << 14;

    /** What a peer can make the engine want to say (an answer to new keys) while nothing can be sent; the engine keeps it all. */
    private static final int MOST_UNANSWERED = 64;

    /** What a record of TLS can begin with: change_cipher_spec, alert, handshake, application_data. */
    private static final int LEAST_TYPE = 20;

    private static final int MOST_TYPE = 23;

    private final SSLEngine engine;
    private final BufferPool buffers;
    private final RecordBuffers records;

    /** A record that has not come to its end; null if there is none. */
    private @Nullable ByteBuffer partial;

    /** What came behind something that has to be dealt with first; null for nothing. */
    private @Nullable ByteBuffer backlog;

    private @Nullable LeasedBuffer plainHead;
    private @Nullable LeasedBuffer plainTail;

    /** Bytes of the first plain buffer that were taken. */
    private int plainTaken;

    private int plainBytes;

    /** The last plain buffer has too little room for what the engine wants to put there. */
    private boolean plainFull;

    private boolean established;
    private boolean outputEnding;
    private boolean inputEnded;

    /** Records without text that have come since all was sent that the engine had to say. */
    private int unanswered;

    /** What the engine has said last; asking it takes a lock. */
    private HandshakeStatus status = HandshakeStatus.NOT_HANDSHAKING;

    public TlsSession(SSLEngine engine, BufferPool buffers, RecordBuffers records) {
        this.engine = engine;
        this.buffers = buffers;
        this.records = records;
    }

    public SSLEngine engine() {
        return engine;
    }

    public void begin() throws SSLException {
        engine.beginHandshake();
        ask();
    }

    private void ask() {
        status = engine.getHandshakeStatus();
    }

    private void note(SSLEngineResult result) {
        status = result.getHandshakeStatus();
        if (status == HandshakeStatus.FINISHED) {
            ask(); // a server may have tickets to send still
        }
    }

    /** What the handshake waits for. */
    public Need need() {
        if (status == HandshakeStatus.NEED_TASK) {
            ask(); // they may have run
        }
        return switch (status) {
            case NEED_TASK -> Need.TASK;
            case NEED_WRAP -> Need.WRAP;
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> Need.UNWRAP;
            case FINISHED, NOT_HANDSHAKING -> Need.NOTHING;
        };
    }

    /** The handshake is over. */
    public void established() {
        established = true;
    }

    public boolean isEstablished() {
        return established;
    }

    /** The long computations that the engine waits for: to be run once, by any thread. Nothing else may be called meanwhile. */
    public Runnable tasks() {
        return () -> {
            for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                task.run();
            }
        };
    }

    // ---- in

    /**
     * Takes cipher text, all of it. What it brings is in {@link #plainBytes}; at the end of the stream {@link #inputEnded} is
     * true and the rest is dropped.
     *
     * @throws SSLException if it is not what it should be: the session is of no use any more but for {@link #wrap}, which may
     *     have an alert
     */
    public void received(ByteBuffer cipher) throws SSLException {
        ByteBuffer before = backlog;
        backlog = null;
        unwrapAll(before == null ? cipher : joined(before, cipher));
        if (established && !inputEnded) {
            boolean _ = waitsForOther(); // also what came last may have been a wish to renegotiate
        }
    }

    /**
     * Goes on with what has come and could not be looked at.
     *
     * @return false if there is nothing
     */
    public boolean goOn() throws SSLException {
        ByteBuffer before = backlog;
        if (before == null) {
            return false;
        }
        backlog = null;
        int left = before.remaining();
        unwrapAll(before);
        ByteBuffer now = backlog;
        return now == null || now.remaining() < left;
    }

    private void unwrapAll(ByteBuffer cipher) throws SSLException {
        while (cipher.hasRemaining() && !inputEnded && !waitsForOther()) {
            ByteBuffer record = partial == null ? records.take() : partial;
            partial = record;
            if (!fill(record, cipher)) {
                return;
            }
            record.flip();
            unwrap(record, cipher.remaining());
            if (record.hasRemaining() && !inputEnded) {
                keep(record, cipher); // the engine wants something else first
                return;
            }
            partial = null;
            records.give(record);
        }
        if (cipher.hasRemaining() && !inputEnded) {
            backlog = ByteBuffer.allocate(cipher.remaining()).put(cipher).flip();
        }
        cipher.position(cipher.limit());
    }

    private boolean waitsForOther() throws SSLException {
        if (!established) {
            return status == HandshakeStatus.NEED_TASK || status == HandshakeStatus.NEED_WRAP;
        }
        // With its output ended an engine may want nothing but to receive for ever: OpenSSL's says so.
        if (status == HandshakeStatus.NEED_TASK || (status == HandshakeStatus.NEED_UNWRAP && !outputEnding)) {
            throw new SSLException("the peer wants to renegotiate, which is not supported");
        }
        return false;
    }

    /** Everything from this record on comes again when the engine is ready. */
    private void keep(ByteBuffer record, ByteBuffer cipher) {
        backlog = joined(record, cipher);
        partial = null;
        records.give(record);
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    /** Copies bytes until there is a whole record; false if there is not. */
    private static boolean fill(ByteBuffer record, ByteBuffer cipher) throws SSLException {
        if (record.position() < RecordBuffers.HEADER_BYTES) {
            copy(cipher, record, RecordBuffers.HEADER_BYTES - record.position());
            if (record.position() < RecordBuffers.HEADER_BYTES) {
                check(record);
                return false;
            }
        }
        check(record);
        int content = Short.toUnsignedInt(record.getShort(3));
        if (content > RecordBuffers.MOST_CONTENT_BYTES) {
            throw new SSLException(
                    "a TLS record of " + content + " bytes, more than there may be: not TLS, or damaged");
        }
        copy(cipher, record, RecordBuffers.HEADER_BYTES + content - record.position());
        return record.position() == RecordBuffers.HEADER_BYTES + content;
    }

    /** What is not TLS is told from its first byte: nobody is to wait for the rest of a record that will not come. */
    private static void check(ByteBuffer record) throws SSLException {
        int type = record.position() > 0 ? Byte.toUnsignedInt(record.get(0)) : LEAST_TYPE;
        boolean version = record.position() < 2 || record.get(1) == 3;
        if (type < LEAST_TYPE || type > MOST_TYPE || !version) {
            throw new SSLException("not a TLS record (it begins with byte 0x" + Integer.toHexString(type)
                    + "): the peer speaks something else, plain text perhaps");
        }
    }

    private static void copy(ByteBuffer from, ByteBuffer to, int most) {
        int count = Math.min(from.remaining(), most);
        to.put(to.position(), from, from.position(), count);
        to.position(to.position() + count);
        from.position(from.position() + count);
    }

    /** Unwraps one record, or as much of it as the engine takes. */
    private void unwrap(ByteBuffer record, int behind) throws SSLException {
        int wanted = record.remaining() + behind;
        while (true) {
            LeasedBuffer into = roomFor(record.remaining(), wanted);
            ByteBuffer free = into.data();
            free.limit(free.capacity()).position(into.length());
            SSLEngineResult result;
            try {
                result = engine.unwrap(record, free);
                note(result);
                into.length(into.length() + result.bytesProduced());
                plainBytes += result.bytesProduced();
            } catch (SSLException | RuntimeException e) {
                ask(); // there may be an alert to be sent
                throw e;
            } finally {
                dropIfEmpty(into);
            }
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                int most = engine.getSession().getApplicationBufferSize();
                if (free.capacity() - into.length() >= most) {
                    throw new SSLException("the engine wants more than " + most + " bytes for one record");
                }
                wanted = Math.max(2 * wanted, most);
                plainFull = plainTail != null;
                continue;
            }
            if (result.getStatus() == Status.CLOSED) {
                inputEnded = true;
                return;
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW && record.hasRemaining()) {
                throw new SSLException("a TLS record that is shorter than it says");
            }
            if (established && result.bytesConsumed() > 0 && result.bytesProduced() == 0) {
                checkAnswers();
            }
            boolean nothing = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
            // An engine written in C may have decrypted more than there was room for, and ends a handshake only when it
            // is
            // asked once more with nothing.
            boolean whole = established && !record.hasRemaining() && free.hasRemaining();
            if (nothing || whole || waitsForOther()) {
                return;
            }
        }
    }

    /** A peer that wants new keys again and again and does not read would have all the answers kept for it. */
    private void checkAnswers() throws SSLException {
        if (mustWrap() && ++unanswered > MOST_UNANSWERED) {
            throw new SSLException("the peer wants an answer (to new keys) again and again, and reads none of them");
        }
    }

    /** The last plain buffer if there is room for what a record may bring, else a new one. */
    private LeasedBuffer roomFor(int record, int wanted) {
        LeasedBuffer last = plainTail;
        if (last != null && !plainFull && last.capacity() - last.length() >= record) {
            return last;
        }
        plainFull = false;
        LeasedBuffer fresh = buffers.lease(wanted);
        fresh.next = null;
        if (last == null) {
            plainHead = fresh;
        } else {
            last.next = fresh;
        }
        plainTail = fresh;
        return fresh;
    }

    private void dropIfEmpty(LeasedBuffer last) {
        if (last.length() > 0) {
            return;
        }
        LeasedBuffer before = plainHead;
        if (last.equals(before)) {
            plainHead = null;
            plainTail = null;
        } else {
            while (before != null && !last.equals(before.next)) {
                before = before.next;
            }
            if (before != null) {
                before.next = null;
            }
            plainTail = before;
        }
        last.release();
    }

    /** Plain text that is there to be taken. */
    public int plainBytes() {
        return plainBytes;
    }

    /** The peer has said that nothing more comes (close_notify). */
    public boolean inputEnded() {
        return inputEnded;
    }

    /** Takes plain text, in a buffer with one lease that is the caller's now; null for none. */
    public @Nullable LeasedBuffer takePlain() {
        LeasedBuffer first = plainHead;
        if (first == null) {
            return null;
        }
        removeFirst(first);
        int taken = plainTaken;
        plainTaken = 0;
        if (taken > 0) {
            int left = first.length() - taken;
            MemorySegment.copy(first.segment(), taken, first.segment(), 0, left);
            first.length(left);
        }
        plainBytes -= first.length();
        return first;
    }

    /** Takes as much plain text as there is, and there is room for. */
    public int takePlain(MemorySegment into) {
        long done = 0;
        for (LeasedBuffer first = plainHead; first != null && done < into.byteSize(); first = plainHead) {
            long count = Math.min(first.length() - plainTaken, into.byteSize() - done);
            MemorySegment.copy(first.segment(), plainTaken, into, done, count);
            done += count;
            plainTaken += (int) count;
            if (plainTaken == first.length()) {
                plainTaken = 0;
                removeFirst(first);
                first.release();
            }
        }
        plainBytes -= (int) done;
        return (int) done;
    }

    private void removeFirst(LeasedBuffer first) {
        plainHead = first.next;
        first.next = null;
        if (plainHead == null) {
            plainTail = null;
        }
    }

    // ---- out

    /** There is something of the engine's own to be sent. */
    public boolean mustWrap() {
        return status == HandshakeStatus.NEED_WRAP || (outputEnding && !engine.isOutboundDone());
    }

    /** Nothing more will be sent but the close_notify that {@link #wrap} makes next. */
    public void endOutput() {
        outputEnding = true; // an engine written in C does not say that it has to be wrapped
        engine.closeOutbound();
        ask();
    }

    /** Nothing can be sent any more. */
    public boolean isOutputEnded() {
        return engine.isOutboundDone();
    }

    /**
     * Makes records of plain text, and of what the engine has to say itself, in front of it.
     *
     * @param most bytes of plain text to be taken at most, but for the end of a record
     * @return the records, with one lease, the caller's; of length 0 if there is nothing to be sent
     * @throws SSLException if nothing can be encrypted any more
     */
    public LeasedBuffer wrap(PlainText plain, int most) throws SSLException {
        ByteBuffer record = records.take();
        LeasedBuffer out = null;
        boolean done = false;
        try {
            int taken = 0;
            while (true) {
                ByteBuffer source = plain.next();
                boolean own = mustWrap();
                if (!own) {
                    unanswered = 0;
                }
                if (!own && (!source.hasRemaining() || taken >= most)) {
                    break;
                }
                SSLEngineResult result = engine.wrap(source, record.clear());
                note(result);
                taken += result.bytesConsumed();
                if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                    records.give(record);
                    record = larger(record);
                    continue;
                }
                int produced = result.bytesProduced();
                if (produced > 0) {
                    int ahead = Math.min(source.remaining(), Math.max(0, most - taken));
                    out = append(out, record.flip(), ahead + (ahead / RECORD_BYTES + 1) * ADDED_BYTES);
                }
                if (result.getStatus() == Status.CLOSED && !mustWrap()) {
                    if (plain.next().hasRemaining()) {
                        throw new SSLException("the session has ended: nothing can be sent any more");
                    }
                    break;
                }
                if (produced == 0 && result.bytesConsumed() == 0) {
                    break; // it wants something else first
                }
            }
            done = true;
            if (out == null) {
                out = buffers.lease(0);
            }
            return out;
        } finally {
            records.give(record);
            if (!done) {
                ask();
            }
            if (!done && out != null) {
                out.release();
            }
        }
    }

    /** The JDK's engine wants more room once its peer has sent records that are larger than the standard has them. */
    private ByteBuffer larger(ByteBuffer record) throws SSLException {
        int wanted = engine.getSession().getPacketBufferSize();
        if (wanted <= record.capacity()) {
            throw new SSLException("the engine makes records of more than " + record.capacity() + " bytes");
        }
        return ByteBuffer.allocate(wanted);
    }

    private LeasedBuffer append(@Nullable LeasedBuffer out, ByteBuffer record, int ahead) {
        LeasedBuffer into = out;
        int before = into == null ? 0 : into.length();
        int after = before + record.remaining();
        if (into == null || after > into.capacity()) {
            LeasedBuffer larger = buffers.lease(after + ahead);
            if (into != null) {
                MemorySegment.copy(into.segment(), 0, larger.segment(), 0, before);
                into.release();
            }
            into = larger;
        }
        into.length(after);
        into.data().put(before, record, 0, record.remaining());
        return into;
    }

    /** It is not used any more: its memory goes back. Nothing of it is the engine's, whose tasks may still run. */
    public void close() {
        ByteBuffer part = partial;
        if (part != null) {
            partial = null;
            records.give(part);
        }
        closeAfterAll();
    }

    /** As {@link #close}, when others may use the record buffers, or nobody: they get nothing back. */
    public void closeAfterAll() {
        partial = null;
        backlog = null;
        for (LeasedBuffer first = plainHead; first != null; first = plainHead) {
            removeFirst(first);
            first.release();
        }
        plainBytes = 0;
        plainTaken = 0;
    }
}
