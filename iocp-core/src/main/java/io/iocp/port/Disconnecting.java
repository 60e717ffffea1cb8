package io.iocp.port;

import io.iocp.operation.Disconnect;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import io.iocp.operation.Transmit;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections in good order: the end of the stream behind what was sent, and before a handle is used again the end of the
 * peer's stream.
 *
 * <p>Thread: shard holder. Next: {@link Flow#recycled}.
 */
final class Disconnecting {
    /*
     * Ownership. A disconnect that recycles is its endpoint's current output until the end, so nothing can be sent behind
     * it. Its part, the draining receive, goes through the input's FIFO as any receive would: behind those of the user,
     * which get what comes first. When it has ended both directions have nothing with the engine, and only then the
     * descriptor is closed.
     *
     * Force. The time for it, or a cancel, turns the rest into a reset: the engine is told that the close is to be one, and
     * what stands in the way (the drain, or a receive of the user's before it, which ends as ABORTED) is cancelled. The
     * handle is recycled all the same.
     */
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Flow flow;
    private final TimerWheel timers;

    Disconnecting(Flow flow, TimerWheel timers) {
        this.flow = flow;
        this.timers = timers;
    }

    /** Its turn has come: all before it is sent. True if it is done with that, false if it has still to drain. */
    boolean beginsAndEnds(Endpoint endpoint, Disconnect disconnect) {
        endOutput(endpoint);
        return disconnect.mode != DisconnectMode.RECYCLE;
    }

    /** All is sent: the peer is to see the end of the stream. */
    void endOutput(Endpoint endpoint) {
        if (endpoint.output.latched() == null || endpoint.outputEnding) {
            // A shutdown may have waited for the send before this: nobody will look for it while the drain is current.
            endpoint.outputEnding = false;
            endpoint.output.latchUnlessLatched(Status.SHUT_DOWN, null);
            flow.loop().shutdownOutput(endpoint);
        }
    }

    /** A transmit has sent all, and ends as a disconnect. */
    void drain(Endpoint endpoint, Transmit transmit) {
        Disconnect part = transmit.recycling();
        part.beginPart(transmit, endpoint);
        drain(endpoint, part);
    }

    void drain(Endpoint endpoint, Disconnect disconnect) {
        disconnect.forced = null;
        if (disconnect.timeoutNanos() == 0) {
            Timer deadline = new Timer() {
                @Override
                void expired() {
                    disconnect.deadline = null;
                    force(endpoint, disconnect, Status.TIMED_OUT);
                }
            };
            disconnect.deadline = deadline;
            timers.arm(deadline, flow.nanoTime() + DRAIN_NANOS);
        }
        Receive drain = disconnect.drain;
        if (drain == null) {
            drain = new Receive(disconnect.packet());
            drain.intoEngineBuffer();
            disconnect.drain = drain;
        }
        drain.beginPart(disconnect, endpoint);
        flow.receivePart(endpoint, drain);
    }

    /** The drain's turn has come, or it goes on. */
    void receive(Endpoint endpoint, Disconnect disconnect, Receive drain) {
        if (disconnect.forced != null || !flow.mayGoOn(disconnect)) {
            drained(endpoint, disconnect, drain, Status.CANCELLED, 0);
        } else {
            flow.loop().submit(drain);
        }
    }

    /** The engine is done with the drain. */
    void drained(Endpoint endpoint, Disconnect disconnect, Receive drain, Status status, long bytes) {
        LeasedBuffer discarded = drain.lease;
        if (discarded != null) {
            drain.lease = null;
            discarded.release();
        }
        disconnect.bytes += bytes;
        if (status == Status.OK && disconnect.forced == null && flow.mayGoOn(disconnect)) {
            flow.loop().submit(drain);
            return;
        }
        disconnect.part(null);
        flow.recycled(endpoint, disconnect);
    }

    /** Nothing is waited for any more. */
    void over(Disconnect disconnect) {
        if (disconnect.deadline instanceof Timer timer) {
            timers.disarm(timer);
            disconnect.deadline = null;
        }
    }

    /** It is to end without waiting for the peer any longer. */
    void force(Endpoint endpoint, Disconnect disconnect, Status status) {
        if (disconnect.forced != null) {
            return;
        }
        disconnect.forced = status;
        if (!endpoint.isClosing()) {
            flow.loop().abort(endpoint);
        }
        flow.endInput(endpoint);
    }

    /** The disconnect that an operation is, or that it has come to; null for none. */
    static @Nullable Disconnect within(@Nullable Operation operation) {
        if (operation instanceof Disconnect disconnect) {
            return disconnect;
        }
        return operation instanceof Transmit && operation.part() instanceof Disconnect disconnect ? disconnect : null;
    }

    /** How an operation ends that was in the way of a disconnect; null if none was in its way. */
    static @Nullable Status wayCleared(Endpoint endpoint) {
        Disconnect disconnect = within(endpoint.output.current);
        return disconnect != null && disconnect.forced != null ? Status.ABORTED : null;
    }
}
