package io.iocp.demo.kv;

/**
 * A request that is no RESP: the connection gets the message as an error reply and is closed, because nobody
 * can tell where the next request begins.
 */
public final class ProtocolError extends Exception {

    private static final long serialVersionUID = 1;

    /** A protocol error with Redis's words, which follow "Protocol error: " in the reply. */
    ProtocolError(String detail) {
        // No stack trace: a peer that sends garbage must not make us walk stacks.
        super("Protocol error: " + detail, null, false, false);
    }
}
