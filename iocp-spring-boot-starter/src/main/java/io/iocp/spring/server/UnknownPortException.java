package io.iocp.spring.server;

import java.io.Serial;
import java.util.Set;
import java.util.TreeSet;

/** A server is to run on a completion port that does not exist. */
public class UnknownPortException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient ServerSettings settings;
    private final transient Set<String> known;

    public UnknownPortException(ServerSettings settings, Set<String> known) {
        super("server '" + settings.name() + "' is to run on the completion port '" + settings.port()
                + "', which does not exist; there are " + new TreeSet<>(known));
        this.settings = settings;
        this.known = new TreeSet<>(known);
    }

    public ServerSettings settings() {
        return settings;
    }

    /** The names of the ports that exist. */
    public Set<String> known() {
        return known;
    }
}
