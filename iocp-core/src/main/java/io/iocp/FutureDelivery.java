package io.iocp;

import io.iocp.operation.OperationKind;
import org.jspecify.annotations.Nullable;

/** Takes the packets of operations that have a future of their own to it. Thread: workers. */
final class FutureDelivery implements CompletionHandler {
    @Override
    public void completed(OverlappedIO packet) {
        packet.completeFuture();
    }

    @Override
    public Object identity(OperationKind kind, @Nullable Object key) {
        return "future";
    }
}
