package io.iocp.engine.simulated;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The bytes of one direction of a connection that were sent and not yet received, at most a window of them, and how the stream
 * ends.
 *
 * <p>Thread: whoever has the network's lock.
 */
final class Pipe {
    private final int window;
    private byte[] ring = new byte[64];
    private int head;
    private int size;

    /** Bytes that were ever taken. */
    private long taken;

    /** The sender has ended its stream: after the bytes comes the end. */
    boolean finished;

    Pipe(int window) {
        this.window = window;
    }

    int size() {
        return size;
    }

    int room() {
        return window - size;
    }

    /** The place in the stream of the byte that is written next. */
    long place() {
        return taken + size;
    }

    /** The bytes from {@code place} on are what {@code from} holds now, as far as nobody has taken them yet. */
    void readAgain(MemorySegment from, long place) {
        for (long i = Math.max(0, taken - place); i < from.byteSize() && place + i < place(); i++) {
            int at = (int) ((head + (place + i - taken)) % ring.length);
            ring[at] = from.get(ValueLayout.JAVA_BYTE, i);
        }
    }

    void clear() {
        taken += size;
        head = 0;
        size = 0;
    }

    /** Appends bytes; the caller has seen that there is room. */
    void write(MemorySegment from, long offset, int count) {
        grow(size + count);
        int tail = (head + size) % ring.length;
        int first = Math.min(count, ring.length - tail);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, ring, tail, first);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset + first, ring, 0, count - first);
        size += count;
    }

    void write(byte[] from, int offset, int count) {
        grow(size + count);
        int tail = (head + size) % ring.length;
        int first = Math.min(count, ring.length - tail);
        System.arraycopy(from, offset, ring, tail, first);
        System.arraycopy(from, offset + first, ring, 0, count - first);
        size += count;
    }

    /** Takes the oldest bytes; the caller has seen that there are as many. */
    void read(byte[] to, int offset, int count) {
        int first = Math.min(count, ring.length - head);
        System.arraycopy(ring, head, to, offset, first);
        System.arraycopy(ring, 0, to, offset + first, count - first);
        head = (head + count) % ring.length;
        size -= count;
        taken += count;
    }

    private void grow(int needed) {
        if (needed > ring.length) {
            byte[] larger = new byte[Math.min(Math.max(needed, 2 * ring.length), Math.max(window, needed))];
            int count = size;
            read(larger, 0, count);
            ring = larger;
            head = 0;
            size = count;
            taken -= count;
        }
    }
}
