package io.iocp.demo.kv;

import org.jspecify.annotations.Nullable;

/**
 * One key of the store with its value and its deadline.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
final class Entry {

    /** The deadline of a key that does not expire. */
    static final long NEVER = Long.MAX_VALUE;

    final Bytes key;
    Value value;
    /** When the key ceases to exist, in milliseconds of the store's clock. */
    long deadlineMillis = NEVER;
    /** The earliest deadline for which a call of the scheduler is still to come. */
    long scheduledMillis = NEVER;
    /** The next entry of the same bucket. */
    @Nullable
    Entry next;

    Entry(Bytes key, Value value, @Nullable Entry next) {
        this.key = key;
        this.value = value;
        this.next = next;
    }
}
