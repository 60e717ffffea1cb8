package io.iocp.engine.uring;

import io.iocp.operation.FileOperation;

/**
 * Decides which requests of earlier holders the present one takes over, and when.
 *
 * <p>Thread: shard holder.
 */
final class Adoption {
    /*
     * Why. The kernel finishes a request in the context of the thread that submitted it: within microseconds if that thread
     * sleeps and a signal can wake it, late if it computes, and not at all while it waits for a disk. Each costs more than a
     * request of the holder's own, and with many such threads several times as much.
     *
     * How. The old request is cancelled by a cancel that reports. If it reports success the kernel will not touch the request
     * again but to say so, in the old thread's context and in its own time: the operation moves to a new slot and request at
     * once, and the old slot stays taken until that was said. This keeps the order of bytes: the kernel runs the cancel
     * and whatever completes the old request under one lock, so what the old one received was reported before the
     * cancel, and the new one is submitted after. If the cancel finds nothing, the old thread is just completing the
     * request: that completion is waited for, and adopts it, or ends it.
     *
     * When. A request whose completion comes is adopted then: busy connections come first. The others in batches, one in
     * each turn; all at once when the old thread is not to be waited for. Sends are not adopted: what they have sent is known
     * from their own completion only. File operations are not either: most are done by the kernel's own threads, and what
     * one of those has begun cannot be taken back.
     */

    private static final int MOST_IN_A_TURN = 32;
    private static final int MOST_LOOKS_IN_A_TURN = 512;

    private final RequestTable requests;
    private final Submitters submitters;
    private int next = Integer.MAX_VALUE;
    private boolean all;

    Adoption(RequestTable requests, Submitters submitters) {
        this.requests = requests;
        this.submitters = submitters;
    }

    /** The shard has a new holder. */
    void begin() {
        next = submitters.hasForeign() ? 0 : Integer.MAX_VALUE;
        all = false;
    }

    /** The next turn is to adopt everything. */
    void hurry() {
        if (submitters.hasForeign()) {
            next = 0;
            all = true;
        }
    }

    /** Whether requests wait to be looked at. */
    boolean isUnderWay() {
        return next < requests.slots();
    }

    /** Adopts a batch. */
    void proceed(UringLoop loop) {
        int adopted = 0;
        int looks = 0;
        while (isUnderWay() && (all || (adopted < MOST_IN_A_TURN && looks < MOST_LOOKS_IN_A_TURN))) {
            Request request = requests.inSlot(next);
            looks++;
            if (request != null && isDue(request)) {
                adopted++;
                if (!loop.adopt(request)) {
                    return; // the kernel takes nothing now: here again in the next turn
                }
            }
            next++;
        }
        if (!isUnderWay()) {
            all = false;
        }
    }

    /** Whether a request is an earlier holder's and can be taken over. */
    boolean isDue(Request request) {
        return request.place() == Request.Place.KERNEL
                && request.submitter != submitters.holder()
                && !request.adopting
                && !request.cancelRequested
                && !request.operation().isOutput()
                && !(request.operation() instanceof FileOperation);
    }
}
