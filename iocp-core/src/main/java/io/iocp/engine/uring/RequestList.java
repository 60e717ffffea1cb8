package io.iocp.engine.uring;

import org.jspecify.annotations.Nullable;

/** Requests in the order in which they came, each in at most one list; any of them leaves at once. Thread: shard holder. */
final class RequestList {
    @Nullable
    private Request first;

    @Nullable
    private Request last;

    private int size;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    void add(Request request) {
        assert request.list == null : "already in a list";
        request.list = this;
        request.previous = last;
        request.next = null;
        if (last == null) {
            first = request;
        } else {
            last.next = request;
        }
        last = request;
        size++;
    }

    @Nullable
    Request poll() {
        Request oldest = first;
        if (oldest != null) {
            remove(oldest);
        }
        return oldest;
    }

    /** Takes a request of this list out of it. */
    void remove(Request request) {
        assert request.list == this : "not in this list";
        Request before = request.previous;
        Request after = request.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        request.list = null;
        request.previous = null;
        request.next = null;
        size--;
    }
}
