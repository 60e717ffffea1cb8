package io.iocp.engine.simulated;

import io.iocp.operation.Operation;
import io.iocp.operation.Send;

/**
 * One operation that a loop has made a request of: its slot and generation, and how far it has come.
 *
 * <p>Thread: shard holder; {@link #queued} whoever has the network's lock.
 */
final class Request {
    final SimulatedLoop loop;
    final Operation operation;
    final SimulatedEndpoint endpoint;

    /** Slot and generation; a completion names the request by it. */
    long userData;

    /** Its last completion is under way: nothing can change that any more. */
    boolean answered;

    /** Somebody asked to cancel it. */
    boolean cancelAsked;

    /** It stands in the loop's line of requests to be tried. */
    boolean queued;

    /** The pass in which its latest completion is due; none may come before the one before it. */
    long lastDue;

    /** Buffers that a continuous receive has filled and the sink has not seen. */
    int unreported;

    /** Bytes that a send has handed over. */
    long sent;

    /** Where its first byte is in the stream that it is sent on. */
    long place = -1;

    /** The piece of a send that comes next. */
    int piece;

    /** Where in that piece. */
    long offset;

    Request(SimulatedLoop loop, Operation operation, SimulatedEndpoint endpoint) {
        this.loop = loop;
        this.operation = operation;
        this.endpoint = endpoint;
    }

    /** So many more bytes of a send were taken: the place from where it goes on moves, past pieces without bytes too. */
    void handedOver(Send send, long count) {
        sent += count;
        long rest = count;
        while (piece < send.pieces) {
            long left = send.piece(piece).byteSize() - offset;
            if (rest < left) {
                offset += rest;
                return;
            }
            rest -= left;
            piece++;
            offset = 0;
        }
    }

    boolean isContinuous() {
        return operation.stream() != null;
    }
}
