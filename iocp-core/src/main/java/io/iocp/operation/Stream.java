package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * An operation with many packets, and where it is. It is <i>armed</i> while the engine has a request for it, and may be disarmed
 * (credit used up) and armed again many times before it ends.
 */
public abstract sealed class Stream extends Operation permits ReceiveContinuously, Accept {
    /** The engine has a request for it. */
    public boolean armed;

    /** The engine was asked to disarm it and has not answered. */
    public boolean disarming;

    /** It waits in the ready queue, once however much is stashed. */
    public boolean queued;

    /** How it will end once what is stashed has been delivered; null while it goes on. */
    @Nullable
    public Status ending;

    /** The errno that belongs to {@link #ending}. */
    public int endingError;

    Stream(Object packet) {
        super(packet);
    }

    /** It begins. */
    public final void reset() {
        armed = false;
        disarming = false;
        queued = false;
        ending = null;
        endingError = 0;
    }
}
