package io.iocp.demo.kv;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A list: a ring of elements that grows and shrinks at both ends in constant time and reaches any element by index.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
final class ListValue implements Value {

    private static final int SMALLEST = 8;

    private byte[] @Nullable [] ring = new byte[SMALLEST][];
    private int head;
    private int size;

    int size() {
        return size;
    }

    byte[] at(int index) {
        return Objects.requireNonNull(ring[slot(index)]);
    }

    void addFirst(byte[] element) {
        growIfFull();
        head = slot(-1);
        ring[head] = element;
        size++;
    }

    void addLast(byte[] element) {
        growIfFull();
        ring[slot(size)] = element;
        size++;
    }

    byte[] removeFirst() {
        byte[] element = at(0);
        ring[head] = null;
        head = slot(1);
        size--;
        shrinkIfSparse();
        return element;
    }

    byte[] removeLast() {
        byte[] element = at(size - 1);
        ring[slot(size - 1)] = null;
        size--;
        shrinkIfSparse();
        return element;
    }

    @Override
    public String typeName() {
        return "list";
    }

    private int slot(int index) {
        return (head + index) & (ring.length - 1);
    }

    private void growIfFull() {
        if (size == ring.length) {
            resize(ring.length * 2);
        }
    }

    private void shrinkIfSparse() {
        if (ring.length > SMALLEST && size < ring.length / 8) {
            resize(ring.length / 4);
        }
    }

    private void resize(int capacity) {
        int smaller = Math.max(SMALLEST, capacity);
        byte[] @Nullable [] moved = new byte[smaller][];
        int untilEnd = Math.min(size, ring.length - head);
        System.arraycopy(ring, head, moved, 0, untilEnd);
        System.arraycopy(ring, 0, moved, untilEnd, size - untilEnd);
        Arrays.fill(ring, null);
        ring = moved;
        head = 0;
    }
}
