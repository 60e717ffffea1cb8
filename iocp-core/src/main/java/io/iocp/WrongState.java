package io.iocp;

import java.io.Serial;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;

/** The JDK's exceptions for a connection that is in another state than the start needs, with a message that says what to do. */
final class WrongState {
    private WrongState() {}

    static NotYetConnectedException notYetConnected(Handle handle) {
        return new NotYetConnectedException() {
            @Serial
            private static final long serialVersionUID = 1;

            private final String message = handle + " is not connected: connect() it, or give it to an accept as its"
                    + " target, and wait for that packet";

            @Override
            public String getMessage() {
                return message;
            }
        };
    }

    static AlreadyConnectedException alreadyConnected(Handle handle) {
        return new AlreadyConnectedException() {
            @Serial
            private static final long serialVersionUID = 1;

            private final String message =
                    handle + " is connected already: disconnect() it with RECYCLE first, and wait for that packet";

            @Override
            public String getMessage() {
                return message;
            }
        };
    }

    static ConnectionPendingException connectionPending(Handle handle) {
        return new ConnectionPendingException() {
            @Serial
            private static final long serialVersionUID = 1;

            private final String message =
                    handle + " is being connected, or the target of an accept, or being recycled: wait for that packet";

            @Override
            public String getMessage() {
                return message;
            }
        };
    }
}
