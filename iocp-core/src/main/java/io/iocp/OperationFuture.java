package io.iocp;

import io.iocp.port.Shard;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The result of one operation, for {@link OverlappedIO#future()}. Who waits for it on the worker that would complete it gets an
 * exception instead.
 *
 * <p>Thread: any.
 */
final class OperationFuture extends CompletableFuture<OverlappedIO> {
    private final Handle handle;

    OperationFuture(Handle handle) {
        this.handle = handle;
    }

    /** What depends on it is nobody's operation: a plain future. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }

    @Override
    public OverlappedIO join() {
        checkWait();
        return super.join();
    }

    @Override
    public OverlappedIO get() throws InterruptedException, ExecutionException {
        checkWait();
        return super.get();
    }

    @Override
    public OverlappedIO get(long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        checkWait();
        return super.get(timeout, unit);
    }

    private void checkWait() {
        Shard shard = handle.shard();
        if (!isDone() && shard != null && shard.isHeldByCaller()) {
            throw new IllegalStateException("a handler of port '"
                    + handle.port().name()
                    + "' would wait for an operation that its own worker completes: use thenAccept and the like, or wait"
                    + " inside of port.blocking(..)");
        }
    }
}
