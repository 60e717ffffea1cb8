package io.iocp.engine.uring;

import io.iocp.operation.BufferRelease;
import io.iocp.operation.Operation;
import org.jspecify.annotations.Nullable;

/**
 * One operation that the loop has, from submit to its completion: a slot of the {@link RequestTable}, used again for other
 * operations. The kernel has at most one request for it at a time.
 *
 * <p>Thread: shard holder.
 */
final class Request {
    /** Where the request is. */
    enum Place {
        /** The slot is unused. */
        FREE,
        /** The kernel has it. */
        KERNEL,
        /** Its encoding waits for room in the submission queue. */
        UNSENT,
        /** A receive that waits for its turn to get a buffer. */
        QUEUED,
        /** A send from a file that has had its share of this turn, and goes on in the next. */
        PAUSED,
        /** A helper thread has it. */
        HELPED,
        /** It has ended; that is reported in the next turn, because submit and cancel must not report. */
        ENDED,
        /** Its operation has gone on in another slot; the kernel has cancelled it, and has still to say so. */
        SUPERSEDED,
        /** Its operation has gone on in another slot or has ended; the kernel still reads what was sent without a copy. */
        LENT
    }

    final int slot;
    private int generation;
    private Place place = Place.FREE;

    @Nullable
    private Operation operation;

    @Nullable
    private UringEndpoint endpoint;

    /** Somebody asked to cancel it; else an ECANCELED is the kernel's own doing, and the request is made again. */
    boolean cancelRequested;

    /** The worker that the kernel has it from, while its place is {@link Place#KERNEL}, {@link Place#SUPERSEDED} or {@link Place#LENT}. */
    int submitter;

    /** What the kernel has of it is only a poll: a receive that had found no buffer, or a send from a file that waits for room. */
    boolean polling;

    /** The kernel was asked to cancel it, so that the present holder can make it again. */
    boolean adopting;

    /** What the kernel has of it is a send without a copy. */
    boolean zeroCopy;

    /** The kernel would not send it without a copy. */
    boolean copying;

    /** Bytes of the operation so far; those of a continuous receive are reported as they come, not counted here. */
    long transferred;

    /** Null until the slot needed them. */
    @Nullable
    private RequestExtras extras;

    /** The list that it is in, and its neighbours there; in a free slot the next is the next free one. */
    @Nullable
    RequestList list;

    @Nullable
    Request previous;

    @Nullable
    Request next;

    Request(int slot) {
        this.slot = slot;
    }

    long userData() {
        return UserData.of(slot, generation);
    }

    int generation() {
        return generation;
    }

    Place place() {
        return place;
    }

    /** The operation of a slot in use. */
    Operation operation() {
        Operation current = operation;
        if (current == null) {
            throw new IllegalStateException("request of slot " + slot + " is free");
        }
        return current;
    }

    UringEndpoint endpoint() {
        UringEndpoint current = endpoint;
        if (current == null) {
            throw new IllegalStateException("request of slot " + slot + " is free");
        }
        return current;
    }

    RequestExtras extras() {
        RequestExtras own = extras;
        if (own == null) {
            own = new RequestExtras();
            extras = own;
        }
        return own;
    }

    void begin(Operation started, UringEndpoint target) {
        assert place == Place.FREE : place;
        operation = started;
        endpoint = target;
        cancelRequested = false;
        adopting = false;
        polling = false;
        zeroCopy = false;
        copying = false;
        transferred = 0;
        place = Place.UNSENT;
        renew();
    }

    /** It is about to be made of the kernel, once more perhaps: nothing that was said of it before is meant for it. */
    void renew() {
        // Never 0, so that the user_data of a live request is never 0 either.
        generation = generation == -1 ? 1 : generation + 1;
        operation().engineTag = userData();
    }

    /** The one way a request in use changes its place; lists follow from it, not the other way round. */
    void move(Place to) {
        assert place != Place.FREE && to != Place.FREE : place + " to " + to;
        place = to;
    }

    /** The kernel goes on reading memory of an operation that has no need of this slot any more. */
    void lend(BufferRelease buffer) {
        leaveList();
        move(Place.LENT);
        operation = null;
        endpoint = null;
        extras().lent = buffer;
    }

    void leaveList() {
        if (list != null) {
            list.remove(this);
        }
    }

    void end() {
        assert place != Place.FREE : "ended twice"; // the free slots would be a ring: two operations in one slot
        assert list == null : "ended in a list";
        place = Place.FREE;
        operation = null;
        endpoint = null;
        if (extras != null) {
            extras.end();
        }
    }
}
