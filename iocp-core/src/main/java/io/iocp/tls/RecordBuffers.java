package io.iocp.tls;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Memory for one record each, kept for reuse: a session has one only while it works, or while it has a part of a record and waits
 * for the rest.
 *
 * <p>Thread: one at a time. Bound: keeps 64 of them, a bit over 1 MiB; how many are out is bounded by the connections that are
 * in the middle of a record.
 */
public final class RecordBuffers {
    /** Bytes in front of the content of a record. */
    public static final int HEADER_BYTES = 5;

    /** The content of a record: 2^14 bytes, and what encryption may add (RFC 5246, section 6.2.3; TLS 1.3 has less). */
    public static final int MOST_CONTENT_BYTES = (1 << 14) + 2048;

    private static final int MOST_KEPT = 64;

    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private final boolean direct;

    /** @param direct outside of the heap, as engines that are written in C want it; the JDK's is faster on the heap */
    public RecordBuffers(boolean direct) {
        this.direct = direct;
    }

    /** An empty one, to be {@linkplain #give given back}. */
    ByteBuffer take() {
        @Nullable ByteBuffer kept = free.pollLast();
        if (kept != null) {
            return kept.clear();
        }
        int bytes = HEADER_BYTES + MOST_CONTENT_BYTES;
        return direct ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
    }

    void give(ByteBuffer buffer) {
        if (free.size() < MOST_KEPT && buffer.capacity() == HEADER_BYTES + MOST_CONTENT_BYTES) {
            free.addLast(buffer);
        }
    }
}
