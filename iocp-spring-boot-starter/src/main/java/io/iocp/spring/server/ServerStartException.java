package io.iocp.spring.server;

import java.io.IOException;
import java.io.Serial;

/** A server could not be started. The cause says why: a {@link java.net.BindException} if its address is in use. */
public class ServerStartException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient ServerSettings settings;

    public ServerStartException(ServerSettings settings, IOException cause) {
        super(
                "server '" + settings.name() + "' cannot listen on " + settings.address() + ": " + cause.getMessage(),
                cause);
        this.settings = settings;
    }

    public ServerSettings settings() {
        return settings;
    }
}
