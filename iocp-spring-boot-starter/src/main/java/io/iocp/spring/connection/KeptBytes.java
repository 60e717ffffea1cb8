package io.iocp.spring.connection;

import java.nio.ByteBuffer;

/**
 * Bytes that a connection has received and that no handler could have yet. Has no memory as long as there are none.
 *
 * <p>On the heap, where it is exactly as much as is needed: that of the port's pool comes in powers of two, of which the largest
 * frames would take twice what they may.
 *
 * <p>Thread: one at a time.
 */
final class KeptBytes {
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);
    private static final int LEAST_BYTES = 256;

    private final int mostAhead;

    /** The bytes are from {@link #begin} to {@link #end}; its own position and limit have no meaning. */
    private ByteBuffer memory = NONE;

    private int begin;
    private int end;

    /** @param mostAhead up to how many bytes there may be memory for more than there are */
    KeptBytes(int mostAhead) {
        this.mostAhead = mostAhead;
    }

    boolean isEmpty() {
        return begin == end;
    }

    int length() {
        return end - begin;
    }

    /** Bytes of memory. */
    int capacity() {
        return memory.capacity();
    }

    /**
     * Puts bytes behind those that are here. Nobody may have a view of these any more.
     *
     * @param from where they begin in {@code data}, whose position and limit are not changed
     */
    void append(ByteBuffer data, int from, int length) {
        if (length == 0) {
            return;
        }
        makeRoom(length);
        memory.clear().put(end, data, from, length);
        end += length;
    }

    private void makeRoom(int more) {
        int length = length();
        if (memory.capacity() - end >= more) {
            return;
        }
        int needed = Math.addExact(length, more);
        if (memory.capacity() >= needed && begin >= length) {
            // No more is moved than was taken away before.
            memory.clear().put(0, memory, begin, length);
        } else {
            long ahead = Math.min(Math.max(LEAST_BYTES, 2L * length), mostAhead);
            ByteBuffer larger = ByteBuffer.allocate((int) Math.max(needed, ahead));
            larger.put(0, memory.clear(), begin, length);
            memory = larger;
        }
        begin = 0;
        end = length;
    }

    /** The bytes, from position to limit. The same object every time; valid until bytes are put behind them or taken away. */
    ByteBuffer view() {
        return memory.limit(end).position(begin);
    }

    /** Takes away all before {@code position} of the view. */
    void takeUpTo(int position) {
        begin = position;
        if (begin == end) {
            clear();
        }
    }

    void clear() {
        memory = NONE;
        begin = 0;
        end = 0;
    }
}
