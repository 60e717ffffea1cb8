package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.port.Counters.Count;
import org.jspecify.annotations.Nullable;

/** What a spare worker is given to do. */
sealed interface Errand {
    /** Hold a shard, whose last holder is kept by a handler. Its atomic word names the new one already. */
    record Serve(Shard shard) implements Errand {}

    /** Run packets that wait for a spare, until there are none. */
    record Work() implements Errand {}

    /** One packet of a handler that says that it blocks; the shard stays where it is. */
    record Run(Shard shard, Operation operation, @Nullable LeasedBuffer lease) {

        /** Thread: the spare's, or a virtual one. */
        void run(PacketRunner runner, WorkerClock clock) {
            Endpoint endpoint =
                    operation.endpoint; // read now: once the handler has it, it may be in flight somewhere else
            int failures = 0;
            try {
                clock.forget();
                if (!runner.run(operation, clock)) {
                    failures++;
                }
            } finally {
                Thread.interrupted(); // whatever the handler left: it is not for whoever runs here next
                if (lease != null && !Delivery.giveBack(lease)) {
                    failures++;
                }
                done(endpoint, failures);
            }
        }

        private void done(@Nullable Endpoint endpoint, int failures) {
            if (endpoint != null || failures > 0) {
                shard.command(s -> {
                    if (failures > 0) {
                        s.flow().count(Count.HANDLER_FAILURES, failures);
                    }
                    if (endpoint != null) {
                        s.delivery().handlerDone(endpoint);
                    }
                });
            }
        }
    }
}
