package io.iocp;

import io.iocp.operation.OperationKind;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Handlers that block without saying so, by their {@linkplain CompletionHandler#identity identity} and the kind of packet they
 * block with: learned once they were found asleep often enough within a short while. By kind, so that a handler which
 * sleeps for what it receives still learns at once what it has sent.
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

    private record Habit(OperationKind kind, Object identity) {}

    private final Map<Habit, Finds> suspects = new HashMap<>();
    /** By kind; replaced, never changed. */
    private volatile Map<OperationKind, Set<Object>> learned = Map.of();

    boolean isEmpty() {
        return learned.isEmpty();
    }

    boolean contains(OperationKind kind, Object identity) {
        Set<Object> ofKind = learned.get(kind);
        return ofKind != null && ofKind.contains(identity);
    }

    /** The handler was found asleep; true for the one time that makes it a blocking one. */
    synchronized boolean found(OperationKind kind, Object identity) {
        Set<Object> known = learned.getOrDefault(kind, Set.of());
        if (known.contains(identity) || known.size() >= MOST) {
            return false;
        }
        Habit habit = new Habit(kind, identity);
        long now = System.nanoTime();
        if (suspects.size() >= MOST) {
            suspects.clear();
        }
        Finds finds = suspects.computeIfAbsent(habit, _ -> new Finds());
        if (finds.count == 0 || now - finds.sinceNanos > WITHIN_NANOS) {
            finds.count = 0;
            finds.sinceNanos = now;
        }
        finds.count++;
        if (finds.count < FINDS_TO_LEARN) {
            return false;
        }
        suspects.remove(habit);
        Set<Object> more = new HashSet<>(known);
        more.add(identity);
        Map<OperationKind, Set<Object>> all = new EnumMap<>(OperationKind.class);
        all.putAll(learned);
        all.put(kind, Set.copyOf(more));
        learned = all;
        return true;
    }

    List<String> names() {
        return learned.values().stream()
                .flatMap(Set::stream)
                .map(Object::toString)
                .distinct()
                .sorted()
                .toList();
    }
}
