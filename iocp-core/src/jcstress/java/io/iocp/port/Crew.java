package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.Operation;
import org.jspecify.annotations.Nullable;

/** Two workers that never run: names to write into a {@link ShardWord}. */
final class Crew {
    private static final PacketRunner NOTHING = new PacketRunner() {
        @Override
        public boolean run(Operation operation) {
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
        public void closed(Endpoint endpoint) {}
    };

    private static final Workers WORKERS = new Workers("stress", 2, 1, 0, NOTHING, _ -> false, () -> {});

    /** Holds the shard in the beginning. */
    static final Worker HOLDER = new Worker(1, WORKERS, "holder");

    /** Takes it. */
    static final Worker TAKER = new Worker(2, WORKERS, "taker");

    private Crew() {}
}
