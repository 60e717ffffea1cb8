package io.iocp.operation;

import java.io.Serial;

/** What was to be sent or written would have taken more native memory than the port may have: nothing was started. */
public final class TooMuchMemoryException extends TooManyOperationsException {
    @Serial
    private static final long serialVersionUID = 1L;

    public TooMuchMemoryException(String message) {
        super(message);
    }
}
