package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wakes a loop out of the kernel's wait: an eventfd, and a multishot poll of it that completes for each write, so that nobody
 * needs to read it.
 *
 * <p>A poll is finished in the context of the thread that submitted it, so each holder of the shard arms one of its own first,
 * and cancels the last holder's. A write between the two finds the descriptor readable when the new poll is armed, which then
 * completes at once.
 *
 * <p>Thread: {@link #wake} any; the rest the shard's holder.
 */
final class WakeUp {
    private static final int WAKERS_GONE = Integer.MIN_VALUE;

    /** A poll that the kernel has, and whose it is. */
    private record Poll(long userData, int submitter) {}

    private final Libc libc;
    private final int eventfd;
    private final Submitters submitters;

    /** Polls that the kernel has, the present holder's last. */
    private final List<Poll> polls = new ArrayList<>();

    /** Threads inside {@link #wake()}; {@link #WAKERS_GONE} once the eventfd is closed. */
    private final AtomicInteger wakers = new AtomicInteger();

    private int lastNumber;

    WakeUp(Libc libc, int eventfd, Submitters submitters) {
        this.libc = libc;
        this.eventfd = eventfd;
        this.submitters = submitters;
    }

    /** Whether the present holder has a poll in the kernel. */
    boolean isArmed() {
        return !polls.isEmpty() && polls.getLast().submitter == submitters.holder();
    }

    void arm(long sqe) {
        Poll poll = new Poll(UserData.ofWakeUp(++lastNumber), submitters.submitted());
        SqeEncoder.pollMultishot(sqe, eventfd, Libc.POLLIN, poll.userData);
        polls.add(poll);
    }

    /** Polls of earlier holders that the kernel still has. */
    List<Long> foreign() {
        List<Long> result = new ArrayList<>();
        for (Poll poll : polls) {
            if (poll.submitter != submitters.holder()) {
                result.add(poll.userData);
            }
        }
        return result;
    }

    /** A poll has completed. */
    void completed(long userData, boolean more) {
        if (!more) {
            for (int i = 0; i < polls.size(); i++) {
                Poll poll = polls.get(i);
                if (poll.userData == userData) {
                    submitters.done(poll.submitter);
                    polls.remove(i);
                    return;
                }
            }
        }
    }

    void wake() {
        // Counted in and out, so that nobody writes to the descriptor's number once somebody else may have it.
        if (wakers.getAndIncrement() >= 0) {
            libc.wake(eventfd);
        }
        wakers.getAndDecrement();
    }

    /** Keeps wakers out, once and for all; false if that was done before. */
    boolean end() {
        if (wakers.get() < 0) {
            return false;
        }
        while (!wakers.compareAndSet(0, WAKERS_GONE)) {
            Thread.onSpinWait();
        }
        return true;
    }

    void close() {
        libc.close(eventfd);
    }
}
