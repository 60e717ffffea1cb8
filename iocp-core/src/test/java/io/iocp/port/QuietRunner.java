package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import org.jspecify.annotations.Nullable;

/** Runs nothing and tells nobody: a test overrides what it looks at. */
class QuietRunner implements PacketRunner {
    @Override
    public boolean run(Operation operation, WorkerClock clock) {
        return true;
    }

    @Override
    public void prepare(Operation operation) {}

    @Override
    public boolean isBlocking(Operation operation) {
        return false;
    }

    @Override
    public void handedOver(
            int shard, Operation operation, @Nullable Endpoint endpoint, HandOverCause cause, long handlerNanos) {}

    @Override
    public void allBlocked(int workers) {}

    @Override
    public @Nullable Post closed(Endpoint endpoint, boolean delivers) {
        return null;
    }
}
