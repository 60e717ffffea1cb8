package io.iocp.port;

import io.iocp.operation.Operation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one shard that are ready to run, first in first out; a list through the operations themselves, so that it
 * allocates nothing and is bounded by what is in flight. Thread: shard holder; the size may be read by any.
 */
final class ReadyQueue {
    @Nullable
    private Operation head;

    @Nullable
    private Operation tail;

    private volatile int size;

    private static final VarHandle SIZE;

    static {
        try {
            SIZE = MethodHandles.lookup().findVarHandle(ReadyQueue.class, "size", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    void add(Operation operation) {
        operation.nextReady = null;
        if (tail == null) {
            head = operation;
        } else {
            tail.nextReady = operation;
        }
        tail = operation;
        SIZE.setOpaque(this, (int) SIZE.getOpaque(this) + 1);
    }

    /** Puts a list, linked by {@code nextReady}, in front of what is there; null for an empty one. */
    void addFirst(@Nullable Operation first) {
        if (first == null) {
            return;
        }
        int count = 1;
        Operation last = first;
        while (last.nextReady != null) {
            last = last.nextReady;
            count++;
        }
        last.nextReady = head;
        if (head == null) {
            tail = last;
        }
        head = first;
        SIZE.setOpaque(this, (int) SIZE.getOpaque(this) + count);
    }

    @Nullable
    Operation poll() {
        Operation first = head;
        if (first != null) {
            head = first.nextReady;
            if (head == null) {
                tail = null;
            }
            first.nextReady = null;
            SIZE.setOpaque(this, (int) SIZE.getOpaque(this) - 1);
        }
        return first;
    }

    boolean isEmpty() {
        return head == null;
    }

    int size() {
        return size;
    }
}
