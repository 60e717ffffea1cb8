package io.iocp.port;

import org.jspecify.annotations.Nullable;

/**
 * The shards whose holders sleep in the kernel wait, the last to fall asleep on top (waiting workers are released LIFO).
 *
 * <p>Thread: any. A short lock guards the array, because members also leave from its middle.
 */
final class Sleepers {
    /** A shard, as seen from here. */
    @FunctionalInterface
    interface Member {
        /** Wakes the holder if it sleeps; true for the one caller who did. */
        boolean wake();
    }

    private final Member[] stack;
    private int size;

    /** Mirror of {@link #size} for {@link #isEmpty()}; a producer reads it after a full fence (pairs with the sleeper's). */
    private volatile int published;

    Sleepers(int shards) {
        stack = new Member[shards];
    }

    boolean isEmpty() {
        return published == 0;
    }

    int size() {
        return published;
    }

    synchronized void push(Member shard) {
        stack[size++] = shard;
        published = size;
    }

    @SuppressWarnings("ReferenceEquality") // this one, not one like it
    synchronized void remove(Member shard) {
        for (int i = size - 1; i >= 0; i--) {
            if (stack[i] == shard) {
                System.arraycopy(stack, i + 1, stack, i, size - i - 1);
                size--;
                published = size;
                return;
            }
        }
    }

    @Nullable
    private synchronized Member pop() {
        if (size == 0) {
            return null;
        }
        size--;
        published = size;
        return stack[size];
    }

    /** Wakes the one that fell asleep last, if any sleeps; true if one was woken. */
    boolean wakeOne() {
        for (Member shard = pop(); shard != null; shard = pop()) {
            // Somebody else may have woken it for its inbox before it could leave the stack: then the next one is due.
            if (shard.wake()) {
                return true;
            }
        }
        return false;
    }
}
