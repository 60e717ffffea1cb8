package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** Ends a connection, in its turn behind what is to be sent, or at once. The shard performs it with other operations. */
public final class Disconnect extends Operation {
    /** Discards what comes in before the connection is recycled. */
    @Nullable
    public Receive drain;

    /** The timer that ends the wait for the peer if the operation has no time limit of its own; null when none runs. */
    @Nullable
    public Object deadline;

    public DisconnectMode mode = DisconnectMode.GRACEFUL;

    /** How it will end once the endpoint has no request of the engine any more; null while it goes on in good order. */
    @Nullable
    public Status forced;

    public Disconnect(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.DISCONNECT;
    }

    @Override
    public boolean isOutput() {
        return true;
    }

    @Override
    public void settle() {
        Endpoint of = endpoint;
        if (of == null) {
            return;
        }
        if (mode == DisconnectMode.RECYCLE) {
            // It ended before it was recycled. Only who moved it to LEAVING moves it back: another may still be in
            // flight.
            of.move(Endpoint.Connection.LEAVING, Endpoint.Connection.CONNECTED);
        } else if (mode == DisconnectMode.GRACEFUL
                && (status == Status.CANCELLED || status == Status.TIMED_OUT)
                && of.output.latched() != Status.SHUT_DOWN) {
            of.outputEnded = false; // its turn never came
        }
    }
}
