package io.iocp;

import java.nio.channels.ClosedChannelException;

/**
 * Something was to be sent on a connection whose output this side has {@linkplain Connection#shutdownOutput() shut down}: thrown
 * by the start, or the failure of a send that was in flight then ({@link io.iocp.operation.Status#SHUT_DOWN}).
 */
public final class ShutdownOutputException extends ClosedChannelException {
    private static final long serialVersionUID = 1L;

    private final String message;

    ShutdownOutputException(String message) {
        this.message = message;
    }

    @Override
    public String getMessage() {
        return message;
    }
}
