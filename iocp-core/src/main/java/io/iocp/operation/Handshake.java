package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * Makes a connection secure. It has both directions for itself: it is an operation of the input, and {@link #turn} keeps its place
 * in the output. However it ends but well, nothing can be received or sent any more: what follows must not go in plain text.
 */
public final class Handshake extends Operation {
    /** Its place among the operations of the output; never with the engine. */
    public final Send turn;

    /** The shard has submitted it. */
    public boolean submitted;

    private @Nullable TlsSettings settings;

    public Handshake(Object packet) {
        super(packet);
        this.turn = new Send(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.TLS_HANDSHAKE;
    }

    /** The start's own input. */
    public void of(TlsSettings with) {
        settings = with;
        submitted = false;
    }

    public TlsSettings settings() {
        if (settings == null) {
            throw new AssertionError("a handshake that was never started");
        }
        return settings;
    }

    @Override
    public void settle() {
        Endpoint of = endpoint;
        if (of != null && status != Status.OK) {
            of.input.latchUnlessLatched(Status.TLS_ERROR, cause());
            of.output.latchUnlessLatched(Status.TLS_ERROR, cause());
        }
    }
}
