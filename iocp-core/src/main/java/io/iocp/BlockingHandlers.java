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
 * block with: learned once they were found asleep several times with few of their packets in between.
 *
 * <p>Few, because a learned handler pays for every packet with a change of threads, and one that is not only for those that
 * block: measured, the two cost the same where one packet in a hundred blocks. By kind, so that a handler which sleeps for what
 * it receives is still told at once what it has sent.
 *
 * <p>Thread: any; {@link #isEmpty} and {@link #blocks} are cheap.
 */
final class BlockingHandlers {
    private static final int FINDS_TO_LEARN = 4;
    /** So many packets without a find, and the finds before are forgotten. */
    static final int PACKETS_FOR_A_FIND = 200;
    /** Beyond it nothing more is noticed: identities that are so many say nothing about a handler. */
    private static final int MOST = 1000;

    private static final class Habit {
        final OperationKind kind;
        final Object identity;
        int finds;
        boolean learned;
        /** Packets until its finds are forgotten. Several workers count at once: it need not be exact. */
        int patience;

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
        if (!habit.learned && --habit.patience < 0) {
            forget(habit);
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
        habit.patience = PACKETS_FOR_A_FIND;
        habit.learned = habit.finds >= FINDS_TO_LEARN;
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
        if (habit.learned || habit.patience >= 0) {
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
