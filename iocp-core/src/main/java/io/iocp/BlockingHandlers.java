package io.iocp;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Handlers that block without saying so, by their {@linkplain CompletionHandler#identity identity}: learned once they were found
 * asleep often enough within a short while.
 *
 * <p>Thread: {@link #isEmpty} and {@link #contains} any, and cheap; {@link #found} any.
 */
final class BlockingHandlers {
    private static final int FINDS_TO_LEARN = 4;
    private static final long WITHIN_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Beyond it nothing more is learned: identities that are so many say nothing about the handler. */
    private static final int MOST = 1000;

    /** When a handler that is not learned yet was found. */
    private static final class Finds {
        int count;
        long sinceNanos;
    }

    private final Map<Object, Finds> suspects = new HashMap<>();
    private volatile Set<Object> learned = Set.of();

    boolean isEmpty() {
        return learned.isEmpty();
    }

    boolean contains(Object identity) {
        return learned.contains(identity);
    }

    /** The handler was found asleep; true for the one time that makes it a blocking one. */
    synchronized boolean found(Object identity) {
        if (learned.contains(identity) || learned.size() >= MOST) {
            return false;
        }
        long now = System.nanoTime();
        if (suspects.size() >= MOST) {
            suspects.clear();
        }
        Finds finds = suspects.computeIfAbsent(identity, _ -> new Finds());
        if (finds.count == 0 || now - finds.sinceNanos > WITHIN_NANOS) {
            finds.count = 0;
            finds.sinceNanos = now;
        }
        finds.count++;
        if (finds.count < FINDS_TO_LEARN) {
            return false;
        }
        suspects.remove(identity);
        Set<Object> more = new HashSet<>(learned);
        more.add(identity);
        learned = Set.copyOf(more);
        return true;
    }

    List<String> names() {
        return learned.stream().map(Object::toString).sorted().toList();
    }
}
