package io.iocp.demo.kv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the replies of one connection in one growing buffer, so that the replies to everything that was received
 * at once leave with one send.
 *
 * <p><b>Ownership.</b> {@link #take()} hands the buffer over to be sent; {@link #sent} gives it back when the send is
 * done, and it is used again unless it grew large. Replies may be written and taken while earlier buffers are still
 * being sent; {@link #backlog()} counts all of them.
 *
 * <p>Thread: one at a time.
 */
public final class RespWriter {

    /** The most bytes of replies in one buffer. */
    static final int REPLY_BYTES_MAX = 256 << 20;

    private static final int FIRST_BYTES = 4 << 10;
    private static final int REUSED_BYTES_MAX = 64 << 10;
    /** Sign, nineteen digits, type and line end. */
    private static final int LONGEST_HEADER = 1 + 1 + 19 + 2;

    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL = "$-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL_ARRAY = "*-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private final IntFunction<ByteBuffer> memory;
    private ByteBuffer buffer = NONE;
    private @Nullable ByteBuffer spare;
    private long beingSent;

    /** Writes into heap buffers, which cost nothing while a connection is idle; the port copies what it sends. */
    public RespWriter() {
        this(ByteBuffer::allocate);
    }

    /** Writes into buffers from this source of memory, which is asked for a number of bytes. */
    public RespWriter(IntFunction<ByteBuffer> memory) {
        this.memory = memory;
    }

    /** How many bytes are written and not yet taken. */
    public int length() {
        return buffer.position();
    }

    /** How many bytes are written and not yet known to be sent. */
    public long backlog() {
        return beingSent + buffer.position();
    }

    /**
     * Hands over everything written so far, ready to be sent; the next reply begins a new buffer.
     *
     * <p>The caller returns it with {@link #sent} when the send is done, or drops it with the connection.
     */
    public ByteBuffer take() {
        ByteBuffer taken = buffer.flip();
        buffer = NONE;
        beingSent += taken.limit();
        return taken;
    }

    /** Takes a buffer back whose bytes were sent; its limit must still be the one {@link #take()} set. */
    public void sent(ByteBuffer taken) {
        beingSent -= taken.limit();
        if (taken.capacity() > 0 && taken.capacity() <= REUSED_BYTES_MAX && spare == null) {
            spare = taken.clear();
        }
    }

    /** Forgets everything written after the buffer had this length. */
    void rewind(int length) {
        buffer.position(length);
    }

    void ok() {
        raw(OK);
    }

    void nil() {
        raw(NIL);
    }

    void nilArray() {
        raw(NIL_ARRAY);
    }

    void simple(String text) {
        line('+', text);
    }

    /** An error reply; the text begins with its code word. */
    void error(String text) {
        line('-', text);
    }

    void integer(long value) {
        header(':', value);
    }

    void array(int elements) {
        header('*', elements);
    }

    void bulk(byte[] value) {
        bulk(value, 0, value.length);
    }

    void bulk(Bytes value) {
        bulk(value.array());
    }

    void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    void bulk(byte[] value, int offset, int length) {
        reserve((long) LONGEST_HEADER + length + 2);
        header('$', length);
        buffer.put(value, offset, length).put((byte) '\r').put((byte) '\n');
    }

    private void raw(byte[] reply) {
        reserve(reply.length);
        buffer.put(reply);
    }

    private void line(char type, String text) {
        reserve(1L + text.length() + 2);
        buffer.put((byte) type);
        for (int at = 0; at < text.length(); at++) {
            char letter = text.charAt(at);
            // A line end inside would end the reply early and let a client forge the next one.
            buffer.put(letter == '\r' || letter == '\n' ? (byte) ' ' : letter > 0xFF ? (byte) '?' : (byte) letter);
        }
        buffer.put((byte) '\r').put((byte) '\n');
    }

    private void header(char type, long value) {
        reserve(LONGEST_HEADER);
        ByteBuffer out = buffer;
        out.put((byte) type);
        if (value >= 0 && value < 10) {
            out.put((byte) ('0' + value));
        } else {
            digits(out, value);
        }
        out.put((byte) '\r').put((byte) '\n');
    }

    private static void digits(ByteBuffer out, long value) {
        // Counted with negative numbers, because the smallest one has no positive counterpart.
        long rest = value < 0 ? value : -value;
        if (value < 0) {
            out.put((byte) '-');
        }
        int length = 1;
        for (long larger = rest / 10; larger != 0; larger /= 10) {
            length++;
        }
        int end = out.position() + length;
        for (int at = end - 1; at >= out.position(); at--) {
            out.put(at, (byte) ('0' - rest % 10));
            rest /= 10;
        }
        out.position(end);
    }

    private void reserve(long bytes) {
        if (bytes > buffer.remaining()) {
            grow(buffer.position() + bytes);
        }
    }

    private void grow(long needed) {
        if (needed > REPLY_BYTES_MAX) {
            throw new CommandError("ERR reply is larger than " + REPLY_BYTES_MAX + " bytes");
        }
        ByteBuffer larger = spare;
        if (larger != null && larger.capacity() >= needed) {
            spare = null;
        } else {
            long doubled = Math.max(FIRST_BYTES, buffer.capacity() * 2L);
            larger = allocate((int) Math.min(REPLY_BYTES_MAX, Math.max(needed, doubled)));
        }
        larger.put(buffer.flip());
        buffer = larger;
    }

    private ByteBuffer allocate(int bytes) {
        try {
            return memory.apply(bytes);
        } catch (OutOfMemoryError full) {
            // Memory for buffers has its own limit: one command fails, the server goes on.
            throw new CommandError("ERR no memory for a reply of " + bytes + " bytes");
        }
    }
}
