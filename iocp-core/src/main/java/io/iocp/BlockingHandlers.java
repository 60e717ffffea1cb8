package io.iocp;

import io.iocp.operation.OperationKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Handlers that block without saying so, by their {@linkplain CompletionHandler#identity identity} and the kind of packet they
 * block with: learned at the fourth find if nearly every packet blocked, and else once they were found so often that it is no
 * chance that more than one packet in two hundred blocks.
 *
 * <p>By share, because a learned handler pays for every packet with a change of threads, and one that is not only for those
 * that block: measured, the two cost the same where one packet in a hundred blocks. By kind, so that a handler which sleeps for
 * what it receives is still told at once what it has sent.
 *
 * <p>Thread: any; {@link #isEmpty} and {@link #blocks} are cheap.
 */
final class BlockingHandlers {
    /** A find is worth so many packets: a handler that blocks more seldom does not gather any score for long. */
    static final int PACKETS_FOR_A_FIND = 200;
    /** The score at which chance is ruled out: sixteen finds that nothing was taken from. */
    private static final int SCORE_TO_LEARN = 16 * PACKETS_FOR_A_FIND;

    private static final int FINDS_IF_NEARLY_ALL_BLOCK = 4;
    private static final int PACKETS_IF_NEARLY_ALL_BLOCK = 2 * FINDS_IF_NEARLY_ALL_BLOCK;
    /** Beyond it nothing more is noticed: identities that are so many say nothing about a handler. */
    private static final int MOST = 1000;

    private static final class Habit {
        final OperationKind kind;
        final Object identity;
        int finds;
        boolean learned;

        // Several workers count at once: these need not be exact.
        /** Grows with each find, shrinks with each packet; below nothing all is forgotten. */
        int score;

        /** Packets since the first find. */
        int packets;

        Habit(OperationKind kind, Object identity) {
            this.kind = kind;
            this.identity = identity;
        }
    }

    /** By kind and identity; replaced, never changed. */
    private volatile Map<OperationKind, Map<Object, Habit>> habits = Map.of();

    /** Nobody is learned or under suspicion. */
    boolean isEmpty() {
        return habits.isEmpty();
    }

    /** Whether the handler of this packet is learned; counts the packet if it is under suspicion. */
    boolean blocks(OperationKind kind, Object identity) {
        Habit habit = find(kind, identity);
        if (habit == null) {
            return false;
        }
        if (!habit.learned) {
            habit.packets++;
            if (--habit.score < 0) {
                forget(habit);
            }
        }
        return habit.learned;
    }

    @Nullable
    private Habit find(OperationKind kind, Object identity) {
        Map<Object, Habit> ofKind = habits.get(kind);
        return ofKind == null ? null : ofKind.get(identity);
    }

    /** The handler was found asleep; true for the one time that makes it a blocking one. */
    synchronized boolean found(OperationKind kind, Object identity) {
        Habit habit = find(kind, identity);
        if (habit == null) {
            habit = new Habit(kind, identity);
        }
        if (habit.learned) {
            return false;
        }
        habit.finds++;
        habit.score += PACKETS_FOR_A_FIND;
        habit.learned = habit.score >= SCORE_TO_LEARN
                || (habit.finds >= FINDS_IF_NEARLY_ALL_BLOCK && habit.packets <= PACKETS_IF_NEARLY_ALL_BLOCK);
        return put(habit) && habit.learned;
    }

    /** Publishes it, also what has changed in it; false if there are too many. */
    private boolean put(Habit habit) {
        Map<OperationKind, Map<Object, Habit>> all = copy();
        Map<Object, Habit> ofKind = all.computeIfAbsent(habit.kind, _ -> new HashMap<>());
        if (ofKind.size() >= MOST && !ofKind.containsKey(habit.identity)) {
            return false;
        }
        ofKind.put(habit.identity, habit);
        habits = all;
        return true;
    }

    private synchronized void forget(Habit habit) {
        if (habit.learned || habit.score >= 0) {
            return; // found again meanwhile
        }
        Map<OperationKind, Map<Object, Habit>> all = copy();
        Map<Object, Habit> ofKind = all.get(habit.kind);
        if (ofKind != null && ofKind.remove(habit.identity, habit) && ofKind.isEmpty()) {
            all.remove(habit.kind);
        }
        habits = all;
    }

    private Map<OperationKind, Map<Object, Habit>> copy() {
        Map<OperationKind, Map<Object, Habit>> all = new EnumMap<>(OperationKind.class);
        habits.forEach((kind, ofKind) -> all.put(kind, new HashMap<>(ofKind)));
        return all;
    }

    /** Names of those that are learned. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        habits.values().stream()
                .map(Map::values)
                .flatMap(Collection::stream)
                .filter(habit -> habit.learned)
                .map(habit -> habit.identity.toString())
                .distinct()
                .sorted()
                .forEach(names::add);
        return names;
    }
}
