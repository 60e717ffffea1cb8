package io.iocp.engine.simulated;

import java.util.ArrayDeque;
import java.util.List;

/**
 * The completions that the loop has not looked at yet: a bounded queue, and behind it what did not fit. Nothing is lost and
 * the order stays; what did not fit is moved up only after the loop has emptied the queue. Thread: shard holder.
 */
final class CompletionQueue {
    private final int entries;
    private final ArrayDeque<Completion> queue = new ArrayDeque<>();
    private final ArrayDeque<Completion> spilled = new ArrayDeque<>();

    CompletionQueue(int entries) {
        this.entries = entries;
    }

    void post(Completion completion) {
        if (queue.size() < entries && spilled.isEmpty()) {
            queue.add(completion);
        } else {
            spilled.add(completion);
        }
    }

    /** Moves what is in the queue to {@code target}, then moves up what did not fit. */
    void reap(List<Completion> target) {
        target.addAll(queue);
        queue.clear();
        while (queue.size() < entries && !spilled.isEmpty()) {
            queue.add(spilled.remove());
        }
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }
}
