package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Handshake;
import io.iocp.operation.Operation;
import io.iocp.operation.Send;
import io.iocp.operation.Status;

/**
 * Keeps handshakes in both directions of their connection: what was started before goes in plain text, what was started behind
 * waits.
 *
 * <p>Thread: shard holder. Next: {@link Flow#completed}.
 */
final class Handshaking {
    /*
     * Order. A handshake is put into the FIFO of the input and its turn into that of the output in the same step, so what has
     * both directions for itself for a while (this, and a disconnect that recycles) is in the same order in both, and none
     * waits for the other in a circle. It is submitted when it is the current one of both. Its packet is made ready by the
     * input alone; whenever that happens, and however, the turn goes: see ended().
     */
    private final Flow flow;

    Handshaking(Flow flow) {
        this.flow = flow;
    }

    /** What is to wait in the output. */
    Send turn(Endpoint endpoint, Handshake handshake) {
        Send turn = handshake.turn;
        turn.partOf(handshake);
        turn.endpoint = endpoint;
        return turn;
    }

    /** One of its turns has come. */
    void submitIfBothTurns(Endpoint endpoint, Handshake handshake) {
        if (endpoint.input.current == handshake && endpoint.output.current == handshake.turn) {
            handshake.submitted = true;
            flow.loop().submit(handshake);
        }
    }

    /** It is to end; its turn in the output has come, that in the input perhaps not. */
    void end(Handshake handshake, Status status) {
        if (handshake.submitted) {
            flow.loop().cancel(handshake);
        } else {
            flow.endEarly(handshake, status);
        }
    }

    /** Its packet is ready: nothing waits for it any more. */
    void ended(Handshake handshake) {
        Endpoint endpoint = handshake.endpoint;
        if (endpoint == null) {
            return;
        }
        endpoint.strikeOff(handshake);
        Operation current = endpoint.output.current;
        if (current == handshake.turn) {
            flow.free(endpoint, endpoint.output);
        } else {
            endpoint.output.remove(handshake.turn);
        }
    }
}
