package io.iocp;

import java.io.Serial;
import java.net.SocketException;

/** The peer reset the connection, or it broke. Every later operation of the connection fails the same way. */
public class ConnectionResetException extends SocketException {
    @Serial
    private static final long serialVersionUID = 1L;

    public ConnectionResetException(String message) {
        super(message);
    }
}
