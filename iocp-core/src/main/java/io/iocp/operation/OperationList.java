package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * Operations in the order in which they came, linked by themselves; any of them leaves at once, however many there are. An
 * operation is in one list at most. Thread: shard holder.
 */
public sealed class OperationList permits Endpoint.Direction {
    @Nullable
    private Operation head;

    @Nullable
    private Operation tail;

    public final boolean isEmpty() {
        return head == null;
    }

    /** The operation that has been in it longest, null for none; {@link Operation#next} leads to the one after it. */
    @Nullable
    public final Operation first() {
        return head;
    }

    public final void add(Operation operation) {
        operation.next = null;
        operation.previous = tail;
        if (tail == null) {
            head = operation;
        } else {
            tail.next = operation;
        }
        tail = operation;
    }

    /** Takes the operation that has been in it longest, null for none. */
    @Nullable
    public final Operation poll() {
        Operation first = head;
        if (first != null) {
            head = first.next;
            if (head == null) {
                tail = null;
            } else {
                head.previous = null;
            }
            first.next = null;
        }
        return first;
    }

    /** Takes one out of the middle; false if it is not in this list. It must not be in another. */
    public final boolean remove(Operation operation) {
        Operation before = operation.previous;
        Operation after = operation.next;
        if (head != operation && before == null) {
            return false;
        }
        if (before == null) {
            head = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            tail = before;
        } else {
            after.previous = before;
        }
        operation.next = null;
        operation.previous = null;
        return true;
    }
}
