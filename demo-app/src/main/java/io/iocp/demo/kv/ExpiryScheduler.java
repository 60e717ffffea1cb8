package io.iocp.demo.kv;

/** Rings when a key may have expired: to be implemented with whatever timers the server has. */
@FunctionalInterface
public interface ExpiryScheduler {

    /**
     * Asks for one call of {@link KvStore#expireDue} with these very values, at or soon after the deadline.
     *
     * <p>Called while the key's stripe is locked, so it must neither block nor call the store back at once. A call
     * that never comes loses nothing but memory: an expired key is never seen by a command.
     *
     * @param deadlineMillis in milliseconds of the store's clock
     */
    void schedule(Bytes key, long deadlineMillis);
}
