package io.iocp.engine.tls;

/** Runs what must not keep the shard's holder. */
@FunctionalInterface
public interface TlsTasks {
    /**
     * Runs {@code task} on another thread, then {@code done} as the shard's holder, unless the shard has ended by then.
     *
     * @param task throws nothing
     */
    void run(Runnable task, Runnable done);
}
