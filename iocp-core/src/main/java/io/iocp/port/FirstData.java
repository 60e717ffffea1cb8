package io.iocp.port;

import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import io.iocp.port.Counters.Count;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Accepts that have their connection and wait for its first bytes. They are out of their listener's FIFO, so that a silent
 * client keeps nobody from being accepted.
 *
 * <p>Thread: shard holder. Next: {@link Flow#acceptEnded}.
 */
final class FirstData {
    /*
     * Ownership. While an accept is here the engine has its part, a receive on a connection that no shard has; the accept
     * itself is nowhere else. Whatever ends the wait (bytes, the end of the stream, a reset, the time, a cancel, a close of
     * the listener, the end of the port) only asks the engine to cancel that receive, and its completion decides. So there
     * is one end, and the connection is closed or handed out when the engine has nothing of it.
     */
    private final Flow flow;
    private final TimerWheel timers;
    private final Set<Accept> waiting = new HashSet<>();

    FirstData(Flow flow, TimerWheel timers) {
        this.flow = flow;
        this.timers = timers;
    }

    void await(Accept accept, Receive first, Endpoint connection) {
        accept.accepted = null;
        accept.awaited = connection;
        accept.silent = false;
        waiting.add(accept);
        if (accept.firstDataNanos > 0) {
            Timer timer = new Timer() {
                @Override
                void expired() {
                    accept.firstDataTimer = null;
                    accept.silent = true;
                    cancel(accept);
                }
            };
            accept.firstDataTimer = timer;
            timers.arm(timer, flow.nanoTime() + accept.firstDataNanos);
        }
        first.beginPart(accept, connection);
        flow.loop().submit(first);
    }

    /** The engine is done with the receive. */
    void received(Accept accept, Receive first, Status status, long bytes) {
        Endpoint connection = accept.awaited;
        if (connection == null) {
            throw new AssertionError("first bytes for an accept that does not wait for any");
        }
        accept.awaited = null;
        waiting.remove(accept);
        if (accept.firstDataTimer instanceof Timer timer) {
            timers.disarm(timer);
            accept.firstDataTimer = null;
        }
        flow.loop().detach(connection);
        if (bytes > 0 || status == Status.OK || status == Status.EOF) {
            first.bytes = bytes;
            accept.lease = first.lease;
            first.lease = null;
            first.settle();
            accept.firstData = null;
            if (first.status == Status.FAULT) {
                flow.discard(connection); // its bytes are lost: the caller's memory was freed meanwhile
                flow.acceptEnded(accept, null, Status.FAULT, 0);
            } else {
                flow.acceptEnded(accept, connection, Status.OK, bytes);
            }
            return;
        }
        LeasedBuffer unused = first.lease;
        if (unused != null) {
            first.lease = null;
            unused.release();
        }
        if ((status == Status.RESOURCE_LIMIT || status == Status.FAULT) && flow.mayGoOn(accept)) {
            // Not the client's doing, and the next one would fare no better: whoever accepts has to know.
            flow.discard(connection);
            flow.acceptEnded(accept, null, status, 0);
        } else if (status != Status.CANCELLED && flow.mayGoOn(accept)) {
            // Reset before it could be handed out: no business of the listener's, the next one is accepted.
            flow.discard(connection);
            flow.count(Count.ACCEPTS_ABORTED, 1);
            flow.acceptAgain(accept);
        } else if (accept.silent && accept.deliverSilent && flow.mayGoOn(accept)) {
            flow.acceptEnded(accept, connection, Status.OK, 0);
        } else {
            flow.discard(connection);
            flow.acceptEnded(accept, null, accept.silent ? Status.TIMED_OUT : Status.CANCELLED, 0);
        }
    }

    /** It is to end; its receive says when. */
    void cancel(Accept accept) {
        Operation part = accept.part();
        if (accept.awaited != null && part != null) {
            flow.loop().cancel(part);
        }
    }

    /** Those of this listener are to end. */
    void cancelOf(Endpoint listener) {
        for (Accept accept : List.copyOf(waiting)) {
            if (listener.equals(accept.endpoint)) {
                cancel(accept);
            }
        }
    }

    boolean awaitsFor(Endpoint listener) {
        for (Accept accept : waiting) {
            if (listener.equals(accept.endpoint)) {
                return true;
            }
        }
        return false;
    }

    /** The port is going down. */
    void cancelAll() {
        new ArrayList<>(waiting).forEach(this::cancel);
    }
}
