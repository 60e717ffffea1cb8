package io.iocp.operation;

import java.io.Serial;

/** The port is closed, or no longer takes what was asked of it because it is being closed. */
public class ClosedPortException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    public ClosedPortException(String message) {
        super(message);
    }
}
