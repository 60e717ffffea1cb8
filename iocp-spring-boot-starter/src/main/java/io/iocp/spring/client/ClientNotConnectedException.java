package io.iocp.spring.client;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Nothing can be sent, because no connection of the client stands. The cause says why the last try to have one failed. */
public class ClientNotConnectedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String client;

    public ClientNotConnectedException(String client, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.client = client;
    }

    /** Name of the client. */
    public String client() {
        return client;
    }
}
